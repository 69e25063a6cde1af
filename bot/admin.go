package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// probeTime bounds one readiness probe.
const probeTime = 1500 * time.Millisecond

// admin answers on the admin address: health, readiness and metrics. It must not be reachable
// from outside.
type admin struct {
	probes map[string]func(context.Context) error // by name; all must be fine for readiness
	notes  map[string]func() error                // by name; what is wrong with them leaves the bot ready
	metric http.Handler
	// leaving says that the program shuts down: not ready any more. Nil means never.
	leaving *atomic.Bool
}

func (a *admin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.metric)
	return mux
}

// ready names what is wrong by its part, never by the text of an error. A program that is
// leaving says so at once, as the load balancer waits for it.
func (a *admin) ready(w http.ResponseWriter, r *http.Request) {
	if a.leaving != nil && a.leaving.Load() {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"process": "stopping"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), probeTime)
	defer cancel()
	status, parts := http.StatusOK, map[string]string{}
	for name, probe := range a.probes {
		parts[name] = "ok"
		if err := probe(ctx); err != nil {
			parts[name], status = "down", http.StatusServiceUnavailable
		}
	}
	for name, fault := range a.notes {
		parts[name] = "ok"
		if fault() != nil {
			parts[name] = "degraded"
		}
	}
	writeJSON(w, status, parts)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller is gone if this fails
}
