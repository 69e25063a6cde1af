// Package web gives one-time links by which people send and fetch files in a browser, as a chat
// with an Official Account carries none. A link is opened only by the account that asked for it:
// in WeChat by its login, elsewhere by a code that the page shows and the account types into its
// chat. The links are rows of the store; a reference alone opens nothing.
package web

import (
	"context"
	"encoding/json"
	"io"

	"yishi/flows/civic"
)

// UploadMost is the size of a file that an upload takes unless it says otherwise, in bytes.
const UploadMost = 200 << 20

// Kinds are what links are for, by the Kind of civic.MakeLink. A kind is in one of the three.
type Kinds struct {
	Uploads   map[string]Upload
	Downloads map[string]Download
	Galleries map[string]Gallery
}

// Opened is a link that its account has opened. Whether the account still may do this is for the
// kind to check: roles may have changed since the link was made.
type Opened struct {
	Account   civic.Account
	Community civic.CommunityID // zero: none
	Kind      string
	Args      json.RawMessage // as in civic.MakeLink; nil: none
}

// Upload takes a file in.
type Upload struct {
	Ask    string // a sentence above the button: what the file should be
	Accept string // of the file chooser: ".xlsx,.csv"; "" any
	Most   int64  // bytes; 0: UploadMost

	// Take works the file off, once it is here whole. It runs beside the requests, for as long as it
	// needs, and the page shows what it says by the way. It must be such that doing it twice does no
	// harm: when a program dies during it, another one begins it anew. Its error is logged and
	// must name nobody; people read that it did not succeed, and may send the file again.
	Take func(ctx context.Context, o Opened, f File, say Say) (Page, error)
}

// Say shows one line of at most 60 characters while an upload is worked off: 已读 12,000 行. It may
// be called often and from several goroutines.
type Say func(line string)

// File is what was sent. It is deleted once Take has returned.
type File struct {
	Name string // as the browser calls it, without folders, cleaned; may be empty; not for logs
	Size int64  // bytes
	// Open reads it from its beginning, as often as asked. What it returns is an io.ReaderAt too
	// where blobs are files.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Page is what people read when an upload has been worked off.
type Page struct {
	Title string   // what has come of it, in a few words: 名册已导入
	Text  []string // paragraphs
	List  []string // such as faults, one a line; the page shows the first hundred
	// Again says that nothing was taken: the same link takes another file.
	Again bool
	// Save, if it is set, writes a file that the page offers: all faults as CSV. Saved names it.
	Save  func(w io.Writer) error
	Saved Named
}

// Named names a file for the browser.
type Named struct {
	Name string // 名册问题.csv
	Type string // text/csv; charset=utf-8
}

// Download gives a file out.
type Download struct {
	Ask string // a sentence above the button: what the file holds, and to take care of it

	// Make writes the file and says what it is called. Nothing is sent before it has returned, so
	// that nobody gets half a file for a whole one; it may take two minutes. It is asked again when a
	// browser begins again. An error is logged and must name nobody.
	Make func(ctx context.Context, o Opened, w io.Writer) (Named, error)
}
