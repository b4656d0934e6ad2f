output "state_bucket" {
  description = "The bucket of the state: STATE_BUCKET of the workflows and of make terraform_plan."
  value       = module.state.bucket
}

output "backend" {
  description = "What terraform/backend.hcl holds."
  value       = <<-EOT
    bucket = "${module.state.bucket}"
    region = "${var.region}"
  EOT
}
