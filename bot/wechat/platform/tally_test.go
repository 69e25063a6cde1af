package platform

import (
	"bytes"
	"fmt"
	"maps"
	"testing"
)

func TestTallyOfThePhones(t *testing.T) {
	p := testPlatform(t, Options{})
	openids := p.Populate("o", 3)
	a := newAPI(t, p)
	send := func(to, text string) {
		t.Helper()
		if got := a.post(customPath, fmt.Sprintf(`{"touser":%q,"msgtype":"text","text":{"content":%q}}`, to, text)); errcode(got) != 0 {
			t.Fatalf("answer %v", got)
		}
	}
	link := `请<a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=1">投票</a>`
	send(openids[0], link)
	send(openids[0], "开会")
	send(openids[1], link)
	send(openids[1], link)
	if got := p.ReceivedText(openids[0], link); got != 1 {
		t.Errorf("with a link: %d", got)
	}
	if got := p.Repeated(); !maps.Equal(got, map[string]int{openids[1]: 2}) {
		t.Errorf("repeated %v", got)
	}
	if got := p.Received(openids[0]); got != (Received{Customer: 2}) {
		t.Errorf("first phone %+v", got)
	}
	got := p.Tally()
	if got.Received.All() != 4 || got.Phones != 2 || got.Calls[customPath][0] != 4 || got.Refreshes != 1 {
		t.Errorf("tally %+v", got)
	}
	if p.Received("oNobody") != (Received{}) || len(p.People()) != 3 {
		t.Error("asking made a person")
	}
	before, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	p.ResetTally()
	after, err := p.Export()
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("counts are exported, %v", err)
	}
	if got := p.Tally(); len(got.Calls) != 0 || got.Phones != 0 || len(p.Repeated()) != 0 {
		t.Errorf("reset: %+v", got)
	}
}

func TestArrivalsOfOnePhoneAreBounded(t *testing.T) {
	a := &arrivals{}
	for i := range keptArrivals + 10 {
		a.add(KindTemplate, fmt.Sprint(i), "c")
	}
	if len(a.list) != keptArrivals || a.sum.Template != keptArrivals+10 || a.list[0].text != hashOf("10") {
		t.Errorf("%d kept, %+v", len(a.list), a.sum)
	}
}

func TestPopulateOpensWindowsAnew(t *testing.T) {
	p := testPlatform(t, Options{})
	p.Populate("o", 2)
	a := newAPI(t, p)
	for round := range 2 {
		for i := range 6 {
			got := errcode(a.post(customPath, `{"touser":"o000001","msgtype":"text","text":{"content":"a"}}`))
			if (got == 45047) != (i == 5) {
				t.Errorf("round %d, message %d: %d", round, i, got)
			}
		}
		p.Populate("o", 2)
	}
	if n := len(p.Populate("o", -1)); n != 0 {
		t.Errorf("%d of none", n)
	}
}

func TestFollowersAreListedInPages(t *testing.T) {
	p := testPlatform(t, Options{})
	openids := p.Populate("o", userPage+2)
	a := newAPI(t, p)
	first := a.get("/cgi-bin/user/get")
	next, _ := first["next_openid"].(string)
	rest := a.get("/cgi-bin/user/get?next_openid=" + next)
	if first["count"] != float64(userPage) || first["total"] != float64(userPage+2) || next != openids[userPage-1] ||
		rest["count"] != float64(2) || rest["next_openid"] != openids[userPage+1] {
		t.Errorf("next %s, rest %v", next, rest)
	}
}
