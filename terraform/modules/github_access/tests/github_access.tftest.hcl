mock_provider "aws" {
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_data "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/there-already" }
  }
}

variables {
  name              = "vehicle-price"
  repository        = "someone/vehicle-price"
  environment       = "production"
  repository_arns   = { service = "arn:aws:ecr:eu-central-1:123456789012:repository/vehicle-price/service" }
  cluster_arn       = "arn:aws:ecs:eu-central-1:123456789012:cluster/vehicle-price"
  service_arns      = ["arn:aws:ecs:eu-central-1:123456789012:service/vehicle-price/vehicle-price-service"]
  task_role_arns    = ["arn:aws:iam::123456789012:role/vehicle-price-task-service"]
  secret_arns       = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-key-AbCdEf"]
  deploy_bucket_arn = "arn:aws:s3:::the-bucket"
}

run "one_repository_and_its_environment" {
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:someone/vehicle-price:environment:production"
      } }
    }]
    error_message = "Another job than one of that repository in that environment takes the role."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.this[0].url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.this[0].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "Tokens of another issuer, or for somebody else, are taken."
  }
}

run "no_more_than_a_deployment" {
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action if contains(statement.Resource, "*")
    ])) == toset(["ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition"])
    error_message = "An action that could name its resource has *."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
    ]))
    error_message = "An action has a *."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource
      if contains(["PushImages", "UpdateItsServices", "RegisterItsTaskDefinitions", "AskTheServiceAfterADeployment", "GiveTasksTheirRoles", "PutTheStacksFiles"], statement.Sid)
      } == {
      PushImages                    = ["arn:aws:ecr:eu-central-1:123456789012:repository/vehicle-price/service"]
      UpdateItsServices             = ["arn:aws:ecs:eu-central-1:123456789012:service/vehicle-price/vehicle-price-service"]
      RegisterItsTaskDefinitions    = ["arn:aws:ecs:eu-central-1:123456789012:task-definition/vehicle-price-service:*"]
      AskTheServiceAfterADeployment = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-key-AbCdEf"]
      GiveTasksTheirRoles           = ["arn:aws:iam::123456789012:role/vehicle-price-task-service"]
      PutTheStacksFiles             = ["arn:aws:s3:::the-bucket/deploy/*"]
    }
    error_message = "The role reaches something else than what it deploys."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition if contains(statement.Action, "iam:PassRole")
    ]) == { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    error_message = "The tasks' roles may be given to something else than tasks."
  }
}

run "without_a_service_less" {
  variables {
    cluster_arn    = ""
    service_arns   = []
    task_role_arns = []
    secret_arns    = []
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid
    ]) == toset(["SignInToTheRegistry", "PushImages", "ListTheStacksFiles", "PutTheStacksFiles"])
    error_message = "Rights on what is not there."
  }
}

run "a_provider_that_is_there_is_used" {
  variables {
    create_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Federated == "arn:aws:iam::123456789012:oidc-provider/there-already"
    error_message = "A second provider is made, or the first is not used."
  }
}

run "a_pattern_of_repositories_is_refused" {
  command = plan
  variables {
    repository = "someone/*"
  }
  expect_failures = [var.repository]
}

run "a_pattern_of_environments_is_refused" {
  command = plan
  variables {
    environment = "*"
  }
  expect_failures = [var.environment]
}
