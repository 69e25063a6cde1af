package chat_test

import (
	"context"

	"yishi/flows"
	"yishi/flows/civic"
)

func (nobody) Standing(context.Context, civic.Account) (civic.Standing, error) {
	return civic.Standing{}, nil
}

func (nobody) Card(context.Context, string) (civic.Card, error) { return civic.Card{Print: "p"}, nil }

func (nobody) Match(context.Context, civic.Said) (civic.Match, error) { return civic.Match{}, nil }

func (nobody) Disputable(context.Context, civic.Account) (bool, error) { return false, nil }

func (nobody) Claims(context.Context, civic.Grant, civic.CommunityID, int, int) ([]civic.Claim, int, error) {
	return nil, 0, nil
}

func (nobody) Claim(context.Context, civic.Grant, civic.CommunityID, int64) (civic.Claim, bool, error) {
	return civic.Claim{}, false, nil
}

func (f *faultyLookups) Standing(ctx context.Context, a civic.Account) (civic.Standing, error) {
	if err := f.err(); err != nil {
		return civic.Standing{}, err
	}
	return f.w.Verification.Standing(ctx, a)
}

func (f *faultyLookups) Card(ctx context.Context, code string) (civic.Card, error) {
	if err := f.err(); err != nil {
		return civic.Card{}, err
	}
	return f.w.Verification.Card(ctx, code)
}

func (f *faultyLookups) Match(ctx context.Context, s civic.Said) (civic.Match, error) {
	if err := f.err(); err != nil {
		return civic.Match{}, err
	}
	return f.w.Verification.Match(ctx, s)
}

func (f *faultyLookups) Disputable(ctx context.Context, a civic.Account) (bool, error) {
	if err := f.err(); err != nil {
		return false, err
	}
	return f.w.Verification.Disputable(ctx, a)
}

// verifying is a fake's answers about the roll, and nobody's where it knows nothing of it.
func verifying(w looker) flows.Verification {
	if v, ok := w.(flows.Verification); ok {
		return v
	}
	return nobody{}
}
