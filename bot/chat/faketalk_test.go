package chat_test

import (
	"context"

	"yishi/flows/civic"
)

// Nobody of the staff is there to talk with.

func (nobody) Reachable(context.Context, civic.CommunityID) (bool, error) { return false, nil }

func (nobody) Own(context.Context, civic.Account) (civic.Talk, bool, error) {
	return civic.Talk{}, false, nil
}

func (nobody) Desk(context.Context, civic.Account) ([]civic.Talk, error) { return nil, nil }

func (nobody) Numbered(context.Context, civic.Account, int) (civic.Talk, bool, error) {
	return civic.Talk{}, false, nil
}

func (nobody) Lines(context.Context, civic.Account, civic.TalkID, int) ([]civic.TalkLine, error) {
	return nil, nil
}

func (nobody) Colleagues(context.Context, civic.Account, civic.CommunityID) ([]civic.Colleague, error) {
	return nil, nil
}
