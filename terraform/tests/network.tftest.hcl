mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name  = "vehicle-price"
  cidr  = "10.20.0.0/16"
  zones = ["us-east-1a", "us-east-1b"]
}

run "nothing_comes_in" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The default security group lets something through."
  }

  assert {
    condition     = alltrue([for subnet in merge(aws_subnet.public, aws_subnet.private) : !subnet.map_public_ip_on_launch])
    error_message = "A subnet gives public addresses."
  }

  assert {
    condition     = aws_route.private_out.nat_gateway_id == aws_nat_gateway.this.id && aws_route.private_out.gateway_id == null
    error_message = "The private subnets have another way out than the NAT gateway."
  }
}

run "two_zones_with_addresses_of_their_own" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(distinct([for subnet in merge({ for zone, subnet in aws_subnet.public : "public ${zone}" => subnet }, { for zone, subnet in aws_subnet.private : "private ${zone}" => subnet }) : subnet.cidr_block])) == 4
    error_message = "Two subnets share their addresses."
  }

  assert {
    condition     = aws_subnet.public["us-east-1a"].cidr_block == "10.20.0.0/20" && aws_subnet.private["us-east-1b"].cidr_block == "10.20.144.0/20"
    error_message = "The subnets are not where they were: changing that replaces all that stands in them."
  }

  assert {
    condition     = toset([for association in aws_route_table_association.private : association.route_table_id]) == toset([aws_route_table.private.id])
    error_message = "A private subnet has another route table."
  }
}

run "s3_is_reached_without_the_nat_gateway" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3.service_name == "com.amazonaws.us-east-1.s3"
    error_message = "S3's endpoint is not the free one, or not of this region."
  }
}

run "refuses_public_addresses" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    cidr = "8.8.0.0/16"
  }
  expect_failures = [var.cidr]
}

run "refuses_one_zone_twice" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    zones = ["us-east-1a", "us-east-1a"]
  }
  expect_failures = [var.zones]
}
