package main

import (
	"fmt"
	"strings"
	"time"

	"yishi/flows/civic"
)

// reason says in plain words why the ladder chose a way, for staff who look ahead.
func reason(d civic.Delivery, w way, now time.Time) string {
	switch {
	case w.skip == civic.SkipOptedOut:
		return "退订了会议通知"
	case w.skip == civic.SkipUnfollowed:
		return "已经取消关注"
	case w.skip != "":
		return "过了时候，不用再说"
	case !w.later.IsZero():
		return "晚上 9 点到早上 8 点不打扰"
	}
	switch w.route {
	case civic.ByCustomer:
		return windowWords(d.Reach, now)
	case civic.ByNotice:
		return closedWords(d.Reach, w.means, now) + "；同意过会议通知" + leftWords(d.Reach.Consents[w.means.Notice])
	case civic.ByTemplate:
		return closedWords(d.Reach, w.means, now) + "；" + consentWords(w.means)
	case civic.ByInbox:
		if rest, _, _ := civic.Ladder(d.Reach, uncapped(w.means), nil, now, true); rest != civic.ByInbox {
			return fmt.Sprintf("这 7 天已经主动发过 %d 条，不再打扰", d.Reach.ThisWeek)
		}
		parts := []string{closedWords(d.Reach, w.means, now), consentWords(w.means)}
		if w.means.Template == "" {
			parts = append(parts, "模板消息停用")
		}
		return strings.Join(parts, "；")
	case civic.ByDoor:
		return "没有微信，请上门说"
	}
	return ""
}

// uncapped is m without the weekly cap and the end of use.
func uncapped(m civic.Means) civic.Means {
	m.WeeklyCap, m.Expires = -1, time.Time{}
	return m
}

// windowWords says why a customer message may go.
func windowWords(r civic.Reach, now time.Time) string {
	if !r.LastMessageAt.IsZero() && now.Sub(r.LastMessageAt) < civic.MessageWindow {
		return fmt.Sprintf("48 小时内说过话，还可发 %d 条", max(0, civic.MessageCount-r.SentInWindow))
	}
	return fmt.Sprintf("刚刚关注、扫码或点过菜单，一分钟内还可发 %d 条", max(0, civic.EventCount-r.SentInWindow))
}

// closedWords says why no customer message may go.
func closedWords(r civic.Reach, m civic.Means, now time.Time) string {
	switch {
	case !m.Customer:
		return "客服消息停用"
	case r.LastMessageAt.IsZero():
		return "还没有说过话"
	case now.Sub(r.LastMessageAt) < civic.MessageWindow-time.Minute:
		return fmt.Sprintf("这 48 小时的 %d 条发完了", civic.MessageCount)
	}
	return "48 小时没说过话，窗口已关"
}

// consentWords says why no notice may go.
func consentWords(m civic.Means) string {
	if m.Notice == "" {
		return "订阅通知停用"
	}
	return "没有订阅"
}

// leftWords counts consents.
func leftWords(n int) string {
	if n >= longTerm {
		return "，长期有效"
	}
	return fmt.Sprintf("，还可发 %d 次", n)
}
