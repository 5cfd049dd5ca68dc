variable "project_id" {
  description = "Google Cloud project that everything is made in."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is a project's id, such as tutti-production."
  }
}

variable "region" {
  description = "Region of Redis and of the services: they talk to each other at each key that is pressed."
  type        = string
  default     = "europe-west1"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region such as europe-west1, not a zone."
  }
}

variable "name" {
  description = "What the names of all resources begin with."
  type        = string
  default     = "tutti"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.name))
    error_message = "name has 2 to 16 lower-case letters, digits and hyphens."
  }
}

variable "domain" {
  description = "Host name that clients reach Tutti by. Its A record must point to the output address."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain is a host name such as tutti.example.com."
  }
}

variable "functions_image" {
  description = "Image of the functions, with its digest."
  type        = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.functions_image))
    error_message = "functions_image ends in @sha256: and a digest: a tag may mean something else tomorrow."
  }
}

variable "relay_image" {
  description = "Image of wsrelay, with its digest."
  type        = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.relay_image))
    error_message = "relay_image ends in @sha256: and a digest: a tag may mean something else tomorrow."
  }
}

variable "base_url" {
  description = "The frontend, for links to rooms: BASE_URL."
  type        = string
  validation {
    condition     = can(regex("^https://[^/ ]+(/[^ ?#]*)?$", var.base_url))
    error_message = "base_url begins with https:// and has no query."
  }
}

variable "cors_origins" {
  description = "Frontends that may call us, to the letter: CORS_ORIGINS."
  type        = list(string)
  validation {
    condition     = length(var.cors_origins) > 0 && alltrue([for o in var.cors_origins : can(regex("^https?://[^/, ]+$", o))])
    error_message = "cors_origins has origins such as https://editor.example.com, without a path."
  }
}

variable "room_code_length" {
  description = "Hex digits of a new room's id: ROOM_CODE_LENGTH. Whoever knows the id is in, so public services want 32."
  type        = number
  default     = 32
  validation {
    condition     = var.room_code_length >= 6 && var.room_code_length <= 32
    error_message = "room_code_length is between 6 and 32."
  }
}

variable "log_level" {
  description = "LOG_LEVEL of both services."
  type        = string
  default     = "info"
  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level is debug, info, warn or error."
  }
}

variable "trusted_proxies" {
  description = "How many entries of X-Forwarded-For are ours: TRUSTED_PROXIES. The load balancer adds the client's address and its own. Look at the addresses in the log after the first deployment."
  type        = number
  default     = 2
  validation {
    condition     = var.trusted_proxies >= 1 && var.trusted_proxies <= 3
    error_message = "trusted_proxies is between 1 and 3."
  }
}

variable "redis_mode" {
  description = "standalone: one server with a replica. cluster: Memorystore for Redis Cluster, when the sizing asks for it."
  type        = string
  default     = "standalone"
  validation {
    condition     = contains(["standalone", "cluster"], var.redis_mode)
    error_message = "redis_mode is standalone or cluster."
  }
}

variable "sizing" {
  description = "What is expected at the busiest moment; modules/sizing explains each."
  type = object({
    peak_connections      = optional(number, 1000)
    peak_rooms            = optional(number, 350)
    quiet_rooms           = optional(number, 10000)
    active_share          = optional(number, 0.3)
    yjs_share             = optional(number, 0.5)
    edits_per_active_room = optional(number, 5)
    document_kb           = optional(number, 20)
    relay_memory_mib      = optional(number, 1024)
  })
  default = {}
}

variable "functions_instances" {
  description = "Least and most instances of the functions. A least of 0 costs nothing at night, and the first person in the morning a second."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 20 }
  validation {
    condition     = var.functions_instances.min >= 0 && var.functions_instances.max >= max(1, var.functions_instances.min)
    error_message = "functions_instances has a min of at least 0 and a max that is not less."
  }
}

variable "subnet_range" {
  description = "Addresses of the instances. Each takes two, and in a roll-out both revisions are there."
  type        = string
  default     = "10.20.0.0/22"
  validation {
    condition     = can(cidrhost(var.subnet_range, 0)) && tonumber(split("/", var.subnet_range)[1]) <= 26
    error_message = "subnet_range is a CIDR range of /26 or larger."
  }
}

variable "requests_per_minute" {
  description = "Requests that one address may make, above which Cloud Armor answers 429. It is above what the services themselves allow an office behind one address; they know rooms, this stops floods."
  type        = object({ functions = number, relay = number })
  default     = { functions = 12000, relay = 3000 }
  validation {
    condition     = var.requests_per_minute.functions >= 60 && var.requests_per_minute.relay >= 60
    error_message = "requests_per_minute are at least 60."
  }
}

variable "alert_emails" {
  description = "Who is told when something is wrong."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for a in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", a))])
    error_message = "alert_emails has addresses."
  }
}

variable "collector_image" {
  description = "Google's Managed Prometheus sidecar, which reads the relay's metrics; empty for none, and then no alerts on them."
  type        = string
  default     = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.2.0"
}

variable "deletion_protection" {
  description = "Refuse to delete Redis and the services."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of all resources that have them."
  type        = map(string)
  default     = { app = "tutti" }
}
