package wechat

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"yishi/flows/dialog"
)

func TestToInput(t *testing.T) {
	event := func(name, key string) Message { return Message{Type: typeEvent, Event: name, EventKey: key} }
	long := strings.Repeat("x", maxScene+1)
	tests := []struct {
		name string
		m    Message
		want dialog.Input
		none bool
	}{
		{name: "text", m: Message{Type: "text", Content: "你好"}, want: dialog.Input{Kind: dialog.Text, Text: "你好"}},
		{name: "empty text", m: Message{Type: "text"}, want: dialog.Input{Kind: dialog.Text}},
		{name: "tap", m: Message{Type: "text", Content: "有", MenuID: 42}, want: dialog.Input{Kind: dialog.Text, Text: "有", Tap: 42}},
		{name: "photo", m: Message{Type: "image", MediaID: "m1"}, want: dialog.Input{Kind: dialog.Photo, Media: "m1"}},
		{name: "photo without id", m: Message{Type: "image"}, want: dialog.Input{Kind: dialog.Other, Text: "没有内容的图片"}},
		{name: "photo with a path", m: Message{Type: "image", MediaID: "../x"}, want: dialog.Input{Kind: dialog.Other, Text: "没有内容的图片"}},
		{name: "voice", m: Message{Type: "voice", MediaID: "v1", Transcript: "路灯"}, want: dialog.Input{Kind: dialog.Voice, Media: "v1", Text: "路灯"}},
		{name: "voice with a long id", m: Message{Type: "voice", MediaID: long}, want: dialog.Input{Kind: dialog.Other, Text: "没有内容的语音"}},
		{name: "place", m: Message{Type: "location", Lat: 1, Lng: 2, Located: true, Label: "东门"}, want: dialog.Input{Kind: dialog.Location, Place: dialog.Place{Lat: 1, Lng: 2, Label: "东门"}}},
		{name: "no place", m: Message{Type: "location", Label: "东门"}, want: dialog.Input{Kind: dialog.Other, Text: "没有坐标的位置"}},
		{name: "video", m: Message{Type: "video"}, want: dialog.Input{Kind: dialog.Other, Text: "视频"}},
		{name: "short video", m: Message{Type: "shortvideo"}, want: dialog.Input{Kind: dialog.Other, Text: "小视频"}},
		{name: "link", m: Message{Type: "link", Label: "t"}, want: dialog.Input{Kind: dialog.Other, Text: "链接"}},
		{name: "file", m: Message{Type: "file"}, want: dialog.Input{Kind: dialog.Other, Text: "文件"}},
		{name: "music", m: Message{Type: "music"}, want: dialog.Input{Kind: dialog.Other, Text: "音乐"}},
		{name: "something new", m: Message{Type: "hologram"}, want: dialog.Input{Kind: dialog.Other, Text: "这种消息"}},
		{name: "follow", m: event("subscribe", ""), want: dialog.Input{Kind: dialog.Follow}},
		{name: "follow by QR", m: event("subscribe", "qrscene_b3"), want: dialog.Input{Kind: dialog.Follow, Text: "b3"}},
		{name: "follow by an empty QR", m: event("subscribe", "qrscene_"), want: dialog.Input{Kind: dialog.Follow}},
		{name: "scan", m: event("SCAN", "b3"), want: dialog.Input{Kind: dialog.Scan, Text: "b3"}},
		{name: "scan of a long scene", m: event("SCAN", long), want: dialog.Input{Kind: dialog.Scan}},
		{name: "menu", m: event("CLICK", "raise"), want: dialog.Input{Kind: dialog.Menu, Text: "raise"}},
		{name: "scan by the menu", m: Message{Type: typeEvent, Event: "scancode_waitmsg", EventKey: "scan", Scanned: "b3"}, want: dialog.Input{Kind: dialog.Scan, Text: "b3"}},
		{name: "scan of a novel", m: Message{Type: typeEvent, Event: "scancode_push", Scanned: strings.Repeat("字", 400)}, want: dialog.Input{Kind: dialog.Scan}},
		{name: "unfollow", m: event("unsubscribe", ""), none: true},
		{name: "reported position", m: event("LOCATION", ""), none: true},
		{name: "picture announced", m: event("pic_weixin", "p"), none: true},
		{name: "job receipt", m: event("TEMPLATESENDJOBFINISH", ""), none: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ToInput(&tt.m)
			if ok == tt.none {
				t.Fatalf("heard: %v", ok)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
