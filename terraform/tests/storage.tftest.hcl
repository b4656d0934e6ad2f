mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name      = "vehicle-price"
  keep_data = true
}

run "no_bucket_is_public" {
  module {
    source = "./modules/storage"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "The bucket can be made public."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Access lists of single objects are possible."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Effect == "Deny"])
    error_message = "The bucket's policy allows something: roles do that."
  }
}

run "only_tls_1_2_gets_in" {
  module {
    source = "./modules/storage"
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && statement.Principal == "*" && statement.Action == "s3:*"
      && toset(statement.Resource) == toset([aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"])
    ])
    error_message = "A request without TLS is answered."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      try(statement.Condition.NumericLessThan["s3:TlsVersion"], "") == "1.2"
    ])
    error_message = "A request by an old TLS is answered."
  }
}

run "what_lies_in_it_is_encrypted_and_can_be_brought_back" {
  module {
    source = "./modules/storage"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Objects are not encrypted."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Objects have no versions."
  }

  assert {
    condition = toset([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id if rule.status == "Enabled"]) == toset(["old-versions", "cut-off-uploads"])

    error_message = "Old versions or cut-off uploads are kept, and paid, for ever."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "A destroy takes the data along."
  }
}

run "a_variable_lets_go_of_the_data" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    keep_data = false
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "keep_data = false does not let the bucket go."
  }
}

run "refuses_a_name_that_no_bucket_may_have" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    name = "Vehicle_Price"
  }
  expect_failures = [var.name]
}

run "refuses_to_keep_old_versions_for_no_day" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    old_version_days = 0
  }
  expect_failures = [var.old_version_days]
}
