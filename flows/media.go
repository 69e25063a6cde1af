package flows

import (
	"encoding/json"

	"yishi/flows/civic"
)

// NeedMediaLink is the kind of links to a page that shows the photos and voices of one need.
const NeedMediaLink = "need-media"

// NeedMedia is what such a link is about.
type NeedMedia struct {
	Need   civic.NeedID `json:"need"`
	Number string       `json:"number"`
}

// mediaLink has a link made to the photos and voices of a need. What they show is decided when it
// is opened.
func mediaLink(t *Turn, c civic.CommunityID, need civic.NeedID, number string) civic.MakeLink {
	args, _ := json.Marshal(NeedMedia{need, number}) // a number and a string always can be
	return civic.MakeLink{Account: civic.Account(t.Account), Community: c, Kind: NeedMediaLink, Title: "看 " + number + " 的照片和语音", Args: args}
}
