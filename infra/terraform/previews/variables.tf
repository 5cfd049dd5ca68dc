variable "project_id" {
  description = "Google Cloud project of the previews. Nothing else must be in it."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is a project's id, such as tutti-previews."
  }
}

variable "region" {
  description = "Region of the previews."
  type        = string
  default     = "europe-west1"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region such as europe-west1, not a zone."
  }
}

variable "github_repository" {
  description = "The repository whose pull requests get previews, as owner/name."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository is owner/name."
  }
}

variable "github_repository_id" {
  description = "Its number: gh api repos/{owner}/{repo} --jq .id"
  type        = string
  validation {
    condition     = can(regex("^[0-9]+$", var.github_repository_id))
    error_message = "github_repository_id is a number."
  }
}

variable "node_service_account" {
  description = "Account of the cluster's nodes, which pull the images. The cluster must have Workload Identity, or previews could act as its nodes."
  type        = string
  validation {
    condition     = can(regex("^[^@ ]+@[a-z0-9.-]+$", var.node_service_account))
    error_message = "node_service_account is the e-mail address of a service account."
  }
}
