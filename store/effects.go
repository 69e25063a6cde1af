package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"yishi/flows/civic"
)

// plan is what a turn will write, worked out before its transaction begins.
type plan struct {
	joins []civic.Join
	raise []raise
	media []mediaRow // raised needs add theirs when they have an id
	steps []step
	link  bool // one is made
}

// step is an effect that must look before it writes. Steps of a batch run in the order of
// their needs, so that two batches never wait for each other.
type step struct {
	need int64
	do   func(*batch, *turn) error
}

// prepare fills the turn's plan; its errors are about this turn alone.
func (db *DB) prepare(ctx context.Context, t *turn) error {
	for _, e := range t.job.c.Effects {
		if err := db.planEffect(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

// planEffect hands each effect to the file of its noun. Every civic effect has its case, here or in
// one of the switches below, which follow one another.
func (db *DB) planEffect(ctx context.Context, t *turn, effect any) error {
	switch e := effect.(type) {
	case civic.Join:
		return t.planJoin(e)
	case civic.RaiseNeed:
		return db.planRaise(ctx, t, e)
	case civic.EndorseNeed:
		return t.planEndorse(e)
	case civic.WithdrawNeed:
		return t.planWithdraw(e)
	case civic.AddToNeed:
		return t.planAdd(e)
	case civic.KeepMedia:
		return t.planMedia(e)
	case civic.MakePush:
		return t.planPush(e)
	case civic.OptOut:
		return t.planOptOut(e)
	case civic.ReadInbox:
		return t.planRead(e)
	case civic.ArmTimer:
		return t.planArm(e)
	case civic.CancelTimer:
		return t.planCancel(e)
	case civic.FireTimer:
		return t.planFire(e)
	case civic.ForgetMe:
		return db.planForget(ctx, t, e)
	case civic.Verify, civic.NoteWrong, civic.Unverify, civic.AskVerify, civic.DisputeClaim, civic.DecideClaim:
		return db.planVerification(ctx, t, e)
	}
	return db.planPages(ctx, t, effect)
}

// planPages knows the effects of links and of rounds.
func (db *DB) planPages(ctx context.Context, t *turn, effect any) error {
	switch e := effect.(type) {
	case civic.MakeLink:
		return t.planLink(db, e)
	case civic.OpenLink:
		return t.planOpen(db, e)
	case civic.ShutLink:
		return t.planShut(db, e)
	case civic.MissLink:
		return t.planMiss(e)
	case civic.OpenRound:
		return t.planOpenRound(e)
	case civic.MoveStage:
		return t.planMoveStage(e)
	case civic.PlanStage:
		return t.planStage(e)
	case civic.StageDue:
		return t.planStageDue(e)
	case civic.PublishShortlist:
		return t.planShortlist(e)
	}
	return db.planOffice(ctx, t, effect)
}

// planOffice knows the effects about offices of staff and what they settle.
func (db *DB) planOffice(ctx context.Context, t *turn, effect any) error {
	switch e := effect.(type) {
	case civic.Invite:
		return db.planInvite(ctx, t, e)
	case civic.CancelInvite:
		return t.planCancelInvite(e)
	case civic.AcceptInvite:
		return db.planAccept(ctx, t, e)
	case civic.MissInvite:
		return t.planMissInvite(e)
	case civic.RevokeGrant:
		return t.planRevoke(e)
	case civic.HandOver:
		return t.planHandOver(e)
	case civic.HandBack:
		return t.planHandBack(e)
	case civic.TakeBack:
		return t.planTakeBack(e)
	case civic.ChangeSettings:
		return t.planChange(e)
	case civic.CallPerson, civic.Say, civic.HangUp, civic.RateTalk, civic.TakeTalk, civic.Answer, civic.HandTalk, civic.EndTalk, civic.TalkDue:
		return db.planTalking(ctx, t, e)
	}
	return db.planPublic(ctx, t, effect)
}

// planPublic knows the effects by which needs become public, and those of who reads them.
func (db *DB) planPublic(ctx context.Context, t *turn, effect any) error {
	switch e := effect.(type) {
	case civic.UnendorseNeed:
		return t.planUnendorse(e)
	case civic.ReleaseNeed:
		return t.planRelease(e)
	case civic.KeepBack:
		return t.planKeepBack(e)
	case civic.TakeDownNeed:
		return t.planTakeDown(e)
	case civic.LeavePublic:
		return t.planLeave(e)
	case civic.SettleAppeal:
		return t.planSettle(e)
	case civic.ReportNeed:
		return t.planReport(e)
	case civic.AppealNeed:
		return t.planAppeal(e)
	case civic.RewriteNeed:
		return t.planRewrite(e)
	case civic.ObjectMerge:
		return t.planObject(e)
	}
	return db.planTriage(ctx, t, effect)
}

// planTriage knows the effects of 初选.
func (db *DB) planTriage(ctx context.Context, t *turn, effect any) error {
	switch e := effect.(type) {
	case civic.HoldNeed:
		return t.planHold(e)
	case civic.LeaveNeed:
		return t.planLetGo(e)
	case civic.AcceptNeed:
		return t.planAccept(e)
	case civic.ClassifyNeed:
		return t.planClassify(e)
	case civic.MarkNeed:
		return t.planMark(e)
	case civic.TypeNeed:
		return t.planType(e)
	case civic.HandNeed:
		return t.planHand(e)
	case civic.AskAuthor:
		return t.planAsk(e)
	case civic.AnswerAuthor:
		return t.planAnswer(e)
	case civic.LapseQuestion:
		return t.planLapseQuestion(e)
	case civic.MergeNeeds:
		return t.planMerge(e)
	case civic.UndoMerge:
		return t.planUndo(e)
	case civic.KeepMerge:
		return t.planKeep(e)
	case civic.DeclineNeed:
		return t.planDecline(e)
	case civic.ConfirmDecline:
		return t.planConfirm(e)
	case civic.RejectDecline:
		return t.planReject(e)
	case civic.LapseDecline:
		return t.planLapseDecline(e)
	case civic.AppealDecline:
		return t.planAppealDecline(e)
	case civic.RaiseFor:
		return db.planRaiseFor(ctx, t, e)
	}
	return fmt.Errorf("%w: %T", errUnknownEffect, effect)
}

var (
	errUnknownEffect = errors.New("the store knows no such effect")
	errForeign       = errors.New("an effect of another account")
)

// onNeed has something done to a need for the turn's own account.
func (t *turn) onNeed(a civic.Account, need civic.NeedID, do func(*batch, *turn) error) error {
	if err := t.own(a); err != nil {
		return err
	}
	t.plan.steps = append(t.plan.steps, step{int64(need), do})
	return nil
}

// own says whether an effect is of the turn's account; nobody acts for another.
func (t *turn) own(a civic.Account) error {
	if a != t.job.c.Account {
		return errForeign
	}
	return nil
}

// apply writes all effects of the turns in one order of tables, so that batches of several
// lanes and replicas never deadlock over more than first uses.
func (b *batch) apply(turns []*turn) error {
	if err := b.raiseNeeds(turns); err != nil {
		return err
	}
	if err := b.keepMedia(turns); err != nil {
		return err
	}
	if err := b.join(turns); err != nil {
		return err
	}
	type one struct {
		step
		turn *turn
	}
	var steps []one
	for _, t := range turns {
		for _, s := range t.plan.steps {
			steps = append(steps, one{s, t})
		}
	}
	slices.SortStableFunc(steps, func(x, y one) int {
		switch {
		case x.need < y.need:
			return -1
		case x.need > y.need:
			return 1
		}
		return 0
	})
	for _, s := range steps {
		if err := s.do(b, s.turn); err != nil {
			if settled(err) {
				return &culprit{s.turn, err}
			}
			return err
		}
	}
	return nil
}

// Lengths in characters that the tables hold; flows ask for less.
const (
	textMost     = 1000
	placeMost    = 200
	additionMost = 500
)

// refuse is an answer in words.
func refuse(sentence string) error { return &civic.Refusal{Sentence: sentence} }

// fit makes s storable and refuses what is too long.
func fit(s string, most int) (string, error) {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if utf8.RuneCountInString(s) > most {
		return "", refuse(fmt.Sprintf("内容太长了，请控制在%d字以内。", most))
	}
	return s, nil
}
