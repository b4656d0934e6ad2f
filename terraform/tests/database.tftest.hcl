mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                      = "vehicle-price"
  vpc_id                    = "vpc-0123456789abcdef0"
  subnet_ids                = ["subnet-1", "subnet-2"]
  instance_class            = "db.t4g.small"
  storage_gb                = 20
  keep_data                 = true
  client_security_group_ids = { host = "sg-1", service = "sg-2" }
}

run "it_is_private_and_encrypted" {
  module {
    source = "./modules/database"
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible
    error_message = "The database is public, or its disk is not encrypted."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1"
    error_message = "The database takes connections without TLS."
  }

  assert {
    condition     = aws_db_instance.this.parameter_group_name == aws_db_parameter_group.this.name
    error_message = "The database does not use our parameters."
  }
}

run "only_its_clients_reach_it" {
  module {
    source = "./modules/database"
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.clients : name => rule.referenced_security_group_id } == { host = "sg-1", service = "sg-2" }
    error_message = "Others than its clients reach the database, or not all of them do."
  }

  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.clients :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.ip_protocol == "tcp" && rule.from_port == 5432 && rule.to_port == 5432
    ])
    error_message = "A rule lets in more than PostgreSQL from a security group."
  }

  assert {
    condition     = one(aws_db_instance.this.vpc_security_group_ids) == aws_security_group.this.id
    error_message = "The database has another security group."
  }
}

run "its_password_is_made_by_aws" {
  module {
    source = "./modules/database"
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "The password passes through Terraform."
  }

  assert {
    condition     = output.secret_arn == "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-AbCdEf"
    error_message = "The secret that AWS keeps is not told on."
  }
}

run "it_is_kept" {
  command = plan
  module {
    source = "./modules/database"
  }

  assert {
    condition = (
      aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
      && aws_db_instance.this.final_snapshot_identifier == "vehicle-price-final" && aws_db_instance.this.backup_retention_period >= 7
    )
    error_message = "The database can be lost."
  }
}

run "a_variable_lets_go_of_it" {
  command = plan
  module {
    source = "./modules/database"
  }
  variables {
    keep_data = false
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.delete_automated_backups
    error_message = "keep_data = false does not let the database go."
  }
}

run "refuses_an_instance_type_of_ec2" {
  command = plan
  module {
    source = "./modules/database"
  }
  variables {
    instance_class = "t3.large"
  }
  expect_failures = [var.instance_class]
}

run "refuses_a_disk_that_rds_does_not_sell" {
  command = plan
  module {
    source = "./modules/database"
  }
  variables {
    storage_gb = 10
  }
  expect_failures = [var.storage_gb]
}
