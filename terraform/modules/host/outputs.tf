output "instance_id" {
  description = "The machine's id, which Session Manager asks for."
  value       = aws_instance.this.id
}

output "private_ip" {
  description = "Its address inside the VPC, where the service's tasks find MLflow (5000) and the monitor (8085)."
  value       = aws_instance.this.private_ip
}

output "security_group_id" {
  description = "Its security group, which the database and the service's tasks let in."
  value       = aws_security_group.this.id
}

output "role_arn" {
  description = "Its role."
  value       = aws_iam_role.this.arn
}

output "log_group" {
  description = "Where the log of its start is."
  value       = aws_cloudwatch_log_group.this.name
}

output "tunnels" {
  description = "The command that brings each page to http://127.0.0.1 on your machine, at the same port."
  value = {
    for page, port in local.pages : page => join(" ", [
      "aws ssm start-session --region ${var.region} --target ${aws_instance.this.id}",
      "--document-name AWS-StartPortForwardingSession",
      "--parameters portNumber=${port},localPortNumber=${port}",
    ])
  }
}
