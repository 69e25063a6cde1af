package config

// Push is how residents are told what the bot has to say later: by which ways, by which templates
// of the account, and how often.
type Push struct {
	Customer  bool // customer messages are on
	WeeklyCap int  // pushes a week that are not urgent, 1 to 100; 0: no cap
	Limits    map[string]PushLimit
	Kinds     map[string]PushKind // by kind of push: announce, need-news …
}

// PushLimit is how often one of the platform's APIs may be called: customer, notice or template.
// Zero means no limit of that kind.
type PushLimit struct {
	Second, Minute, Day int
}

// PushKind says by which templates a kind may go; nil: not that way.
type PushKind struct {
	Template, Notice *PushTemplate
}

// PushTemplate is one template of the account.
type PushTemplate struct {
	ID       string
	LongTerm bool // of a notice: one consent is good for any number
	Fields   []PushField
}

// PushField is one field of a template and what it is filled with.
type PushField struct {
	Name   string   // the platform's: thing1
	From   string   // ours: title
	Kind   string   // the platform's kind, if the name does not begin with it
	Max    int      // characters, if fewer than the kind allows; 0: as many as it allows
	Values []string // of an enum; none: any
}

// defaultWeeklyCap is for those who say nothing else.
const defaultWeeklyCap = 3

// DefaultPush is what holds where nothing is set: customer messages only, within the daily quotas of a
// new account, see https://developers.weixin.qq.com/doc/offiaccount/Message_Management/API_Call_Limits.html.
func DefaultPush() Push {
	return Push{
		Customer: true, WeeklyCap: defaultWeeklyCap,
		Limits: map[string]PushLimit{"customer": {Day: 500_000}, "template": {Day: 100_000}, "notice": {}},
		Kinds:  map[string]PushKind{},
	}
}

// Pushes is how pushes go: what is set, or DefaultPush.
func (c Config) Pushes() Push {
	if c.Push == nil {
		return DefaultPush()
	}
	return *c.Push
}

// Check finds what is wrong with pushes in the eyes of those who carry them out: a complaint
// each, which names kinds and fields and never a value.
type Check func(Push) []string
