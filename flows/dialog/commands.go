package dialog

import (
	"strings"

	"yishi/flows/zh"
)

// command carries out a word that works everywhere.
func (r *round[W]) command(c cmd, arg string) error {
	r.out.Word = "command"
	top := r.s.Top
	if top != nil && !top.worth() && len(r.s.Parked) > 0 && (c == cmdContinue || c == cmdCancel) {
		r.leaveTalk("")
		r.s.Top, top = nil, nil // such as the menu: it is not what they mean
	}
	if top == nil {
		return r.idle(c)
	}
	if c != cmdRestart && c != cmdCancel {
		r.s.Offer, r.s.Seed = false, nil
	}
	h := r.e.byID[top.Flow].head()
	step := h.step(top.Step)
	if step == nil {
		return r.restartKept()
	}
	switch c {
	case cmdContinue:
		return r.again("")
	case cmdSkip:
		if !step.skips {
			return r.again("这一步不能跳过。")
		}
		return r.play(action{do: doSkip})
	case cmdBack:
		return r.leave(func() error { return r.play(action{do: doBack}) })
	case cmdCancel:
		return r.leave(r.cancel)
	case cmdRestart:
		return r.leave(r.restart)
	case cmdEdit:
		return r.edit(arg)
	case noCommand:
	}
	return r.again("")
}

// idle answers commands that need a flow when none is under way.
func (r *round[W]) idle(c cmd) error {
	if (c == cmdContinue || c == cmdBack || c == cmdRestart) && r.s.unpark("") {
		r.out.Flow = r.s.Top.Flow
		return r.command(c, "")
	}
	if c == cmdCancel && len(r.s.Parked) > 0 {
		r.say(Reply{Text: "现在没有正在办的事。"})
		return nil
	}
	r.say(Reply{Text: "现在没有办到一半的事。回“菜单”看看能办什么。"})
	return nil
}

func (r *round[W]) cancel() error {
	text := "已取消“" + r.e.byID[r.s.Top.Flow].head().title + "”，没有提交任何内容。回“菜单”另办别的。"
	if r.s.Top.Glance {
		text = "好，就到这里。回“菜单”另办别的。"
	}
	r.s.Top, r.s.Offer, r.s.Seed, r.s.Misses = nil, false, nil, 0
	r.say(Reply{Text: text})
	return nil
}

func (r *round[W]) restart() error {
	id, seed := r.s.Top.Flow, r.s.Seed
	r.s.Top, r.s.Offer, r.s.Seed = nil, false, nil
	return r.open(id, "", seed)
}

// editable reports whether a message that begins with 改 names an answer that can be changed.
func (r *round[W]) editable(arg string) bool {
	if r.s.Top == nil {
		return false
	}
	if arg == "" {
		return true
	}
	if _, ok := zh.Number(arg); ok {
		return true
	}
	for _, s := range r.e.byID[r.s.Top.Flow].head().steps {
		if s.label != "" && strings.Contains(zh.Fold(s.label), arg) {
			return true
		}
	}
	return false
}

// edit goes back to one answer of the summary and returns to the present step after it.
func (r *round[W]) edit(arg string) error {
	top := r.s.Top
	ls, err := r.e.byID[top.Flow].lines(top)
	if err != nil {
		return err
	}
	n, numbered := zh.Number(arg)
	target := ""
	for i, l := range ls {
		if numbered && n == i+1 || !numbered && arg != "" && strings.Contains(zh.Fold(l.Label), arg) {
			target = l.step
		}
	}
	if target == "" {
		return r.again("要改哪一项？请回“改1”“改2”这样的数字。")
	}
	return r.leave(func() error {
		if target != top.Step && top.Back == "" {
			top.Back = top.Step
		}
		top.Step = target
		return r.play(action{do: doGoTo, step: target, note: "好，重新答这一项。"})
	})
}

// leave goes away from the present step. Where that step may have committed without our
// knowing, the run is closed first, so that what is said about it is true.
func (r *round[W]) leave(next func() error) error {
	top := r.s.Top
	step := r.e.byID[top.Flow].head().step(top.Step)
	if !step.commits {
		return next()
	}
	r.out.Close = &Close{Run: top.Run, N: top.N}
	r.out.closed = func(receipt any) (Session, Outcome, error) {
		r.out.Close = nil
		if err := r.closed(receipt, next); err != nil {
			return Session{}, Outcome{}, err
		}
		return r.result()
	}
	return nil
}

func (r *round[W]) closed(receipt any, next func() error) error {
	top := r.s.Top
	if receipt == nil {
		top.Run, top.N = r.t.newRun(), 0
		return next()
	}
	told, err := r.e.byID[top.Flow].tell(top, r.t, receipt)
	if err != nil {
		return err
	}
	told.Text = lines("这件刚才已经办成了，没有取消：", told.Text)
	return r.after(result{reply: told, done: true})
}
