variable "name" {
  description = "Prefix of every repository: NAME/airflow, ..."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "repositories" {
  description = "The images, one repository each."
  type        = set(string)

  validation {
    condition     = length(var.repositories) > 0 && alltrue([for name in var.repositories : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "repositories: one name or more, of lower-case letters, digits and hyphens."
  }
}

variable "keep_data" {
  description = "Whether a repository that holds images survives `terraform destroy`."
  type        = bool
}

variable "kept_images" {
  description = "How many images a repository keeps; older ones are removed, whether they run or not."
  type        = number
  default     = 50

  validation {
    condition     = var.kept_images >= 5 && floor(var.kept_images) == var.kept_images
    error_message = "kept_images: a whole number, 5 or more, or there is nothing to go back to."
  }
}
