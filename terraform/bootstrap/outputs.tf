output "state_bucket" {
  description = "The bucket of the state: the stack's variable state_bucket."
  value       = module.state.bucket
}

output "backend" {
  description = "What terraform/backend.hcl holds."
  value       = <<-EOT
    bucket = "${module.state.bucket}"
    region = "${var.region}"
  EOT
}
