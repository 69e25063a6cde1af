//go:build !wrongclock

package store

import "time"

// local is this machine's time.
func local() time.Time {
	return time.Now() //nolint:forbidigo // the one clock that all others are made of
}

// shifted is by how much a program moves its clock from its start; tests build one that does,
// see machine_wrong.go.
func shifted() time.Duration { return 0 }
