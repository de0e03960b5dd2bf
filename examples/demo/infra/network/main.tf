# A branch's network and its hosts. `terraform_data` is built into Terraform, so nothing is fetched and
# no account is needed; plan, apply, state and destroy are the real ones.

terraform {
  required_version = ">= 1.4"
}

variable "branch" {
  description = "The branch's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{3,12}$", var.branch))
    error_message = "A branch's name is three to twelve small letters."
  }
}

variable "size" {
  description = "How large the branch is."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "large"], var.size)
    error_message = "A branch is small or large."
  }
}

locals {
  # The same branch always gets the same range.
  range = "10.${parseint(substr(sha1(var.branch), 0, 2), 16)}.0.0/16"
  count = var.size == "large" ? 3 : 1
  hosts = [for number in range(local.count) : "web-${number + 1}.${var.branch}.test"]
}

resource "terraform_data" "network" {
  input = {
    branch = var.branch
    range  = local.range
  }
}

resource "terraform_data" "host" {
  for_each = { for number, name in local.hosts : name => cidrhost(local.range, number + 10) }

  input = {
    name    = each.key
    address = each.value
    network = terraform_data.network.id
  }
}

output "hosts" {
  description = "The hosts' names, for whoever sets them up."
  value       = [for name in local.hosts : terraform_data.host[name].output.name]
}

output "range" {
  description = "The range of addresses."
  value       = terraform_data.network.output.range
}
