package chat_test

import (
	"errors"

	"yishi/flows/civic"
)

// addCard gives somebody's household its code: 姓名 9位数字.
func (p *player) addCard(args []string) error {
	id, ok := p.people[args[0]]
	if !ok || len(args) < 2 {
		return errors.New("want 姓名 9位数字 of somebody on the roll")
	}
	return p.st.db().AddCard(p.t.Context(), id, args[1])
}

// setStrict has a community want more where money is voted on: 钮.
func (p *player) setStrict(args []string) error {
	c, err := communityOf(p.t.Context(), p.st.db(), args[0])
	if err != nil {
		return err
	}
	c.Settings.MoneyStrict = true
	return p.st.db().SetSettings(p.t.Context(), c.ID, c.Settings)
}

// sweep has the store forget what it need not keep.
func (p *player) sweep([]string) error {
	_, err := p.st.db().SweepIdentities(p.t.Context())
	return err
}

// unfollow has a speaker leave.
func (p *player) unfollow(args []string) error {
	if len(args) != 1 {
		return errors.New("want one speaker")
	}
	return p.st.db().Unfollow(p.t.Context(), civic.Account(openid(args[0])), p.st.db().Clock().Now())
}
