output "repository_urls" {
  description = "Where each image is pushed to and pulled from, by its name."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "repository_arns" {
  description = "ARNs of the repositories, by the image's name."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.arn }
}

output "registry" {
  description = "The registry's host, which `docker login` wants."
  value       = split("/", values(aws_ecr_repository.this)[0].repository_url)[0]
}
