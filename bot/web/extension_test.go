package web_test

import (
	"testing"

	"yishi/bot/web"
)

func TestExtension(t *testing.T) {
	for _, row := range []struct {
		name, head string
		voice      bool
		want       string
	}{
		{"JPEG", "\xff\xd8\xff\xe0 JFIF", false, ".jpg"},
		{"PNG", "\x89PNG\r\n\x1a\n", false, ".png"},
		{"WebP", "RIFF\x00\x00\x00\x00WEBPVP", false, ".webp"},
		{"a page", "<html>", false, ".bin"},
		{"nothing", "", false, ".bin"},
		{"AMR", "#!AMR\n\x04", true, ".amr"},
		{"AMR-WB", "#!AMR-WB\n\x04", true, ".awb"},
		{"MP3", "\xff\xfb\x90", true, ".mp3"},
		{"Silk", "\x02#!SILK_V3", true, ".silk"},
	} {
		if got := web.Extension([]byte(row.head), row.voice); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}
