locals {
  # Measured with `make bench-relay`; where it gave a range, its upper end.
  json_connection_kib = 63
  yjs_connection_kib  = 69
  idle_room_kib       = 125
  active_room_kib     = 436
  redis_room_kb       = 5   # without its document
  edit_commands       = 5   # Redis commands of one edit
  edit_bytes          = 614 # sent to Redis for one edit
  room_commands       = 114 # Redis commands a minute of a room that a relay holds

  # Not measured: what we allow ourselves.
  process_mib     = 64    # a relay that does nothing
  memory_share    = 0.75  # of a relay's memory: the rest is for bursts and the garbage collector
  connection_cap  = 1000  # MAX_CONNECTIONS, and all that Cloud Run sends to one instance
  target_share    = 0.7   # of the connections of an instance: the rest takes those of one that stops
  log_kb          = 256   # what a log may grow above its snapshot before it is compacted
  redis_share     = 0.6   # of Redis's memory: with noeviction, a full one takes no edits
  shard_commands  = 40000 # a second, that one server of one thread does at ease
  pool_size       = 32    # connections to Redis of one process for commands
  subscriptions   = 2     # and for pub/sub
  redis_max_conns = 65000 # that Memorystore takes
}

# One relay. The balancer knows nothing of rooms, so at worst each connection that an
# instance has is in a room of its own, up to all the rooms that there are.
locals {
  connection_kib = (1 - var.yjs_share) * local.json_connection_kib + var.yjs_share * local.yjs_connection_kib
  room_kib       = var.active_share * local.active_room_kib + (1 - var.active_share) * local.idle_room_kib
  usable_kib     = (var.relay_memory_mib * local.memory_share - local.process_mib) * 1024

  # Two bounds, of which the better one is true: all connections bring a room, or all rooms are held.
  by_connections = floor(local.usable_kib / (local.connection_kib + local.room_kib))
  by_rooms       = floor((local.usable_kib - var.peak_rooms * local.room_kib) / local.connection_kib)

  connections_per_instance = min(local.connection_cap, max(local.by_connections, local.by_rooms))
  rooms_per_instance       = min(local.connections_per_instance, var.peak_rooms)
}

# All relays. A new revision starts beside the old one, whose sockets move within the hour.
locals {
  instances     = ceil(var.peak_connections / (local.connections_per_instance * local.target_share))
  min_instances = max(2, ceil(local.instances / 4))
  max_instances = max(3, 2 * local.instances)
  copies        = min(local.max_instances, ceil(var.peak_connections / var.peak_rooms)) # relays that hold one room
}

# Redis.
locals {
  active_rooms = var.peak_rooms * var.active_share
  redis_data_gb = (
    (var.peak_rooms + var.quiet_rooms) * (local.redis_room_kb + var.document_kb) + local.active_rooms * local.log_kb
  ) / 1000000
  redis_memory_gb = max(1, ceil(local.redis_data_gb / local.redis_share))

  edits_per_second   = local.active_rooms * var.edits_per_active_room
  commands_per_sec   = ceil(local.edits_per_second * local.edit_commands + var.peak_rooms * local.copies * local.room_commands / 60)
  redis_in_kb_per_s  = ceil(local.edits_per_second * local.edit_bytes / 1000)
  shards_by_memory   = ceil(local.redis_memory_gb / var.redis_shard_gb)
  shards_by_commands = ceil(local.commands_per_sec / local.shard_commands)
  shards             = var.redis_mode == "cluster" ? max(3, local.shards_by_memory, local.shards_by_commands) : 1

  # During a roll-out both revisions are connected.
  redis_connections = 2 * (local.max_instances + var.functions_max_instances) * (local.pool_size + local.subscriptions)
}
