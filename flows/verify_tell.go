package flows

import (
	"encoding/json"
	"fmt"

	"yishi/flows/civic"
)

// The kinds of what is told about verification. Values are stored.
const (
	TellClaimed = "claimed" // ClaimedNews
	TellVerify  = "verify"  // VerifyNews
)

// ClaimedNews tells a person's other accounts that one more was verified as theirs. It says nothing
// of who or which: whoever reads it knows, or else should not.
type ClaimedNews struct{}

// VerifyNews tells an account what became of its verification.
type VerifyNews struct {
	State  VerifyState `json:"state"`
	Reason string      `json:"reason,omitempty"` // a code, see declineReasons
	Words  string      `json:"words,omitempty"`  // of staff, masked
}

// VerifyState is what became of a verification. Values are stored.
type VerifyState string

// The states that accounts are told of.
const (
	VerifyDone      VerifyState = "done"      // by hand
	VerifyDeclined  VerifyState = "declined"  // with a reason
	VerifyFrozen    VerifyState = "frozen"    // the person said that it is not theirs
	VerifyBack      VerifyState = "back"      // it is theirs after all
	VerifyGone      VerifyState = "gone"      // it is not theirs
	VerifyOtherBack VerifyState = "otherBack" // said to whoever disputed
	VerifyOtherGone VerifyState = "otherGone"
)

var verifyTexts = map[VerifyState]string{
	VerifyDone:      "网格员核对过了，您的认证办好了。您提的、附议的都算数了，以前的也算进来。",
	VerifyDeclined:  "您的认证申请这次没有通过：%s\n您提的需求都还在。改好了再回“认证”，有疑问回“人工”。",
	VerifyFrozen:    "有人说这个微信号认证的那一位不是您，认证先停用，等网格员核对。您提的、附议的都还在。要说明情况请回“人工”。",
	VerifyBack:      "网格员核对过了，您的认证有效，一切照旧。",
	VerifyGone:      "网格员核对过了，这个微信号和名册上的那一位对不上，认证取消了。您提的需求都还在，有疑问回“人工”。",
	VerifyOtherBack: "网格员核对过了：另一个微信号也是您这一位的，两个都有效，一人还是只算一次。有疑问回“人工”。",
	VerifyOtherGone: "网格员核对过了：另一个微信号不是您的，已经取消。您的附议和投票没有变。",
}

// declineReasons are the reasons of a decline, by their codes, in the order staff choose them.
var declineReasons = []struct{ code, label, text string }{
	{"mismatch", "门牌或姓名同名册对不上", "门牌或姓名同名册对不上。"},
	{"not-living", "不住在这一户", "核对下来，您不住在这一户。"},
	{"no-contact", "几次联系不上", "几次都没有联系上您。"},
}

const declineOther = "other"

func (ClaimedNews) tell() (Text, error) {
	return Text{
		Plain:  "又有一个微信号认证成了您。是您自己的另一个微信，不用管，一人还是只算一次。\n不是您本人？请回“不是我”。",
		Line:   "又有一个微信号认证成了您",
		Fields: map[string]string{"title": "又有一个微信号认证成了您", "content": "不是您本人请回“不是我”"},
	}, nil
}

func (n VerifyNews) tell() (Text, error) {
	plain, ok := verifyTexts[n.State]
	if !ok {
		return Text{}, fmt.Errorf("%w: what became of it", ErrTell)
	}
	if n.State == VerifyDeclined {
		why := n.Words
		for _, r := range declineReasons {
			if r.code == n.Reason {
				why = r.text
			}
		}
		if why == "" {
			return Text{}, fmt.Errorf("%w: no reason", ErrTell)
		}
		plain = fmt.Sprintf(plain, sentence(why))
	}
	line := map[VerifyState]string{
		VerifyDone: "认证办好了", VerifyDeclined: "认证申请没有通过", VerifyFrozen: "认证先停用，等核对", VerifyBack: "认证有效，一切照旧", VerifyGone: "认证取消了",
		VerifyOtherBack: "核对过了，两个微信号都有效", VerifyOtherGone: "核对过了，另一个已经取消",
	}[n.State]
	return Text{Plain: plain, Line: line, Fields: map[string]string{"title": "住户认证", "content": line}}, nil
}

// tellClaimed and tellVerify are the pushes that the store sends to those it knows.
func tellClaimed() civic.Push {
	p := pushOf(TellClaimed, ClaimedNews{})
	p.Urgent = "认证安全，本人要马上知道" // somebody may be pretending to be them
	return p
}

func tellVerify(n VerifyNews) civic.Push { return pushOf(TellVerify, n) }

func pushOf(kind string, args any) civic.Push {
	text, _ := json.Marshal(args) // plain structs of text always can be
	return civic.Push{Kind: kind, Args: text}
}
