package flows

import (
	"encoding/json"
	"fmt"

	"yishi/flows/civic"
)

// OfficeNews tells a member of staff what became of their office or of their work.
type OfficeNews struct {
	What  string `json:"what"`
	Place string `json:"place,omitempty"` // the community
	Role  string `json:"role,omitempty"`
	Until string `json:"until,omitempty"` // a day; "": not said
}

// What somebody is told of an office. Stored.
const (
	newsRevoked = "revoked" // their office was taken away
	newsMoved   = "moved"   // their work is done on another phone now
	newsAway    = "away"    // their work was handed over
	newsTakes   = "takes"   // they were handed somebody's work
	newsBack    = "back"    // their work is theirs again
	newsFree    = "free"    // they need not do another's any more
)

// officeNews tells one member of staff; of says which turn did it, so that it is told once.
func officeNews(t *Turn, n OfficeNews, to civic.StaffID, of string) civic.MakePush {
	id := "office-" + n.What + "-" + of
	args, _ := json.Marshal(n) // strings always can be
	return civic.MakePush{
		Push:     civic.Push{ID: id, Purpose: id, Kind: TellOfficeNews, Args: args, DueAt: t.Now},
		Audience: civic.Audience{Staff: []civic.StaffID{to}},
	}
}

func (n OfficeNews) tell() (Text, error) {
	until := ""
	if n.Until != "" {
		until = "，到" + n.Until
	}
	var plain, line string
	switch n.What {
	case newsRevoked:
		line = "您的身份收回了"
		plain = n.Place + "的“" + n.Role + "”身份收回了，从现在起不能再办。\n之前办的都有记录。有疑问请问居委会。"
	case newsMoved:
		line = "您的工作换到新微信了"
		plain = "您的工作换到另一个微信上办了，这个微信不能再办。\n要不是您本人换的，请马上打电话给居委会。"
	case newsAway:
		line = "您的工作已交接"
		plain = n.Place + "：您手上的工作交给同事了" + until + "。\n提前回来了，回“交接”收回。"
	case newsTakes:
		line = "同事的工作交给您了"
		plain = n.Place + "：同事的工作交给您了" + until + "。\n回“工作”看要办的。"
	case newsBack:
		line = "您的工作回到您手上了"
		plain = n.Place + "：交出去的工作回到您手上了。\n回“工作”看要办的。"
	case newsFree:
		line = "代办的工作还给同事了"
		plain = n.Place + "：您代办的工作还给同事了，辛苦了。"
	default:
		return Text{}, fmt.Errorf("%w: news of no kind", ErrTell)
	}
	return Text{Plain: plain, Line: line, Fields: map[string]string{"title": line, "content": plain}}, nil
}
