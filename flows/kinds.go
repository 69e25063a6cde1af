package flows

import (
	"encoding/json"
	"maps"
	"slices"

	"yishi/flows/civic"
)

// TellKind is a kind of what is told: which fields templates may be filled with.
type TellKind struct {
	Name   string
	Fields []string        // in the order of the alphabet
	Sample json.RawMessage // arguments that could be told: what does not fit it will never fit
}

// TellKinds lists all kinds that Tell knows.
func TellKinds() []TellKind {
	type sample struct {
		kind string
		args any
	}
	samples := []sample{
		{TellAnnounce, Announce{Title: "周六议事会", Body: "周六下午三点，社区服务站。", From: "钮家巷社区"}},
		{civic.TellListDue, civic.ListDue{Round: "2027年"}},
		{TellNeedNews, NeedNews{Number: "钮2027-018", Text: "河边装一排晾衣架", State: civic.NeedAccepted, Next: "9月5日前编方案"}},
		{TellOfficeNews, OfficeNews{What: newsTakes, Place: "钮家巷社区", Role: "网格员", Until: "12月5日"}},
		{civic.TellRelay, civic.TalkTold{Number: 3, Lines: []civic.ToldLine{{Kind: civic.LineText, Text: "您好，我下午来看看", Role: civic.GridWorker}}}},
		{civic.TellRelayCall, civic.TalkTold{Number: 3, Who: "张** · 钮家新村3幢", Why: civic.CallNew}},
		{TellClaimed, ClaimedNews{}},
		{TellVerify, VerifyNews{State: VerifyDeclined, Reason: declineReasons[0].code}},
	}
	for _, kind := range publicKinds() {
		samples = append(samples, sample{kind, civic.PublicNews{Number: "钮2027-018", Text: "河边装一排晾衣架", Reason: "有别人的门牌"}})
	}
	triage := triageSamples()
	for _, kind := range slices.Sorted(maps.Keys(triage)) {
		samples = append(samples, sample{kind, triage[kind]})
	}
	kinds := make([]TellKind, 0, len(samples))
	for _, s := range samples {
		args, err := json.Marshal(s.args)
		if err != nil { // plain structs of text; a test tells all samples
			continue
		}
		text, err := Tell(s.kind, args, false)
		if err != nil {
			continue
		}
		kinds = append(kinds, TellKind{Name: s.kind, Fields: slices.Sorted(maps.Keys(text.Fields)), Sample: args})
	}
	return kinds
}
