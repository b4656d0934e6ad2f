output "address" {
  description = "The database's host name; it resolves to a private address."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "PostgreSQL's port."
  value       = aws_db_instance.this.port
}

output "secret_arn" {
  description = "The secret in which AWS keeps the user postgres and its password (JSON: username, password)."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}

output "security_group_id" {
  description = "The database's security group."
  value       = aws_security_group.this.id
}
