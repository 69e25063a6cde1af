package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"yishi/config"
)

// stopTime is what requests under way get to end once the program is told to stop: one turn
// at its slowest, and a little.
const stopTime = 6 * time.Second

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
	err = a.listen(ctx, mux)
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

// listen opens the addresses, runs the loops and stays until ctx ends; then it takes no new
// connections, finishes what was accepted and returns. pages is nil for a worker.
func (a *app) listen(ctx context.Context, pages http.Handler) error {
	loops, err := a.openLoops(ctx)
	if err != nil {
		return err
	}
	adm := &admin{probes: a.probes, notes: a.notes, metric: a.metrics.handler()}
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
		addr, err := open(a.cfg.Addr, pages)
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
	adm.leave.Store(true)
	stop()
	err = errors.Join(err, shutdown(servers))
	<-worked
	return err
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
