//go:build race

package store_test

// rapidChecks is how many sequences a property is tried on under the race detector, where SQLite
// is ten times slower. Without it, it is rapid's own number.
const rapidChecks = "15"
