package store

import (
	"fmt"
	"slices"

	"yishi/flows/civic"
)

func (t *turn) planAsk(e civic.AskAuthor) error {
	text, err := sentenceOf(e.Text, civic.MaxSentence)
	if err != nil {
		return err
	}
	w := work{by: e.By, need: e.Need, act: civic.ActTriage, what: "ask", from: decidable}
	return t.planWork(w, func(b *batch, _ *turn, row needRow, g civic.Grant) error {
		if row.Triage.AskedMS != 0 {
			return refuse("这件刚才已由同事问过提出人，等回答。")
		}
		all, err := b.group(row)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(m member) bool { return m.Account != "" || m.PersonID != 0 }) {
			return refuse("提的人没有留下微信，或者已经把数据删了，问不到。请按现在知道的来办。")
		}
		err = b.tx.Create(&questionRow{
			ID: newID(), NeedID: row.ID, StaffID: int64(g.Staff), Text: text, AskedMS: ms(b.now), State: questionOpen,
		}).Error
		if err != nil {
			return fmt.Errorf("insert question: %w", clean(err))
		}
		return b.alter(row, map[string]any{"asked_ms": ms(b.now), "held_by": 0, "held_ms": 0})
	})
}

// lapse ends the waiting for an answer to a locked need's question.
func (b *batch) lapse(row needRow) error {
	if row.Triage.AskedMS == 0 {
		return nil
	}
	err := b.tx.Exec("UPDATE questions SET state = ? WHERE need_id = ? AND state = ?", questionLapsed, row.ID, questionOpen).Error
	if err != nil {
		return fmt.Errorf("close question: %w", clean(err))
	}
	_, err = b.cancel(civic.AskTimerID(civic.NeedID(row.ID)), 0)
	return err
}

// planLapseQuestion is the program's own. Where the author has answered, or the need was decided,
// nothing is done.
func (t *turn) planLapseQuestion(e civic.LapseQuestion) error {
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, _ *turn) error {
		row, err := b.lockNeed(e.Need)
		if err != nil || row.Triage.AskedMS == 0 {
			return err
		}
		if err := b.lapse(row); err != nil {
			return err
		}
		return b.alter(row, map[string]any{"asked_ms": 0})
	}})
	return nil
}

func (t *turn) planAnswer(e civic.AnswerAuthor) error {
	text, err := sentenceOf(e.Text, additionMost)
	if err != nil {
		return err
	}
	return t.onNeed(e.Account, e.Need, func(b *batch, t *turn) error { return b.answer(t, e, text) })
}

// answer keeps an author's answer to the newest question. A need that was decided meanwhile, or
// whose question has lapsed, keeps it too: no word is lost.
func (b *batch) answer(t *turn, e civic.AnswerAuthor, text string) error {
	row, err := b.lockNeed(e.Need)
	if err != nil {
		return err
	}
	if t.receipt.Number, err = b.number(row); err != nil {
		return err
	}
	if is, err := b.author(row, e.Account); err != nil {
		return err
	} else if !is {
		return refuse("这不是问您的。")
	}
	var q questionRow
	err = b.tx.Raw("SELECT * FROM questions WHERE need_id = ? ORDER BY asked_ms DESC, id LIMIT 1", row.ID).Scan(&q).Error
	switch {
	case err != nil:
		return fmt.Errorf("read question: %w", clean(err))
	case q.ID == 0:
		return refuse("现在没有问您的问题。")
	case q.State == questionAnswered:
		return refuse("这个问题已经答过了。还要说的，回“补充”加编号。")
	}
	t.receipt.Late = !civic.Waits(civic.NeedState(row.State))
	err = b.tx.Exec("UPDATE questions SET state = ?, answer = ?, answered_ms = ? WHERE id = ?", questionAnswered, text, ms(b.now), q.ID).Error
	if err != nil {
		return fmt.Errorf("keep answer: %w", clean(err))
	}
	if _, err := b.cancel(civic.AskTimerID(civic.NeedID(row.ID)), 0); err != nil {
		return err
	}
	return b.alter(row, map[string]any{"asked_ms": 0})
}

// author says whether an account is among those who raised a need or what goes on in it: by itself,
// or by the person it belongs to.
func (b *batch) author(head needRow, a civic.Account) (bool, error) {
	all, err := b.group(head)
	if err != nil {
		return false, err
	}
	who, err := b.identities([]string{string(a)})
	if err != nil {
		return false, err
	}
	person := who[string(a)].PersonID
	return slices.ContainsFunc(all, func(m member) bool {
		return m.Account == string(a) || person != 0 && m.PersonID == person
	}), nil
}
