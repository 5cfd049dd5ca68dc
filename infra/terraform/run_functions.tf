# The functions: ordinary short requests, as few instances as there is work for.

locals {
  common_env = {
    CORS_ORIGINS    = join(",", var.cors_origins)
    LOG_LEVEL       = var.log_level
    TRUSTED_PROXIES = tostring(var.trusted_proxies)
  }
}

resource "google_cloud_run_v2_service" "functions" {
  name                = "${var.name}-functions"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection = var.deletion_protection
  labels              = var.labels

  template {
    service_account                  = google_service_account.functions.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "30s"
    max_instance_request_concurrency = 200

    scaling {
      min_instance_count = var.functions_instances.min
      max_instance_count = var.functions_instances.max
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = google_compute_network.main.name
        subnetwork = google_compute_subnetwork.instances.name
      }
    }

    containers {
      image = var.functions_image

      resources {
        limits            = { cpu = "1", memory = "512Mi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(local.common_env, {
          BASE_URL         = var.base_url
          WS_BASE_URL      = "wss://${var.domain}"
          ROOM_CODE_LENGTH = tostring(var.room_code_length)
        })
        content {
          name  = env.key
          value = env.value
        }
      }
      env {
        name = "REDIS_URL"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.redis_url.secret_id
            version = google_secret_manager_secret_version.redis_url.version
          }
        }
      }
      volume_mounts {
        name       = "redis-ca"
        mount_path = dirname(local.redis_ca_file)
      }

      # With Direct VPC egress the network may come up a minute after the instance.
      # /readyz asks Redis: no request is sent here before it answers. /health never
      # does: to start anew would not bring Redis back.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60
        http_get {
          path = "/readyz"
        }
      }
      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 3
        failure_threshold = 3
        http_get {
          path = "/health"
        }
      }
    }

    volumes {
      name = "redis-ca"
      secret {
        secret = google_secret_manager_secret.redis_ca.secret_id
        items {
          version = google_secret_manager_secret_version.redis_ca.version
          path    = basename(local.redis_ca_file)
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reader]
}
