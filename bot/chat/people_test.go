package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"yishi/flows/civic"
	"yishi/store"
)

// directives are what a script can arrange beside those of player.direct, by their first word. They
// stand in one literal, so that a word given twice does not compile.
var directives = map[string]func(p *player, args []string) error{
	"person":   (*player).addPerson,
	"resident": (*player).addResident,
	"staff":    (*player).addStaff,
	"news":     (*player).news, // 钮 2027-001 accepted 下一步
	"link":     (*player).link, // 王伯 kind 标题
	"public":   (*player).addPublic,
	"merged":   (*player).addMerged,
	"at-once":  (*player).atOnce,
	"invite":   (*player).inviteStaff,
	"area":     (*player).addArea,
	"revoke":   (*player).revoke,
	"round":    (*player).openRound,
	"stage":    (*player).moveTo,
	"accepted": (*player).accepted,
	"card":     (*player).addCard,
	"strict":   (*player).setStrict,
	"sweep":    (*player).sweep,
	"unfollow": (*player).unfollow,
}

// addPerson puts somebody on the roll: 钮 钮家新村 一网格 3 2 501 姓名 [手机]; - stands for none.
func (p *player) addPerson(args []string) error {
	if len(args) < 7 {
		return errors.New("want 钮 小区 网格 幢 单元 室 姓名 [手机]")
	}
	for i := range args {
		if args[i] == "-" {
			args[i] = ""
		}
	}
	c, err := communityOf(p.t.Context(), p.st.db(), args[0])
	if err != nil {
		return err
	}
	n := store.NewPerson{Community: c.ID, Estate: args[1], Grid: args[2], Building: args[3], Unit: args[4], Room: args[5], Name: args[6]}
	if len(args) > 7 {
		n.Phone = args[7]
	}
	id, err := p.st.db().AddPerson(p.t.Context(), n)
	p.people[n.Name] = id
	return err
}

// addResident says who a speaker is on the roll: 张三 姓名 [roll|code|hand].
func (p *player) addResident(args []string) error {
	id, ok := p.people[args[1]]
	if !ok {
		return fmt.Errorf("nobody of that name is on the roll: %s", args[1])
	}
	how := civic.ByRoll
	if len(args) > 2 {
		how = civic.VerifiedBy(args[2])
	}
	return p.st.db().AddIdentity(p.t.Context(), civic.Account(openid(args[0])), id, how)
}

// addStaff gives a speaker an office: 小王 gridWorker 钮 [一网格,二网格].
func (p *player) addStaff(args []string) error {
	ctx, db := p.t.Context(), p.st.db()
	if len(args) < 3 || !slices.Contains(civic.Roles(), civic.Role(args[1])) {
		return errors.New("want 小王 gridWorker 钮 [网格,网格]")
	}
	c, err := communityOf(ctx, db, args[2])
	if err != nil {
		return err
	}
	n := store.NewStaff{Account: civic.Account(openid(args[0])), Name: args[0], Role: civic.Role(args[1]), Community: c.ID}
	if n.Role == civic.Street || n.Role == civic.District { // those in which the community lies
		n.Community, n.Over = 0, c.Area.Street
		if n.Role == civic.District {
			n.Over = c.Area.District
		}
	}
	if len(args) > 3 {
		grids, err := db.Communities().Grids(ctx, c.ID)
		if err != nil {
			return err
		}
		for name := range strings.SplitSeq(args[3], ",") {
			i := slices.IndexFunc(grids, func(g civic.Grid) bool { return g.Name == name })
			if i < 0 {
				return fmt.Errorf("no grid %s; put somebody there on the roll first", name)
			}
			n.Grids = append(n.Grids, grids[i].ID)
		}
	}
	_, err = db.AddStaff(ctx, n)
	return err
}
