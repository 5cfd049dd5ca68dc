output "github_variables" {
  description = "Variables of the GitHub environment preview, none of them a secret. PREVIEW_CLUSTER and PREVIEW_DOMAIN are the cluster's."
  value = {
    PREVIEW_REGISTRY   = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.previews.repository_id}"
    PREVIEW_DEPLOYER   = google_service_account.deployer.email
    PREVIEW_IDENTITIES = google_iam_workload_identity_pool_provider.github.name
  }
}
