package chat_test

import (
	"fmt"

	"yishi/flows/civic"
)

// describeTriage writes an effect of 初选; false for others.
func describeTriage(e any, r civic.Receipt) (string, bool) {
	switch e := e.(type) {
	case civic.HoldNeed:
		return "HoldNeed{" + r.Number + "}", true
	case civic.LeaveNeed:
		return "LeaveNeed{" + r.Number + "}", true
	case civic.AcceptNeed:
		return "AcceptNeed{" + r.Number + "}", true
	case civic.ClassifyNeed:
		return fmt.Sprintf("ClassifyNeed{%s %s}", r.Number, e.Category), true
	case civic.MarkNeed:
		return fmt.Sprintf("MarkNeed{%s urgent:%d hard:%d}", r.Number, e.Urgent, e.Hard), true
	case civic.TypeNeed:
		return fmt.Sprintf("TypeNeed{%s %q}", r.Number, e.Text), true
	case civic.AskAuthor:
		return fmt.Sprintf("AskAuthor{%s %q}", r.Number, e.Text), true
	case civic.AnswerAuthor:
		return fmt.Sprintf("AnswerAuthor{%s %q late:%v}", r.Number, e.Text, r.Late), true
	case civic.MergeNeeds:
		return "MergeNeeds{" + r.Number + "}", true
	case civic.UndoMerge:
		return "UndoMerge{" + r.Number + "}", true
	case civic.KeepMerge:
		return "KeepMerge{" + r.Number + "}", true
	case civic.DeclineNeed:
		return fmt.Sprintf("DeclineNeed{%s %s %q final:%v}", r.Number, e.Reason, e.Text, e.Final), true
	case civic.ConfirmDecline:
		return "ConfirmDecline{" + r.Number + "}", true
	case civic.RejectDecline:
		return "RejectDecline{" + r.Number + "}", true
	case civic.HandNeed:
		return fmt.Sprintf("HandNeed{%s %q %q}", r.Number, e.Duty, e.Text), true
	case civic.AppealDecline:
		return fmt.Sprintf("AppealDecline{%s %q}", r.Number, e.Text), true
	case civic.RaiseFor:
		return fmt.Sprintf("RaiseFor{%s known:%v %q photos:%d}", r.Number, e.Person != 0, e.Raise.Text, len(e.Raise.Photos)), true
	case civic.ArmTimer:
		return "ArmTimer{" + e.Timer.Kind + "}", true
	}
	return "", false
}
