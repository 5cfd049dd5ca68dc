# A network of its own: nothing in it but the instances and Redis, which has no public address.

resource "google_compute_network" "main" {
  name                    = var.name
  auto_create_subnetworks = false
  depends_on              = [google_project_service.needed]
}

resource "google_compute_subnetwork" "instances" {
  name                     = "${var.name}-instances"
  network                  = google_compute_network.main.id
  region                   = var.region
  ip_cidr_range            = var.subnet_range
  private_ip_google_access = true
}

# A standalone Redis is reached by peering with Google's network,
resource "google_compute_global_address" "services" {
  count         = var.redis_mode == "standalone" ? 1 : 0
  name          = "${var.name}-services"
  network       = google_compute_network.main.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 24
}

resource "google_service_networking_connection" "services" {
  count                   = var.redis_mode == "standalone" ? 1 : 0
  network                 = google_compute_network.main.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = google_compute_global_address.services[*].name
}

# a cluster by Private Service Connect.
resource "google_network_connectivity_service_connection_policy" "redis" {
  count         = var.redis_mode == "cluster" ? 1 : 0
  name          = "${var.name}-redis"
  location      = var.region
  network       = google_compute_network.main.id
  service_class = "gcp-memorystore-redis"
  psc_config {
    subnetworks = [google_compute_subnetwork.instances.id]
  }
}
