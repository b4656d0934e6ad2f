output "url" {
  description = "Where form and API are. With a certificate, give the load balancer a name that it holds."
  value       = "${local.https ? "https" : "http"}://${aws_lb.this.dns_name}"
}

output "load_balancer_arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "ARN of the ECS cluster, for github_access."
  value       = aws_ecs_cluster.this.arn
}

output "service_names" {
  description = "The ECS services, by part: service and form."
  value       = { for part, service in aws_ecs_service.this : part => service.name }
}

output "service_arns" {
  description = "ARNs of the ECS services, for github_access."
  value       = [for service in aws_ecs_service.this : service.id]
}

output "task_role_arns" {
  description = "ARNs of the roles that the task definitions name, for github_access."
  value       = concat([aws_iam_role.start.arn], [for role in aws_iam_role.task : role.arn])
}

output "security_group_id" {
  description = "The tasks' security group, which the database and the host let in."
  value       = aws_security_group.tasks.id
}
