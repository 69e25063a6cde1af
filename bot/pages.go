package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"yishi/bot/blobs"
	"yishi/bot/web"
	"yishi/flows"
)

// kinds are what links are for; kept has the photos and voices. To add one, add a line, and have a flow make
// links of that kind.
func (a *app) kinds(kept blobs.Store) web.Kinds {
	return web.Kinds{
		Uploads: map[string]web.Upload{
			flows.RollUploadLink: a.rollUpload(),
		},
		Downloads: map[string]web.Download{
			flows.RollFormLink:  rollForm(),
			flows.DoorCardsLink: a.doorCardsPage(),
			flows.DoorListLink:  a.doorListPage(),
			flows.MyDataLink:    a.myDataPage(kept),
		},
		Galleries: map[string]web.Gallery{
			flows.NeedMediaLink: needMedia(a.db.Needs().Media),
		},
	}
}

// openPages puts the pages up, where the program knows its public address; else there are none, and
// flows say so.
func (a *app) openPages(mux *http.ServeMux) error {
	if a.cfg.BaseURL == "" {
		return nil
	}
	kept, err := blobs.NewFolder(filepath.Join(a.cfg.Data, "blobs"))
	if err != nil {
		return fmt.Errorf("open blobs: %w", err)
	}
	temp := filepath.Join(a.cfg.Data, "made")
	if err := os.MkdirAll(temp, 0o700); err != nil {
		return fmt.Errorf("make folder of downloads: %w", err)
	}
	pages, err := web.New(web.Options{
		Links: a.db.Links(), Blobs: kept, Login: a.client, Kinds: a.kinds(kept), Base: a.cfg.BaseURL,
		Key: subkey(a.cfg.MasterKey, "web"), Temp: temp, Sweep: a.db.SweepLinks, Now: a.db.Clock().Now, Log: a.log,
		Observe: a.metrics.pages(),
	})
	if err != nil {
		return err
	}
	a.close = append(a.close, pages.Close)
	mux.Handle(flows.LinkPath, pages.Handler())
	return nil
}

// pages counts what comes of links. Both words are the program's own.
func (m *metrics) pages() func(kind, outcome string) {
	links := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "yishi_links_total", Help: "What came of opening links and of their files, by kind where it is known.",
	}, []string{"kind", "outcome"})
	m.registry.MustRegister(links)
	return func(kind, outcome string) { links.WithLabelValues(kind, outcome).Inc() }
}
