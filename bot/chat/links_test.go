package chat_test

import (
	"context"
	"errors"
	"fmt"

	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// base is the public address of the program under test.
const base = "https://yishi.example"

var (
	_ flows.Links = (*town)(nil)
	_ flows.Links = (*faultyLookups)(nil)
)

// Pairing finds nobody: the invented town has no browsers.
func (*town) Pairing(context.Context, civic.Account, string) (civic.Pairing, bool, error) {
	return civic.Pairing{}, false, nil
}

func (f *faultyLookups) Pairing(ctx context.Context, a civic.Account, code string) (civic.Pairing, bool, error) {
	if f.l.is(down) {
		return civic.Pairing{}, false, errLost
	}
	return f.w.Links.Pairing(ctx, a, code)
}

// link gives somebody a link, which a browser opens that shows a code then: 王伯 kind 标题.
func (p *player) link(f []string) error {
	ctx, db := p.t.Context(), p.st.db()
	p.links++
	who := civic.Account(openid(f[0]))
	r, err := db.Commit(ctx, store.Commit{
		Run: fmt.Sprintf("script-link-%d", p.links), N: 1, Account: who, Final: true,
		Effects: []any{civic.MakeLink{Account: who, Kind: f[1], Title: f[2]}},
	})
	if err != nil {
		return err
	}
	ok, err := db.Links().Draw(ctx, r.Link, "browser")
	if err != nil || !ok {
		return errors.Join(err, fmt.Errorf("code drawn: %t", ok))
	}
	l, _, err := db.Links().Find(ctx, r.Link, "browser")
	p.code = l.Code
	return err
}
