provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project   = var.name
      ManagedBy = "terraform"
    }
  }
}

locals {
  images = toset(["airflow", "mlflow", "service", "monitor", "form"])

  database = {
    address    = module.database.address
    port       = module.database.port
    secret_arn = module.database.secret_arn
  }

  # Not as the master user, whose password AWS changes every week: as the log's owner, which the host makes.
  prediction_log = merge(local.database, {
    secret_arn = "${aws_secretsmanager_secret.settings.arn}:POSTGRES_PRICE_SERVICE_PASSWORD::"
  })

  # The one output alone: `module.service` as a whole would wait for the tasks, which need these rules.
  service_security_group_ids = {
    for name in var.enable_service ? ["service"] : [] : name => module.service[0].security_group_id
  }
}

module "network" {
  source = "./modules/network"

  name  = var.name
  cidr  = var.vpc_cidr
  zones = var.zones
}

module "storage" {
  source = "./modules/storage"

  name      = var.name
  keep_data = var.keep_data
}

module "images" {
  source = "./modules/images"

  name         = var.name
  repositories = local.images
  keep_data    = var.keep_data
}

# Their values are put in by put_settings.sh or by hand: they stand in no state and no plan.
resource "aws_secretsmanager_secret" "settings" {
  name                    = "${var.name}/settings"
  description             = "JSON of the .env of the host: setup/setup_env.md"
  recovery_window_in_days = var.keep_data ? 30 : 0
}

resource "aws_secretsmanager_secret" "api_key" {
  name                    = "${var.name}/api-key"
  description             = "What clients of the price service send as X-API-Key"
  recovery_window_in_days = var.keep_data ? 30 : 0
}

module "database" {
  source = "./modules/database"

  name           = var.name
  vpc_id         = module.network.vpc_id
  subnet_ids     = module.network.private_subnet_ids
  instance_class = var.database_instance_class
  storage_gb     = var.database_storage_gb
  keep_data      = var.keep_data

  client_security_group_ids = merge({ host = module.host.security_group_id }, local.service_security_group_ids)
}

module "host" {
  source = "./modules/host"

  name                = var.name
  vpc_id              = module.network.vpc_id
  subnet_id           = module.network.private_subnet_ids[0]
  instance_type       = var.host_instance_type
  disk_gb             = var.host_disk_gb
  region              = var.region
  bucket              = module.storage.bucket
  bucket_arn          = module.storage.bucket_arn
  database            = local.database
  settings_secret_arn = aws_secretsmanager_secret.settings.arn
  image_registry      = module.images.registry
  image_tag           = var.image_tag
  repository_arns     = module.images.repository_arns
  alert_email_to      = var.alert_email_to

  client_security_group_ids = local.service_security_group_ids
}

module "service" {
  source = "./modules/service"
  count  = var.enable_service ? 1 : 0

  name                       = var.name
  vpc_id                     = module.network.vpc_id
  vpc_cidr                   = var.vpc_cidr
  public_subnet_ids          = module.network.public_subnet_ids
  private_subnet_ids         = module.network.private_subnet_ids
  region                     = var.region
  bucket                     = module.storage.bucket
  bucket_arn                 = module.storage.bucket_arn
  database                   = local.prediction_log
  mlflow_password_secret_arn = "${aws_secretsmanager_secret.settings.arn}:MLFLOW_READER_PASSWORD::"
  host_private_ip            = module.host.private_ip
  host_security_group_id     = module.host.security_group_id
  repository_urls            = module.images.repository_urls
  repository_arns            = module.images.repository_arns
  image_tag                  = var.image_tag
  api_key_secret_arn         = var.api_key_required ? aws_secretsmanager_secret.api_key.arn : ""
  certificate_arn            = var.certificate_arn
  allowed_cidrs              = var.allowed_cidrs
  tasks_min                  = var.service_tasks_min
  tasks_max                  = var.service_tasks_max
  host_names                 = var.host_names
  form_feedback              = var.form_feedback
  form_uploads               = var.form_uploads
  access_logs_bucket         = var.access_logs_bucket
}

module "github_access" {
  source = "./modules/github_access"
  count  = var.github_repository == "" ? 0 : 1

  name              = var.name
  repository        = var.github_repository
  environment       = var.github_environment
  create_provider   = var.create_github_provider
  repository_arns   = module.images.repository_arns
  cluster_arn       = var.enable_service ? module.service[0].cluster_arn : ""
  service_arns      = var.enable_service ? module.service[0].service_arns : []
  task_role_arns    = var.enable_service ? module.service[0].task_role_arns : []
  deploy_bucket_arn = module.storage.bucket_arn
  secret_arns       = var.enable_service && var.api_key_required ? [aws_secretsmanager_secret.api_key.arn] : []
}
