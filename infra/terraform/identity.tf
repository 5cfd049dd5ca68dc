# Each service is somebody of its own, and may read its secrets and nothing else.

resource "google_service_account" "functions" {
  account_id   = "${var.name}-functions"
  display_name = "Tutti: functions"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account" "relay" {
  account_id   = "${var.name}-relay"
  display_name = "Tutti: wsrelay"
  depends_on   = [google_project_service.needed]
}

locals {
  readers = merge(
    {
      functions_url = { secret = google_secret_manager_secret.redis_url.id, account = google_service_account.functions.member }
      functions_ca  = { secret = google_secret_manager_secret.redis_ca.id, account = google_service_account.functions.member }
      relay_url     = { secret = google_secret_manager_secret.redis_url.id, account = google_service_account.relay.member }
      relay_ca      = { secret = google_secret_manager_secret.redis_ca.id, account = google_service_account.relay.member }
    },
    local.collect ? {
      relay_collector = { secret = google_secret_manager_secret.collector[0].id, account = google_service_account.relay.member }
    } : {}
  )
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each  = local.readers
  secret_id = each.value.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.account
}

# The collector beside the relay writes metrics, under the relay's name.
resource "google_project_iam_member" "metrics" {
  count      = local.collect ? 1 : 0
  project    = var.project_id
  role       = "roles/monitoring.metricWriter"
  member     = google_service_account.relay.member
  depends_on = [google_project_service.needed]
}

# Anybody may call: the services check origins, ids and rates themselves.
resource "google_cloud_run_v2_service_iam_member" "public" {
  for_each = {
    functions = google_cloud_run_v2_service.functions.name
    relay     = google_cloud_run_v2_service.relay.name
  }
  name     = each.value
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}
