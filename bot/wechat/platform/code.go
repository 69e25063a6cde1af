package platform

// message is the errmsg of a code, as the platform words it.
func message(code int) string {
	if m, ok := messages()[code]; ok {
		return m
	}
	return "error"
}

func messages() map[int]string {
	return map[int]string{
		-1:                 "system error",
		codeBadToken:       "invalid credential, access_token is invalid or not latest",
		codeBadGrant:       "invalid grant_type",
		codeBadOpenid:      "invalid openid",
		codeBadMediaType:   "invalid media type",
		codeBadMediaSize:   "invalid media size",
		codeBadMediaID:     "invalid media_id",
		codeBadMessageType: "invalid message type",
		codeBadAppID:       "invalid appid",
		codeMalformedToken: "invalid access_token",
		40016:              "invalid button size",
		40017:              "invalid button type",
		40018:              "invalid button name size",
		40019:              "invalid button key size",
		40020:              "invalid button url size",
		40023:              "invalid sub button size",
		40024:              "invalid sub button type",
		40025:              "invalid sub button name size",
		40026:              "invalid sub button key size",
		40027:              "invalid sub button url size",
		codeBadLogin:       "invalid code",
		codeUsedLogin:      "code been used",
		codeNoLogin:        "missing code",
		codeOldLogin:       "code timeout",
		codeBadTemplate:    "invalid template_id",
		codeBadAction:      "invalid action_name",
		codeBadActionInfo:  "invalid action_info",
		codeBadPath:        "invalid url",
		codeBadSecret:      "invalid appsecret",
		codeBadIP:          "invalid ip 127.0.0.1, not in whitelist",
		codeNoMenuMessage:  "invalid account type",
		codeNoToken:        "access_token missing",
		codeNoMedia:        "media data missing",
		codeExpiredToken:   "access_token expired",
		codeNeedGET:        "require GET method",
		codeNeedPOST:       "require POST method",
		codeNeedFollower:   "require subscribe",
		codeNoConsent:      "user refuse to accept the msg",
		codeNoContent:      "empty content",
		codeTooLong:        "content size out of limit",
		codeDailyQuota:     "reach max api daily quota limit",
		codeMinuteQuota:    "api minute-quota reach limit, must slower retry next minute",
		codeOutOfWindow:    "response out of time limit or subscription is canceled",
		codeWindowUsed:     "out of response count limit",
		codeBadTyping:      "invalid command",
		codeNoMenu:         "menu no exist",
		codeBadJSON:        "data format error",
		codeBadValue:       "argument invalid!",
		codeNotAllowed:     "api unauthorized",
		codeBlocked:        "api forbidden for this user: messages refused",
		codeClears:         "forbid to clear quota because of reaching the limit",
	}
}
