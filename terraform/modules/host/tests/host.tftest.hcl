mock_provider "aws" {
  mock_resource "aws_security_group" {
    defaults = { id = "sg-0123456789abcdef0" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/vehicle-price/host" }
  }

  mock_resource "aws_instance" {
    defaults = { id = "i-0123456789abcdef0", private_ip = "10.20.128.10" }
  }

  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }
}

variables {
  name                      = "vehicle-price"
  vpc_id                    = "vpc-0123456789abcdef0"
  subnet_id                 = "subnet-0123456789abcdef0"
  instance_type             = "m7i-flex.large"
  disk_gb                   = 60
  region                    = "eu-central-1"
  bucket                    = "the-bucket"
  bucket_arn                = "arn:aws:s3:::the-bucket"
  database                  = { address = "db.internal", port = 5432, secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1" }
  settings_secret_arn       = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:vehicle-price/settings-AbCdEf"
  image_registry            = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
  image_tag                 = "v1.2.0"
  repository_arns           = { airflow = "arn:aws:ecr:eu-central-1:123456789012:repository/vehicle-price/airflow" }
  client_security_group_ids = { service = "sg-0aaaaaaaaaaaaaaaa" }
  alert_email_to            = "ops@example.org"
}

run "the_machine_is_closed" {
  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_endpoint == "enabled"
    error_message = "The metadata answer without a token (IMDSv1)."
  }

  assert {
    condition     = aws_instance.this.metadata_options[0].http_put_response_hop_limit == 2
    error_message = "Containers cannot ask for the role, or more than they can."
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_instance.this.root_block_device[0].volume_type == "gp3"
    error_message = "The disk is not an encrypted gp3."
  }

  assert {
    condition     = aws_instance.this.associate_public_ip_address == false && aws_instance.this.subnet_id == "subnet-0123456789abcdef0"
    error_message = "The machine has a public address, or stands in another subnet."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.client) == 2
    error_message = "MLflow and the monitor are what a client may reach, and nothing else."
  }

  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.client :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.referenced_security_group_id == "sg-0aaaaaaaaaaaaaaaa" && contains([5000, 8085], rule.from_port) && rule.from_port == rule.to_port
    ])
    error_message = "Something but the client's security group comes in, or at another port."
  }
}

run "without_clients_nothing_comes_in" {
  variables {
    client_security_group_ids = {}
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.client) == 0
    error_message = "Somebody may reach the host."
  }
}

run "the_role_may_what_it_must" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : alltrue([
        for action in statement.Action : !strcontains(action, "*")
      ])
    ])
    error_message = "An action has a *."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action if contains(statement.Resource, "*")
      ])) == toset([
      "ecr:GetAuthorizationToken", "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ])
    error_message = "An action that could name its resource has *."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if contains(statement.Action, "s3:PutObject")
    ])) == toset(["arn:aws:s3:::the-bucket/data/*", "arn:aws:s3:::the-bucket/mlflow/*"])
    error_message = "The host writes elsewhere than to its folders: whoever writes deploy/ runs code as root."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if contains(statement.Action, "secretsmanager:GetSecretValue")
    ])) == toset([var.settings_secret_arn, var.database.secret_arn])
    error_message = "The host reads other secrets than its own."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "ec2.amazonaws.com" }
    error_message = "Somebody else than EC2 takes the role."
  }
}

run "the_user_data" {
  assert {
    condition     = length(aws_instance.this.user_data) < 16384 && aws_instance.this.user_data_replace_on_change == false
    error_message = "EC2 takes 16 KiB; a new release must not replace the machine and its volumes."
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, "- [scripts-user, always]") && strcontains(aws_instance.this.user_data, "\n\n#!/usr/bin/env bash\n")
    error_message = "The script does not run at each boot."
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, "\"log_group_name\": \"${aws_cloudwatch_log_group.this.name}\"")
    error_message = "The log goes to another group than the one that is made."
  }
}

run "tunnels_name_the_machine_and_the_port" {
  assert {
    condition     = output.tunnels["grafana"] == "aws ssm start-session --region eu-central-1 --target i-0123456789abcdef0 --document-name AWS-StartPortForwardingSession --parameters portNumber=3000,localPortNumber=3000"
    error_message = "The tunnel to Grafana leads elsewhere."
  }

  assert {
    condition     = output.private_ip == "10.20.128.10" && output.log_group == "/vehicle-price/host" && output.security_group_id == "sg-0123456789abcdef0"
    error_message = "An output says something else than its resource."
  }
}

run "arm_is_refused" {
  command = plan
  variables {
    instance_type = "m7g.xlarge"
  }
  expect_failures = [var.instance_type]
}

run "a_small_machine_is_refused" {
  command = plan
  variables {
    instance_type = "t3.medium"
  }
  expect_failures = [var.instance_type]
}

run "another_port_of_the_database_is_refused" {
  command = plan
  variables {
    database = { address = "db.internal", port = 6543, secret_arn = "arn:aws:secretsmanager:x" }
  }
  expect_failures = [var.database]
}

run "a_quote_in_the_address_is_refused" {
  command = plan
  variables {
    alert_email_to = "o'ps@example.org"
  }
  expect_failures = [var.alert_email_to]
}
