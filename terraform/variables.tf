variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "vehicle-price"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^(us|ca|mx|sa|eu|il|me|af|ap)-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]$", var.region))
    error_message = "region: an AWS region, such as us-east-1 or eu-central-1."
  }
}

variable "vpc_cidr" {
  description = "Private addresses of the VPC."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition = (
      can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)[0-9.]+/(1[6-9]|2[0-2])$", var.vpc_cidr))
      && can(cidrnetmask(var.vpc_cidr))
    )
    error_message = "vpc_cidr: a private IPv4 range of /16 to /22, such as 10.20.0.0/16."
  }

  validation {
    condition     = try(cidrhost(var.vpc_cidr, 0) == split("/", var.vpc_cidr)[0], false)
    error_message = "vpc_cidr: the address must be the first of its range, as in 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Two availability zones of the region."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b"]

  validation {
    condition     = length(var.zones) == 2 && length(distinct(var.zones)) == 2
    error_message = "zones: two different availability zones, such as [\"us-east-1a\", \"us-east-1b\"]."
  }

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^${var.region}[a-z]$", zone))])
    error_message = "zones: availability zones of the region, which are its name and a letter."
  }
}

variable "host_instance_type" {
  description = "EC2 instance type of the host; the images are for x86_64, and the containers want 8 GB."
  type        = string
  default     = "m7i-flex.large"

  validation {
    condition     = can(regex("^((t3a?|m[5-8](a|i|i-flex)?|r[5-8](a|i)?)\\.([248]?x)?large|c[5-8](a|i|i-flex)?\\.[248]?xlarge)$", var.host_instance_type))
    error_message = "host_instance_type: 8 GB or more of an x86_64 family: t3, m or r from large, c from xlarge; such as m7i-flex.large."
  }
}

variable "host_disk_gb" {
  description = "Disk of the host: images, logs, metrics and what training works on."
  type        = number
  default     = 60

  validation {
    condition     = var.host_disk_gb >= 40 && var.host_disk_gb <= 1000 && floor(var.host_disk_gb) == var.host_disk_gb
    error_message = "host_disk_gb: a whole number of GB from 40 to 1000."
  }
}

variable "database_instance_class" {
  description = "RDS instance class."
  type        = string
  default     = "db.t4g.small"

  validation {
    condition     = can(regex("^db\\.(t3|t4g|m[5-8][a-z]*|r[5-8][a-z]*)\\.(small|medium|[0-9]*x?large)$", var.database_instance_class))
    error_message = "database_instance_class: small or larger of the families t3, t4g, m or r, such as db.t4g.small."
  }
}

variable "database_storage_gb" {
  description = "Disk of the database at the start; it grows by itself to five times that."
  type        = number
  default     = 20

  validation {
    condition     = var.database_storage_gb >= 20 && var.database_storage_gb <= 10000 && floor(var.database_storage_gb) == var.database_storage_gb
    error_message = "database_storage_gb: a whole number of GB from 20 to 10000."
  }
}

variable "keep_data" {
  description = "Whether bucket, database, images and secrets survive `terraform destroy`."
  type        = bool
  default     = true
}

variable "image_tag" {
  description = "The version of the images that run, as it was pushed."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag: a version that was pushed, such as v1.2.0; `latest` says not which, and tags never change here."
  }
}

variable "enable_service" {
  description = "Whether the price service and the form run on Fargate behind a load balancer: after the first promotion."
  type        = bool
  default     = false
}

variable "service_tasks_min" {
  description = "The fewest tasks of the price service."
  type        = number
  default     = 2

  validation {
    condition     = var.service_tasks_min >= 2 && floor(var.service_tasks_min) == var.service_tasks_min
    error_message = "service_tasks_min: 2 or more, so that one may be lost."
  }
}

variable "service_tasks_max" {
  description = "The most tasks of the price service."
  type        = number
  default     = 6

  validation {
    condition     = var.service_tasks_max >= var.service_tasks_min && var.service_tasks_max <= 50 && floor(var.service_tasks_max) == var.service_tasks_max
    error_message = "service_tasks_max: a whole number from service_tasks_min to 50."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the load balancer. Empty: plain HTTP, and then not for everybody (allowed_cidrs)."
  type        = string
  default     = ""

  validation {
    condition     = var.certificate_arn == "" || can(regex("^arn:aws:acm:${var.region}:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "certificate_arn: the ARN of an ACM certificate in the stack's region, or empty."
  }
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer: IPv4 ranges, such as your office's; 0.0.0.0/0 is everybody."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs: IPv4 ranges such as 203.0.113.7/32."
  }

  validation {
    condition     = !var.enable_service || length(var.allowed_cidrs) > 0
    error_message = "allowed_cidrs: with enable_service say who may reach the load balancer, or nobody can."
  }

  validation {
    condition     = var.certificate_arn != "" || alltrue([for cidr in var.allowed_cidrs : tonumber(try(split("/", cidr)[1], 0)) >= 16])
    error_message = "allowed_cidrs: without certificate_arn keys and listings travel in the clear, so a range may not be wider than /16."
  }
}

variable "api_key_required" {
  description = "Whether clients of the price service must send X-API-Key; its value stands in the secret NAME/api-key."
  type        = bool
  default     = true
}

variable "alert_email_to" {
  description = "Whom the alerts are mailed to; the mail server stands in the settings' secret. Empty: the mailbox on the host."
  type        = string
  default     = ""

  validation {
    condition     = var.alert_email_to == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alert_email_to))
    error_message = "alert_email_to: one e-mail address, or empty."
  }
}

variable "github_repository" {
  description = "The GitHub repository whose workflows may deploy: owner/name. Empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.github_repository == "" || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository: owner/name, without https:// and github.com, or empty."
  }
}

variable "github_environment" {
  description = "The environment of that repository from which alone it may deploy."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.github_environment))
    error_message = "github_environment: a name of letters, digits, - and _."
  }
}

variable "create_github_provider" {
  description = "Whether to make the account's identity provider for GitHub; false where it has one, since there can be one only."
  type        = bool
  default     = true
}

variable "host_names" {
  description = "Names by which clients reach the service besides the load balancer's own: those of the certificate. A request for another name is refused."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.host_names : can(regex("^[a-z0-9.-]+$", name))])
    error_message = "host_names: names such as price.example.com, without https:// and port."
  }

  validation {
    condition     = var.certificate_arn == "" || length(var.host_names) > 0
    error_message = "host_names: with a certificate, the names that it holds; a request for another is refused."
  }
}

variable "form_feedback" {
  description = "Whether visitors of the form, whom nobody asks for a login, may tell what a vehicle was listed for; that goes into training."
  type        = bool
  default     = false
}

variable "form_uploads" {
  description = "Whether visitors of the form may upload CSV files to be priced."
  type        = bool
  default     = false
}

variable "access_logs_bucket" {
  description = "Bucket for the load balancer's access logs, whose policy lets it write; empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.access_logs_bucket == "" || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logs_bucket))
    error_message = "access_logs_bucket: the name of an S3 bucket, or empty."
  }
}
