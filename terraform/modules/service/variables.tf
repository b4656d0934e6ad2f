variable "name" {
  description = "Prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id: the id of a VPC, vpc-..."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC, which holds the database."
  type        = string

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && !startswith(var.vpc_cidr, "0.")
    error_message = "vpc_cidr: the IPv4 range of a network, such as 10.20.0.0/16."
  }
}

variable "public_subnet_ids" {
  description = "Subnets of the load balancer, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "public_subnet_ids: a load balancer wants subnets in two zones."
  }
}

variable "private_subnet_ids" {
  description = "Subnets of the tasks, with a way out, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "private_subnet_ids: with all tasks in one zone the service ends when that zone does."
  }
}

variable "region" {
  description = "AWS region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: the name of an AWS region, such as eu-central-1."
  }
}

variable "bucket" {
  description = "Bucket whose folder models/ keeps the last model, for when MLflow is away."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket: the name of an S3 bucket."
  }
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string

  validation {
    condition     = startswith(var.bucket_arn, "arn:")
    error_message = "bucket_arn: an ARN."
  }
}

variable "database" {
  description = "The server of the prediction log; secret_arn is where the password of the role price_service stands, as ECS writes it: ARN:KEY:: for a key of a JSON map."
  type        = object({ address = string, port = number, secret_arn = string })

  validation {
    condition     = can(regex("^arn:.+:[A-Za-z0-9_]+::$", var.database.secret_arn))
    error_message = "database: secret_arn is ARN:KEY:: of the password of price_service, such as <settings>:POSTGRES_PRICE_SERVICE_PASSWORD::. The master user's secret is refused: AWS changes it weekly, and tasks read it at their start alone."
  }
}

variable "mlflow_password_secret_arn" {
  description = "Where the password of MLflow's user reader stands, as ECS writes it: ARN:KEY:: for a key of a JSON map."
  type        = string

  validation {
    condition     = can(regex("^arn:.+:[A-Za-z0-9_]+::$", var.mlflow_password_secret_arn))
    error_message = "mlflow_password_secret_arn: ARN:KEY::, such as <settings>:MLFLOW_READER_PASSWORD::."
  }
}

variable "host_private_ip" {
  description = "Where the tasks find MLflow and the monitor."
  type        = string

  validation {
    condition     = can(cidrhost("${var.host_private_ip}/32", 0))
    error_message = "host_private_ip: an IPv4 address."
  }
}

variable "host_security_group_id" {
  description = "The host's security group: its Prometheus may read the tasks' /metrics."
  type        = string

  validation {
    condition     = startswith(var.host_security_group_id, "sg-")
    error_message = "host_security_group_id: the id of a security group, sg-..."
  }
}

variable "repository_urls" {
  description = "Where the images are, by their names; service and form are used."
  type        = map(string)

  validation {
    condition     = length(setintersection(keys(var.repository_urls), ["service", "form"])) == 2
    error_message = "repository_urls: service and form are needed."
  }
}

variable "repository_arns" {
  description = "ARNs of the repositories, by the images' names; service and form are used."
  type        = map(string)

  validation {
    condition     = length(setintersection(keys(var.repository_arns), ["service", "form"])) == 2
    error_message = "repository_arns: service and form are needed."
  }
}

variable "image_tag" {
  description = "The release that the services are made with; later ones are brought by a deployment (README)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag))
    error_message = "image_tag: letters, digits, dots, hyphens and underscores, such as v1.2.0."
  }
}

variable "api_key_secret_arn" {
  description = "Where the API key stands, as ECS writes it: a secret's ARN, or ARN:KEY:: for a key of a JSON map. Empty: the service asks for none."
  type        = string

  validation {
    condition     = var.api_key_secret_arn == "" || startswith(var.api_key_secret_arn, "arn:")
    error_message = "api_key_secret_arn: the ARN of a secret, ARN:KEY:: or empty."
  }
}

variable "certificate_arn" {
  description = "ARN of an ACM certificate of the region; empty: plain HTTP."
  type        = string

  validation {
    condition     = var.certificate_arn == "" || can(regex("^arn:[^:]+:acm:", var.certificate_arn))
    error_message = "certificate_arn: the ARN of an ACM certificate, or empty."
  }
}

variable "allowed_cidrs" {
  description = "IPv4 ranges that may reach the load balancer; 0.0.0.0/0 is the world."
  type        = list(string)

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs: at least one IPv4 range, such as 203.0.113.0/24."
  }
}

variable "tasks_min" {
  description = "Tasks of each service that always run."
  type        = number

  validation {
    condition     = var.tasks_min >= 2 && floor(var.tasks_min) == var.tasks_min
    error_message = "tasks_min: 2 or more, so that the end of one is not the end of the service."
  }
}

variable "tasks_max" {
  description = "Most tasks of each service."
  type        = number

  validation {
    condition     = var.tasks_max >= var.tasks_min && floor(var.tasks_max) == var.tasks_max
    error_message = "tasks_max: a whole number, tasks_min or more."
  }
}

variable "host_names" {
  description = "Names by which clients reach the load balancer besides its own: those of the certificate."
  type        = list(string)

  validation {
    condition     = alltrue([for name in var.host_names : can(regex("^[a-z0-9.-]+$", name))])
    error_message = "host_names: names such as price.example.com, without https:// and port."
  }
}

variable "form_feedback" {
  description = "Whether visitors of the form may tell what a vehicle was listed for: it goes into training, and the form asks nobody who they are."
  type        = bool
}

variable "form_uploads" {
  description = "Whether visitors of the form may upload CSV files."
  type        = bool
}

variable "access_logs_bucket" {
  description = "Bucket that the load balancer writes its access logs to, under the prefix `name`; empty: none. Its policy must let the load balancer write."
  type        = string

  validation {
    condition     = var.access_logs_bucket == "" || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logs_bucket))
    error_message = "access_logs_bucket: the name of an S3 bucket, or empty."
  }
}
