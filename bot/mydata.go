package main

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"yishi/bot/blobs"
	"yishi/bot/files"
	"yishi/bot/web"
	"yishi/flows"
	"yishi/flows/civic"
)

const myDataBook = "我的数据.xlsx"

// myDataPage 我的数据 is all that is kept of the account that asked for the link: a workbook, or where photos
// and voices are kept an archive of it and them.
func (a *app) myDataPage(kept blobs.Store) web.Download {
	return web.Download{
		Ask: "这里面是我们记着的、关于您的全部内容，用 Excel 或 WPS 打开。发过照片、语音的，连表格一起装在一个压缩包里，点开就能解压。里面有您的姓名和门牌，请自己收好。",
		Make: func(ctx context.Context, o web.Opened, w io.Writer) (web.Named, error) {
			m, err := a.db.Privacy().MyData(ctx, o.Account)
			if err != nil {
				return web.Named{}, err
			}
			for _, it := range m.Items {
				if it.Blob != "" {
					return web.Named{Name: "我的数据.zip", Type: "application/zip"}, a.packMyData(ctx, w, m, kept)
				}
			}
			const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
			return web.Named{Name: myDataBook, Type: workbook}, a.writeMyData(w, m, nil)
		},
	}
}

// packMyData writes the archive. What has been swept meanwhile is in the workbook without a file.
func (a *app) packMyData(ctx context.Context, w io.Writer, m civic.MyData, kept blobs.Store) error {
	z := zip.NewWriter(w)
	names, count := map[string]string{}, map[string]int{}
	for _, it := range m.Items {
		if it.Blob == "" {
			continue
		}
		what := "照片"
		if it.Text == string(civic.Voice) {
			what = "语音"
		}
		name, err := pack(ctx, z, kept, it, fmt.Sprintf("%s%d", what, count[what]+1))
		switch {
		case errors.Is(err, blobs.ErrNotFound):
		case err != nil:
			return fmt.Errorf("pack media: %w", err)
		default:
			names[it.Blob], count[what] = name, count[what]+1
		}
	}
	book, err := z.CreateHeader(&zip.FileHeader{Name: myDataBook, Method: zip.Store, Modified: a.db.Clock().Now()})
	if err != nil {
		return fmt.Errorf("pack workbook: %w", err)
	}
	if err := a.writeMyData(book, m, names); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("end archive: %w", err)
	}
	return nil
}

// pack adds a photo or voice under name and its kind's extension, as it is: neither packs any smaller.
func pack(ctx context.Context, z *zip.Writer, kept blobs.Store, it civic.MyItem, name string) (string, error) {
	body, err := kept.Open(ctx, it.Blob)
	if err != nil {
		return "", err
	}
	defer func() { _ = body.Close() }() // it was only read
	r := bufio.NewReader(body)
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	name += web.Extension(head, it.Text == string(civic.Voice))
	dst, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: it.At})
	if err != nil {
		return "", err
	}
	_, err = io.Copy(dst, r)
	return name, err
}

func (a *app) writeMyData(w io.Writer, m civic.MyData, names map[string]string) error {
	list, err := files.XLSX(w, filepath.Join(a.cfg.Data, "made"), "我的数据", flows.MyDataColumns...)
	if err != nil {
		return err
	}
	for _, row := range flows.MyDataRows(m, a.cfg.Location(), names) {
		if err := list.Row(row[0], row[1], row[2], row[3]); err != nil {
			return errors.Join(err, list.Close())
		}
	}
	return list.Close()
}
