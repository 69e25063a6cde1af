package zh

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDate(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	monday := time.Date(2026, 11, 23, 15, 4, 5, 0, zone) // a Monday
	for said, want := range map[string]string{
		"今天": "2026-11-23", "明天": "2026-11-24", "后天吧": "2026-11-25", "大后天": "2026-11-26", "三天后": "2026-11-26", "3天以后": "2026-11-26",
		"两周后": "2026-12-07", "一个月后": "2026-12-23", "周三": "2026-11-25", "这周日": "2026-11-29", "本周日": "2026-11-29",
		"下周三": "2026-12-02", "下星期天": "2026-12-06", "下个礼拜一": "2026-11-30", "下下周一": "2026-12-07", "周末": "2026-11-28",
		"12月1日": "2026-12-01", "12月1号": "2026-12-01", "十二月一日": "2026-12-01", "12.1": "2026-12-01", "12-1": "2026-12-01", "12/1": "2026-12-01", "１２月１日": "2026-12-01",
		"9月5日": "2027-09-05", "2027年9月5日": "2027-09-05", "2027-09-05": "2027-09-05", "20270905": "2027-09-05", "明年3月1日": "2027-03-01",
		"下个月5号": "2026-12-05", "25号": "2026-11-25", "5号": "2026-12-05", "月底": "2026-11-30", "年底": "2026-12-31", "到12月5日": "2026-12-05", "改到 12 月 5 日。": "2026-12-05",
		"12月5日开始": "2026-12-05", "下个月31号": "2026-12-31", "11月23日": "2026-11-23", "11月22日": "2027-11-22",
	} {
		got, ok := Date(said, monday)
		if !ok || got.Format("2006-01-02") != want || got.Location() != zone || got.Hour() != 0 {
			t.Errorf("%q is %v, %v; want %s", said, got, ok, want)
		}
	}
	for _, said := range []string{
		"", "12", "5", "2月30日", "13月1日", "0月1日", "12月0日", "12月32日", "2025年1月1日", "2026-11-22", "2029年1月1日", "昨天", "上周三",
		"9月", "周八", "9.5.1", "12月1日晚上7点", "不是明天", "明天或者后天", "这个月20号", "三天前", "99999999天后", "今年1月1日", "下下下下下下周一", "12月1日?",
	} {
		if got, ok := Date(said, monday); ok {
			t.Errorf("%q is read as %v", said, got)
		}
	}
	sunday := time.Date(2026, 11, 29, 23, 59, 0, 0, zone)
	if got, ok := Date("下周一", sunday); !ok || got.Format("2006-01-02") != "2026-11-30" {
		t.Errorf("下周一 on a Sunday is %v, %v", got, ok)
	}
	if got, ok := Date("周三", sunday); ok {
		t.Errorf("周三 on a Sunday is over, read as %v", got)
	}
}

// TestDateOfEachDay: every day to come is understood as it is written out.
func TestDateOfEachDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "now"))
		day := now.AddDate(0, 0, rapid.IntRange(0, 364).Draw(t, "ahead"))
		for _, layout := range []string{"2006-01-02", "2006年1月2日", "1月2日", "1.2", "20060102"} {
			got, ok := Date(day.Format(layout), now)
			if !ok || got.Format("20060102") != day.Format("20060102") {
				t.Fatalf("%s on %s is %v, %v", day.Format(layout), now.Format("2006-01-02"), got, ok)
			}
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"明天", "12月5日", "2027-09-05", "下下周一", "三天后", "月底", "二〇二七年九月五日", "99999999999999", "12.1.2"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 15, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if day, ok := Date(s, now); ok && (day.Before(now.AddDate(0, 0, -1)) || day.After(now.AddDate(1, 2, 0))) {
			t.Errorf("%q is %v", s, day)
		}
	})
}
