# Redis is the only shared state. What must hold, whatever else is changed:
# - noeviction: a room that Redis evicts is back at the next heartbeat if a relay has it,
#   and gone if none does;
# - a replica in another zone: a failover loses what was not replicated yet, which the
#   relays write again.

resource "google_redis_instance" "main" {
  count                   = var.redis_mode == "standalone" ? 1 : 0
  name                    = var.name
  region                  = var.region
  tier                    = "STANDARD_HA"
  memory_size_gb          = module.sizing.redis_memory_gb
  redis_version           = "REDIS_7_2"
  redis_configs           = { "maxmemory-policy" = "noeviction" }
  authorized_network      = google_compute_network.main.id
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  auth_enabled            = true
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  deletion_protection     = var.deletion_protection
  labels                  = var.labels

  maintenance_policy {
    weekly_maintenance_window {
      day = "SUNDAY"
      start_time {
        hours   = 3
        minutes = 0
        seconds = 0
        nanos   = 0
      }
    }
  }

  depends_on = [google_service_networking_connection.services]
}

# A cluster has no password: its IAM tokens end after an hour, and the services do not
# renew them. It is closed by the network alone.
resource "google_redis_cluster" "main" {
  count                       = var.redis_mode == "cluster" ? 1 : 0
  name                        = var.name
  region                      = var.region
  shard_count                 = module.sizing.redis_shards
  replica_count               = 1
  node_type                   = "REDIS_HIGHMEM_MEDIUM" # 13 GB: modules/sizing counts with that
  redis_configs               = { "maxmemory-policy" = "noeviction" }
  transit_encryption_mode     = "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION"
  authorization_mode          = "AUTH_MODE_DISABLED"
  deletion_protection_enabled = var.deletion_protection

  psc_configs {
    network = google_compute_network.main.id
  }
  zone_distribution_config {
    mode = "MULTI_ZONE"
  }

  depends_on = [google_network_connectivity_service_connection_policy.redis]
}

locals {
  redis_ca_file = "/etc/tutti/redis-ca.pem"

  redis_url = (var.redis_mode == "cluster"
    ? "rediss+cluster://${google_redis_cluster.main[0].discovery_endpoints[0].address}:${google_redis_cluster.main[0].discovery_endpoints[0].port}?ca=${local.redis_ca_file}"
  : "rediss://:${google_redis_instance.main[0].auth_string}@${google_redis_instance.main[0].host}:${google_redis_instance.main[0].port}?ca=${local.redis_ca_file}")

  redis_ca = (var.redis_mode == "cluster"
    ? join("\n", flatten(google_redis_cluster.main[0].managed_server_ca[0].ca_certs[*].certificates))
  : join("\n", google_redis_instance.main[0].server_ca_certs[*].cert))
}
