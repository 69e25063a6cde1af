package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"yishi/bot/files"
	"yishi/bot/web"
	"yishi/flows"
	"yishi/flows/civic"
	"yishi/store"
)

// What the pages of the roll say.
const (
	noOffice   = "您现在没有办这件事的权限了，什么也没有改。"
	rollIsBusy = "这个社区的名册正在导入，请过几分钟再传。"
	resealing  = "名册正在换保管的钥匙，这会儿不能导入，请过几分钟再传。"
)

// rollUpload takes a roll that staff send from their phone or computer. It is bot import roll, for
// their own community only and all or nothing.
func (a *app) rollUpload() web.Upload {
	return web.Upload{
		Ask:    "请选名册文件：Excel（.xlsx）或 CSV，一人一行。有一行不对就一行也不导，会告诉您哪一行。",
		Accept: ".xlsx,.csv",
		Take: func(ctx context.Context, o web.Opened, f web.File, say web.Say) (web.Page, error) {
			c, err := a.communityOf(ctx, o)
			if err != nil {
				return web.Page{}, err
			}
			var asked flows.RollUploadArgs
			if err := json.Unmarshal(o.Args, &asked); err != nil {
				return web.Page{}, fmt.Errorf("read what an upload stands for: %w", err)
			}
			src, end, err := spooled(ctx, f, a.cfg.Data)
			if err != nil {
				return web.Page{}, err
			}
			defer end()
			report, err := importRoll(ctx, a.db, src, rollOptions{
				store: store.RollOptions{By: civic.By{Account: o.Account, Community: c.ID}, Community: c.ID, Complete: asked.Complete},
				name:  c.Name, progress: sayStep(say, a.db.Clock().Now),
			})
			return rollPage(report, err)
		},
	}
}

// communityOf is the community that a link is about.
func (a *app) communityOf(ctx context.Context, o web.Opened) (civic.Community, error) {
	c, ok, err := a.db.Communities().Community(ctx, o.Community)
	if err == nil && !ok {
		err = errors.New("no such community")
	}
	return c, err
}

// spooled gives a file that can be read at any place: its own, or a copy that end takes away.
func spooled(ctx context.Context, f web.File, folder string) (rollSource, func(), error) {
	in, err := f.Open(ctx)
	if err != nil {
		return rollSource{}, nil, fmt.Errorf("open an upload: %w", err)
	}
	if at, ok := in.(io.ReaderAt); ok {
		return rollSource{at, f.Size}, func() { _ = in.Close() }, nil // it was only read
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.CreateTemp(folder, ".yishi-*")
	if err != nil {
		return rollSource{}, nil, fmt.Errorf("copy an upload: %w", withoutPath(err))
	}
	end := func() { _ = errors.Join(out.Close(), os.Remove(out.Name())) } // nobody waits for it
	n, err := io.Copy(out, in)
	if err != nil {
		end()
		return rollSource{}, nil, fmt.Errorf("copy an upload: %w", withoutPath(err))
	}
	return rollSource{out, n}, end, nil
}

// sayStep tells the page how far an import is, twice a second at most.
func sayStep(say web.Say, now func() time.Time) func(rollStep) {
	var last time.Time
	words := map[string]string{"reading": "已读 %d 行", "comparing": "读完 %d 行，正在和原来的名册比对", "switching": "%d 行都对，正在写入"}
	return func(s rollStep) {
		if t := now(); t.Sub(last) >= time.Second/2 {
			last = t
			say(fmt.Sprintf(words[s.doing], s.rows))
		}
	}
}

// rollPage says what has become of an upload.
func rollPage(r rollReport, err error) (web.Page, error) {
	switch {
	case errors.Is(err, store.ErrOffice):
		return web.Page{Title: "没有导入", Text: []string{noOffice}}, nil
	case errors.Is(err, store.ErrRollBusy):
		return web.Page{Title: "没有导入", Text: []string{rollIsBusy}, Again: true}, nil
	case errors.Is(err, store.ErrResealing):
		return web.Page{Title: "没有导入", Text: []string{resealing}, Again: true}, nil
	case err != nil && !errors.Is(err, errRefused) && !errors.Is(err, errTooManyFaults):
		return web.Page{}, err
	case r.Done:
		return web.Page{Title: "名册已导入", Text: append([]string{rollSentence(r)}, r.Notes...)}, nil
	}
	p := web.Page{
		Title: "没有导入", Again: true, Saved: web.Named{Name: "名册问题.csv", Type: "text/csv; charset=utf-8"},
		Text: append([]string{fmt.Sprintf("有 %d 行要改，名册没有动。改好了请再传一次。", badLines(r.Faults))}, r.Notes...),
		Save: func(w io.Writer) error { return faultTable(w, r.Faults) },
	}
	for _, f := range r.Faults[:min(len(r.Faults), 100)] {
		p.List = append(p.List, faultText(f))
	}
	return p, nil
}

func rollSentence(r rollReport) string {
	text := fmt.Sprintf("共 %d 人：新增 %d，更新 %d，搬家 %d，没有变 %d", r.Rows, r.New, r.Changed, r.Moved, r.Same)
	if r.Returned > 0 {
		text += fmt.Sprintf("，搬回来 %d", r.Returned)
	}
	if r.Left > 0 {
		text += fmt.Sprintf("；名册上没有写到的 %d 人，算已搬走", r.Left)
	}
	return text + "。"
}

// doorCardsPage prints door cards that staff have asked for.
func (a *app) doorCardsPage() web.Download {
	return web.Download{
		Ask: "门牌卡上有各户的住户码，凭它就能认证。请当场打印，别转发，别留在公用电脑上。",
		Make: func(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) {
			c, err := a.communityOf(ctx, o)
			if err != nil {
				return web.Named{}, err
			}
			var asked flows.DoorCardsArgs
			if err := json.Unmarshal(o.Args, &asked); err != nil {
				return web.Named{}, fmt.Errorf("read which cards are asked for: %w", err)
			}
			order := cardsOrder{community: c, account: a.cfg.WeChat.Name, CodesOrder: store.CodesOrder{
				By: civic.By{Account: o.Account, Community: c.ID}, Replace: asked.Replace, Seed: []byte(string(o.Account) + "\x00" + string(o.Args)),
			}}
			if order.account == "" {
				order.account = c.Name
			}
			if asked.Building != 0 {
				order.Buildings = []int64{asked.Building}
			}
			named := web.Named{Name: "门牌卡.html", Type: "text/html; charset=utf-8"}
			_, err = printCards(ctx, a.db, order, w)
			if errors.Is(err, store.ErrNoDoors) { // an honest empty page, not a fault
				return named, files.DoorCards(w, files.DoorSheet{Community: c.Name, Account: order.account, Phone: c.Phone})
			}
			return named, err
		},
	}
}

// doorListPage gives staff the door list of their community, or of their grids.
func (a *app) doorListPage() web.Download {
	return web.Download{
		Ask: "上门名单：每户几口人、几个人认证了。不写姓名，也请不要外传。",
		Make: func(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) {
			of := "community:" + strconv.FormatInt(int64(o.Community), 10)
			g, err := a.db.Allow(ctx, civic.By{Account: o.Account, Community: o.Community}, civic.ActDoors, "doors", of)
			if err != nil {
				return web.Named{}, err
			}
			doors, err := a.db.DoorList(ctx, o.Community, g.Grids)
			if err != nil {
				return web.Named{}, err
			}
			const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
			return web.Named{Name: "上门名单.xlsx", Type: workbook}, writeDoors(w, true, filepath.Join(a.cfg.Data, "made"), doors)
		},
	}
}
