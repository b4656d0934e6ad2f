# What the machine runs at each boot. Nothing here asks AWS, so that the test renders it with no provider.
locals {
  log_group = "/${var.name}/host"

  script = templatefile("${path.module}/user_data.sh.tftpl", {
    name           = var.name
    region         = var.region
    bucket         = var.bucket
    registry       = var.image_registry
    image_tag      = var.image_tag
    settings       = var.settings_secret_arn
    database       = var.database
    log_group      = local.log_group
    alert_email_to = var.alert_email_to
    # The network `aws` of docker-compose-aws.yml
    bridge = "vp-aws"
  })

  # cloud-init runs a script once in a machine's life unless told otherwise. At each boot it reads the secrets
  # anew (AWS changes the database's password by itself) and takes the release that Terraform names now.
  user_data = join("\n", [
    "Content-Type: multipart/mixed; boundary=\"==part==\"",
    "MIME-Version: 1.0",
    "",
    "--==part==",
    "Content-Type: text/cloud-config; charset=\"us-ascii\"",
    "",
    "#cloud-config",
    "cloud_final_modules:",
    "  - [scripts-user, always]",
    "",
    "--==part==",
    "Content-Type: text/x-shellscript; charset=\"us-ascii\"",
    "Content-Disposition: attachment; filename=\"start_stack.sh\"",
    "",
    local.script,
    "--==part==--",
    "",
  ])
}
