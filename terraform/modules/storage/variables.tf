variable "name" {
  description = "Prefix of every name; account and region are added, since buckets share one name space."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}$", var.name))
    error_message = "name: 2 to 30 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "keep_data" {
  description = "Whether a bucket that holds something survives `terraform destroy`."
  type        = bool
}

variable "old_version_days" {
  description = "How long an object that was overwritten or deleted can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.old_version_days >= 1 && floor(var.old_version_days) == var.old_version_days
    error_message = "old_version_days: a whole number of days, 1 or more."
  }
}
