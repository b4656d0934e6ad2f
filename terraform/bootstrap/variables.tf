variable "name" {
  description = "Prefix of the bucket's name: the same as of the stack."
  type        = string
  default     = "vehicle-price"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "The region of the bucket: the same as of the stack."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^(us|ca|mx|sa|eu|il|me|af|ap)-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]$", var.region))
    error_message = "region: an AWS region, such as us-east-1 or eu-central-1."
  }
}
