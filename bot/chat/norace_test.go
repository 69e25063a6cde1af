//go:build !race

package chat_test

// walkSteps is how many messages the walk takes.
const walkSteps = 100_000

// councilWalks walks of councilSteps steps are gone each time.
const (
	councilWalks = 2
	councilSteps = 400
)
