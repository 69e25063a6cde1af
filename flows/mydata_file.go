package flows

import (
	"fmt"
	"time"

	"yishi/flows/civic"
)

// MyDataColumns is the header of the file of 我的数据.
var MyDataColumns = []string{"类别", "时间", "编号", "内容"}

// MyDataRows are its rows: first who the account is, then each thing that is kept. Times are of loc. Files
// are the names under which photos and voices go along, by blob; nil: none do.
func MyDataRows(m civic.MyData, loc *time.Location, files map[string]string) [][]string {
	var rows [][]string
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(loc).Format("2006-01-02 15:04")
	}
	about := func(what string, at time.Time, text string) {
		if text != "" || !at.IsZero() {
			rows = append(rows, []string{what, stamp(at), "", text})
		}
	}
	about("第一次来", m.Kept.Since, "")
	about("社区", time.Time{}, m.Community)
	if m.Kept.How != "" {
		how := howVerified(m.Kept.How)
		if m.Consent != "" {
			how += "；同意的说明：" + m.Consent
		}
		about("认证", m.Kept.Verified, how)
		about("名册上的姓名", time.Time{}, m.Name)
		about("名册上的门牌", time.Time{}, m.Door)
		about("名册上的手机", time.Time{}, m.Phone)
	}
	for _, it := range m.Items {
		text := myText(it)
		if name := files[it.Blob]; name != "" {
			text += "，文件 " + name
		}
		rows = append(rows, []string{myKinds[it.What], stamp(it.At), it.Number, text})
	}
	return rows
}

// myKinds names the kinds of things that are kept.
var myKinds = map[civic.MyKind]string{
	civic.MyNeed: "提的需求", civic.MyAddition: "补充", civic.MyEndorsement: "附议", civic.MyPlea: "申诉", civic.MyReport: "举报",
	civic.MyClaim: "请网格员核对认证", civic.MyAnswer: "回答网格员", civic.MyWords: "会话里您说的", civic.TheirWords: "会话里工作人员说的", civic.MyMedia: "照片和语音",
	civic.MyNews: "发给您的通知", civic.MyOptOut: "退订", civic.MyConsent: "同意收一次的通知",
}

// myText is what an item says, for people: codes of the program become words.
func myText(it civic.MyItem) string {
	switch it.What {
	case civic.MyReport:
		return civic.PublicReasonText(it.Text)
	case civic.MyNews:
		return lineOf(civic.InboxItem{Kind: it.Text, Args: it.Args})
	case civic.MyOptOut:
		for _, of := range topics {
			if string(of.id) == it.Text {
				return of.name
			}
		}
	case civic.MyMedia, civic.MyWords, civic.TheirWords:
		switch it.Text {
		case string(civic.Photo):
			return "照片"
		case string(civic.Voice):
			return "语音"
		}
	case civic.MyConsent:
		return fmt.Sprintf("模板 %s", it.Text)
	case civic.MyNeed, civic.MyAddition, civic.MyEndorsement, civic.MyPlea, civic.MyClaim, civic.MyAnswer:
	}
	return it.Text
}
