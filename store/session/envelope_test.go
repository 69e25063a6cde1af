package session_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"yishi/store/session"
)

var noon = time.Date(2027, 3, 1, 4, 0, 0, 0, time.UTC)

func TestMemoryComesBack(t *testing.T) {
	reply := rapid.Custom(func(t *rapid.T) session.Reply {
		return session.Reply{Key: rapid.String().Draw(t, "key"), At: rapid.Int64().Draw(t, "at"), Text: rapid.String().Draw(t, "text")}
	})
	rapid.Check(t, func(t *rapid.T) {
		var m session.Memory
		if b := rapid.SliceOf(rapid.Byte()).Draw(t, "session"); len(b) > 0 {
			m.Session = b
		}
		if r := rapid.SliceOf(reply).Draw(t, "replies"); len(r) > 0 {
			m.Replies = r
		}
		got, err := session.Decode(m.Encode())
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("%+v came back as %+v, %v", m, got, err)
		}
	})
}

func TestDecodeFaults(t *testing.T) {
	m := session.Memory{Session: []byte(`{"v":1}`), Replies: []session.Reply{{Key: "k", At: 1, Text: "好"}}}
	good := m.Encode()
	for _, row := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, session.ErrBroken},
		{"version zero", []byte{0, 1}, session.ErrBroken},
		{"a newer version", append([]byte{2}, good[1:]...), session.ErrNewer},
		{"the newest version", []byte{255}, session.ErrNewer},
		{"version only", []byte{1}, session.ErrBroken},
		{"more behind it", append(good[:len(good):len(good)], 0), session.ErrBroken},
		{"a length beyond the end", []byte{1, 200, 1}, session.ErrBroken},
		{"a billion replies", []byte{1, 0, 0x80, 0x94, 0xeb, 0xdc, 0x03}, session.ErrBroken},
		{"an endless number", []byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, session.ErrBroken},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := session.Decode(row.data); !errors.Is(err, row.want) {
				t.Errorf("error %v, want %v", err, row.want)
			}
		})
	}
	for n := 1; n < len(good); n++ {
		if _, err := session.Decode(good[:n]); !errors.Is(err, session.ErrBroken) {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	m := session.Memory{Session: []byte("{}"), Replies: []session.Reply{{Key: "k", At: -5, Text: "您好"}}}
	f.Add(m.Encode())
	f.Add([]byte{1, 0, 0})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := session.Decode(b)
		if err != nil {
			return
		}
		again, err := session.Decode(m.Encode())
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Errorf("%x reads as %+v and then as %+v, %v", b, m, again, err)
		}
	})
}

func TestFind(t *testing.T) {
	var m session.Memory
	m.Remember(session.Reply{Key: "a", At: noon.Unix(), Text: "first"}, noon)
	for _, row := range []struct {
		name  string
		key   string
		after time.Duration
		found bool
	}{
		{"at once", "a", 0, true},
		{"within the minute", "a", 60 * time.Second, true},
		{"later", "a", 61 * time.Second, false},
		{"by a clock that is behind", "a", -10 * time.Second, true},
		{"another message", "b", 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, ok := m.Find(row.key, noon.Add(row.after))
			if ok != row.found || ok && r.Text != "first" {
				t.Errorf("%+v, %v", r, ok)
			}
		})
	}
}

func TestRemember(t *testing.T) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	for _, row := range []struct {
		name string
		do   func(m *session.Memory)
		want []string
	}{
		{"the order of arrival is kept", func(m *session.Memory) {
			for i := range 3 {
				m.Remember(session.Reply{Key: fmt.Sprint(i), At: at(i).Unix()}, at(i))
			}
		}, []string{"0", "1", "2"}},
		{"the same key replaces", func(m *session.Memory) {
			for _, k := range []string{"a", "b", "a"} {
				m.Remember(session.Reply{Key: k, At: at(0).Unix()}, at(0))
			}
		}, []string{"b", "a"}},
		{"old ones go", func(m *session.Memory) {
			m.Remember(session.Reply{Key: "old", At: at(0).Unix()}, at(0))
			m.Remember(session.Reply{Key: "young", At: at(30).Unix()}, at(30))
			m.Remember(session.Reply{Key: "new", At: at(61).Unix()}, at(61))
		}, []string{"young", "new"}},
		{"sixteen at most", func(m *session.Memory) {
			for i := range 20 {
				m.Remember(session.Reply{Key: fmt.Sprint(i), At: at(0).Unix()}, at(0))
			}
		}, strings.Fields("4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19")},
		{"5 KB at most", func(m *session.Memory) {
			for i := range 5 {
				m.Remember(session.Reply{Key: fmt.Sprint(i), At: at(0).Unix(), Text: strings.Repeat("x", 1800)}, at(0))
			}
		}, []string{"3", "4"}},
		{"a huge one is kept alone", func(m *session.Memory) {
			m.Remember(session.Reply{Key: "small", At: at(0).Unix()}, at(0))
			m.Remember(session.Reply{Key: "huge", At: at(0).Unix(), Text: strings.Repeat("x", 9000)}, at(0))
		}, []string{"huge"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m session.Memory
			row.do(&m)
			var got []string
			for _, r := range m.Replies {
				got = append(got, r.Key)
			}
			if !reflect.DeepEqual(got, row.want) {
				t.Errorf("kept %q, want %q", got, row.want)
			}
		})
	}
}

// Remember must not change what another copy of the memory holds: a turn is tried again with it.
func TestRememberLeavesCopiesAlone(t *testing.T) {
	var m session.Memory
	for _, k := range []string{"a", "b", "c"} {
		m.Remember(session.Reply{Key: k, At: noon.Unix()}, noon)
	}
	one, two := m, m
	one.Remember(session.Reply{Key: "a", At: noon.Unix(), Text: "one"}, noon)
	two.Remember(session.Reply{Key: "d", At: noon.Unix(), Text: "two"}, noon)
	if len(m.Replies) != 3 || m.Replies[0].Key != "a" || m.Replies[2].Key != "c" {
		t.Errorf("the first copy is %+v", m.Replies)
	}
	if r, ok := one.Find("a", noon); !ok || r.Text != "one" {
		t.Errorf("the second copy is %+v", one.Replies)
	}
}

// What an account weighs in Redis: key, header and envelope.
func TestSizes(t *testing.T) {
	const keyAndHeader = 51 + 32
	idle := session.Memory{Session: []byte(`{"v":1,"community":12,"estate":34,"last":1803960000,"parked":null,"tries":0,"menu":[1,2,3,4,5],"seen":true}`)}
	if n := keyAndHeader + len(idle.Encode()); n >= 400 {
		t.Errorf("an idle session takes %d bytes", n)
	}
	busy := session.Memory{Session: []byte(strings.Repeat("x", 2500))}
	for i := range 40 {
		busy.Remember(session.Reply{Key: fmt.Sprintf("%022d", i), At: noon.Unix(), Text: strings.Repeat("x", 600)}, noon)
	}
	if n := keyAndHeader + len(busy.Encode()); n >= 8<<10 {
		t.Errorf("a busy session takes %d bytes", n)
	}
}
