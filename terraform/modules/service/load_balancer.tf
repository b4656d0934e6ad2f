# One address: the API's paths go to the price service, everything else to the form. /metrics goes to neither.
locals {
  https    = var.certificate_arn != ""
  listener = local.https ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn

  # Whole paths: what is not named here never reaches the price service. A test compares them with its routes.
  api_paths = [
    "/predict", "/predict/csv", "/predict/csv/columns", "/explain", "/curves",
    "/feedback", "/comparables", "/schema", "/model", "/model/versions",
    "/health", "/ready", "/openapi.json", "/docs",
  ]
  # Pages of the form whose paths are the API's too.
  form_pages = ["/model", "/health"]

  health_checks = { service = "/ready", form = "/_stcore/health" }
}

resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.load_balancer.id]
  drop_invalid_header_fields = true
  # A large CSV takes a while, and the form's connection rests while its visitor thinks.
  idle_timeout = 120

  # Who asked for what, if a bucket for it is named.
  dynamic "access_logs" {
    for_each = compact([var.access_logs_bucket])

    content {
      bucket  = access_logs.value
      prefix  = var.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  for_each = local.parts

  name        = "${var.name}-${each.key}"
  target_type = "ip"
  protocol    = "HTTP"
  port        = each.value.port
  vpc_id      = var.vpc_id
  # A stopping task gets no new request, and this long for those that it has.
  deregistration_delay          = 30
  load_balancing_algorithm_type = each.key == "service" ? "least_outstanding_requests" : "round_robin"

  health_check {
    path                = local.health_checks[each.key]
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  # A visitor's session of the form lives in one task.
  stickiness {
    enabled         = each.key == "form"
    type            = "lb_cookie"
    cookie_duration = 86400
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.https ? "redirect" : "forward"
    target_group_arn = local.https ? null : aws_lb_target_group.this["form"].arn

    dynamic "redirect" {
      for_each = local.https ? [443] : []

      content {
        protocol    = "HTTPS"
        port        = redirect.value
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["form"].arn
  }
}

# The service's /metrics and Streamlit's /_stcore/metrics, however they are written.
resource "aws_lb_listener_rule" "metrics" {
  listener_arn = local.listener
  priority     = 1

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
      message_body = "Not here."
    }
  }

  condition {
    path_pattern {
      values = ["*/metrics*"]
    }
  }
}

# A browser that asks for a page gets the form's, a program the answer of the API.
resource "aws_lb_listener_rule" "form_pages" {
  listener_arn = local.listener
  priority     = 10

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["form"].arn
  }

  condition {
    path_pattern {
      values = local.form_pages
    }
  }

  condition {
    http_header {
      http_header_name = "Accept"
      values           = ["*text/html*"]
    }
  }
}

# A condition holds five paths at most.
resource "aws_lb_listener_rule" "api" {
  count = length(chunklist(local.api_paths, 5))

  listener_arn = local.listener
  priority     = 20 + count.index

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["service"].arn
  }

  condition {
    path_pattern {
      values = chunklist(local.api_paths, 5)[count.index]
    }
  }
}
