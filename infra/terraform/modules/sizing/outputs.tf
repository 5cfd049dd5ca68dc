output "connections_per_instance" {
  description = "Most connections of one relay: MAX_CONNECTIONS and the concurrency of the service."
  value       = local.connections_per_instance
  precondition {
    condition     = local.connections_per_instance >= 100
    error_message = "Relays of ${var.relay_memory_mib} MiB hold ${local.connections_per_instance} connections each: give them more memory."
  }
}

output "rooms_per_instance" {
  description = "Most rooms that one relay holds at the same time."
  value       = local.rooms_per_instance
}

output "instances" {
  description = "Relays at the peak, each with a margin for one that stops."
  value       = local.instances
}

output "min_instances" {
  description = "Relays that are always there: two, so that a room outlives one of them even if Redis is lost."
  value       = local.min_instances
}

output "max_instances" {
  description = "Most relays of one revision: twice the peak."
  value       = local.max_instances
}

output "redis_memory_gb" {
  description = "Memory of Redis in GB, all shards together."
  value       = local.redis_memory_gb
  precondition {
    condition     = var.redis_mode == "cluster" || local.redis_memory_gb <= 300
    error_message = "Redis needs ${local.redis_memory_gb} GB, and one server has at most 300: use redis_mode = \"cluster\"."
  }
}

output "redis_commands_per_second" {
  description = "Commands a second that Redis does at the peak."
  value       = local.commands_per_sec
  precondition {
    condition     = var.redis_mode == "cluster" || local.commands_per_sec <= local.shard_commands
    error_message = "Redis has to do ${local.commands_per_sec} commands a second, and one server does ${local.shard_commands} at ease: use redis_mode = \"cluster\"."
  }
}

output "redis_in_kb_per_second" {
  description = "What edits bring to Redis at the peak, in kB a second."
  value       = local.redis_in_kb_per_s
}

output "redis_shards" {
  description = "Shards of a cluster; 1 for a standalone server."
  value       = local.shards
}

output "redis_connections" {
  description = "Most connections to Redis, in a roll-out at the peak."
  value       = local.redis_connections
  precondition {
    condition     = local.redis_connections <= local.redis_max_conns
    error_message = "Redis would have ${local.redis_connections} connections, and takes ${local.redis_max_conns}: use fewer, larger instances."
  }
}
