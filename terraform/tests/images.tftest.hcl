mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name         = "vehicle-price"
  repositories = ["airflow", "mlflow", "service", "monitor", "form"]
  keep_data    = true
}

run "what_was_tested_is_what_runs" {
  module {
    source = "./modules/images"
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE"])
    error_message = "A tag can be moved to another image."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_scanning_configuration[0].scan_on_push])
    error_message = "An image is not scanned when it is pushed."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : one(repository.encryption_configuration).encryption_type == "AES256"])
    error_message = "A repository is not encrypted."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : !repository.force_delete])
    error_message = "A destroy takes the images along."
  }
}

run "each_image_has_a_repository_with_an_end_of_old_images" {
  module {
    source = "./modules/images"
  }

  assert {
    condition     = toset(keys(output.repository_urls)) == var.repositories && toset(keys(output.repository_arns)) == var.repositories
    error_message = "An image has no repository, or it is not told on."
  }

  assert {
    condition     = { for name, repository in aws_ecr_repository.this : name => repository.name }["monitor"] == "vehicle-price/monitor"
    error_message = "Compose looks for NAME/monitor."
  }

  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.this : jsondecode(policy.policy).rules[1].selection.countNumber == 50])
    error_message = "Old images are kept for ever, or go too soon."
  }

  assert {
    condition     = output.registry == "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    error_message = "The registry is not a host."
  }
}

run "refuses_to_keep_too_few" {
  command = plan
  module {
    source = "./modules/images"
  }
  variables {
    kept_images = 1
  }
  expect_failures = [var.kept_images]
}
