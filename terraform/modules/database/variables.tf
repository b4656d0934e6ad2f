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

variable "subnet_ids" {
  description = "Private subnets, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: RDS wants subnets in two zones."
  }
}

variable "instance_class" {
  description = "RDS instance class, such as db.t4g.small."
  type        = string

  validation {
    condition     = can(regex("^db\\.(t3|t4g|m[5-8][a-z]*|r[5-8][a-z]*)\\.(micro|small|medium|[0-9]*x?large)$", var.instance_class))
    error_message = "instance_class: an RDS class of the families t3, t4g, m or r, such as db.t4g.small."
  }
}

variable "storage_gb" {
  description = "Disk at the start; it grows by itself to five times that."
  type        = number

  validation {
    condition     = var.storage_gb >= 20 && var.storage_gb <= 10000 && floor(var.storage_gb) == var.storage_gb
    error_message = "storage_gb: a whole number of GB from 20 to 10000."
  }
}

variable "keep_data" {
  description = "Whether the database refuses to be deleted, and leaves a last snapshot when it is."
  type        = bool
}

variable "client_security_group_ids" {
  description = "The security groups that may reach the database, by a name for each."
  type        = map(string)

  validation {
    condition     = alltrue([for id in values(var.client_security_group_ids) : startswith(id, "sg-")])
    error_message = "client_security_group_ids: ids of security groups, sg-..."
  }
}
