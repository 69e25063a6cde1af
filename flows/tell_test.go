package flows

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"yishi/flows/zh"
)

func TestTell(t *testing.T) {
	for _, tc := range []struct {
		name, kind, args string
		mid              bool
		wants            []string // in Plain; none: it is refused
	}{
		{"announcement", TellAnnounce, `{"title":"周六议事会","body":"周六下午三点，社区服务站。","from":"钮家巷社区"}`, false, []string{"【钮家巷社区】周六议事会", "退订"}},
		{"in the middle of something", TellAnnounce, `{"title":"停水","body":"今晚停水。","from":"物业"}`, true, []string{"回“继续”"}},
		{"accepted", TellNeedNews, `{"number":"钮2027-018","text":"河边装晾衣架","state":"accepted","next":"9月5日前编方案"}`, false, []string{"钮2027-018“河边装晾衣架”已受理", "下一步：9月5日前编方案", "进度018"}},
		{"declined", TellNeedNews, `{"number":"钮2027-018","text":"河边装晾衣架","state":"declined","reason":"河道不归社区管"}`, false, []string{"不予受理", "原因：河道不归社区管"}},
		{"a reason without an end", TellNeedNews, `{"number":"钮2027-018","text":"河边装晾衣架","state":"declined","reason":"河道不归社区管","next":"问水务？"}`, false, []string{"原因：河道不归社区管。\n下一步：问水务？\n"}},
		{"withdrawn", TellNeedNews, `{"number":"钮2027-018","text":"河边装晾衣架","state":"withdrawn"}`, true, []string{"您附议的 钮2027-018“河边装晾衣架”", "撤回了", "回“提需求”", "回“继续”"}},
		{"a need in lines", TellNeedNews, `{"number":"钮2027-018","text":"河边\n装晾衣架","state":"accepted"}`, false, []string{"钮2027-018“河边 装晾衣架”已受理"}},
		{"urgent", TellAnnounce, `{"title":"停水","body":"今晚停水。","from":"物业","urgent":"水管爆了"}`, false, []string{"事情急（水管爆了），所以马上告诉您。"}},
		{"unknown kind", "song", `{}`, false, nil},
		{"no arguments", TellAnnounce, ``, false, nil},
		{"arguments of another kind", TellNeedNews, `{"title":"x"}`, false, nil},
		{"no title", TellAnnounce, `{"body":"x","from":"y"}`, false, nil},
		{"title too long", TellAnnounce, `{"title":"` + strings.Repeat("长", 21) + `","body":"x","from":"y"}`, false, nil},
		{"body too long", TellAnnounce, `{"title":"x","body":"` + strings.Repeat("长", 501) + `","from":"y"}`, false, nil},
		{"nobody speaks", TellAnnounce, `{"title":"x","body":"y"}`, false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Tell(tc.kind, json.RawMessage(tc.args), tc.mid)
			if len(tc.wants) == 0 {
				if !errors.Is(err, ErrTell) {
					t.Fatalf("got %q, %v", got.Plain, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.wants {
				if !strings.Contains(got.Plain, want) {
					t.Errorf("no %q in %q", want, got.Plain)
				}
			}
			for name, value := range got.Fields {
				if n := zh.Runes(value); n < 1 || n > maxField || strings.Contains(value, "\n") {
					t.Errorf("field %s has %d characters: %q", name, n, value)
				}
			}
			if n := zh.Runes(got.Line); n < 1 || n > maxLine {
				t.Errorf("the line has %d characters", n)
			}
		})
	}
}
