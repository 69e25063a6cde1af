package platform

import (
	"fmt"
	"strings"
	"testing"
)

func meeting() Template {
	return Template{ID: "t-meeting", Title: "开会通知", Fields: []TemplateField{
		{Name: "thing1", Label: "事项"}, {Name: "time2"}, {Name: "const3", Values: []string{"线上", "线下"}}, {Name: "phrase4"},
	}}
}

const meetingData = `"thing1":{"value":"商量电动车充电"},"time2":{"value":"2027年1月20日 19:30"},"const3":{"value":"线下"},"phrase4":{"value":"待参加"}`

func (a *api) template(to, id, client, data string) map[string]any {
	a.t.Helper()
	return a.post(templatePath, fmt.Sprintf(`{"touser":%q,"template_id":%q,"client_msg_id":%q,"data":{%s}}`, to, id, client, data))
}

func (a *api) notice(to, id, data string) map[string]any {
	a.t.Helper()
	return a.post(noticePath, fmt.Sprintf(`{"touser":%q,"template_id":%q,"data":{%s}}`, to, id, data))
}

func TestDeclaredTemplatesAreChecked(t *testing.T) {
	p := testPlatform(t, Options{Templates: []Template{meeting()}})
	p.Populate("o", 1)
	a := newAPI(t, p)
	var shown string
	defer p.Watch(func(e Event) { shown = e.Text })()
	if got := a.template("o000000", "t-meeting", "", meetingData); errcode(got) != 0 {
		t.Fatalf("answer %v", got)
	}
	if want := "开会通知\n事项: 商量电动车充电\ntime2: 2027年1月20日 19:30\nconst3: 线下\nphrase4: 待参加"; shown != want || p.ReceivedText("o000000", want) != 1 {
		t.Errorf("shown %q", shown)
	}
	for _, row := range []struct {
		name, id, data string
		code           int
		field          string
	}{
		{"undeclared", "t-other", meetingData, 40037, ""},
		{"no id", "", meetingData, 40037, ""},
		{"missing", "t-meeting", strings.Replace(meetingData, "time2", "time3", 1), 47003, "time2"},
		{"extra", "t-meeting", meetingData + `,"thing9":{"value":"a"}`, 47003, "thing9"},
		{"empty", "t-meeting", strings.Replace(meetingData, "待参加", " ", 1), 47003, "phrase4"},
		{"line break", "t-meeting", strings.Replace(meetingData, "商量", `商\n量`, 1), 47003, "thing1"},
		{"too long", "t-meeting", strings.Replace(meetingData, "商量", strings.Repeat("商", 20), 1), 47003, "thing1"},
		{"not of the list", "t-meeting", strings.Replace(meetingData, "线下", "线中", 1), 47003, "const3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := a.template("o000000", row.id, "", row.data)
			message := fmt.Sprint(got["errmsg"])
			if errcode(got) != row.code || row.field != "" && !strings.Contains(message, " data."+row.field+".value ") {
				t.Errorf("answer %v", got)
			}
		})
	}
	if got := p.Received("o000000"); got != (Received{Template: 1}) {
		t.Errorf("received %+v", got)
	}
}

func TestClientIDsCountForOnePhoneEach(t *testing.T) {
	c := newClock()
	p := testPlatform(t, Options{Now: c.now, Templates: []Template{meeting()}})
	openids := p.Populate("o", 2)
	a := newAPI(t, p)
	first := a.template(openids[0], "t-meeting", "d-1", meetingData)
	other := a.template(openids[1], "t-meeting", "d-1", meetingData)
	c.move(noticeRepeat - 1)
	again := a.template(openids[0], "t-meeting", "d-1", meetingData)
	if first["msgid"] != again["msgid"] || p.ReceivedUnder(openids[0], "d-1") != 1 || p.ReceivedUnder(openids[1], "d-1") != 1 {
		t.Errorf("first %v, again %v, other %v", first, again, other)
	}
	saved, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Import(saved); err != nil {
		t.Fatal(err)
	}
	if again := a.template(openids[0], "t-meeting", "d-1", meetingData); first["msgid"] != again["msgid"] {
		t.Errorf("after a restart: %v, not %v", again, first)
	}
	c.move(1)
	a.template(openids[0], "t-meeting", "d-1", meetingData)
	if p.ReceivedUnder(openids[0], "d-1") != 1 || len(p.clients) != 1 {
		t.Errorf("after ten minutes, with new counts: %d, %d ids kept", p.ReceivedUnder(openids[0], "d-1"), len(p.clients))
	}
}

func TestTemplateLists(t *testing.T) {
	p := testPlatform(t, Options{})
	long := meeting()
	long.LongTerm = true
	p.SetTemplates(meeting())
	p.SetNoticeTemplates(meeting(), long)
	a := newAPI(t, p)
	want := "[map[content:事项:{{thing1.DATA}}\ntime2:{{time2.DATA}}\nconst3:{{const3.DATA}}\nphrase4:{{phrase4.DATA}}\n" +
		" deputy_industry: example: primary_industry: template_id:t-meeting title:开会通知]]"
	if got := fmt.Sprint(a.get(templateListPath)["template_list"]); got != want {
		t.Errorf("templates\n%s", got)
	}
	got := fmt.Sprint(a.get(noticeListPath)["data"])
	if !strings.Contains(got, "type:2") || !strings.Contains(got, "type:3") || !strings.Contains(got, "keywordEnumValueList:[map[enumValueList:[线上 线下] keywordCode:const3.DATA]]") {
		t.Errorf("notices\n%s", got)
	}
}

func TestKindsOfValues(t *testing.T) {
	n := strings.Repeat
	for _, row := range []struct{ field, good, bad string }{
		{"thing1", "a|" + n("汉", 20) + "|路灯 1 修好了！", n("汉", 21) + "| |a\x01b"},
		{"number1", "1|1.5|" + n("1", 32), "a|１|" + n("1", 33) + "|1.|" + n("1", 16) + "." + n("1", 17)},
		{"letter1", "a|" + n("Z", 32), "1|汉|" + n("a", 33)},
		{"symbol1", "!|！？", "a|1|!!!!!!"},
		{"character_string1", "a-1/2|" + n("a", 32), "汉|" + n("a", 33)},
		{"time1", "9:05|23:59:59|2027年1月2日 08:00|2027-01-02 08:00~10:00|8:00 ~ 9:00", "24:00|8点|2027年1月2日|2027年13月2日 08:00"},
		{"date1", "2027年1月2日|2027/1/2 08:00|2027-1-2~2027-1-3", "08:00|2027年2月32日|1月2日"},
		{"amount1", "¥100|100.50元|￥1234567890", "12345678901|$|一百元|1.234"},
		{"phone_number1", "0512-65220000|+86 13800000000", "电话1|" + n("1", 18)},
		{"car_number1", "苏E12345|苏ED12345", "1|苏E123456789|苏 E1234"},
		{"name1", "王小明|John Smith|" + n("王", 10), n("王", 11) + "|王2|" + n("a", 21)},
		{"phrase1", "已解决|" + n("好", 5), n("好", 6) + "|ok|好。"},
		{"short_thing1", "五个字以内", "超过五个字了"},
		{"other1", n("汉", 50), ""},
	} {
		f := &TemplateField{Name: row.field}
		for v := range strings.SplitSeq(row.good, "|") {
			if !f.accepts(v) {
				t.Errorf("%s refuses %q", row.field, v)
			}
		}
		for v := range strings.SplitSeq(row.bad, "|") {
			if f.accepts(v) {
				t.Errorf("%s accepts %q", row.field, v)
			}
		}
	}
}
