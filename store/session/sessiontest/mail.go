package sessiontest

import (
	"testing"
	"time"
)

func (s suite) mail(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	before := load(t, st, account)
	for range 2 {
		if err := st.MarkMail(t.Context(), account); err != nil {
			t.Fatal(err)
		}
	}
	if v := load(t, st, account); v.Mail == 0 || v.Rev != before.Rev || string(v.Data) != "one" {
		t.Errorf("after the mark: %+v", v)
	}
	if !s.save(t, st, account, before.Rev, "two") {
		t.Fatal("the mark disturbed the revision")
	}
	v := load(t, st, account)
	if v.Mail == 0 || string(v.Data) != "two" {
		t.Errorf("a save that read no mail left %+v", v)
	}
	ok, err := st.Save(t.Context(), account, v.Rev, []byte("three"), v.Mail, s.now().Add(time.Minute))
	if err != nil || !ok {
		t.Fatalf("save: %v, %v", ok, err)
	}
	if v := load(t, st, account); v.Mail != 0 || string(v.Data) != "three" {
		t.Errorf("a save that read mail left %+v", v)
	}
}

// mailBetween: a turn that read its mail must not take away the mark of what came meanwhile.
func (s suite) mailBetween(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	if err := st.MarkMail(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	seen := load(t, st, account)
	if err := st.MarkMail(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"two", "three"} { // the second turn has seen what the first has
		v := load(t, st, account)
		if ok, err := st.Save(t.Context(), account, v.Rev, []byte(data), seen.Mail, s.now().Add(time.Minute)); err != nil || !ok {
			t.Fatalf("save: %v, %v", ok, err)
		}
		if after := load(t, st, account); after.Mail == 0 || after.Mail != v.Mail || string(after.Data) != data {
			t.Fatalf("a save that read older mail left %+v", after)
		}
	}
	v := load(t, st, account)
	if ok, err := st.Save(t.Context(), account, v.Rev, []byte("four"), v.Mail, s.now().Add(time.Minute)); err != nil || !ok {
		t.Fatalf("save: %v, %v", ok, err)
	}
	if after := load(t, st, account); after.Mail != 0 {
		t.Errorf("a save that read all mail left %+v", after)
	}
}

// mailMarks: one mark is told from the next, for ever.
func (s suite) mailMarks(t *testing.T) {
	st, account := s.open(t), Account()
	s.save(t, st, account, 0, "one")
	last := 0
	for range 40 {
		if err := st.MarkMail(t.Context(), account); err != nil {
			t.Fatal(err)
		}
		v := load(t, st, account)
		if v.Mail < 1 || v.Mail > 15 || v.Mail == last || string(v.Data) != "one" {
			t.Fatalf("after mark %d: %+v", last, v)
		}
		last = v.Mail
	}
}

func (s suite) mailUnknown(t *testing.T) {
	st, account := s.open(t), Account()
	if err := st.MarkMail(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if v := load(t, st, account); v.Known || v.Mail != 0 {
		t.Errorf("load: %+v", v)
	}
	if !s.save(t, st, account, 0, "one") {
		t.Error("first save was refused")
	}
}
