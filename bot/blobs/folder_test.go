package blobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "blobs")
	f, err := NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func read(t *testing.T, s Store, key string) string {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read: %v", err)
	}
	return string(b)
}

// files lists every file below dir, blobs and temporary ones.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPutOpenDelete(t *testing.T) {
	f, dir := newFolder(t)
	key := NewKey()
	for range 2 { // doing it twice is harmless
		if err := f.Put(t.Context(), key, strings.NewReader("a photo")); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, f, key); got != "a photo" {
		t.Errorf("read back %q", got)
	}
	if got := files(t, dir); len(got) != 1 || got[0] != key {
		t.Errorf("files %v, want only the blob", got)
	}
	again, err := NewFolder(dir) // a restart
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, again, key); got != "a photo" {
		t.Errorf("after a restart %q", got)
	}
	for range 2 {
		if err := f.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Open(t.Context(), key); !errors.Is(err, ErrNotFound) {
		t.Errorf("open after delete: %v, want ErrNotFound", err)
	}
}

func TestPutReplacesWhole(t *testing.T) {
	f, _ := newFolder(t)
	key := NewKey()
	for _, content := range []string{"first and longer", "second"} {
		if err := f.Put(t.Context(), key, strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, f, key); got != "second" {
		t.Errorf("read back %q", got)
	}
}

func TestModes(t *testing.T) {
	f, dir := newFolder(t)
	key := NewKey()
	if err := f.Put(t.Context(), key, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{
		dir: 0o700, filepath.Join(dir, tempFolder): 0o700, filepath.Join(dir, key[:2]): 0o700, f.path(key): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	good := NewKey()
	rows := map[string]string{
		"empty": "", "short": good[1:], "long": good + "a", "upper case": strings.ToUpper(good),
		"path up": "../" + good[3:], "slash": good[:5] + "/" + good[6:], "backslash": good[:5] + `\` + good[6:],
		"dots": strings.Repeat(".", keyLen), "zero byte": good[:5] + "\x00" + good[6:],
		"digit outside": "1" + good[1:], "wide letter": "ａ" + good[3:], "temp folder": "tmp/" + good[4:],
	}
	f, dir := newFolder(t)
	for name, key := range rows {
		t.Run(name, func(t *testing.T) {
			if err := f.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, ErrKey) {
				t.Errorf("put: %v", err)
			}
			if _, err := f.Open(t.Context(), key); !errors.Is(err, ErrKey) {
				t.Errorf("open: %v", err)
			}
			if err := f.Delete(t.Context(), key); !errors.Is(err, ErrKey) {
				t.Errorf("delete: %v", err)
			}
		})
	}
	if got := files(t, filepath.Dir(dir)); len(got) != 0 {
		t.Errorf("files appeared: %v", got)
	}
	seen := map[string]bool{}
	for range 1000 {
		key := NewKey()
		if CheckKey(key) != nil || seen[key] {
			t.Fatalf("bad or repeated key %q", key)
		}
		seen[key] = true
	}
}

func TestDeriveKey(t *testing.T) {
	a := DeriveKey([]byte("s"), "media", "12", "m")
	if err := CheckKey(a); err != nil {
		t.Fatalf("derived %q: %v", a, err)
	}
	if b := DeriveKey([]byte("s"), "media", "12", "m"); a != b {
		t.Errorf("not the same twice: %q, %q", a, b)
	}
	for name, other := range map[string]string{
		"other secret": DeriveKey([]byte("t"), "media", "12", "m"),
		"moved border": DeriveKey([]byte("s"), "media", "1", "2m"),
		"other part":   DeriveKey([]byte("s"), "media", "13", "m"),
	} {
		if other == a {
			t.Errorf("%s gives the same key", name)
		}
	}
}

func TestBrokenReaderLeavesNothing(t *testing.T) {
	f, dir := newFolder(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("line cut")
	rows := map[string]struct {
		ctx  context.Context
		r    io.Reader
		want error
	}{
		"reader fails": {t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), broken},
		"ctx over":     {gone, strings.NewReader("x"), context.Canceled},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			key := NewKey()
			if err := f.Put(row.ctx, key, row.r); !errors.Is(err, row.want) {
				t.Errorf("put: %v, want %v", err, row.want)
			}
			if _, err := f.Open(t.Context(), key); !errors.Is(err, ErrNotFound) {
				t.Errorf("open: %v, want ErrNotFound", err)
			}
			if got := files(t, dir); len(got) != 0 {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}

// A failed replacement leaves the old content readable.
func TestFailedReplacement(t *testing.T) {
	f, _ := newFolder(t)
	key := NewKey()
	if err := f.Put(t.Context(), key, strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), key, iotest.TimeoutReader(bytes.NewReader(make([]byte, 1<<20)))); err == nil {
		t.Fatal("put of a broken reader succeeded")
	}
	if got := read(t, f, key); got != "old" {
		t.Errorf("read back %q", got)
	}
}

type badFile struct{ write, sync, closing error }

func (b badFile) Write(p []byte) (int, error) { return len(p), b.write }
func (b badFile) Sync() error                 { return b.sync }
func (b badFile) Close() error                { return b.closing }

func TestDiskFull(t *testing.T) {
	noSpace := &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	for name, w := range map[string]badFile{
		"on write": {write: noSpace},
		"on sync":  {sync: noSpace},
		"on close": {closing: noSpace},
		"quota":    {write: &fs.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := full(fill(t.Context(), w, strings.NewReader("x"))); !errors.Is(err, ErrFull) {
				t.Errorf("got %v, want ErrFull", err)
			}
		})
	}
	if err := full(fill(t.Context(), badFile{write: io.ErrClosedPipe}, strings.NewReader("x"))); errors.Is(err, ErrFull) {
		t.Errorf("another fault was called full: %v", err)
	}
}

func TestSweepAtStart(t *testing.T) {
	f, dir := newFolder(t)
	key := NewKey()
	if err := f.Put(t.Context(), key, strings.NewReader("keep")); err != nil {
		t.Fatal(err)
	}
	young, old := filepath.Join(dir, tempFolder, "put-young"), filepath.Join(dir, tempFolder, "put-old")
	for _, path := range []string{young, old} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(young)
	if err != nil {
		t.Fatal(err)
	}
	past := info.ModTime().Add(-orphanAge - time.Minute)
	for _, path := range []string{old, f.path(key)} { // a blob is kept however old it is
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewFolder(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("old orphan: %v, want it gone", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a write under way elsewhere was removed: %v", err)
	}
	if got := read(t, f, key); got != "keep" {
		t.Errorf("blob %q", got)
	}
}

func TestUnusableFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFolder(path); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestManyWritersOfOneKey(t *testing.T) {
	f, dir := newFolder(t)
	other, err := NewFolder(dir) // a second process
	if err != nil {
		t.Fatal(err)
	}
	key, content := NewKey(), strings.Repeat("photo", 10_000)
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for i := range 16 {
		wg.Go(func() {
			s := f
			if i%2 == 1 {
				s = other
			}
			errs <- s.Put(t.Context(), key, strings.NewReader(content))
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Errorf("put: %v", err)
		}
	}
	if got := read(t, f, key); got != content {
		t.Errorf("content of %d bytes, want %d", len(got), len(content))
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files %v, want one", got)
	}
}
