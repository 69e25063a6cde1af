package chat_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"yishi/flows/dialog"
	"yishi/store/session"
)

// checkWayOut checks that a word has led out of a place.
func checkWayOut(t teller, place, say, text string, before, after dialog.Session) {
	t.Helper()
	switch {
	case say == "菜单" && !strings.Contains(text, menuText):
		t.Errorf("at %s 菜单 got %q", place, text)
	case say == "菜单" && (after.Top == nil || after.Top.Flow != "menu"):
		t.Errorf("at %s 菜单 led to %s", place, encode(t, after))
	case say == "取消" && before.Top != nil && after.Top != nil && after.Top.Run == before.Top.Run:
		t.Errorf("at %s 取消 left %s; it said %q", place, encode(t, after), text)
	}
}

// place names where a session stands.
func place(s *dialog.Session) string {
	if s.Top == nil {
		return fmt.Sprintf("nowhere, %d wait", len(s.Parked))
	}
	return fmt.Sprintf("%s/%s offer:%v back:%v then:%v more:%v wait:%v", s.Top.Flow, s.Top.Step, s.Offer, s.Top.Back != "",
		s.Top.Then != nil, len(s.More) > 0, len(s.Parked) > 0)
}

// cloned is s with runs of its own, so that its end is not the end of the original.
func cloned(s dialog.Session, n int) dialog.Session {
	own := func(f dialog.Frame) dialog.Frame {
		f.Run = fmt.Sprintf("clone%d-%.20s", n, f.Run)
		return f
	}
	if s.Top != nil {
		top := own(*s.Top)
		s.Top = &top
	}
	parked := s.Parked
	s.Parked = nil
	for _, f := range parked {
		s.Parked = append(s.Parked, own(f))
	}
	return s
}

func decode(t teller, data []byte) (session.Memory, dialog.Session) {
	t.Helper()
	m, err := session.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var s dialog.Session
	if err := json.Unmarshal(m.Session, &s); err != nil {
		t.Fatal(err)
	}
	return m, s
}

func encode(t teller, s dialog.Session) []byte {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answers lead through raising a need, whatever waits in front of it.
var answers = map[string]string{
	"find-community/name": "荷塘苑", "find-community/pick": "1", "raise-need/category": "1", "raise-need/similar": "都不是，我另提",
	"raise-need/where": "3幢楼下", "raise-need/photo": "跳过", "raise-need/urgent": "不急", "raise-need/confirm": "提交",
}
