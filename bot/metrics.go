package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"yishi/bot/chat"
	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/session"
)

// metrics are what an operator watches. No label ever holds what people wrote or who they are.
type metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	turns    *prometheus.CounterVec
	took     prometheus.Histogram
	clashes  prometheus.Counter
	jobs     *prometheus.CounterVec
	jobTook  *prometheus.HistogramVec
	stores   *prometheus.HistogramVec
	tokens   prometheus.Counter
	pushes   *pushMetrics
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yishi_webhook_calls_total", Help: "Calls to the webhook by outcome; refused ones by reason.",
		}, []string{"outcome"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yishi_turns_total", Help: "Turns by flow and outcome; outcome repeated counts duplicates.",
		}, []string{"flow", "outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "yishi_turn_seconds", Help: "Time of a turn.",
			Buckets: []float64{.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 4, 4.5},
		}),
		clashes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "yishi_session_conflicts_total", Help: "Turns taken again because another message of the account was faster.",
		}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yishi_jobs_total", Help: "Rows worked off, by queue and outcome.",
		}, []string{"queue", "outcome"}),
		jobTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "yishi_job_seconds", Help: "Time of one row, by queue.", Buckets: prometheus.ExponentialBuckets(.01, 3, 9),
		}, []string{"queue"}),
		stores: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "yishi_store_seconds", Help: "Time of a call to a store, by store and call.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1.2, 3},
		}, []string{"store", "call"}),
		tokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "yishi_token_refreshes_total", Help: "Access tokens asked of the platform.",
		}),
	}
	for _, o := range wechat.Outcomes() {
		m.calls.WithLabelValues(string(o))
	}
	m.pushes = newPushMetrics(m.registry)
	m.registry.MustRegister(m.calls, m.turns, m.took, m.clashes, m.jobs, m.jobTook, m.stores, m.tokens,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds the figures that the database keeps itself.
func (m *metrics) watch(db *store.DB) {
	gauge := func(name, help string, value func(store.Stats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(db.Stats()) }))
	}
	gauge("yishi_commits", "Turns written since the start.", func(s store.Stats) float64 { return float64(s.Commits) })
	gauge("yishi_commit_batches", "Transactions they shared.", func(s store.Stats) float64 { return float64(s.Batches) })
	gauge("yishi_commit_unsure", "Commits whose end is not known.", func(s store.Stats) float64 { return float64(s.Unsure) })
	gauge("yishi_commit_waiting", "Turns waiting for a transaction.", func(s store.Stats) float64 { return float64(s.Waiting) })
	m.age("yishi_media_queue_age_seconds", "Age of the oldest photo or voice that is not fetched yet", db.MediaAge)
	m.age("yishi_deliveries_queue_age_seconds", "How long the delivery or push that is due for longest has waited", db.QueueAge)
	m.age("yishi_timers_age_seconds", "How long the timer that is due for longest has waited", db.TimerAge)
	gauge("yishi_sql_connections", "Open SQL connections.", func(s store.Stats) float64 { return float64(s.Open) })
}

// age adds the age of a queue, which the database is asked for.
func (m *metrics) age(name, help string, of func(context.Context) (time.Duration, error)) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: name, Help: help + "; -1 when the database does not answer.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), probeTime)
		defer cancel()
		age, err := of(ctx)
		if err != nil {
			return -1
		}
		return age.Seconds()
	}))
}

func (m *metrics) call(outcome string) { m.calls.WithLabelValues(outcome).Inc() }

func (m *metrics) turn(e chat.Event) {
	m.turns.WithLabelValues(e.Flow, e.Word).Inc()
	m.took.Observe(e.Took.Seconds())
	m.clashes.Add(float64(e.Conflicts))
}

func (m *metrics) job(queue string, outcome push.Outcome, took time.Duration) {
	m.jobs.WithLabelValues(queue, string(outcome)).Inc()
	m.jobTook.WithLabelValues(queue).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// timed measures every call to a session store.
func (m *metrics) timed(name string, s session.Store) session.Store {
	return &timedSessions{Store: s, name: name, m: m}
}

type timedSessions struct {
	session.Store
	name string
	m    *metrics
}

func (s *timedSessions) Load(ctx context.Context, account string) (session.Value, error) {
	t := prometheus.NewTimer(s.m.stores.WithLabelValues(s.name, "load"))
	defer t.ObserveDuration()
	return s.Store.Load(ctx, account)
}

func (s *timedSessions) Save(ctx context.Context, account string, rev uint64, data []byte, read int, expiresAt time.Time) (bool, error) {
	t := prometheus.NewTimer(s.m.stores.WithLabelValues(s.name, "save"))
	defer t.ObserveDuration()
	return s.Store.Save(ctx, account, rev, data, read, expiresAt)
}

// ledger measures every call to the results.
func (m *metrics) ledger(db *store.DB) chat.Ledger { return &timedLedger{DB: db, m: m} }

type timedLedger struct {
	*store.DB
	m *metrics
}

func (l *timedLedger) Commit(ctx context.Context, c store.Commit) (civic.Receipt, error) {
	t := prometheus.NewTimer(l.m.stores.WithLabelValues("results", "commit"))
	defer t.ObserveDuration()
	return l.DB.Commit(ctx, c)
}

func (l *timedLedger) CloseRun(ctx context.Context, run string, n int, a civic.Account) (civic.Receipt, error) {
	t := prometheus.NewTimer(l.m.stores.WithLabelValues("results", "close"))
	defer t.ObserveDuration()
	return l.DB.CloseRun(ctx, run, n, a)
}

func (l *timedLedger) Seen(ctx context.Context, key string) (civic.Receipt, string, int, bool, error) {
	t := prometheus.NewTimer(l.m.stores.WithLabelValues("results", "seen"))
	defer t.ObserveDuration()
	return l.DB.Seen(ctx, key)
}

// tokenStore counts the tokens that were fetched; s may be nil.
func (m *metrics) tokenStore(s wechat.TokenStore) wechat.TokenStore {
	return &countedTokens{s: s, m: m}
}

type countedTokens struct {
	s wechat.TokenStore
	m *metrics
}

func (c *countedTokens) Load(ctx context.Context, appID string) (wechat.Token, error) {
	if c.s == nil {
		return wechat.Token{}, wechat.ErrNoToken
	}
	return c.s.Load(ctx, appID)
}

func (c *countedTokens) Save(ctx context.Context, appID string, t wechat.Token, ttl time.Duration) error {
	if ttl > 0 { // else none came
		c.m.tokens.Inc()
	}
	if c.s == nil {
		return nil
	}
	return c.s.Save(ctx, appID, t, ttl)
}

func (c *countedTokens) Drop(ctx context.Context, appID, value string) error {
	if c.s == nil {
		return nil
	}
	return c.s.Drop(ctx, appID, value)
}
