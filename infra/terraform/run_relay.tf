# The relay: sockets that live for an hour. A socket is one request, so what is said
# of requests here is true of sockets.

locals {
  collect    = var.collector_image != ""
  admin_port = 9464
}

resource "google_cloud_run_v2_service" "relay" {
  name                = "${var.name}-wsrelay"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection = var.deletion_protection
  labels              = var.labels

  template {
    service_account                  = google_service_account.relay.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "3600s" # the most there is; the relay asks clients to come back at 50 to 57 min
    max_instance_request_concurrency = module.sizing.connections_per_instance
    session_affinity                 = true # who comes back finds the room in memory; nothing rests on it

    scaling {
      min_instance_count = module.sizing.min_instances
      max_instance_count = module.sizing.max_instances
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = google_compute_network.main.name
        subnetwork = google_compute_subnetwork.instances.name
      }
    }

    containers {
      name  = "wsrelay"
      image = var.relay_image

      # HTTP/1: a WebSocket does not come over h2c.
      ports {
        name           = "http1"
        container_port = 8080
      }

      resources {
        limits            = { cpu = "1", memory = "${var.sizing.relay_memory_mib}Mi" }
        cpu_idle          = false # heartbeats, and saving, go on between messages
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(local.common_env, {
          MAX_CONNECTIONS            = tostring(module.sizing.connections_per_instance)
          MAX_CONNECTIONS_PER_CLIENT = tostring(floor(module.sizing.connections_per_instance / 2))
          GOMEMLIMIT                 = "${floor(var.sizing.relay_memory_mib * 0.88)}MiB" # the collector works harder before the instance is killed
          ADMIN_PORT                 = tostring(local.collect ? local.admin_port : 0)
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

      # It starts without Redis, and /readyz only reports it: people who are in rooms
      # elsewhere can come while Redis is away.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60
        http_get {
          path = "/readyz"
        }
      }
      # Slow to act: a restart takes a thousand people's sockets.
      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 6
        http_get {
          path = "/health"
        }
      }
    }

    dynamic "containers" {
      for_each = local.collect ? [var.collector_image] : []
      content {
        name       = "collector"
        image      = containers.value
        depends_on = ["wsrelay"]
        resources {
          limits   = { cpu = "1", memory = "512Mi" }
          cpu_idle = false
        }
        volume_mounts {
          name       = "collector"
          mount_path = "/etc/rungmp"
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
    dynamic "volumes" {
      for_each = google_secret_manager_secret_version.collector
      content {
        name = "collector"
        secret {
          secret = google_secret_manager_secret.collector[0].secret_id
          items {
            version = volumes.value.version
            path    = "config.yaml"
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reader]
}
