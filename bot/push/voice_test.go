package push

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// amr is a voice of n frames of 12.2 kbit/s.
func amr(n int) []byte {
	return []byte(amrNarrow + strings.Repeat("\x3c"+strings.Repeat("\x55", 31), n))
}

// mp3 is one frame's head and some sound.
func mp3() []byte { return append([]byte("\xff\xfb\x90\x64"), bytes.Repeat([]byte{0x55}, 413)...) }

func TestCleanVoice(t *testing.T) {
	id3 := "ID3\x04\x00\x00\x00\x00\x01\x0b" + strings.Repeat("n", 139) // 1·128 + 11
	tag := "TAG" + strings.Repeat("n", 125)
	wide := amrWide + "\x04" + strings.Repeat("\x55", 17)
	rows := map[string]struct{ raw, want string }{
		"AMR":                       {string(amr(3)), string(amr(3))},
		"AMR with silence":          {string(amr(1)) + "\x44\x01\x02\x03\x04\x05\x7c", string(amr(1)) + "\x44\x01\x02\x03\x04\x05\x7c"},
		"AMR with a zip behind":     {string(amr(3)) + "PK\x03\x04rest", string(amr(3))},
		"AMR with half a frame":     {string(amr(3)) + "\x3c\x55", string(amr(3))},
		"wide AMR":                  {wide, wide},
		"MP3":                       {string(mp3()), string(mp3())},
		"MP3 with tags":             {id3 + string(mp3()) + tag, string(mp3())},
		"MP3 with two tags and gap": {id3 + id3 + "\x00\x00" + string(mp3()), string(mp3())},
		"Silk":                      {"\x02#!SILK_V3sound", "\x02#!SILK_V3sound"},
		"Speex":                     {"OggS" + strings.Repeat("\x00", 24) + "Speex   sound", "OggS" + strings.Repeat("\x00", 24) + "Speex   sound"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			got, err := cleanVoice([]byte(row.raw))
			if err != nil || string(got) != row.want {
				t.Errorf("got %d bytes, %v; want %d", len(got), err, len(row.want))
			}
		})
	}
}

func TestUnfitVoices(t *testing.T) {
	rows := map[string]struct{ raw, reason string }{
		"empty":            {"", "not a voice"},
		"text":             {`{"errcode":40007}`, "not a voice"},
		"photo":            {"\xff\xd8\xff\xe0", "not a voice"},
		"AMR without data": {amrNarrow, "not a voice"},
		"AMR then HTML":    {amrNarrow + "<html>", "not a voice"},
		"tag alone":        {"ID3\x04\x00\x00\x7f\x7f\x7f\x7fx", "not a voice"},
		"other Ogg":        {"OggS" + strings.Repeat("\x00", 24) + "vorbis", "not a voice"},
		"MPEG reserved":    {"\xff\xeb\x90\x64", "not a voice"},
		"too long":         {string(amr(maxVoiceBytes / 32)), "voice over 2 MB"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := cleanVoice([]byte(row.raw))
			var unfit *unfitError
			if !errors.As(err, &unfit) || unfit.reason != row.reason {
				t.Errorf("got %v, want %s", err, row.reason)
			}
		})
	}
}

func FuzzVoice(f *testing.F) {
	f.Add(amr(2))
	f.Add(append([]byte("ID3\x04\x00\x10\x00\x00\x00\x05xxxxx"), mp3()...))
	f.Add([]byte("\x02#!SILK_V3"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := cleanVoice(raw)
		if err != nil {
			return
		}
		if !bytes.Contains(raw, once) {
			t.Error("the sound was changed")
		}
		if bytes.HasPrefix(once, []byte("ID3")) {
			t.Error("a tag survived")
		}
	})
}
