# One host name for both services: sockets go to the relay, the rest to the functions.

locals {
  socket_paths = ["/ws/*", "/yjs/*", "/hocuspocus", "/hocuspocus/*"]
}

resource "google_compute_global_address" "public" {
  name       = var.name
  depends_on = [google_project_service.needed]
}

resource "google_compute_region_network_endpoint_group" "functions" {
  name                  = "${var.name}-functions"
  region                = var.region
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.functions.name
  }
}

resource "google_compute_region_network_endpoint_group" "relay" {
  name                  = "${var.name}-wsrelay"
  region                = var.region
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.relay.name
  }
}

# No timeout_sec in either: a backend of serverless endpoints must not have one. How long
# a request or a socket may take is the timeout of its service.
resource "google_compute_backend_service" "functions" {
  name                  = "${var.name}-functions"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.functions.id
  backend {
    group = google_compute_region_network_endpoint_group.functions.id
  }
  log_config {
    enable      = true
    sample_rate = 0.01
  }
}

resource "google_compute_backend_service" "relay" {
  name                  = "${var.name}-wsrelay"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.relay.id
  backend {
    group = google_compute_region_network_endpoint_group.relay.id
  }
  log_config {
    enable      = true
    sample_rate = 0.01
  }
}

resource "google_compute_url_map" "https" {
  name            = var.name
  default_service = google_compute_backend_service.functions.id

  host_rule {
    hosts        = [var.domain]
    path_matcher = "paths"
  }
  path_matcher {
    name            = "paths"
    default_service = google_compute_backend_service.functions.id
    path_rule {
      paths   = local.socket_paths
      service = google_compute_backend_service.relay.id
    }
  }

  # Checked by Google before a change of this map is taken.
  dynamic "test" {
    for_each = {
      "/ws/65b334"             = google_compute_backend_service.relay.id
      "/yjs/65b334"            = google_compute_backend_service.relay.id
      "/hocuspocus"            = google_compute_backend_service.relay.id
      "/rooms"                 = google_compute_backend_service.functions.id
      "/rooms/65b334/exists"   = google_compute_backend_service.functions.id
      "/health"                = google_compute_backend_service.functions.id
      "/ws-is-no-room-of-ours" = google_compute_backend_service.functions.id
    }
    content {
      host    = var.domain
      path    = test.key
      service = test.value
    }
  }
}

resource "google_compute_url_map" "http" {
  name = "${var.name}-http"
  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "PERMANENT_REDIRECT" # 308: POST stays POST
    strip_query            = false
  }
  depends_on = [google_project_service.needed]
}

resource "google_compute_managed_ssl_certificate" "main" {
  name = "${var.name}-${substr(sha256(var.domain), 0, 8)}" # another domain is another certificate
  managed {
    domains = [var.domain]
  }
  lifecycle {
    create_before_destroy = true
  }
  depends_on = [google_project_service.needed]
}

resource "google_compute_ssl_policy" "main" {
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.needed]
}

resource "google_compute_target_https_proxy" "main" {
  name             = var.name
  url_map          = google_compute_url_map.https.id
  ssl_certificates = [google_compute_managed_ssl_certificate.main.id]
  ssl_policy       = google_compute_ssl_policy.main.id
}

resource "google_compute_target_http_proxy" "main" {
  name    = var.name
  url_map = google_compute_url_map.http.id
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = var.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.public.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.main.id
  labels                = var.labels
}

resource "google_compute_global_forwarding_rule" "http" {
  name                  = "${var.name}-http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.public.id
  port_range            = "80"
  target                = google_compute_target_http_proxy.main.id
  labels                = var.labels
}
