mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/vehicle-price/1"
      arn_suffix = "app/vehicle-price/1"
      dns_name   = "vehicle-price-1.eu-central-1.elb.amazonaws.com"
    }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/any/1"
      arn_suffix = "targetgroup/any/1"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/vehicle-price/1/1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/any" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:any" }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-0123456789abcdef0" }
  }

  mock_resource "aws_service_discovery_service" {
    defaults = { arn = "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-1" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/any:1" }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = { id = "arn:aws:ecs:eu-central-1:123456789012:cluster/vehicle-price", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/vehicle-price" }
  }
}

override_resource {
  target = aws_lb_target_group.this["form"]
  values = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/form/1" }
}

override_resource {
  target = aws_lb_target_group.this["service"]
  values = {
    arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/service/1"
    arn_suffix = "targetgroup/service/1"
  }
}

override_resource {
  target = aws_security_group.load_balancer
  values = { id = "sg-0bbbbbbbbbbbbbbbb" }
}

variables {
  name                   = "vehicle-price"
  vpc_id                 = "vpc-0123456789abcdef0"
  vpc_cidr               = "10.20.0.0/16"
  public_subnet_ids      = ["subnet-1", "subnet-2"]
  private_subnet_ids     = ["subnet-3", "subnet-4"]
  region                 = "eu-central-1"
  bucket                 = "the-bucket"
  bucket_arn             = "arn:aws:s3:::the-bucket"
  database               = { address = "db.internal", port = 5432, secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:settings-AbCdEf:POSTGRES_PRICE_SERVICE_PASSWORD::" }
  host_private_ip        = "10.20.128.10"
  host_security_group_id = "sg-0cccccccccccccccc"
  repository_urls        = { service = "registry/vehicle-price/service", form = "registry/vehicle-price/form" }
  repository_arns        = { service = "arn:aws:ecr:x:1:repository/service", form = "arn:aws:ecr:x:1:repository/form", airflow = "arn:aws:ecr:x:1:repository/airflow" }
  image_tag              = "v1.2.0"
  api_key_secret_arn     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-key-AbCdEf"

  mlflow_password_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:settings-AbCdEf:MLFLOW_READER_PASSWORD::"
  certificate_arn            = ""
  allowed_cidrs              = ["203.0.113.0/24"]
  tasks_min                  = 2
  tasks_max                  = 6
  host_names                 = ["price.example.com"]
  form_feedback              = false
  form_uploads               = false
  access_logs_bucket         = ""
}

run "a_release_that_fails_is_taken_back" {
  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback])
    error_message = "A service has no circuit breaker that rolls back."
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.desired_count >= 2 && service.deployment_minimum_healthy_percent == 100])
    error_message = "Fewer than two tasks, or a deployment that stops tasks before others run."
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : !service.network_configuration[0].assign_public_ip && service.network_configuration[0].subnets == toset(["subnet-3", "subnet-4"])])
    error_message = "Tasks have public addresses, or stand outside of the private subnets."
  }
}

run "only_tasks_that_serve_get_requests" {
  assert {
    condition     = aws_lb_target_group.this["service"].health_check[0].path == "/ready" && aws_lb_target_group.this["service"].health_check[0].matcher == "200"
    error_message = "A task without a model gets requests."
  }

  assert {
    condition     = aws_lb_target_group.this["form"].stickiness[0].enabled && !aws_lb_target_group.this["service"].stickiness[0].enabled
    error_message = "A visitor's session of the form wanders, or the service's load does not spread."
  }
}

run "tasks_reach_databases_of_their_network_alone" {
  assert {
    condition     = aws_vpc_security_group_egress_rule.database.cidr_ipv4 == "10.20.0.0/16" && aws_vpc_security_group_egress_rule.database.from_port == 5432
    error_message = "Tasks may send what they know to any database of the world."
  }
}

run "a_network_that_is_the_world_is_refused" {
  command = plan
  variables {
    vpc_cidr = "0.0.0.0/0"
  }
  expect_failures = [var.vpc_cidr]
}

run "metrics_stay_inside" {
  assert {
    condition     = aws_lb_listener_rule.metrics.action[0].type == "fixed-response" && aws_lb_listener_rule.metrics.action[0].fixed_response[0].status_code == "404" && one(aws_lb_listener_rule.metrics.condition).path_pattern[0].values == toset(["*/metrics*"])
    error_message = "/metrics is answered through the load balancer."
  }

  assert {
    condition     = alltrue([for rule in concat(aws_lb_listener_rule.api, [aws_lb_listener_rule.form_pages]) : rule.priority > aws_lb_listener_rule.metrics.priority])
    error_message = "Another rule comes before the one that closes /metrics."
  }

  assert {
    condition     = alltrue(flatten([for rule in aws_lb_listener_rule.api : [for path in one(rule.condition).path_pattern[0].values : !strcontains(path, "*") && !strcontains(path, "metrics")]]))
    error_message = "A pattern could lead to the service's /metrics."
  }

  assert {
    condition     = one(aws_lb_listener.http.default_action).target_group_arn == aws_lb_target_group.this["form"].arn
    error_message = "What no rule names goes to the service."
  }
}

run "the_api_and_the_form_at_one_address" {
  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.api : one(rule.action).target_group_arn == aws_lb_target_group.this["service"].arn && length(one(rule.condition).path_pattern[0].values) <= 5])
    error_message = "The API's paths do not go to the service, or a rule has more than AWS takes."
  }

  assert {
    condition     = alltrue([for path in ["/predict", "/predict/csv", "/ready", "/model", "/feedback", "/schema"] : contains(flatten([for rule in aws_lb_listener_rule.api : tolist(one(rule.condition).path_pattern[0].values)]), path)])
    error_message = "A path of the API is not led to the service."
  }

  assert {
    condition     = one(aws_lb_listener_rule.form_pages.action).target_group_arn == aws_lb_target_group.this["form"].arn && aws_lb_listener_rule.form_pages.priority < 20
    error_message = "A browser that loads the form's page /model or /health gets JSON."
  }
}

run "the_form_s_pages_reach_browsers" {
  assert {
    condition = {
      for condition in aws_lb_listener_rule.form_pages.condition : length(condition.path_pattern) > 0 ? "paths" : "accept" =>
      toset(length(condition.path_pattern) > 0 ? condition.path_pattern[0].values : condition.http_header[0].values)
    } == { paths = toset(["/model", "/health"]), accept = toset(["*text/html*"]) }
    error_message = "A page of the form is led to the service, or a program's question to the form."
  }
}

run "the_form_takes_nothing_from_strangers_by_default" {
  assert {
    condition = {
      for variable in jsondecode(aws_ecs_task_definition.this["form"].container_definitions)[0].environment : variable.name => variable.value
      if startswith(variable.name, "FORM_")
    } == { FORM_FEEDBACK = "false", FORM_UPLOADS = "false" }
    error_message = "The form takes feedback or files although that is off."
  }
}

run "hosts_that_are_answered" {
  assert {
    condition     = one([for variable in jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].environment : variable.value if variable.name == "ALLOWED_HOSTS"]) == "price.example.com,vehicle-price-1.eu-central-1.elb.amazonaws.com,service.vehicle-price.internal"
    error_message = "The service refuses a name under which it is asked, or answers to others."
  }
}

run "access_logs_where_a_bucket_is_named" {
  variables {
    access_logs_bucket = "the-logs"
  }

  assert {
    condition     = one(aws_lb.this.access_logs).bucket == "the-logs" && one(aws_lb.this.access_logs).enabled
    error_message = "Nobody can see who asked."
  }
}

run "only_the_load_balancer_is_open" {
  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.world : name => [rule.security_group_id, rule.cidr_ipv4, rule.from_port] } == { "203.0.113.0/24-80" = ["sg-0bbbbbbbbbbbbbbbb", "203.0.113.0/24", 80] }
    error_message = "Something but allowed_cidrs reaches the load balancer, or at another port."
  }

  assert {
    condition = alltrue([
      for rule in merge(aws_vpc_security_group_ingress_rule.from_load_balancer, aws_vpc_security_group_ingress_rule.inside) :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.from_port == rule.to_port && rule.security_group_id == aws_security_group.tasks.id
    ])
    error_message = "The tasks are reached by addresses."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.inside["prometheus"].referenced_security_group_id == "sg-0cccccccccccccccc" && aws_vpc_security_group_ingress_rule.inside["prometheus"].from_port == 9696
    error_message = "The host's Prometheus does not reach the service's /metrics."
  }
}

run "without_a_certificate_plain_http" {
  assert {
    condition     = length(aws_lb_listener.https) == 0 && one(aws_lb_listener.http.default_action).type == "forward" && output.url == "http://vehicle-price-1.eu-central-1.elb.amazonaws.com"
    error_message = "Without a certificate there is no HTTPS."
  }
}

run "with_a_certificate_https_alone" {
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  }

  override_resource {
    target = aws_lb_listener.https
    values = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/vehicle-price/1/https" }
  }

  assert {
    condition     = aws_lb_listener.https[0].certificate_arn == var.certificate_arn && aws_lb_listener.https[0].port == 443 && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-1-2-")
    error_message = "No HTTPS with the certificate, or with an old TLS."
  }

  assert {
    condition     = one(aws_lb_listener.http.default_action).type == "redirect" && one(aws_lb_listener.http.default_action).redirect[0].protocol == "HTTPS" && one(aws_lb_listener.http.default_action).redirect[0].status_code == "HTTP_301"
    error_message = "Plain HTTP is answered."
  }

  assert {
    condition     = alltrue([for rule in concat(aws_lb_listener_rule.api, [aws_lb_listener_rule.form_pages, aws_lb_listener_rule.metrics]) : rule.listener_arn == aws_lb_listener.https[0].arn])
    error_message = "A rule stands at the listener that only redirects: /metrics would be open at the other."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.world : rule.from_port]) == toset([80, 443]) && startswith(output.url, "https://")
    error_message = "443 is closed, or the address is not one of HTTPS."
  }
}

run "secrets_are_no_variables" {
  assert {
    condition     = { for secret in jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].secrets : secret.name => secret.valueFrom } == { API_KEY = var.api_key_secret_arn, MLFLOW_TRACKING_PASSWORD = var.mlflow_password_secret_arn, PGPASSWORD = var.database.secret_arn }
    error_message = "The service does not get its secrets from Secrets Manager."
  }

  assert {
    condition     = { for secret in jsondecode(aws_ecs_task_definition.this["form"].container_definitions)[0].secrets : secret.name => secret.valueFrom } == { API_KEY = var.api_key_secret_arn }
    error_message = "The form has no API key, or has the database's password."
  }

  assert {
    condition     = one([for variable in jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].environment : variable.value if variable.name == "PREDICTION_LOG_URL"]) == "postgresql+psycopg2://price_service@db.internal:5432/predictions?sslmode=verify-full&sslrootcert=/etc/ssl/rds-ca-bundle.pem"
    error_message = "The prediction log's address holds a password, or its certificate is not verified."
  }

  assert {
    condition     = aws_iam_role_policy.start.policy != "" && toset(flatten([for statement in jsondecode(aws_iam_role_policy.start.policy).Statement : statement.Resource if contains(statement.Action, "secretsmanager:GetSecretValue")])) == toset(["arn:aws:secretsmanager:eu-central-1:123456789012:secret:settings-AbCdEf", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-key-AbCdEf"])
    error_message = "The start reads other secrets than those that the tasks name."
  }
}

run "without_an_api_key_none_is_asked_for" {
  variables {
    api_key_secret_arn = ""
  }

  assert {
    condition     = [for secret in jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].secrets : secret.name] == ["MLFLOW_TRACKING_PASSWORD", "PGPASSWORD"] && jsondecode(aws_ecs_task_definition.this["form"].container_definitions)[0].secrets == []
    error_message = "A key is asked for that is not there."
  }
}

run "containers_write_where_they_may" {
  assert {
    condition = alltrue([
      for definition in aws_ecs_task_definition.this : jsondecode(definition.container_definitions)[0].readonlyRootFilesystem
      && jsondecode(definition.container_definitions)[0].linuxParameters.tmpfs[0].containerPath == "/tmp"
      && jsondecode(definition.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"]
    ])
    error_message = "A container writes to its own files, has no /tmp, or keeps capabilities."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].mountPoints == [{ sourceVolume = "state", containerPath = "/var/lib/price-service", readOnly = false }]
    error_message = "The outbox has no place to be."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].stopTimeout == 90 && tonumber(one([for variable in jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].environment : variable.value if variable.name == "STOP_SECONDS"])) < 90
    error_message = "The service is killed before its outbox is shipped."
  }
}

run "more_tasks_with_more_requests" {
  assert {
    condition     = aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type == "ALBRequestCountPerTarget" && aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/vehicle-price/1/targetgroup/service/1"
    error_message = "The service does not scale on requests for each of its tasks."
  }

  assert {
    condition     = alltrue([for target in aws_appautoscaling_target.this : target.min_capacity == 2 && target.max_capacity == 6])
    error_message = "Scaling goes below tasks_min or beyond tasks_max."
  }
}

run "roles_may_what_they_must" {
  assert {
    condition = toset(flatten([
      for policy in [aws_iam_role_policy.start.policy, aws_iam_role_policy.fallback.policy] : [
        for statement in jsondecode(policy).Statement : statement.Action if contains(statement.Resource, "*")
      ]
    ])) == toset(["ecr:GetAuthorizationToken"])
    error_message = "An action that could name its resource has *."
  }

  assert {
    condition = alltrue(flatten([
      for policy in [aws_iam_role_policy.start.policy, aws_iam_role_policy.fallback.policy] : [
        for statement in jsondecode(policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "An action has a *."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.fallback.policy).Statement : statement.Resource if contains(statement.Action, "s3:PutObject")
    ])) == toset(["arn:aws:s3:::the-bucket/models/*"])
    error_message = "The service writes elsewhere than to the last model's folder."
  }

  assert {
    condition     = !contains(flatten([for statement in jsondecode(aws_iam_role_policy.start.policy).Statement : statement.Resource]), "arn:aws:ecr:x:1:repository/airflow")
    error_message = "The tasks pull images that are not theirs."
  }
}

run "prometheus_finds_the_tasks" {
  assert {
    condition     = aws_service_discovery_private_dns_namespace.this.name == "vehicle-price.internal" && aws_service_discovery_service.this.name == "service" && aws_service_discovery_service.this.dns_config[0].dns_records[0].type == "A" && aws_service_discovery_service.this.dns_config[0].routing_policy == "MULTIVALUE"
    error_message = "service.vehicle-price.internal does not list the tasks' addresses."
  }

  assert {
    condition     = length(aws_ecs_service.this["service"].service_registries) == 1 && length(aws_ecs_service.this["form"].service_registries) == 0
    error_message = "The service's tasks do not register, or the form's do."
  }

  assert {
    condition     = one([for variable in jsondecode(aws_ecs_task_definition.this["form"].container_definitions)[0].environment : variable.value if variable.name == "SERVICE_URL"]) == "http://service.vehicle-price.internal:9696"
    error_message = "The form asks elsewhere than where the tasks register."
  }
}

run "one_task_is_refused" {
  command = plan
  variables {
    tasks_min = 1
  }
  expect_failures = [var.tasks_min]
}

run "the_masters_password_is_refused" {
  command = plan
  variables {
    database = { address = "db.internal", port = 5432, secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1" }
  }
  expect_failures = [var.database]
}

run "nobody_allowed_is_refused" {
  command = plan
  variables {
    allowed_cidrs = []
  }
  expect_failures = [var.allowed_cidrs]
}
