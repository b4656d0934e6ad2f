output "role_arn" {
  description = "The role that the workflows name: the variable AWS_ROLE_ARN of the repository's environment."
  value       = aws_iam_role.this.arn
}
