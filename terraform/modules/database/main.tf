locals {
  port    = 5432
  version = "17"
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

# PostgreSQL's own default refuses connections without TLS since version 15; here it cannot be changed by one.
resource "aws_db_parameter_group" "this" {
  name   = "${var.name}-postgres${local.version}"
  family = "postgres${local.version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# No rule lets it out: the database calls nobody.
resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL of ${var.name}: entered by its clients alone"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value
  description                  = "PostgreSQL from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = local.version
  instance_class = var.instance_class
  port           = local.port

  # Made, kept and changed by AWS: it stands in no state and no file.
  username                    = "postgres"
  manage_master_user_password = true

  storage_type          = "gp3"
  storage_encrypted     = true
  allocated_storage     = var.storage_gb
  max_allocated_storage = 5 * var.storage_gb

  db_subnet_group_name   = aws_db_subnet_group.this.name
  parameter_group_name   = aws_db_parameter_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false

  backup_retention_period         = 7
  backup_window                   = "06:00-06:30"
  maintenance_window              = "sun:07:00-sun:07:30"
  auto_minor_version_upgrade      = true
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = ["postgresql"]

  deletion_protection       = var.keep_data
  delete_automated_backups  = !var.keep_data
  skip_final_snapshot       = !var.keep_data
  final_snapshot_identifier = var.keep_data ? "${var.name}-final" : null
}
