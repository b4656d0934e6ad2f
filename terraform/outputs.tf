output "url" {
  description = "Form and API; empty until enable_service."
  value       = var.enable_service ? module.service[0].url : ""
}

output "tunnels" {
  description = "The command that brings each page of the host to 127.0.0.1."
  value       = module.host.tunnels
}

output "host_instance_id" {
  description = "The host, for Session Manager."
  value       = module.host.instance_id
}

output "host_log_group" {
  description = "Where the log of the host's start is."
  value       = module.host.log_group
}

output "host_private_ip" {
  description = "The host's address in the VPC."
  value       = module.host.private_ip
}

output "nat_public_ip" {
  description = "The address from which the stack calls the outside."
  value       = module.network.nat_public_ip
}

output "bucket" {
  description = "The bucket of data sets, artifacts and of deploy/stack.tar.gz."
  value       = module.storage.bucket
}

output "database_address" {
  description = "PostgreSQL's address in the VPC."
  value       = module.database.address
}

output "database_secret_arn" {
  description = "Where AWS keeps the database's master user."
  value       = module.database.secret_arn
}

output "settings_secret_arn" {
  description = "The secret that becomes the host's .env."
  value       = aws_secretsmanager_secret.settings.arn
}

output "api_key_secret_arn" {
  description = "The secret of the key that clients send."
  value       = aws_secretsmanager_secret.api_key.arn
}

output "registry" {
  description = "What `docker login` wants."
  value       = module.images.registry
}

output "images" {
  description = "What IMAGES is for Compose: the registry and the prefix of the images."
  value       = "${module.images.registry}/${var.name}"
}

output "repository_urls" {
  description = "Where each image is pushed to."
  value       = module.images.repository_urls
}

output "cluster_name" {
  description = "The ECS cluster; empty until enable_service."
  value       = var.enable_service ? module.service[0].cluster_name : ""
}

output "service_names" {
  description = "The ECS services by part; none until enable_service."
  value       = var.enable_service ? module.service[0].service_names : {}
}

output "github_role_arn" {
  description = "The role of the workflows: AWS_ROLE_ARN of the repository's environment; empty without github_repository."
  value       = var.github_repository == "" ? "" : module.github_access[0].role_arn
}
