variable "name" {
  description = "Prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "repository" {
  description = "The one repository whose workflows may take the role: owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository: owner/name, with no * in it."
  }
}

variable "environment" {
  description = "The environment of that repository that a job must run in: its reviewers are asked first."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.environment))
    error_message = "environment: letters, digits, dots, hyphens and underscores, with no * in it."
  }
}

variable "repository_arns" {
  description = "ARNs of the image repositories that it may push to, by the image's name."
  type        = map(string)

  validation {
    condition     = length(var.repository_arns) > 0 && alltrue([for arn in values(var.repository_arns) : startswith(arn, "arn:")])
    error_message = "repository_arns: at least one image's name with its repository's ARN."
  }
}

variable "cluster_arn" {
  description = "ARN of the ECS cluster; empty where the service is off."
  type        = string

  validation {
    condition     = var.cluster_arn == "" || startswith(var.cluster_arn, "arn:")
    error_message = "cluster_arn: an ARN, or empty."
  }
}

variable "service_arns" {
  description = "ARNs of the ECS services that it may update; none where the service is off."
  type        = list(string)

  validation {
    condition     = alltrue([for arn in var.service_arns : startswith(arn, "arn:")])
    error_message = "service_arns: ARNs."
  }
}

variable "task_role_arns" {
  description = "ARNs of the roles that a task definition may name: those of the tasks and of their start."
  type        = list(string)

  validation {
    condition     = alltrue([for arn in var.task_role_arns : startswith(arn, "arn:")])
    error_message = "task_role_arns: ARNs."
  }
}

variable "deploy_bucket_arn" {
  description = "ARN of the bucket whose folder deploy/ holds the stack's files."
  type        = string

  validation {
    condition     = startswith(var.deploy_bucket_arn, "arn:")
    error_message = "deploy_bucket_arn: an ARN."
  }
}

variable "secret_arns" {
  description = "ARNs of the secrets that it may read: the key of the service, which the smoke test sends."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_arns : startswith(arn, "arn:")])
    error_message = "secret_arns: ARNs."
  }
}

variable "create_provider" {
  description = "Whether to make the account's provider for GitHub; false where it has one already (it can have one only)."
  type        = bool
  default     = true
}
