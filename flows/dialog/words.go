package dialog

import (
	"strings"

	"yishi/flows/zh"
)

// cmd is one of the words that work everywhere.
type cmd int

const (
	noCommand cmd = iota
	cmdBack
	cmdCancel
	cmdSkip
	cmdContinue
	cmdRestart
	cmdEdit
)

var commandWords = map[cmd][]string{
	cmdBack:     {"返回", "上一步", "退回", "返回上一步", "后退"},
	cmdCancel:   {"取消", "退出", "不办了", "不提了", "算了", "作废"},
	cmdSkip:     {"跳过", "略过", "下一步"},
	cmdContinue: {"继续", "接着办", "继续办", "接着"},
	cmdRestart:  {"重新开始", "从头开始", "重来"},
}

// commandOf is commandWords turned round, by folded word.
var commandOf = func() map[string]cmd {
	m := map[string]cmd{}
	for c, words := range commandWords {
		for _, w := range words {
			m[zh.Fold(w)] = c
		}
	}
	return m
}()

// command reads a whole message as a command; for cmdEdit, arg is what to change: a number or a label.
func command(text string) (c cmd, arg string) {
	key := zh.Fold(text)
	if c, ok := commandOf[key]; ok {
		return c, ""
	}
	for _, p := range []string{"修改", "改"} {
		if rest, ok := strings.CutPrefix(key, p); ok && len([]rune(rest)) <= 6 {
			return cmdEdit, strings.TrimSpace(rest)
		}
	}
	return noCommand, ""
}

// lines joins what is said, leaving out what is empty.
func lines(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p)
	}
	return b.String()
}
