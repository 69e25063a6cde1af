//go:build !race

package chat_test

// walkSteps is how many messages the walk takes.
const walkSteps = 100_000
