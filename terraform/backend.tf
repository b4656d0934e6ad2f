# The bucket comes from terraform/bootstrap, whose output `backend` is the file that this asks for:
# terraform init -backend-config=backend.hcl
terraform {
  backend "s3" {
    key          = "vehicle-price/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
