# ECS starts tasks with one role; what runs in them has another, and the form's may do nothing.
locals {
  assumed_by_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })

  # ARN:KEY:: names a key of the secret; rights are given on the secret.
  secrets = distinct([
    for secret in compact([var.database.secret_arn, var.mlflow_password_secret_arn, var.api_key_secret_arn]) : replace(secret, "/:[A-Za-z0-9_]+::$/", "")
  ])
}

resource "aws_iam_role" "start" {
  name               = "${var.name}-task-start"
  assume_role_policy = local.assumed_by_tasks
}

resource "aws_iam_role_policy" "start" {
  name = "start"
  role = aws_iam_role.start.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # AWS knows no resource for it.
        Sid      = "SignInToTheRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid      = "PullItsImages"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [for part in keys(local.parts) : var.repository_arns[part]]
      },
      {
        Sid      = "ReadItsSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = local.secrets
      },
      {
        Sid      = "SendItsLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for part in keys(local.parts) : "${aws_cloudwatch_log_group.this[part].arn}:*"]
      },
    ]
  })
}

resource "aws_iam_role" "task" {
  for_each = local.parts

  name               = "${var.name}-task-${each.key}"
  assume_role_policy = local.assumed_by_tasks
}

resource "aws_iam_role_policy" "fallback" {
  name = "last-model"
  role = aws_iam_role.task["service"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Not by prefix alone: without it S3 answers 403, not 404, for a model that is not there.
        Sid      = "FindTheLastModel"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.bucket_arn]
      },
      {
        Sid      = "KeepTheLastModel"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = ["${var.bucket_arn}/models/*"]
      },
    ]
  })
}
