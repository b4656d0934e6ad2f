output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer and the NAT gateway, one a zone."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Subnets of all that runs, one a zone."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "nat_public_ip" {
  description = "The address that the outside sees, for the allow-lists of others."
  value       = aws_eip.nat.public_ip
}
