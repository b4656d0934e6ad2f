mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image_tag = "v1.0.0"
}

run "the_service_waits_for_the_first_promotion" {
  assert {
    condition     = output.url == "" && output.cluster_name == "" && length(output.service_names) == 0
    error_message = "Without enable_service something of the service is made."
  }

  assert {
    condition     = output.github_role_arn == "" && length(module.github_access) == 0
    error_message = "Without github_repository a role for workflows is made."
  }

  assert {
    condition     = aws_secretsmanager_secret.settings.recovery_window_in_days == 30 && aws_secretsmanager_secret.api_key.recovery_window_in_days == 30
    error_message = "Secrets are gone at once by default."
  }

  assert {
    condition     = length(output.tunnels) > 0 && alltrue([for command in values(output.tunnels) : startswith(command, "aws ssm start-session ")])
    error_message = "A page of the host has no command for its tunnel."
  }

  assert {
    condition     = output.images == "123456789012.dkr.ecr.us-east-1.amazonaws.com/vehicle-price"
    error_message = "IMAGES is not where the images are pushed to."
  }
}

run "service_and_workflows_join_when_they_are_asked_for" {
  variables {
    enable_service    = true
    certificate_arn   = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    host_names        = ["price.example.com"]
    allowed_cidrs     = ["0.0.0.0/0"]
    github_repository = "owner/vehicle-price"
  }

  assert {
    condition     = startswith(output.url, "https://") && toset(keys(output.service_names)) == toset(["service", "form"])
    error_message = "The service is not there, or not by TLS."
  }

  assert {
    condition     = output.github_role_arn != ""
    error_message = "The workflows have no role."
  }
}
