# Workflows of the repository become the deployer without a key: GitHub says who they
# are (workload identity federation), and only those of the environment "preview" are.

resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = "github"
  depends_on                = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository_id"
  }
  # The number of the repository, not its name, which somebody else may have one day.
  attribute_condition = "assertion.repository_id == '${var.github_repository_id}'"
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account" "deployer" {
  account_id   = "deployer"
  display_name = "Deploys previews, from GitHub"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account_iam_member" "github_is_deployer" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/subject/repo:${var.github_repository}:environment:preview"
}

# It may knock at the cluster's door. What it may do inside says rbac.yaml.
resource "google_project_iam_custom_role" "connect" {
  role_id     = "previewConnect"
  title       = "Connect to the cluster of previews"
  permissions = ["container.clusters.connect", "container.clusters.get"]
  depends_on  = [google_project_service.needed]
}

resource "google_project_iam_member" "deployer" {
  project    = var.project_id
  role       = google_project_iam_custom_role.connect.id
  member     = google_service_account.deployer.member
  depends_on = [google_project_service.needed]
}

resource "google_artifact_registry_repository_iam_member" "deployer" {
  repository = google_artifact_registry_repository.previews.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.deployer.member
}

# The cluster's nodes pull what was built.
resource "google_artifact_registry_repository_iam_member" "nodes" {
  repository = google_artifact_registry_repository.previews.name
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = "serviceAccount:${var.node_service_account}"
}
