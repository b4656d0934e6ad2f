variable "name" {
  description = "Prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "cidr" {
  description = "Private addresses of the VPC, such as 10.20.0.0/16."
  type        = string

  validation {
    condition = (
      can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)[0-9.]+/(1[6-9]|2[0-2])$", var.cidr))
      && can(cidrnetmask(var.cidr))
    )
    error_message = "cidr: a private IPv4 range of /16 to /22, such as 10.20.0.0/16."
  }

  validation {
    condition     = try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "cidr: the address must be the first of its range, as in 10.20.0.0/16."
  }
}

variable "zones" {
  description = "The two availability zones."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 2 && length(distinct(var.zones)) == 2
    error_message = "zones: two different availability zones, such as [\"us-east-1a\", \"us-east-1b\"]."
  }
}
