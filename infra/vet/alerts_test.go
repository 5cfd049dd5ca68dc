package vet

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/promqltest"
)

// healthy is half an hour of two relays that have nothing to complain about.
const healthy = `
  up{job="wsrelay",instance="a"} 1x30
  up{job="wsrelay",instance="b"} 1x30
  tutti_relay_connections{instance="a"} 400x30
  tutti_relay_connections{instance="b"} 500x30
  tutti_relay_rooms{instance="a"} 300x30
  tutti_relay_appends_total{instance="a"} 0+600x30
  tutti_relay_append_errors_total{instance="a"} 0x30
  tutti_relay_save_seconds_bucket{instance="a",le="0.001"} 0+500x30
  tutti_relay_save_seconds_bucket{instance="a",le="0.512"} 0+600x30
  tutti_relay_save_seconds_bucket{instance="a",le="+Inf"} 0+600x30
  tutti_relay_queue_bytes_bucket{instance="a",le="1024"} 0+600x30
  tutti_relay_queue_bytes_bucket{instance="a",le="1048576"} 0+600x30
  tutti_relay_queue_bytes_bucket{instance="a",le="+Inf"} 0+600x30
  tutti_relay_reseeds_total{instance="a"} 0x30
  tutti_relay_rewinds_total{instance="a"} 3x30
  tutti_relay_skipped_entries_total{instance="a"} 0x30
  tutti_relay_refreshed_clients_total{instance="a"} 0+1x30
  tutti_relay_repairs_total{instance="a",reason="join"} 0+100x30
  tutti_relay_repairs_total{instance="a",reason="gap"} 0+1x30
  tutti_relay_closes_total{instance="a",code="1012"} 0+100x30
  tutti_relay_closes_total{instance="a",code="1011"} 2x30
`

// faults are series that differ, and which alert must see it. Those with the same name
// and labels take the place of the healthy ones.
var faults = map[string]string{
	"TuttiNoRelay":             `tutti_relay_connections`,
	"TuttiRelayDown":           `up{job="wsrelay",instance="b"} 1x20 0x10`,
	"TuttiRedisDown":           `tutti_relay_appends_total{instance="a"} 0+600x20 12000x10` + "\n" + `tutti_relay_append_errors_total{instance="a"} 0x20 0+60x10`,
	"TuttiSavesFail":           `tutti_relay_append_errors_total{instance="a"} 0+12x30`,
	"TuttiSavesAreSlow":        `tutti_relay_save_seconds_bucket{instance="a",le="0.512"} 0+580x30`,
	"TuttiRedisLostRooms":      `tutti_relay_reseeds_total{instance="a"} 0x25 7x5`,
	"TuttiManyRepairs":         `tutti_relay_repairs_total{instance="a",reason="gap"} 0+40x30`,
	"TuttiUnreadableEntries":   `tutti_relay_skipped_entries_total{instance="a"} 0x25 1x5`,
	"TuttiPanics":              `tutti_relay_closes_total{instance="a",code="1011"} _x25 1x5`,
	"TuttiSlowClients":         `tutti_relay_refreshed_clients_total{instance="a"} 0+50x30`,
	"TuttiQueuesAreLong":       `tutti_relay_queue_bytes_bucket{instance="a",le="1024"} 0+580x30`,
	"TuttiRelayNearlyFull":     `tutti_relay_connections{instance="b"} 500x20 850x10`,
	"TuttiAllRelaysNearlyFull": `tutti_relay_connections{instance="a"} 900x30` + "\n" + `tutti_relay_connections{instance="b"} 900x30`,
}

// firing lists the alerts that see something half an hour in.
func firing(t *testing.T, series string) map[string]bool {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 1m\n"+strings.TrimLeft(series, "\n"))
	defer func() {
		if err := storage.Close(); err != nil {
			t.Error(err)
		}
	}()
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000)
	seen := map[string]bool{}
	for _, rule := range rules(t, "alerts.yaml") {
		query, err := engine.NewInstantQuery(t.Context(), storage, nil, rule.Expr, time.Unix(30*60, 0))
		if err != nil {
			t.Fatal(err)
		}
		vector, err := query.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		seen[rule.Alert] = len(vector) > 0
		query.Close()
	}
	return seen
}

// with puts other series in the place of those that are named the same.
func with(changed string) string {
	var b strings.Builder
	for line := range strings.Lines(healthy) {
		series, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		keep := series != ""
		for other := range strings.Lines(changed) {
			name, _, hasValues := strings.Cut(strings.TrimSpace(other), " ")
			keep = keep && name != series && (hasValues || !strings.HasPrefix(series, name+"{"))
		}
		if keep {
			b.WriteString(line)
		}
	}
	for line := range strings.Lines(changed) {
		if strings.Contains(line, " ") {
			b.WriteString("  " + strings.TrimSpace(line) + "\n")
		}
	}
	return b.String()
}

func TestAlerts_HealthyRelaysAreLeftAlone(t *testing.T) {
	for alert, fires := range firing(t, healthy) {
		if fires {
			t.Errorf("%s fires", alert)
		}
	}
}

func TestAlerts_EachSeesItsFault(t *testing.T) {
	for _, rule := range rules(t, "alerts.yaml") {
		fault, known := faults[rule.Alert]
		if !known {
			t.Errorf("nobody tried whether %s ever fires", rule.Alert)
			continue
		}
		t.Run(rule.Alert, func(t *testing.T) {
			if !firing(t, with(fault))[rule.Alert] {
				t.Error("it does not fire")
			}
		})
	}
}
