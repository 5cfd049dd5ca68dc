# What Google sees from outside is alerted on here; what the relays count is alerted on
# by ../observability/alerts.yaml, the very file that Prometheus reads elsewhere.

locals {
  channels = [for c in google_monitoring_notification_channel.email : c.id]

  relay_alerts = local.collect ? {
    for rule in yamldecode(file("${path.module}/../observability/alerts.yaml")).groups[0].rules : rule.alert => rule
  } : {}
}

resource "google_monitoring_notification_channel" "email" {
  for_each     = var.alert_emails
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
  depends_on   = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "relay" {
  for_each              = local.relay_alerts
  display_name          = "${var.name}: ${each.key}"
  combiner              = "OR"
  notification_channels = local.channels
  severity              = each.value.labels.severity == "page" ? "CRITICAL" : "WARNING"

  conditions {
    display_name = each.key
    condition_prometheus_query_language {
      query                     = each.value.expr
      duration                  = each.value.for
      evaluation_interval       = "30s"
      alert_rule                = each.key
      rule_group                = "tutti"
      disable_metric_validation = true # a counter that was never counted is not there yet
    }
  }
  documentation {
    subject = each.value.annotations.summary
    content = each.value.annotations.description
  }
  depends_on = [google_project_service.needed]
}

# Through the load balancer, as people come. /readyz asks Redis.
resource "google_monitoring_uptime_check_config" "functions" {
  display_name = "${var.name}: functions and Redis"
  period       = "60s"
  timeout      = "10s"
  http_check {
    path         = "/readyz"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }
  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = var.domain }
  }
  depends_on = [google_project_service.needed]
}

# A relay answers what is no WebSocket with 426.
resource "google_monitoring_uptime_check_config" "relay" {
  display_name = "${var.name}: wsrelay"
  period       = "60s"
  timeout      = "10s"
  http_check {
    path         = "/hocuspocus"
    port         = 443
    use_ssl      = true
    validate_ssl = true
    accepted_response_status_codes {
      status_value = 426
    }
  }
  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = var.domain }
  }
  depends_on = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "down" {
  for_each = {
    "functions or Redis" = google_monitoring_uptime_check_config.functions.uptime_check_id
    "wsrelay"            = google_monitoring_uptime_check_config.relay.uptime_check_id
  }
  display_name          = "${var.name}: ${each.key} down"
  combiner              = "OR"
  notification_channels = local.channels
  severity              = "CRITICAL"

  conditions {
    display_name = "more than one place in the world cannot reach it"
    condition_threshold {
      filter          = "resource.type = \"uptime_url\" AND metric.type = \"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id = \"${each.value}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "60s"
      aggregations {
        alignment_period     = "120s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
    }
  }
}

resource "google_monitoring_alert_policy" "redis_memory" {
  display_name          = "${var.name}: Redis is nearly full"
  combiner              = "OR"
  notification_channels = local.channels
  severity              = "CRITICAL"

  conditions {
    display_name = "above 80 %"
    condition_threshold {
      filter = (var.redis_mode == "cluster"
        ? "resource.type = \"redis.googleapis.com/Cluster\" AND metric.type = \"redis.googleapis.com/cluster/memory/maximum_utilization\""
      : "resource.type = \"redis_instance\" AND metric.type = \"redis.googleapis.com/stats/memory/usage_ratio\"")
      comparison      = "COMPARISON_GT"
      threshold_value = 0.8
      duration        = "300s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }
  documentation {
    content = "A full Redis takes no edits (noeviction): the relays hold them until there is room. Raise sizing.quiet_rooms or document_kb to what is true, and apply."
  }
  depends_on = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "instances" {
  display_name          = "${var.name}: nearly all relays that there may be are running"
  combiner              = "OR"
  notification_channels = local.channels
  severity              = "WARNING"

  conditions {
    display_name = "above 80 % of max_instances"
    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${google_cloud_run_v2_service.relay.name}\" AND metric.type = \"run.googleapis.com/container/instance_count\""
      comparison      = "COMPARISON_GT"
      threshold_value = floor(module.sizing.max_instances * 0.8)
      duration        = "300s"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_MAX"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.revision_name"]
      }
    }
  }
}
