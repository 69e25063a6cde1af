package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestStallsAreToldOnce(t *testing.T) {
	var (
		log     bytes.Buffer
		age     time.Duration
		err     error
		held    bool
		settled uint64
	)
	s := &stalls{
		age:  func(context.Context) (time.Duration, error) { return age, err },
		held: func() bool { return held }, settled: func() uint64 { return settled },
		log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	for i, step := range []struct {
		age     time.Duration
		err     error
		held    bool
		settled uint64
		want    string
	}{
		{age: 0},
		{age: time.Minute},
		{age: 3 * time.Minute, held: true},                  // the quota is used up
		{age: 4 * time.Minute, settled: 100},                // a long backlog that shrinks
		{age: 4 * time.Minute, err: errors.New("sql away")}, // nobody knows
		{age: 5 * time.Minute, settled: 100, want: "level=ERROR msg=\"deliveries stall\" oldest_due=5m0s"},
		{age: 6 * time.Minute, settled: 100},
		{age: 7 * time.Minute, settled: 101, want: "level=INFO msg=\"deliveries go on\""},
		{age: 8 * time.Minute, settled: 101, want: "deliveries stall"},
		{age: 0, settled: 101, want: "deliveries go on"},
		{age: 0, settled: 101},
	} {
		log.Reset()
		age, err, held, settled = step.age, step.err, step.held, max(settled, step.settled)
		s.look(t.Context())
		if got := log.String(); (step.want == "") != (got == "") || !strings.Contains(got, step.want) {
			t.Errorf("look %d: said %q, want %q", i+1, got, step.want)
		}
	}
}
