//go:build !race

package store_test

const rapidChecks = "100"
