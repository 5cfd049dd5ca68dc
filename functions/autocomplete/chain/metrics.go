package chain

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	answers *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tutti_autocomplete_answers_total",
			Help: "Times that a provider was asked, by result: suggested, nothing, late, unavailable, failed, unfit, cancelled.",
		}, []string{"provider", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tutti_autocomplete_seconds",
			Help:    "Time that providers took to answer.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 8), // 0.1 ms to 1.6 s
		}, []string{"provider"}),
	}
	registry.MustRegister(m.answers, m.seconds)
	return m
}

func (m *metrics) observe(provider, result string, took time.Duration) {
	m.answers.WithLabelValues(provider, result).Inc()
	m.seconds.WithLabelValues(provider).Observe(took.Seconds())
}
