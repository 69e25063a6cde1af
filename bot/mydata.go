package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"yishi/bot/files"
	"yishi/bot/web"
	"yishi/flows"
	"yishi/flows/civic"
)

// myDataPage 我的数据 is all that is kept of the account that asked for the link.
func (a *app) myDataPage() web.Download {
	return web.Download{
		Ask: "这里面是我们记着的、关于您的全部内容，用 Excel 或 WPS 打开。里面有您的姓名和门牌，请自己收好。",
		Make: func(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) {
			m, err := a.db.Privacy().MyData(ctx, o.Account)
			if err != nil {
				return web.Named{}, err
			}
			const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
			return web.Named{Name: "我的数据.xlsx", Type: workbook}, a.writeMyData(w, m)
		},
	}
}

func (a *app) writeMyData(w io.Writer, m civic.MyData) error {
	list, err := files.XLSX(w, filepath.Join(a.cfg.Data, "made"), "我的数据", flows.MyDataColumns...)
	if err != nil {
		return err
	}
	for _, row := range flows.MyDataRows(m, a.cfg.Location()) {
		if err := list.Row(row[0], row[1], row[2], row[3]); err != nil {
			return errors.Join(err, list.Close())
		}
	}
	return list.Close()
}
