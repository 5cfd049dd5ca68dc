# What .github/workflows/preview.yml needs besides a cluster with Knative: a registry, and
# somebody to deploy. It is a project for nothing else, with a cluster for nothing else, so
# that what a pull request makes can reach nothing but other previews.

terraform {
  required_version = ">= 1.11"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }
  backend "gcs" {
    prefix = "tutti-previews"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
}

resource "google_project_service" "needed" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "sts.googleapis.com",
  ])
  service            = each.value
  disable_on_destroy = false
}

resource "google_artifact_registry_repository" "previews" {
  repository_id = "previews"
  location      = var.region
  format        = "DOCKER"
  cleanup_policies {
    id     = "two-weeks"
    action = "DELETE"
    condition {
      older_than = "1209600s" # a pull request that is open for longer must be built again
    }
  }
  depends_on = [google_project_service.needed]
}
