# `tofu test` or `terraform test` in modules/sizing: it plans, and needs no provider.

run "a_school" {
  command = plan
  variables {
    peak_connections = 2000
    peak_rooms       = 700
  }
  # 66 KiB a connection, 218.3 KiB a room, 704 MiB to use: 2,535 by memory, so the cap counts.
  assert {
    condition     = output.connections_per_instance == 1000
    error_message = "It is ${output.connections_per_instance}."
  }
  assert {
    condition     = output.rooms_per_instance == 700
    error_message = "It is ${output.rooms_per_instance}."
  }
  assert {
    condition     = output.instances == 3 && output.min_instances == 2 && output.max_instances == 6
    error_message = "It is ${output.instances}, ${output.min_instances}, ${output.max_instances}."
  }
  # 10,700 rooms of 25 kB, and 210 logs of 256 kB: 0.32 GB.
  assert {
    condition     = output.redis_memory_gb == 1 && output.redis_shards == 1
    error_message = "It is ${output.redis_memory_gb}."
  }
  # 1,050 edits of 5 commands, and 700 rooms on 3 relays each with 1.9.
  assert {
    condition     = output.redis_commands_per_second == 9240
    error_message = "It is ${output.redis_commands_per_second}."
  }
  assert {
    condition     = output.redis_in_kb_per_second == 645
    error_message = "It is ${output.redis_in_kb_per_second}."
  }
}

run "one_person" {
  command = plan
  variables {
    peak_connections = 1
    peak_rooms       = 1
    quiet_rooms      = 0
  }
  assert {
    condition     = output.instances == 1 && output.min_instances == 2 && output.max_instances == 3
    error_message = "Two relays are always there."
  }
}

run "small_relays_hold_as_many_as_fit" {
  command = plan
  variables {
    peak_connections = 10000
    peak_rooms       = 10000
    active_share     = 1
    yjs_share        = 1
    relay_memory_mib = 512
    redis_mode       = "cluster"
  }
  # 320 MiB to use, 505 KiB for each that comes with an active room.
  assert {
    condition     = output.connections_per_instance == 648
    error_message = "It is ${output.connections_per_instance}."
  }
  assert {
    condition     = output.connections_per_instance * (69 + 436) <= (512 * 0.75 - 64) * 1024
    error_message = "They do not fit."
  }
}

run "everybody_in_one_room" {
  command = plan
  variables {
    peak_connections = 250
    peak_rooms       = 1
  }
  assert {
    condition     = output.rooms_per_instance == 1 && output.connections_per_instance == 1000
    error_message = "A room is held once by a relay, however many are in it."
  }
}

run "a_cluster_has_three_shards_at_least" {
  command = plan
  variables {
    peak_connections = 100
    peak_rooms       = 50
    redis_mode       = "cluster"
  }
  assert {
    condition     = output.redis_shards == 3
    error_message = "It has ${output.redis_shards}."
  }
}

run "a_cluster_grows_with_what_it_does" {
  command = plan
  variables {
    peak_connections = 100000
    peak_rooms       = 40000
    redis_mode       = "cluster"
  }
  # 60,000 edits of 5 commands and 120,000 held rooms of 1.9: 528,000 commands a second.
  assert {
    condition     = output.redis_shards == 14
    error_message = "It has ${output.redis_shards}."
  }
}

run "one_server_that_would_not_do_is_refused" {
  command = plan
  variables {
    peak_connections = 100000
    peak_rooms       = 40000
  }
  expect_failures = [output.redis_commands_per_second]
}

run "more_rooms_than_people_are_refused" {
  command = plan
  variables {
    peak_connections = 1
    peak_rooms       = 2
  }
  expect_failures = [var.peak_rooms]
}

run "too_many_connections_to_redis_are_refused" {
  command = plan
  variables {
    peak_connections = 400000
    peak_rooms       = 400000
    active_share     = 0
    redis_mode       = "cluster"
  }
  expect_failures = [output.redis_connections]
}

run "shares_are_shares" {
  command = plan
  variables {
    peak_connections = 10
    peak_rooms       = 5
    active_share     = 1.1
    yjs_share        = -0.1
    redis_mode       = "sentinel"
  }
  expect_failures = [var.active_share, var.yjs_share, var.redis_mode]
}
