# Terraform or OpenTofu. Write-only arguments, which keep secrets out of the state,
# came with 1.11 of both. `init` makes .terraform.lock.hcl: keep it with your state's
# configuration, so that everybody has the very same providers.
terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }

  # The state has Redis's password, because the provider reads it back: a bucket that
  # only the deployers may read. tofu init -backend-config="bucket=..."
  backend "gcs" {
    prefix = "tutti"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
}
