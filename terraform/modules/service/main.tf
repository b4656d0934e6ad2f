# The price service and the form on ECS Fargate. load_balancer.tf has what stands before them, roles.tf what
# they may do, network.tf who reaches whom.
locals {
  namespace    = "${var.name}.internal"
  service_name = "service.${local.namespace}"

  # From SIGTERM to SIGKILL; 120 is Fargate's most. The service ends by itself some seconds earlier.
  stop_seconds = 90

  service_environment = {
    AWS_REGION          = var.region
    AWS_DEFAULT_REGION  = var.region
    MLFLOW_TRACKING_URI = "http://${var.host_private_ip}:5000"
    # It may read every model and change none: docker-compose-aws.yml
    MLFLOW_TRACKING_USERNAME = "reader"
    MODEL_FALLBACK_URI       = "s3://${var.bucket}/models"
    PREDICTION_LOG_URL       = "postgresql+psycopg2://price_service@${var.database.address}:${var.database.port}/predictions?sslmode=verify-full&sslrootcert=/etc/ssl/rds-ca-bundle.pem"
    STOP_SECONDS             = tostring(local.stop_seconds - 5)
    SERVICE_WORKERS          = "2"
    # The names under which clients and the form ask; health checks and Prometheus, which ask by address, need none.
    ALLOWED_HOSTS = join(",", concat(var.host_names, [aws_lb.this.dns_name, local.service_name]))
  }
  form_environment = {
    SERVICE_URL = "http://${local.service_name}:9696"
    MONITOR_URL = "http://${var.host_private_ip}:8085"
    # The form holds the API key and asks nobody who they are: what writes or is costly is off unless it is asked for.
    FORM_FEEDBACK = tostring(var.form_feedback)
    FORM_UPLOADS  = tostring(var.form_uploads)
  }

  api_key = var.api_key_secret_arn == "" ? {} : { API_KEY = var.api_key_secret_arn }
  # libpq takes the first where the URL has no password.
  passwords = { PGPASSWORD = var.database.secret_arn, MLFLOW_TRACKING_PASSWORD = var.mlflow_password_secret_arn }

  parts = {
    service = {
      port        = 9696
      cpu         = 1024
      memory      = 2048
      tmp_mib     = 512
      health      = "/health"
      environment = local.service_environment
      secrets     = merge(local.passwords, local.api_key)
      # The image owns this folder and declares it a volume, so that it belongs to its user.
      folders = { state = "/var/lib/price-service" }
    }
    form = {
      port        = 8501
      cpu         = 512
      memory      = 1024
      tmp_mib     = 256
      health      = "/_stcore/health"
      environment = local.form_environment
      secrets     = local.api_key
      folders     = {}
    }
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.parts

  name              = "/${var.name}/${each.key}"
  retention_in_days = 30
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.parts

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  dynamic "volume" {
    for_each = each.value.folders

    content {
      name = volume.key
    }
  }

  container_definitions = jsonencode([{
    name                   = each.key
    image                  = "${var.repository_urls[each.key]}:${var.image_tag}"
    essential              = true
    readonlyRootFilesystem = true
    stopTimeout            = local.stop_seconds
    portMappings           = [{ containerPort = each.value.port, hostPort = each.value.port, protocol = "tcp" }]
    mountPoints = [
      for volume, path in each.value.folders : { sourceVolume = volume, containerPath = path, readOnly = false }
    ]
    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
      tmpfs              = [{ containerPath = "/tmp", size = each.value.tmp_mib }]
    }
    environment = [for name in sort(keys(each.value.environment)) : { name = name, value = each.value.environment[name] }]
    secrets     = [for name in sort(keys(each.value.secrets)) : { name = name, valueFrom = each.value.secrets[name] }]
    # Alive, with a model or without; whether it has one is what the load balancer asks.
    healthCheck = {
      command     = ["CMD", "python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:${each.value.port}${each.value.health}', timeout=4)"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.this[each.key].name
        "awslogs-region"        = var.region
        "awslogs-stream-prefix" = each.key
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  for_each = local.parts

  name                               = "${var.name}-${each.key}"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this[each.key].arn
  launch_type                        = "FARGATE"
  desired_count                      = var.tasks_min
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  availability_zone_rebalancing      = "ENABLED"
  # It loads a model before it is ready.
  health_check_grace_period_seconds = 120
  enable_ecs_managed_tags           = true
  propagate_tags                    = "SERVICE"

  # A release whose tasks do not become healthy is taken back.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this[each.key].arn
    container_name   = each.key
    container_port   = each.value.port
  }

  dynamic "service_registries" {
    for_each = each.key == "service" ? [aws_service_discovery_service.this.arn] : []

    content {
      registry_arn = service_registries.value
    }
  }

  lifecycle {
    # Auto scaling sets the one, a deployment the other.
    ignore_changes = [desired_count, task_definition]
  }

  # A target group that no listener names is refused; a task without its rights cannot start.
  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_lb_listener_rule.api, aws_iam_role_policy.start]
}

# --- how many ---------------------------------------------------------------------------------------
resource "aws_appautoscaling_target" "this" {
  for_each = local.parts

  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this[each.key].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.tasks_min
  max_capacity       = var.tasks_max
}

resource "aws_appautoscaling_policy" "requests" {
  name               = "${var.name}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this["service"].service_namespace
  resource_id        = aws_appautoscaling_target.this["service"].resource_id
  scalable_dimension = aws_appautoscaling_target.this["service"].scalable_dimension

  target_tracking_scaling_policy_configuration {
    # Requests a minute for each task: 100 a second, well below what one virtual CPU answers.
    target_value       = 6000
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.this.arn_suffix}/${aws_lb_target_group.this["service"].arn_suffix}"
    }
  }
}

# A visitor of the form is one long connection: requests say little of the work.
resource "aws_appautoscaling_policy" "processor" {
  name               = "${var.name}-processor"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this["form"].service_namespace
  resource_id        = aws_appautoscaling_target.this["form"].resource_id
  scalable_dimension = aws_appautoscaling_target.this["form"].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# --- where the tasks are, by name: for Prometheus and the form --------------------------------------
resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = local.namespace
  description = "The tasks of ${var.name}"
  vpc         = var.vpc_id
}

resource "aws_service_discovery_service" "this" {
  name          = trimsuffix(local.service_name, ".${local.namespace}")
  force_destroy = true

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  # ECS says which task is well.
  health_check_custom_config {
    failure_threshold = 1
  }
}
