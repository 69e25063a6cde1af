package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"yishi/config"
)

// A program that is told to stop takes drainTime and stopTime at most, below the ten seconds
// after which docker stop kills.
const (
	// drainTime is how long requests are still taken after readiness went red. A load balancer
	// needs it to notice and send new requests elsewhere, and a client to come back on the
	// connection it keeps and be told to close it. Both then end without a request being cut.
	drainTime = 2 * time.Second

	// stopTime is what requests under way get to end after that: one turn at its slowest, and a
	// little.
	stopTime = 6 * time.Second
)

// serve answers the platform's calls and works off what waits, until it is told to stop.
func serve(ctx context.Context, e env) error {
	cfg, err := load(e, config.Serve)
	if err != nil {
		return err
	}
	log := newLog(e, cfg)
	a, err := newApp(ctx, cfg, log)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/wechat", a.webhook)
	if err = a.openPages(mux); err == nil {
		err = a.listen(ctx, mux)
	}
	return errors.Join(err, a.Close())
}

// worker only works off what waits; its admin address tells how it is.
func worker(ctx context.Context, e env) error {
	cfg, err := load(e, config.Serve)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, cfg, newLog(e, cfg))
	if err != nil {
		return err
	}
	err = a.listen(ctx, nil)
	return errors.Join(err, a.Close())
}

// listen opens the addresses, runs the loops and stays until ctx ends; then it drains, finishes
// what was accepted and returns. pages is nil for a worker.
func (a *app) listen(ctx context.Context, pages http.Handler) error {
	loops, err := a.openLoops(ctx)
	if err != nil {
		return err
	}
	var leaving atomic.Bool
	adm := &admin{probes: a.probes, notes: a.notes, metric: a.metrics.handler(), leaving: &leaving}
	var servers []*http.Server
	failed := make(chan error, 2)
	open := func(addr string, h http.Handler) (net.Addr, error) {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
		s := server(h, a.log)
		servers = append(servers, s)
		go func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", addr, err)
			}
		}()
		return l.Addr(), nil
	}
	admAddr, err := open(a.cfg.AdminAddr, adm.handler())
	if err != nil {
		return err
	}
	if pages != nil {
		addr, err := open(a.cfg.Addr, closing(pages, &leaving))
		if err != nil {
			return errors.Join(err, shutdown(servers))
		}
		a.log.Info("serving", "addr", addr.String(), "admin", admAddr.String(), "version", version)
	} else {
		a.log.Info("working", "admin", admAddr.String(), "version", version)
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan struct{})
	go func() { loops.Run(work); close(worked) }()
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
	case err = <-failed:
	}
	leaving.Store(true)
	stop()
	if err == nil && pages != nil {
		drain(failed)
	}
	err = errors.Join(err, shutdown(servers))
	<-worked
	return err
}

// closing answers with Connection: close once the program is leaving. http.Server's own switch,
// SetKeepAlivesEnabled, would also close what is idle at that moment, and so cut a client that
// is just writing its next request there.
func closing(h http.Handler, leaving *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if leaving.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// drain lets the servers go on for drainTime, or until one of them fails.
func drain(failed <-chan error) {
	t := time.NewTimer(drainTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-failed: // it takes nothing any more
	}
}

// shutdown takes no new connections and waits for requests under way.
func shutdown(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	var errs []error
	for _, s := range slices.Backward(servers) { // pages first, the admin address last
		if err := s.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop server: %w", err))
		}
	}
	return errors.Join(errs...)
}
