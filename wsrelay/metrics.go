package wsrelay

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Why a log is read again: labels of repairs.
const (
	repairEpoch       = "epoch"       // it is another log
	repairGap         = "gap"         // an entry was not heard
	repairRewind      = "rewind"      // an entry stands where another one stood
	repairHead        = "head"        // at the heartbeat the last entry was another one
	repairInterrupted = "interrupted" // the subscription was lost for a while
	repairLost        = "lost"        // somebody did not find the room
	repairJoin        = "join"        // somebody came in while Redis did not answer
)

// metrics is what a relay counts. No label has a room or a person.
type metrics struct {
	registry *prometheus.Registry

	appends      prometheus.Counter
	appendErrors prometheus.Counter
	batchBytes   prometheus.Histogram
	saveSeconds  prometheus.Histogram
	repairs      *prometheus.CounterVec
	reseeds      prometheus.Counter
	rewinds      prometheus.Counter
	compactions  prometheus.Counter
	skipped      prometheus.Counter
	refreshed    prometheus.Counter
	closes       *prometheus.CounterVec
	queueBytes   prometheus.Histogram
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "tutti_relay_" + name, Help: help})
	}
	histogram := func(name, help string, start, factor float64, count int) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tutti_relay_" + name, Help: help, Buckets: prometheus.ExponentialBuckets(start, factor, count),
		})
	}
	vector := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tutti_relay_" + name, Help: help}, []string{label})
	}
	m := &metrics{
		registry:     prometheus.NewRegistry(),
		appends:      counter("appends_total", "Entries that were appended to the logs of rooms."),
		appendErrors: counter("append_errors_total", "Attempts to append whose outcome is not known."),
		batchBytes:   histogram("batch_bytes", "Size of the appended entries.", 64, 4, 9),
		saveSeconds:  histogram("save_seconds", "Time from making an entry to knowing that Redis has it.", 0.0005, 2, 15),
		repairs:      vector("repairs_total", "Times that the log of a room was read again.", "reason"),
		reseeds:      counter("reseeds_total", "Rooms that Redis had lost and this relay put back."),
		rewinds:      counter("rewinds_total", "Logs whose end Redis had lost and this relay wrote again."),
		compactions:  counter("compactions_total", "Logs that this relay compacted."),
		skipped:      counter("skipped_entries_total", "Entries of logs that cannot be read."),
		refreshed:    counter("refreshed_clients_total", "Slow clients whose backlog was replaced by the room as it is."),
		closes:       vector("closes_total", "Connections that this relay ended, by close code.", "code"),
		queueBytes:   histogram("queue_bytes", "What waits for a client when something is added to it.", 256, 4, 8),
	}
	m.registry.MustRegister(
		m.appends, m.appendErrors, m.batchBytes, m.saveSeconds, m.repairs, m.reseeds, m.rewinds, m.compactions,
		m.skipped, m.refreshed, m.closes, m.queueBytes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// watch adds what is counted at the time of asking.
func (m *metrics) watch(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tutti_relay_" + name, Help: help}, value))
}

// appended counts an entry that stands in the log.
func (m *metrics) appended(b *batch) {
	m.appends.Inc()
	m.batchBytes.Observe(float64(len(b.entry.Payload)))
	m.saveSeconds.Observe(time.Since(b.since).Seconds())
}

func (m *metrics) closed(code int) { m.closes.WithLabelValues(strconv.Itoa(code)).Inc() }

// AdminHandler serves GET /metrics, for Prometheus. It is for a port that only
// the operator reaches.
func (r *Relay) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}
