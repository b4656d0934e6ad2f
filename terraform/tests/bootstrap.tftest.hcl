mock_provider "aws" {
  source = "./tests/mocks"
}

run "the_backend_is_told_its_bucket" {
  module {
    source = "./bootstrap"
  }

  assert {
    condition     = output.backend == "bucket = \"${output.state_bucket}\"\nregion = \"us-east-1\"\n"
    error_message = "terraform/backend.hcl would not name the bucket of the state."
  }
}

run "refuses_a_region_that_is_none" {
  command = plan
  module {
    source = "./bootstrap"
  }
  variables {
    region = "us-east"
  }
  expect_failures = [var.region]
}
