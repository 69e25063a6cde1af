package wechat

import (
	"strings"

	"yishi/flows/dialog"
)

// Events of the platform that the bot answers.
const (
	eventSubscribe = "subscribe"
	eventScan      = "SCAN"
	eventClick     = "CLICK"
	eventScanPush  = "scancode_push"
	eventScanWait  = "scancode_waitmsg"
)

// ToInput says what a dialogue hears of a message; false means that there is nothing to hear and
// no turn of the dialogue runs (unsubscribe, receipts of jobs, and events that only announce a
// message that follows).
func ToInput(m *Message) (dialog.Input, bool) {
	switch m.Type {
	case typeEvent:
		return eventInput(m)
	case "text":
		return dialog.Input{Kind: dialog.Text, Text: m.Content, Tap: m.MenuID}, true
	case "image":
		return media(dialog.Photo, m.MediaID, "", "没有内容的图片"), true
	case "voice":
		return media(dialog.Voice, m.MediaID, m.Transcript, "没有内容的语音"), true
	case "location":
		if !m.Located {
			return other("没有坐标的位置"), true
		}
		return dialog.Input{Kind: dialog.Location, Place: dialog.Place{Lat: m.Lat, Lng: m.Lng, Label: m.Label}}, true
	case "video":
		return other("视频"), true
	case "shortvideo":
		return other("小视频"), true
	case "link":
		return other("链接"), true
	case "file":
		return other("文件"), true
	case "music":
		return other("音乐"), true
	}
	return other("这种消息"), true
}

func eventInput(m *Message) (dialog.Input, bool) {
	switch m.Event {
	case eventSubscribe:
		return dialog.Input{Kind: dialog.Follow, Text: sane(strings.TrimPrefix(m.EventKey, "qrscene_"), maxScene)}, true
	case eventScan:
		return dialog.Input{Kind: dialog.Scan, Text: sane(m.EventKey, maxScene)}, true
	case eventScanPush, eventScanWait:
		return dialog.Input{Kind: dialog.Scan, Text: sane(m.Scanned, maxScanned)}, true
	case eventClick:
		return dialog.Input{Kind: dialog.Menu, Text: sane(m.EventKey, maxScene)}, true
	}
	return dialog.Input{}, false
}

// sane drops what is too long to be one of ours. A scene is a hint: anybody can forge it.
func sane(s string, n int) string {
	if s = strings.TrimSpace(s); len(s) > n {
		return ""
	}
	return s
}

// media needs an id that the API can be asked for; PicUrl is never looked at.
func media(kind dialog.Kind, id, text, name string) dialog.Input {
	if !isToken(id, maxMedia) {
		return other(name)
	}
	return dialog.Input{Kind: kind, Media: id, Text: text}
}

func other(name string) dialog.Input { return dialog.Input{Kind: dialog.Other, Text: name} }
