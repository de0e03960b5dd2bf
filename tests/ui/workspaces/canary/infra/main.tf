variable "token" {
  type      = string
  sensitive = true
}

resource "terraform_data" "used" {
  input = nonsensitive(sha256(var.token))
}

output "hash" {
  value = terraform_data.used.output
}
