package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"yishi/bot/push"
)

// pushMetrics are those of what the bot says of its own accord.
type pushMetrics struct {
	registry   *prometheus.Registry
	deliveries *prometheus.CounterVec
	refusals   *prometheus.CounterVec
	events     *prometheus.CounterVec
}

func newPushMetrics(r *prometheus.Registry) *pushMetrics {
	m := &pushMetrics{
		registry: r,
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yishi_deliveries_total", Help: "Attempts at deliveries by the state they ended in, and by route where one was called.",
		}, []string{"state", "route"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yishi_send_errors_total", Help: "Errors of the platform's sending calls, by API and its code.",
		}, []string{"api", "code"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yishi_message_events_total", Help: "Consents, receipts and leavings in events of the platform; outcome lost was given up.",
		}, []string{"kind", "outcome"}),
	}
	for _, kind := range []string{eventConsent, eventReceipt, eventLeft} {
		for _, outcome := range []string{eventKept, eventLost} {
			m.events.WithLabelValues(kind, outcome)
		}
	}
	r.MustRegister(m.deliveries, m.refusals, m.events)
	return m
}

// delivery counts and times an attempt.
func (m *metrics) delivery(queue string, outcome push.Outcome, took time.Duration) {
	m.job(queue, outcome, took)
	state, route, _ := strings.Cut(string(outcome), "_")
	m.pushes.deliveries.WithLabelValues(state, route).Inc()
}

// refusal counts an error of the platform.
func (m *metrics) refusal(api string, code int) {
	m.pushes.refusals.WithLabelValues(api, strconv.Itoa(code)).Inc()
}

// quota adds what may still be called today.
func (m *metrics) quota(meter push.Meter, apis ...string) {
	for _, api := range apis {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "yishi_quota_left", Help: "Calls left today by API; -1 when there is no limit, -2 when it is not known.", ConstLabels: prometheus.Labels{"api": api},
		}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), probeTime)
			defer cancel()
			left, err := meter.Left(ctx, api)
			if err != nil {
				return -2
			}
			return float64(left)
		}))
	}
}
