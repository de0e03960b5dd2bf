# Fourteen servers that are made anew together when their generation changes. `terraform_data` is built into
# Terraform, so nothing is fetched and no account is needed.

terraform {
  required_version = ">= 1.4"
}

variable "generation" {
  description = "Another number makes every server anew."
  type        = number
  default     = 1
}

resource "terraform_data" "server" {
  for_each = toset([for number in range(14) : format("till-%02d", number + 1)])

  input            = { name = each.key }
  triggers_replace = var.generation
}

output "servers" {
  description = "Their names."
  value       = [for name in sort(keys(terraform_data.server)) : name]
}
