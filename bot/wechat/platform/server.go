package platform

import "net/http"

// The error codes the API answers with.
const (
	codeOK             = 0
	codeBadToken       = 40001 // not ours, or not the latest
	codeBadGrant       = 40002
	codeBadOpenid      = 40003
	codeBadMediaType   = 40004
	codeBadMediaSize   = 40006
	codeBadMediaID     = 40007
	codeBadMessageType = 40008
	codeBadAppID       = 40013
	codeMalformedToken = 40014
	codeBadLogin       = 40029
	codeBadTemplate    = 40037
	codeBadAction      = 40052
	codeBadActionInfo  = 40053
	codeBadPath        = 40066
	codeBadSecret      = 40125
	codeUsedLogin      = 40163
	codeBadIP          = 40164
	codeNoMenuMessage  = 40200
	codeNoToken        = 41001
	codeNoMedia        = 41005
	codeNoLogin        = 41008
	codeExpiredToken   = 42001
	codeOldLogin       = 42003
	codeNeedGET        = 43001
	codeNeedPOST       = 43002
	codeNeedFollower   = 43004
	codeNoConsent      = 43101
	codeNoContent      = 44004
	codeTooLong        = 45002
	codeDailyQuota     = 45009
	codeMinuteQuota    = 45011
	codeOutOfWindow    = 45015
	codeWindowUsed     = 45047
	codeBadTyping      = 45072
	codeNoMenu         = 46003
	codeBadJSON        = 47001
	codeBadValue       = 47003
	codeNotAllowed     = 48001
	codeBlocked        = 48002
	codeClears         = 48006
)

// maxRequest bounds a request's body; the largest is an upload of a video.
const maxRequest = 12 << 20

// endpoint answers a call with something for JSON, or a file, or an errcode.
type endpoint struct {
	method string // "" any
	open   bool   // needs no access token
	daily  int    // calls a day of a new account; 0 unlimited
	do     func(*call) (any, int)
	// decode reads the body before the platform's lock is taken, for what is called often; nil:
	// do reads it.
	decode func(body []byte) any
}

// file is an answer that is no JSON.
type file struct {
	data              []byte
	contentType, name string
}

func endpoints() map[string]endpoint {
	const get, post = http.MethodGet, http.MethodPost
	return map[string]endpoint{
		"/cgi-bin/token":                     {get, true, 2000, classicToken, nil},
		"/cgi-bin/stable_token":              {post, true, 500_000, stableToken, nil},
		"/cgi-bin/message/custom/send":       {post, false, 500_000, customSend, decodeCustom},
		"/cgi-bin/message/custom/typing":     {post, false, 0, customTyping, nil},
		"/cgi-bin/customservice/getkflist":   {get, false, 0, kfList, nil},
		"/cgi-bin/media/get":                 {get, false, 200_000, mediaGet, nil},
		"/cgi-bin/media/upload":              {post, false, 100_000, mediaUpload, nil},
		"/cgi-bin/menu/create":               {post, false, 1000, menuCreate, nil},
		"/cgi-bin/menu/get":                  {get, false, 10_000, menuGet, nil},
		"/cgi-bin/menu/delete":               {get, false, 1000, menuDelete, nil},
		"/cgi-bin/get_current_selfmenu_info": {get, false, 10_000, menuInfo, nil},
		"/cgi-bin/qrcode/create":             {post, false, 100_000, codeCreate, nil},
		"/cgi-bin/getcallbackip":             {get, false, 0, addresses, nil},
		"/cgi-bin/get_api_domain_ip":         {get, false, 0, addresses, nil},
		exchangePath:                         {get, true, 0, exchange, nil},
		templateListPath:                     {get, false, 0, templateList, nil},
		templatePath:                         {post, false, 100_000, templateSend, nil},
		noticePath:                           {post, false, 0, noticeSend, nil},
		oldNoticePath:                        {post, false, 0, oldNoticeSend, nil},
		noticeListPath:                       {get, false, 0, noticeTemplateList, nil},
		"/cgi-bin/user/info":                 {get, false, 5_000_000, userInfo, nil},
		"/cgi-bin/user/get":                  {get, false, 500, userList, nil},
		"/cgi-bin/clear_quota":               {post, false, 0, clearQuota, nil},
		"/cgi-bin/openapi/quota/get":         {post, false, 0, quotaGet, nil},
		"/cgi-bin/openapi/rid/get":           {post, false, 0, ridGet, nil},
	}
}

// withheld is what an account may not do until it is allowed.
func withheld() map[string]bool {
	return map[string]bool{
		templatePath: true, noticePath: true, oldNoticePath: true, templateListPath: true, noticeListPath: true,
	}
}
