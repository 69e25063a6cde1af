package platform

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestQuotasOfDayAndMinute(t *testing.T) {
	const path = "/cgi-bin/message/custom/typing"
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	midnight := time.Date(2027, 1, 16, 16, 0, 0, 0, time.UTC) // in China
	typing := func() int {
		p.Populate("o", 1)
		a := newAPI(t, p)
		return errcode(a.post(path, `{"touser":"o000000","command":"Typing"}`))
	}
	codes := func(n int) (list []int) {
		for range n {
			list = append(list, typing())
		}
		return list
	}
	c.move(midnight.Add(-time.Hour).Sub(c.now()))
	p.SetLimits(path, Limits{Day: 5, Minute: 2})
	if got := codes(4); !slices.Equal(got, []int{0, 0, 45011, 45011}) {
		t.Errorf("first minute: %v", got)
	}
	c.move(time.Minute)
	if got := codes(3); !slices.Equal(got, []int{0, 0, 45011}) {
		t.Errorf("second minute: %v", got)
	}
	c.move(time.Minute)
	if got := codes(2); !slices.Equal(got, []int{0, 45009}) {
		t.Errorf("third minute: %v", got)
	}
	c.move(midnight.Add(-time.Second).Sub(c.now()))
	if got := typing(); got != 45009 {
		t.Errorf("before midnight: %d", got)
	}
	c.move(time.Second)
	p.SetLimits(path, Limits{})
	if got := typing(); got != 0 {
		t.Errorf("at midnight: %d", got)
	}
}

func TestQuotasUsedUpByHand(t *testing.T) {
	const path = "/cgi-bin/message/custom/typing"
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	typing := func() int {
		p.Populate("o", 1)
		a := newAPI(t, p)
		return errcode(a.post(path, `{"touser":"o000000","command":"Typing"}`))
	}
	p.UseUpMinute(path)
	if got := typing(); got != 45011 {
		t.Errorf("minute used up: %d", got)
	}
	c.move(time.Minute)
	p.UseUp(path)
	if got := typing(); got != 45009 {
		t.Errorf("day used up: %d", got)
	}
	saved, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	p.Heal()
	if got := typing(); got != 0 {
		t.Errorf("healed: %d", got)
	}
	if err := p.Import(saved); err != nil {
		t.Fatal(err)
	}
	if got := typing(); got != 45009 {
		t.Errorf("after a restart: %d", got)
	}
	c.move(24 * time.Hour)
	if got := typing(); got != 0 {
		t.Errorf("next day: %d", got)
	}
}

func TestUsedUpShowsInTheQuotaAndIsCleared(t *testing.T) {
	p := testPlatform(t, Options{})
	p.Populate(someone, 1)
	a := newAPI(t, p)
	p.UseUp(customPath)
	got := fmt.Sprint(a.post("/cgi-bin/openapi/quota/get", `{"cgi_path":"`+customPath+`"}`)["quota"])
	if got != "map[daily_limit:500000 remain:0 used:500000]" {
		t.Errorf("quota %s", got)
	}
	body := `{"touser":"` + someone + `000000","msgtype":"text","text":{"content":"a"}}`
	if got := a.post(customPath, body); errcode(got) != 45009 {
		t.Errorf("used up: %v", got)
	}
	a.post("/cgi-bin/clear_quota", fmt.Sprintf(`{"appid":%q}`, testAppID))
	if got := a.post(customPath, body); errcode(got) != 0 {
		t.Errorf("cleared: %v", got)
	}
}
