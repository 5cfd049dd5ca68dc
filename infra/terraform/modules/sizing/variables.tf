variable "peak_connections" {
  description = "Sockets that are open at the same time at the busiest moment."
  type        = number
  validation {
    condition     = var.peak_connections >= 1 && floor(var.peak_connections) == var.peak_connections
    error_message = "peak_connections is a whole number of at least 1."
  }
}

variable "peak_rooms" {
  description = "Rooms that somebody is in at that moment."
  type        = number
  validation {
    condition     = var.peak_rooms >= 1 && var.peak_rooms <= var.peak_connections
    error_message = "peak_rooms is at least 1 and at most peak_connections: a room that counts has somebody in it."
  }
}

variable "quiet_rooms" {
  description = "Rooms that nobody is in, but that have not reached ROOM_TTL_SECONDS yet. They are in Redis only."
  type        = number
  default     = 10000
  validation {
    condition     = var.quiet_rooms >= 0
    error_message = "quiet_rooms is not negative."
  }
}

variable "active_share" {
  description = "Share of the peak_rooms in which somebody types, 0 to 1."
  type        = number
  default     = 0.3
  validation {
    condition     = var.active_share >= 0 && var.active_share <= 1
    error_message = "active_share is between 0 and 1."
  }
}

variable "yjs_share" {
  description = "Share of the connections that speak Yjs, 0 to 1."
  type        = number
  default     = 0.5
  validation {
    condition     = var.yjs_share >= 0 && var.yjs_share <= 1
    error_message = "yjs_share is between 0 and 1."
  }
}

variable "edits_per_active_room" {
  description = "Entries a second that an active room adds to its log. Who types fast makes 5 to 10; what comes while one is being saved is merged into the next."
  type        = number
  default     = 5
  validation {
    condition     = var.edits_per_active_room >= 0
    error_message = "edits_per_active_room is not negative."
  }
}

variable "document_kb" {
  description = "Size in kB of a room's document in Redis, a round figure for a room of yours: text with its history."
  type        = number
  default     = 20
  validation {
    condition     = var.document_kb >= 0 && var.document_kb <= 4096
    error_message = "document_kb is between 0 and 4096."
  }
}

variable "relay_memory_mib" {
  description = "Memory of one relay."
  type        = number
  default     = 1024
  validation {
    condition     = contains([512, 1024, 2048, 4096], var.relay_memory_mib)
    error_message = "relay_memory_mib is 512, 1024, 2048 or 4096."
  }
}

variable "redis_mode" {
  description = "standalone or cluster."
  type        = string
  default     = "standalone"
  validation {
    condition     = contains(["standalone", "cluster"], var.redis_mode)
    error_message = "redis_mode is standalone or cluster."
  }
}

variable "redis_shard_gb" {
  description = "Memory that one shard of a cluster gives for data."
  type        = number
  default     = 13
  validation {
    condition     = var.redis_shard_gb >= 1
    error_message = "redis_shard_gb is at least 1."
  }
}

variable "functions_max_instances" {
  description = "Most instances of the functions, for the count of connections to Redis."
  type        = number
  default     = 20
  validation {
    condition     = var.functions_max_instances >= 1
    error_message = "functions_max_instances is at least 1."
  }
}
