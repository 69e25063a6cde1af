package platform

import (
	"fmt"
	"testing"
	"time"
)

func TestStableTokenIsTheSameUntilItsLastMinutes(t *testing.T) {
	c := newClock()
	a := newAPI(t, testPlatform(t, Options{Now: c.now}))
	c.move(time.Hour + 54*time.Minute)
	again := a.stable(false)
	if again["access_token"] != a.token || again["expires_in"] != float64(360) {
		t.Errorf("six minutes before the end: %v", again)
	}
	c.move(2 * time.Minute)
	renewed := a.stable(false)
	if renewed["access_token"] == a.token || renewed["expires_in"] != float64(7200) {
		t.Errorf("four minutes before the end: %v", renewed)
	}
	c.move(5*time.Minute - time.Second)
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 0 {
		t.Errorf("the former, within five minutes: %v", got)
	}
	c.move(time.Second)
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 40001 {
		t.Errorf("the former, afterwards: %v", got)
	}
	a.token = fmt.Sprint(renewed["access_token"])
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 0 {
		t.Errorf("the new one: %v", got)
	}
}

func TestForcedRefresh(t *testing.T) {
	c := newClock()
	a := newAPI(t, testPlatform(t, Options{Now: c.now}))
	if got := a.stable(true); got["access_token"] == a.token || got["access_token"] == nil {
		t.Errorf("forced: %v", got)
	}
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 40001 {
		t.Errorf("the former: %v", got)
	}
	c.move(29 * time.Second)
	if got := a.stable(true); errcode(got) != 45011 {
		t.Errorf("within 30 s: %v", got)
	}
	for range forceDaily - 1 {
		c.move(30 * time.Second)
		if got := a.stable(true); errcode(got) != 0 {
			t.Fatalf("forced: %v", got)
		}
	}
	c.move(30 * time.Second)
	if got := a.stable(true); errcode(got) != 45009 {
		t.Errorf("21st of the day: %v", got)
	}
	if got := a.stable(false); errcode(got) != 0 {
		t.Errorf("unforced: %v", got)
	}
	c.move(24 * time.Hour)
	if got := a.stable(true); errcode(got) != 0 {
		t.Errorf("next day: %v", got)
	}
}

func TestClassicTokenReplacesTheFormer(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	a := newAPI(t, p)
	stable := a.token
	fetch := func() string {
		got := a.json("GET", "/cgi-bin/token?grant_type=client_credential&appid="+testAppID+"&secret="+testSecret, "")
		return fmt.Sprint(got["access_token"])
	}
	first := fetch()
	second := fetch()
	for _, row := range []struct {
		name, token string
		code, later int
	}{
		{"first", first, 0, 40001}, {"second", second, 0, 0}, {"stable", stable, 0, 0},
	} {
		a.token = row.token
		if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != row.code {
			t.Errorf("%s: %v", row.name, got)
		}
	}
	c.move(5 * time.Minute)
	a.token = first
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 40001 {
		t.Errorf("first, five minutes later: %v", got)
	}
}

func TestExpireToken(t *testing.T) {
	p := testPlatform(t, Options{})
	a := newAPI(t, p)
	p.ExpireToken()
	if got := a.get("/cgi-bin/getcallbackip"); errcode(got) != 42001 {
		t.Errorf("expired: %v", got)
	}
	if got := a.stable(false); got["access_token"] == a.token || got["access_token"] == nil {
		t.Errorf("fetched again: %v", got)
	}
}

func TestShortLife(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	p.SetTokenLifetime(300 * time.Second)
	a := newAPI(t, p)
	if got := a.stable(false); got["access_token"] != a.token || got["expires_in"] != float64(300) {
		t.Errorf("at once again: %v", got)
	}
	c.move(200 * time.Second)
	if got := a.stable(false); got["access_token"] == a.token {
		t.Errorf("past its half: %v", got)
	}
}

func TestCredentials(t *testing.T) {
	a := newAPI(t, testPlatform(t, Options{}))
	for _, row := range []struct {
		name, body string
		code       int
	}{
		{"other appid", `{"grant_type":"client_credential","appid":"wx","secret":"` + testSecret + `"}`, 40013},
		{"other secret", `{"grant_type":"client_credential","appid":"` + testAppID + `","secret":"x"}`, 40125},
		{"other grant", `{"appid":"` + testAppID + `","secret":"` + testSecret + `"}`, 40002},
		{"no JSON", `appid=x`, 47001},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := a.json("POST", "/cgi-bin/stable_token", row.body); errcode(got) != row.code {
				t.Errorf("answer %v", got)
			}
		})
	}
}

func TestDailyQuotaAndItsClearing(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now})
	a := newAPI(t, p)
	p.state.Calls["/cgi-bin/user/get"] = 499
	if got := a.get("/cgi-bin/user/get"); errcode(got) != 0 {
		t.Fatalf("500th: %v", got)
	}
	if got := a.get("/cgi-bin/user/get"); errcode(got) != 45009 {
		t.Errorf("501st: %v", got)
	}
	got := fmt.Sprint(a.post("/cgi-bin/openapi/quota/get", `{"cgi_path":"/cgi-bin/user/get"}`)["quota"])
	if got != "map[daily_limit:500 remain:0 used:500]" {
		t.Errorf("quota %s", got)
	}
	clearBody := fmt.Sprintf(`{"appid":%q}`, testAppID)
	if got := a.post("/cgi-bin/clear_quota", clearBody); errcode(got) != 0 {
		t.Errorf("clear: %v", got)
	}
	if got := a.get("/cgi-bin/user/get"); errcode(got) != 0 {
		t.Errorf("after clearing: %v", got)
	}
	for range 9 {
		a.post("/cgi-bin/clear_quota", clearBody)
	}
	if got := a.post("/cgi-bin/clear_quota", clearBody); errcode(got) != 48006 {
		t.Errorf("11th clearing of the month: %v", got)
	}
}
