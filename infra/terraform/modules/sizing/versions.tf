# No provider: so the sizing can be tested anywhere, without a cloud or a network.
terraform {
  required_version = ">= 1.11"
}
