package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"yishi/flows/civic"
)

// stepShow is the step that flows of staff go on with after a refusal: they show what comes next,
// or, after civic.LookAgain, the same thing as it is now.
const stepShow = "show"

// reasonMost is how many characters of a reason are kept.
const reasonMost = 300

// planStaff has a staff effect about a need done: the need is locked, the right checked for where
// the need is, and the audit log written, before do.
func (t *turn) planStaff(by civic.By, need civic.NeedID, d deed, do func(*batch, *turn, needRow, civic.Grant) error) error {
	if err := t.own(by.Account); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(need), func(b *batch, t *turn) error {
		row, err := b.lockNeed(need)
		if err != nil {
			return err
		}
		d.by, d.object = by, needObject(need)
		d.by.Grid = row.Cycle.GridID
		grant, err := b.permit(t, d)
		if err != nil {
			return err
		}
		if row.CommunityID != int64(by.Community) {
			return refuse("没有找到这条需求。")
		}
		if t.receipt.Number, err = b.number(row); err != nil {
			return err
		}
		return do(b, t, row, grant)
	}})
	return nil
}

func needObject(id civic.NeedID) string { return "need:" + strconv.FormatInt(int64(id), 10) }

// reasonOf makes code and words storable.
func reasonOf(code, words string) (string, error) {
	if civic.PublicReasonText(code) == "" {
		return "", errors.New("reason: no such code")
	}
	return fit(words, reasonMost)
}

func (t *turn) planRelease(e civic.ReleaseNeed) error {
	if !e.Text && !e.Photos {
		return errors.New("release need: neither text nor photos")
	}
	d := deed{act: civic.ActRelease, what: "release", detail: map[string]any{"photos": e.Photos}}
	return t.planStaff(e.By, e.Need, d, func(b *batch, _ *turn, row needRow, _ civic.Grant) error { return b.release(e, row) })
}

// release makes what waits public, if it is still what the staff saw.
func (b *batch) release(e civic.ReleaseNeed, row needRow) error {
	waits, err := b.review(row.ID, civic.ReviewRelease)
	if err != nil {
		return err
	}
	open := waits.NeedID != 0
	switch {
	case row.State == string(civic.NeedWithdrawn):
		return goOn("提的人刚才撤回了，不用公开了。")
	case row.Cycle.TakenDown, row.Public.HiddenMS != 0:
		return goOn("这件已经撤下或正在核举报，没有公开。")
	case !open && row.Released && (!e.Photos || row.Cycle.PhotosShown || !e.Seen.IsZero()):
		return goOn("刚才已由同事公开。")
	case !open && !row.Released && row.Public.KeptBack && !e.Seen.IsZero():
		return goOn("刚才已由同事定了先不公开。")
	case !row.Released && !e.Text:
		return errors.New("release need: photos without the text")
	case open && !e.Seen.IsZero() && waits.RevMS != ms(e.Seen):
		return goOn(civic.LookAgain)
	}
	err = b.tx.Exec("UPDATE needs SET released = 1, photos_shown = ?, kept_back = 0, public_code = '', public_reason = '', updated_ms = ? WHERE id = ?",
		e.Photos || row.Cycle.PhotosShown, ms(b.now), row.ID).Error
	if err == nil {
		err = b.tx.Exec("UPDATE additions SET released = 1 WHERE need_id = ?", row.ID).Error
	}
	if err != nil {
		return fmt.Errorf("release need: %w", clean(err))
	}
	if err := b.reviewed(row.ID, civic.ReviewRelease); err != nil {
		return err
	}
	return b.news(civic.TellReleased, row, civic.PublicNews{More: row.Released, Photos: e.Photos})
}

// goOn is a refusal after which staff go on with what comes next.
func goOn(sentence string) error { return &civic.Refusal{Sentence: sentence, Step: stepShow} }

func (t *turn) planKeepBack(e civic.KeepBack) error {
	words, err := reasonOf(e.ReasonCode, e.Reason)
	if err != nil {
		return err
	}
	d := deed{act: civic.ActRelease, what: "keep-back", detail: map[string]any{"code": e.ReasonCode}}
	return t.planStaff(e.By, e.Need, d, func(b *batch, _ *turn, row needRow, _ civic.Grant) error { return b.keepBack(e, words, row) })
}

func (b *batch) keepBack(e civic.KeepBack, words string, row needRow) error {
	waits, err := b.review(row.ID, civic.ReviewRelease)
	switch {
	case err != nil:
		return err
	case row.State == string(civic.NeedWithdrawn):
		return goOn("提的人刚才撤回了，不用管了。")
	case waits.NeedID == 0:
		return goOn("刚才已由同事处理。")
	case !e.Seen.IsZero() && waits.RevMS != ms(e.Seen):
		return goOn(civic.LookAgain)
	}
	if !row.Released {
		err := b.tx.Exec("UPDATE needs SET kept_back = 1, public_code = ?, public_reason = ?, updated_ms = ? WHERE id = ?",
			e.ReasonCode, words, ms(b.now), row.ID).Error
		if err != nil {
			return fmt.Errorf("keep need back: %w", clean(err))
		}
	}
	if err := b.reviewed(row.ID, civic.ReviewRelease); err != nil {
		return err
	}
	return b.news(civic.TellKeptBack, row, civic.PublicNews{More: row.Released, Reason: reasonText(e.ReasonCode, words)})
}

// reasonText is what people read: staff's words, or those of the code.
func reasonText(code, words string) string {
	if words != "" {
		return words
	}
	return civic.PublicReasonText(code)
}

// planRewrite replaces the words of an own need that is not public.
func (t *turn) planRewrite(e civic.RewriteNeed) error {
	if err := t.own(e.Account); err != nil {
		return err
	}
	text, err := fit(e.Text, textMost)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return refuse("内容是空的，请说说您的需求。")
	}
	t.plan.steps = append(t.plan.steps, step{int64(e.Need), func(b *batch, t *turn) error {
		row, err := b.lockNeed(e.Need)
		switch {
		case err != nil:
			return err
		case row.Account != string(e.Account):
			return refuse("这不是您提的需求，不能改写。")
		case row.State != string(civic.NeedRaised) && row.State != string(civic.NeedAccepted):
			return refuse("这条需求已经" + stateWord(row.State) + "，不能改写了。")
		case row.Cycle.TakenDown, row.Public.HiddenMS != 0:
			return refuse("这条需求撤下了，不能改写。可以回“申诉”加编号，或重新“提需求”。")
		case row.Released:
			return refuse("这条需求已经公开，不能改写；要加一句，回“补充”加编号。")
		}
		err = b.tx.Exec("UPDATE needs SET `text` = ?, danger = ?, kept_back = 0, public_code = '', public_reason = '', updated_ms = ? WHERE id = ?",
			text, civic.Dangerous(text), ms(b.now), row.ID).Error
		if err != nil {
			return fmt.Errorf("rewrite need: %w", clean(err))
		}
		if t.receipt.Number, err = b.number(row); err != nil {
			return err
		}
		return b.ask(row, civic.ReviewRelease)
	}})
	return nil
}

func stateWord(state string) string {
	switch civic.NeedState(state) {
	case civic.NeedWithdrawn:
		return "撤回"
	case civic.NeedMerged:
		return "合并"
	case civic.NeedHanded:
		return "转办"
	case civic.NeedDeclined, civic.NeedDeclining, civic.NeedRaised, civic.NeedAccepted:
	}
	return "答复"
}

// news tells the author of a need what became of its words, unless nobody of the chat raised it.
func (b *batch) news(kind string, row needRow, n civic.PublicNews) error {
	if row.Account == "" {
		return nil
	}
	return b.tellPublic(kind, row, n, []civic.Account{civic.Account(row.Account)})
}

// newsText is how many characters of a need its news quote.
const newsText = 30

func (b *batch) tellPublic(kind string, row needRow, n civic.PublicNews, to []civic.Account) error {
	var err error
	if n.Number, err = b.number(row); err != nil {
		return err
	}
	text := []rune(strings.Join(strings.Fields(row.Text), " "))
	if n.Text = string(text); len(text) > newsText {
		n.Text = string(text[:newsText]) + "…"
	}
	args, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode news: %w", err)
	}
	id := fmt.Sprintf("need-%d-%s-%d", row.ID, kind, ms(b.now))
	_, err = b.addPush(civic.Push{
		ID: id, Purpose: id, Topic: civic.TopicNeeds, Community: civic.CommunityID(row.CommunityID), Kind: kind, Args: args,
	}, civic.Audience{Accounts: to})
	return err
}
