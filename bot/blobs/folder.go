package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const (
	folderMode = 0o700
	tempFolder = "tmp"
	// A write that is under way is far younger than this; an older temporary file was left
	// by a process that died.
	orphanAge = time.Hour
)

// Folder is a Store of plain files below one folder, which several processes may share.
// A blob is at <first two characters of the key>/<key>. Create it with NewFolder.
type Folder struct {
	dir    string
	shards sync.Map // name → struct{}: known to be on disk
}

var _ Store = (*Folder)(nil)

// NewFolder opens the folder, making it (readable by its owner only) where it is missing, and
// removes what writes that died more than an hour ago left behind. It fails when the folder
// cannot be written, so that a wrong path shows at start and not with the first photo.
func NewFolder(dir string) (*Folder, error) {
	temp := filepath.Join(dir, tempFolder)
	if err := os.MkdirAll(temp, folderMode); err != nil {
		return nil, fmt.Errorf("make blob folder: %w", err)
	}
	f := &Folder{dir: dir}
	if err := f.sweep(); err != nil {
		return nil, fmt.Errorf("tidy blob folder: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return nil, fmt.Errorf("sync blob folder: %w", err)
	}
	// The parent may be out of our reach, such as a mount point; then it was there before us.
	if err := syncDir(filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("sync blob folder: %w", err)
	}
	return f, nil
}

// sweep removes orphaned temporary files. Their age is measured against a file written just
// now, by the file system's own clock, which is the right one on a shared disk too.
func (f *Folder) sweep() error {
	temp := filepath.Join(f.dir, tempFolder)
	probe, err := os.CreateTemp(temp, "probe-*")
	if err != nil {
		return fmt.Errorf("try to write: %w", err)
	}
	defer os.Remove(probe.Name()) //nolint:errcheck // a probe left behind is swept next time
	info, err := probe.Stat()
	if err := errors.Join(err, probe.Close()); err != nil {
		return fmt.Errorf("look at probe: %w", err)
	}
	entries, err := os.ReadDir(temp)
	if err != nil {
		return fmt.Errorf("list temporary files: %w", err)
	}
	for _, e := range entries {
		old, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process was quicker
		}
		if err != nil {
			return fmt.Errorf("look at temporary file: %w", err)
		}
		if !old.Mode().IsRegular() || info.ModTime().Sub(old.ModTime()) < orphanAge {
			continue
		}
		if err := os.Remove(filepath.Join(temp, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove temporary file: %w", err)
		}
	}
	return nil
}

// Put writes a temporary file, forces it to disk, and gives it its name in one step. Dying
// anywhere before that leaves only a temporary file.
func (f *Folder) Put(ctx context.Context, key string, r io.Reader) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	shard, err := f.shard(key)
	if err != nil {
		return fmt.Errorf("put blob: %w", full(err))
	}
	temp, err := os.CreateTemp(filepath.Join(f.dir, tempFolder), "put-*") // mode 0600
	if err != nil {
		return fmt.Errorf("put blob: %w", full(err))
	}
	err = fill(ctx, temp, r)
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(shard, key))
	}
	if err != nil {
		os.Remove(temp.Name()) //nolint:errcheck // what stays is swept at the next start
		return fmt.Errorf("put blob: %w", full(err))
	}
	if err := syncDir(shard); err != nil {
		return fmt.Errorf("put blob: %w", full(err))
	}
	return nil
}

// Open reads the blob from its file.
func (f *Folder) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := CheckKey(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	file, err := os.Open(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return file, nil
}

// Delete removes the file; a reader that has it open may finish.
func (f *Folder) Delete(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	err := os.Remove(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	if err := syncDir(filepath.Dir(f.path(key))); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func (f *Folder) path(key string) string {
	return filepath.Join(f.dir, key[:2], key)
}

// shard makes the key's sub-folder and sees that it is on disk before it is first used.
func (f *Folder) shard(key string) (string, error) {
	name := key[:2]
	dir := filepath.Join(f.dir, name)
	if _, known := f.shards.Load(name); known {
		return dir, nil
	}
	if err := os.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if err := syncDir(f.dir); err != nil {
		return "", err
	}
	f.shards.Store(name, struct{}{})
	return dir, nil
}

// file is the part of *os.File that fill needs.
type file interface {
	io.WriteCloser
	Sync() error
}

// fill copies r into w, forces it to disk and closes w in every case.
func fill(ctx context.Context, w file, r io.Reader) error {
	_, err := io.Copy(w, &stoppable{ctx: ctx, r: r})
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

// stoppable stops reading when ctx ends.
type stoppable struct {
	ctx context.Context // of one Put
	r   io.Reader
}

func (s *stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(b)
}

// full adds ErrFull to an error of a disk or quota that is used up.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// syncDir forces a folder's entries to disk. Windows has no such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
