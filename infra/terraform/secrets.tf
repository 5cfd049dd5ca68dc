# What the services may know and nobody else: where Redis is, with its password. The
# certificates that it is known by are no secret, but this is how a file gets into an instance.

resource "google_secret_manager_secret" "redis_url" {
  secret_id  = "${var.name}-redis-url"
  labels     = var.labels
  depends_on = [google_project_service.needed]
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

# Write-only: it is in no plan and, from here, in no state. A change of the URL
# changes the number, and that makes a new version.
resource "google_secret_manager_secret_version" "redis_url" {
  secret                 = google_secret_manager_secret.redis_url.id
  secret_data_wo         = local.redis_url
  secret_data_wo_version = parseint(substr(sha256(local.redis_url), 0, 7), 16)

  lifecycle {
    create_before_destroy = true # the old revision reads the old one until it is gone
  }
}

resource "google_secret_manager_secret" "redis_ca" {
  secret_id  = "${var.name}-redis-ca"
  labels     = var.labels
  depends_on = [google_project_service.needed]
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "redis_ca" {
  secret      = google_secret_manager_secret.redis_ca.id
  secret_data = local.redis_ca

  lifecycle {
    create_before_destroy = true
  }
}

# What the collector beside the relay reads: its own metrics port, every 30 s.
resource "google_secret_manager_secret" "collector" {
  count      = local.collect ? 1 : 0
  secret_id  = "${var.name}-collector"
  labels     = var.labels
  depends_on = [google_project_service.needed]
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "collector" {
  count  = local.collect ? 1 : 0
  secret = google_secret_manager_secret.collector[0].id
  secret_data = yamlencode({
    apiVersion = "monitoring.googleapis.com/v1beta"
    kind       = "RunMonitoring"
    metadata   = { name = "wsrelay" }
    spec       = { endpoints = [{ port = local.admin_port, path = "/metrics", interval = "30s" }] }
  })
}
