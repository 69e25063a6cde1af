package civic

import "encoding/json"

// The kinds of timers whose only effect is their arguments. Values are stored.
const (
	TimerHandBack = "hand-back" // ends a hand-over: HandBack
	TimerStage    = "stage"     // takes a round to its next stage: StageDue
)

// effectOf reads the arguments of those.
var effectOf = map[string]func(json.RawMessage) (any, error){
	TimerHandBack: as[HandBack],
	TimerStage:    as[StageDue],
}

// as reads the arguments of a timer as an effect.
func as[E any](args json.RawMessage) (any, error) {
	var e E
	err := json.Unmarshal(args, &e)
	return e, err
}
