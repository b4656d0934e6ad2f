# What a workflow of one repository may do, in one environment, with no key kept anywhere: GitHub signs a token
# that says where a job runs, and AWS gives the role to that job alone.
locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = one(concat(aws_iam_openid_connect_provider.this[*].arn, data.aws_iam_openid_connect_provider.this[*].arn))

  # arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME runs the task definitions of the family NAME.
  task_definitions = [for arn in var.service_arns : replace(arn, "/:service/.*/([^/]+)$/", ":task-definition/$1:*")]

  statements = concat(
    [
      {
        # AWS knows no resource for it.
        Sid      = "SignInToTheRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid    = "PushImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = values(var.repository_arns)
      },
      {
        Sid       = "ListTheStacksFiles"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [var.deploy_bucket_arn]
        Condition = { StringLike = { "s3:prefix" = ["deploy/*"] } }
      },
      {
        Sid      = "PutTheStacksFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${var.deploy_bucket_arn}/deploy/*"]
      },
    ],
    [for services in [var.service_arns] : {
      Sid       = "UpdateItsServices"
      Effect    = "Allow"
      Action    = ["ecs:DescribeServices", "ecs:UpdateService"]
      Resource  = services
      Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
    } if length(services) > 0],
    [for definitions in [local.task_definitions] : {
      Sid      = "RegisterItsTaskDefinitions"
      Effect   = "Allow"
      Action   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
      Resource = definitions
    } if length(definitions) > 0],
    [for definitions in [local.task_definitions] : {
      # AWS knows no resource for it.
      Sid      = "ReadTaskDefinitions"
      Effect   = "Allow"
      Action   = ["ecs:DescribeTaskDefinition"]
      Resource = ["*"]
    } if length(definitions) > 0],
    [for secrets in [var.secret_arns] : {
      Sid      = "AskTheServiceAfterADeployment"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = secrets
    } if length(secrets) > 0],
    [for roles in [var.task_role_arns] : {
      Sid       = "GiveTasksTheirRoles"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = roles
      Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    } if length(roles) > 0],
  )
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.create_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_openid_connect_provider" "this" {
  count = var.create_provider ? 0 : 1

  url = "https://${local.issuer}"
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-github"
  description          = "Taken by jobs of ${var.repository} in the environment ${var.environment}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = "repo:${var.repository}:environment:${var.environment}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "deploy"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
