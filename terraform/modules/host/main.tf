# One machine for Airflow, MLflow, the monitor, Prometheus, Alertmanager and Grafana, from the Compose files.
# Nobody reaches it from outside but through Session Manager; user_data.tf says what it runs.
locals {
  # What the clients on Fargate ask the host for.
  open_ports = { mlflow = 5000, monitor = 8085 }

  entries = merge([
    for client, group in var.client_security_group_ids : {
      for page, port in local.open_ports : "${client}-${page}" => { group = group, port = port, client = client, page = page }
    }
  ]...)

  pages = {
    form         = 8501
    service      = 9696
    airflow      = 8080
    mlflow       = 5000
    monitor      = 8085
    grafana      = 3000
    prometheus   = 9090
    alertmanager = 9093
    mailbox      = 8025
  }
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

resource "aws_instance" "this" {
  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [aws_security_group.this.id]
  associate_public_ip_address = false
  iam_instance_profile        = aws_iam_instance_profile.this.name
  ebs_optimized               = true
  user_data                   = local.user_data
  # A new release stops the machine, changes its user data and starts it: its volumes stay.
  user_data_replace_on_change = false

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop more than usual: containers ask for the role from behind Docker's bridge.
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "disabled"
  }

  root_block_device {
    encrypted             = true
    volume_type           = "gp3"
    volume_size           = var.disk_gb
    delete_on_termination = true
  }

  tags        = { Name = "${var.name}-host" }
  volume_tags = { Name = "${var.name}-host" }

  lifecycle {
    # Amazon publishes an image every other week: that must not replace the machine. `dnf upgrade`, or -replace.
    ignore_changes = [ami]

    precondition {
      condition     = length(local.user_data) <= 16384
      error_message = "EC2 takes 16 KiB of user data at most."
    }
  }

  # Its first boot needs both.
  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = 30
}

# --- who reaches it, and whom it reaches -----------------------------------------------------------
resource "aws_security_group" "this" {
  name        = "${var.name}-host"
  description = "The host of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-host" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = local.entries

  security_group_id            = aws_security_group.this.id
  description                  = "${each.value.client} asks ${each.value.page}"
  referenced_security_group_id = each.value.group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# Kaggle, registries, mail servers, webhooks: the list has no end.
resource "aws_vpc_security_group_egress_rule" "out" {
  security_group_id = aws_security_group.this.id
  description       = "Everywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# --- what it may do --------------------------------------------------------------------------------
resource "aws_iam_role" "this" {
  name = "${var.name}-host"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-host"
  role = aws_iam_role.this.name
}

resource "aws_iam_role_policy" "this" {
  name = "host"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Not by prefix alone: without it S3 answers 403, not 404, for what is not there.
        Sid      = "ListItsBucket"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.bucket_arn]
      },
      {
        Sid    = "KeepDataSetsAndArtifacts"
        Effect = "Allow"
        Action = [
          "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
        ]
        Resource = ["${var.bucket_arn}/data/*", "${var.bucket_arn}/mlflow/*"]
      },
      {
        Sid      = "ReadTheStacksFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${var.bucket_arn}/deploy/*"]
      },
      {
        Sid      = "ReadItsSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [var.settings_secret_arn, var.database.secret_arn]
      },
      {
        Sid      = "PullItsImages"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = values(var.repository_arns)
      },
      {
        Sid      = "SendItsLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
      },
      {
        # AWS knows no resource for these.
        Sid    = "SignInToTheRegistryAndSessionManager"
        Effect = "Allow"
        Action = [
          "ecr:GetAuthorizationToken",
          "ssm:UpdateInstanceInformation",
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = ["*"]
      },
    ]
  })
}
