//go:build wrongclock

package store

import (
	"os"
	"time"
)

// This file is in no release: programs built with the tag wrongclock run on a machine whose
// clock is wrong, for tests of what comes of it.

// local is the time of a machine whose clock is off by YISHI_TEST_MACHINE_CLOCK, such as -2h.
// What the clock measures against the database puts it right.
func local() time.Time { return time.Now().Add(off("YISHI_TEST_MACHINE_CLOCK")) }

// shifted moves the clock by YISHI_TEST_CLOCK_OFFSET, which no measuring puts right.
func shifted() time.Duration { return off("YISHI_TEST_CLOCK_OFFSET") }

func off(name string) time.Duration {
	d, err := time.ParseDuration(os.Getenv(name))
	if err != nil && os.Getenv(name) != "" {
		panic(name + ": " + err.Error())
	}
	return d
}
