# What cannot work is refused, with a sentence.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image_tag = "v1.0.0"
}

run "refuses_a_region_that_is_none" {
  command = plan
  variables {
    region = "mars-north-1"
    zones  = ["mars-north-1a", "mars-north-1b"]
  }
  expect_failures = [var.region]
}

run "refuses_zones_of_another_region" {
  command = plan
  variables {
    region = "eu-central-1"
  }
  expect_failures = [var.zones]
}

run "refuses_a_single_zone" {
  command = plan
  variables {
    zones = ["us-east-1a"]
  }
  expect_failures = [var.zones]
}

run "refuses_public_addresses_for_the_vpc" {
  command = plan
  variables {
    vpc_cidr = "52.0.0.0/16"
  }
  expect_failures = [var.vpc_cidr]
}

run "refuses_an_address_inside_its_range" {
  command = plan
  variables {
    vpc_cidr = "10.20.1.0/16"
  }
  expect_failures = [var.vpc_cidr]
}

run "refuses_a_vpc_too_small_for_its_subnets" {
  command = plan
  variables {
    vpc_cidr = "10.20.0.0/26"
  }
  expect_failures = [var.vpc_cidr]
}

run "refuses_a_host_that_is_too_small" {
  command = plan
  variables {
    host_instance_type = "t3.micro"
  }
  expect_failures = [var.host_instance_type]
}

run "refuses_a_host_that_cannot_run_the_images" {
  command = plan
  variables {
    host_instance_type = "m7g.xlarge"
  }
  expect_failures = [var.host_instance_type]
}

run "refuses_a_disk_without_room_for_the_images" {
  command = plan
  variables {
    host_disk_gb = 8
  }
  expect_failures = [var.host_disk_gb]
}

run "refuses_an_instance_type_of_ec2_for_the_database" {
  command = plan
  variables {
    database_instance_class = "t4g.small"
  }
  expect_failures = [var.database_instance_class]
}

run "refuses_a_disk_that_rds_does_not_sell" {
  command = plan
  variables {
    database_storage_gb = 5
  }
  expect_failures = [var.database_storage_gb]
}

run "refuses_a_name_that_aws_does_not_take" {
  command = plan
  variables {
    name = "Vehicle Price"
  }
  expect_failures = [var.name]
}

run "refuses_a_tag_that_says_not_which" {
  command = plan
  variables {
    image_tag = "latest"
  }
  expect_failures = [var.image_tag]
}

run "refuses_a_single_task" {
  command = plan
  variables {
    service_tasks_min = 1
  }
  expect_failures = [var.service_tasks_min]
}

run "refuses_fewer_tasks_at_most_than_at_least" {
  command = plan
  variables {
    service_tasks_min = 4
    service_tasks_max = 3
  }
  expect_failures = [var.service_tasks_max]
}

run "refuses_a_service_that_nobody_may_reach" {
  command = plan
  variables {
    enable_service = true
  }
  expect_failures = [var.allowed_cidrs]
}

run "refuses_the_world_without_tls" {
  command = plan
  variables {
    enable_service = true
    allowed_cidrs  = ["0.0.0.0/0"]
  }
  expect_failures = [var.allowed_cidrs]
}

run "refuses_two_halves_of_the_world_without_tls" {
  command = plan
  variables {
    enable_service = true
    allowed_cidrs  = ["0.0.0.0/1", "128.0.0.0/1"]
  }
  expect_failures = [var.allowed_cidrs]
}

run "refuses_what_is_no_range" {
  command = plan
  variables {
    allowed_cidrs = ["203.0.113.7"]
  }
  expect_failures = [var.allowed_cidrs]
}

run "refuses_a_certificate_of_another_region" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
  }
  expect_failures = [var.certificate_arn]
}

run "refuses_a_repository_with_its_address" {
  command = plan
  variables {
    github_repository = "https://github.com/owner/vehicle-price"
  }
  expect_failures = [var.github_repository]
}

run "refuses_every_repository_of_an_owner" {
  command = plan
  variables {
    github_repository = "owner/*"
  }
  expect_failures = [var.github_repository]
}

run "refuses_two_addresses_for_the_alerts" {
  command = plan
  variables {
    alert_email_to = "one@example.com, two@example.com"
  }
  expect_failures = [var.alert_email_to]
}

run "refuses_a_certificate_without_its_names" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
  }
  expect_failures = [var.host_names]
}
