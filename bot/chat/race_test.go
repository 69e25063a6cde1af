//go:build race

package chat_test

// walkSteps is how far the walk goes under the race detector, where SQLite is ten times slower.
// The whole way is gone without it.
const walkSteps = 10_000

// councilWalks and councilSteps are few for the same reason.
const (
	councilWalks = 1
	councilSteps = 120
)
