// Package zh reads Chinese as residents write it: numbers in every shape, one choice or
// several, yes and no, texts that mean the same need, danger that cannot wait; and it cleans,
// masks and cuts what they wrote.
//
// All functions are pure and total: any bytes go in, nothing panics, and time grows with the
// length of the text. Whatever is not certain is reported as such and never guessed, so that
// the caller can ask back.
package zh

// Verdict says how far an answer was understood.
type Verdict int

// The verdicts of Choice and Choices. The zero value is None.
const (
	None   Verdict = iota // nothing in the text looks like an answer to the question
	Sure                  // exactly one reading
	Unsure                // an answer, but negated, hedged, asked or with several readings: ask back
	Out                   // a number that is not among the options
)

// Answer is what a text says to a question that wants yes or no.
type Answer int

// The answers of YesNo. The zero value is Neither.
const (
	Neither Answer = iota // something else, or both at once
	Yes
	No
)

// Danger is the emergency that a text reports as happening now.
type Danger int

// The dangers, each with its own number to call. The zero value is NoDanger.
const (
	NoDanger Danger = iota
	Fire            // fire, smoke, gas, people trapped: 119
	Medical         // someone hurt or taken ill: 120
	Crime           // violence, a burglar at work, someone about to harm themselves: 110
)

// Phone is the public emergency number for the danger, "" for NoDanger.
func (d Danger) Phone() string {
	switch d {
	case Fire:
		return "119"
	case Medical:
		return "120"
	case Crime:
		return "110"
	case NoDanger:
	}
	return ""
}
