package civic

import "encoding/json"

// The kinds of timers whose only effect is their arguments. Values are stored.
const (
	TimerHandBack = "hand-back" // ends a hand-over: TimedHandBack; Due reads it itself
	TimerTalk     = "talk"      // moves a talk that was left alone: TalkDue
	TimerStage    = "stage"     // takes a round to its next stage: StageDue
	TimerDecline  = "decline"   // makes a decline final to which no colleague objected: LapseDecline
	TimerAsk      = "ask"       // puts a need back whose author did not answer: LapseQuestion
)

// effectOf reads the arguments of those.
var effectOf = map[string]func(json.RawMessage) (any, error){
	TimerStage:   as[StageDue],
	TimerTalk:    as[TalkDue],
	TimerDecline: as[LapseDecline],
	TimerAsk:     as[LapseQuestion],
}

// as reads the arguments of a timer as an effect.
func as[E any](args json.RawMessage) (any, error) {
	var e E
	err := json.Unmarshal(args, &e)
	return e, err
}
