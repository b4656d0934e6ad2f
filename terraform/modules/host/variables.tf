variable "name" {
  description = "Prefix of every name; also the folder of the images in the registry."
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

variable "subnet_id" {
  description = "A private subnet with a way out."
  type        = string

  validation {
    condition     = startswith(var.subnet_id, "subnet-")
    error_message = "subnet_id: the id of a subnet, subnet-..."
  }
}

variable "instance_type" {
  description = "EC2 instance type, x86_64, with 8 GiB of memory or more, such as m7i-flex.large."
  type        = string

  validation {
    condition     = can(regex("^(t3a?|m[5-8][a-z-]*|c[5-8][a-z-]*|r[5-8][a-z-]*)\\.([0-9]*x)?large$", var.instance_type))
    error_message = "instance_type: a type of the families t3, m, c or r, large or larger, such as m7i-flex.large."
  }

  validation {
    condition     = !can(regex("^[a-z]+[0-9]+g", var.instance_type))
    error_message = "instance_type: the images are built for x86_64, which Graviton (such as m7g) does not run."
  }

  validation {
    condition     = !can(regex("^c[^.]*\\.large$", var.instance_type))
    error_message = "instance_type: the containers want 8 GiB of memory; the c family has them from xlarge on."
  }
}

variable "disk_gb" {
  description = "Size of the disk in GiB: the images take about 8, the scratch of a preparation about 5."
  type        = number

  validation {
    condition     = var.disk_gb >= 30 && var.disk_gb <= 1000 && floor(var.disk_gb) == var.disk_gb
    error_message = "disk_gb: a whole number from 30 to 1000."
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
  description = "Bucket of the data sets (data/), MLflow's artifacts (mlflow/) and the stack's files (deploy/)."
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
  description = "The database server, and the secret of its master user, a JSON map with username and password."
  type        = object({ address = string, port = number, secret_arn = string })

  validation {
    condition     = var.database.port == 5432
    error_message = "database: the parts of the stack look for PostgreSQL at its usual port, 5432."
  }

  validation {
    condition     = startswith(var.database.secret_arn, "arn:")
    error_message = "database: secret_arn is an ARN."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9.-]+$", var.database.address))
    error_message = "database: address is the name of a host, with neither scheme nor port."
  }
}

variable "settings_secret_arn" {
  description = "Secret with the stack's settings: a JSON map of the names of .env (setup/setup_env.md) to values."
  type        = string

  validation {
    condition     = startswith(var.settings_secret_arn, "arn:")
    error_message = "settings_secret_arn: an ARN."
  }
}

variable "image_registry" {
  description = "The registry's host, which docker login wants."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9.:-]+$", var.image_registry))
    error_message = "image_registry: a host, with neither scheme nor path."
  }
}

variable "image_tag" {
  description = "The release: the tag of each image."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag))
    error_message = "image_tag: letters, digits, dots, hyphens and underscores, such as v1.2.0."
  }
}

variable "repository_arns" {
  description = "ARNs of the repositories that the host pulls from, by the image's name."
  type        = map(string)

  validation {
    condition     = length(var.repository_arns) > 0 && alltrue([for arn in values(var.repository_arns) : startswith(arn, "arn:")])
    error_message = "repository_arns: at least one image's name with its repository's ARN."
  }
}

variable "client_security_group_ids" {
  description = "Who may reach MLflow and the monitor: security groups, by a name that is known before the apply."
  type        = map(string)

  validation {
    condition     = alltrue([for id in values(var.client_security_group_ids) : startswith(id, "sg-")])
    error_message = "client_security_group_ids: ids of security groups, sg-..."
  }
}

variable "alert_email_to" {
  description = "Whom the alerts go to; empty: what the settings say. The mail server stands in the settings."
  type        = string

  validation {
    condition     = var.alert_email_to == "" || can(regex("^[^@\\s'\",]+@[^@\\s'\",]+$", var.alert_email_to))
    error_message = "alert_email_to: an e-mail address, or empty."
  }
}
