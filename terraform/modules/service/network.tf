# allowed_cidrs -> load balancer -> tasks; the form -> the service; the host's Prometheus -> the service.
resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-load-balancer"
  description = "The load balancer of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-load-balancer" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  for_each = {
    for pair in setproduct(var.allowed_cidrs, local.https ? [80, 443] : [80]) : "${pair[0]}-${pair[1]}" => pair
  }

  security_group_id = aws_security_group.load_balancer.id
  description       = "Visitors at ${each.value[1]}"
  cidr_ipv4         = each.value[0]
  ip_protocol       = "tcp"
  from_port         = each.value[1]
  to_port           = each.value[1]
}

resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  for_each = local.parts

  security_group_id            = aws_security_group.load_balancer.id
  description                  = "The ${each.key}"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "The tasks of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-tasks" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  for_each = local.parts

  security_group_id            = aws_security_group.tasks.id
  description                  = "Requests to the ${each.key}, and its health check"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "inside" {
  for_each = { form = aws_security_group.tasks.id, prometheus = var.host_security_group_id }

  security_group_id            = aws_security_group.tasks.id
  description                  = "The service, asked by ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.parts.service.port
  to_port                      = local.parts.service.port
}

# Registry, secrets, logs and S3 are names of AWS at 443; the rest is inside.
resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.tasks.id
  description       = "AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Its group lets these tasks in; this module does not know the group, but the network that both are in.
resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id = aws_security_group.tasks.id
  description       = "The prediction log"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = var.database.port
  to_port           = var.database.port
}

resource "aws_vpc_security_group_egress_rule" "inside" {
  for_each = {
    mlflow  = { group = var.host_security_group_id, port = 5000 }
    monitor = { group = var.host_security_group_id, port = 8085 }
    service = { group = aws_security_group.tasks.id, port = local.parts.service.port }
  }

  security_group_id            = aws_security_group.tasks.id
  description                  = "The ${each.key}"
  referenced_security_group_id = each.value.group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
