provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = var.name
      ManagedBy = "terraform/bootstrap"
    }
  }
}

# Never destroyed while it holds a state.
module "state" {
  source = "../modules/storage"

  name             = "${var.name}-state"
  keep_data        = true
  old_version_days = 90
}
