# Tutti on Cloud Run with Memorystore, behind a load balancer. ../README.md says how
# to deploy it, and previews/ is what pull requests are tried in.

module "sizing" {
  source = "./modules/sizing"

  peak_connections        = var.sizing.peak_connections
  peak_rooms              = var.sizing.peak_rooms
  quiet_rooms             = var.sizing.quiet_rooms
  active_share            = var.sizing.active_share
  yjs_share               = var.sizing.yjs_share
  edits_per_active_room   = var.sizing.edits_per_active_room
  document_kb             = var.sizing.document_kb
  relay_memory_mib        = var.sizing.relay_memory_mib
  redis_mode              = var.redis_mode
  functions_max_instances = var.functions_instances.max
}

resource "google_project_service" "needed" {
  for_each = toset([
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "monitoring.googleapis.com",
    "networkconnectivity.googleapis.com",
    "redis.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
  ])
  service            = each.value
  disable_on_destroy = false # others may use it
}

# Each instance takes two addresses, and in a roll-out both revisions are there.
check "subnet_holds_a_roll_out" {
  assert {
    condition     = pow(2, 32 - tonumber(split("/", var.subnet_range)[1])) >= 4 * (module.sizing.max_instances + var.functions_instances.max)
    error_message = "subnet_range has too few addresses for all instances in a roll-out."
  }
}
