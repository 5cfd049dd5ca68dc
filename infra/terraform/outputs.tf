output "address" {
  description = "What the A record of the domain must point to. The certificate comes within the hour after that."
  value       = google_compute_global_address.public.address
}

output "url" {
  description = "Where Tutti is, for infra/cmd/smoke."
  value       = "https://${var.domain}"
}

output "sizing" {
  description = "What the sizing rules made of the expected load."
  value = {
    connections_per_instance  = module.sizing.connections_per_instance
    rooms_per_instance        = module.sizing.rooms_per_instance
    instances_at_peak         = module.sizing.instances
    min_instances             = module.sizing.min_instances
    max_instances             = module.sizing.max_instances
    redis_memory_gb           = module.sizing.redis_memory_gb
    redis_shards              = module.sizing.redis_shards
    redis_commands_per_second = module.sizing.redis_commands_per_second
    redis_in_kb_per_second    = module.sizing.redis_in_kb_per_second
    redis_connections         = module.sizing.redis_connections
  }
}

output "services" {
  description = "Names of the services, for gcloud."
  value = {
    functions = google_cloud_run_v2_service.functions.name
    relay     = google_cloud_run_v2_service.relay.name
  }
}
