package demo

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// How much is kept. The file may grow to half as much again before it is shortened.
const (
	keepRecords = 2000
	keepBytes   = 16 << 20
	lineBytes   = 4 << 20 // longest line that is read back
)

// history is the list of records, in memory and in a file to which whole lines are appended.
//
// Dying in the middle of a write leaves a torn last line, which is left out at the next start.
// Shortening writes a new file and renames it, so that dying there leaves the old one.
type history struct {
	path string // "" is memory only
	log  *slog.Logger

	mu      sync.Mutex // guards what follows
	epoch   string     // names this history, so that a page knows when it is another one
	records []record
	sizes   []int // bytes of each record's line
	bytes   int
	last    int64
	file    *os.File
	torn    bool           // the last write may have stopped in the middle of a line
	clock   *time.Duration // where the clock was last set to; nil means never
	hung    bool           // no readers any more
	closed  bool
	readers map[*reader]struct{}
}

// reader is one open page.
type reader struct {
	records chan record
	poke    chan struct{} // the status has changed
	gone    chan struct{} // closed when the reader was too slow or the server stops
	once    sync.Once
}

func (r *reader) drop() { r.once.Do(func() { close(r.gone) }) }

// header is the file's first line.
type header struct {
	Epoch  string         `json:"epoch"`
	Offset *time.Duration `json:"offset,omitempty"` // of the clock, as its record may be cut off
}

func openHistory(path string, log *slog.Logger) (*history, error) {
	h := &history{path: path, log: log, epoch: rand.Text()[:10], readers: map[*reader]struct{}{}}
	if path == "" {
		return h, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	h.read(b)
	h.trim()
	if err := h.rewrite(); err != nil {
		return nil, err
	}
	return h, nil
}

// read takes what can be understood; the rest is counted and left out.
func (h *history) read(b []byte) {
	lost := 0
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, lineBytes)
	for first := true; sc.Scan(); first = false {
		text := bytes.TrimSpace(sc.Bytes())
		if len(text) == 0 {
			continue
		}
		var head header
		if first && json.Unmarshal(text, &head) == nil && head.Epoch != "" {
			h.epoch, h.clock = head.Epoch, head.Offset
			continue
		}
		var r record
		if json.Unmarshal(text, &r) != nil || r.Seq <= h.last || r.Kind == "" {
			lost++
			continue
		}
		h.keep(r, len(text)+1)
	}
	if lost > 0 || sc.Err() != nil {
		h.log.Warn("chat history was damaged", "lost_lines", lost, "cut", sc.Err() != nil)
	}
}

func (h *history) keep(r record, size int) {
	h.records = append(h.records, r)
	h.sizes = append(h.sizes, size)
	h.bytes += size
	h.last = r.Seq
	if r.Kind == kindClock {
		h.clock = &r.Offset
	}
}

// trim leaves the newest records within the bounds.
func (h *history) trim() {
	cut := 0
	for cut < len(h.records) && (len(h.records)-cut > keepRecords || h.bytes > keepBytes) {
		h.bytes -= h.sizes[cut]
		cut++
	}
	h.records = slices.Clone(h.records[cut:])
	h.sizes = slices.Clone(h.sizes[cut:])
}

// rewrite replaces the file by what is kept and opens it for appending.
func (h *history) rewrite() error {
	tmp, err := os.CreateTemp(filepath.Dir(h.path), filepath.Base(h.path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone already when all went well
	w := bufio.NewWriter(tmp)
	enc := json.NewEncoder(w)
	err = enc.Encode(header{Epoch: h.epoch, Offset: h.clock})
	for i := range h.records {
		err = errors.Join(err, enc.Encode(&h.records[i]))
	}
	err = errors.Join(err, w.Flush(), tmp.Sync(), tmp.Close())
	if err != nil {
		return fmt.Errorf("write chat history: %w", err)
	}
	if err := os.Rename(tmp.Name(), h.path); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if h.file != nil {
		h.file.Close() //nolint:errcheck // replaced; nothing was buffered
	}
	h.file, h.torn = f, false
	return nil
}

// add numbers a record, keeps it and hands it to every reader. A record that cannot be written
// is still shown; the fault is logged.
func (h *history) add(r record) record {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Seq = h.last + 1
	text, err := json.Marshal(&r)
	if err != nil {
		h.log.Error("chat history", "err", err)
		return r
	}
	h.keep(r, len(text)+1)
	h.append(append(text, '\n'))
	h.tell(r)
	return r
}

func (h *history) append(text []byte) {
	if h.file != nil && !h.closed {
		if h.torn {
			text = append([]byte{'\n'}, text...)
		}
		_, err := h.file.Write(text)
		h.torn = err != nil
		if err != nil {
			h.log.Error("write chat history", "err", err)
		}
	}
	if len(h.records) <= keepRecords*3/2 && h.bytes <= keepBytes*3/2 {
		return
	}
	h.trim()
	if h.file == nil || h.closed {
		return
	}
	if err := h.rewrite(); err != nil {
		h.log.Error("shorten chat history", "err", err)
	}
}

// tell hands a record to the readers; one that cannot keep up is dropped and comes back.
func (h *history) tell(r record) {
	for rd := range h.readers {
		select {
		case rd.records <- r:
		default:
			rd.drop()
		}
	}
}

// pass shows a record without keeping it.
func (h *history) pass(r record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell(r)
}

// poke lets every open page ask for the status again.
func (h *history) poke() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for rd := range h.readers {
		select {
		case rd.poke <- struct{}{}:
		default:
		}
	}
}

// join returns the records after a number and a reader that gets all later ones. When the
// number belongs to another history, all records are returned and fresh is true.
func (h *history) join(epoch string, after int64) (past []record, rd *reader, now string, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rd = &reader{records: make(chan record, 256), poke: make(chan struct{}, 1), gone: make(chan struct{})}
	if h.hung {
		rd.drop()
	}
	h.readers[rd] = struct{}{}
	fresh = epoch != h.epoch || after > h.last
	if fresh {
		after = 0
	}
	i, _ := slices.BinarySearchFunc(h.records, after+1, func(r record, n int64) int { return int(r.Seq - n) })
	return slices.Clone(h.records[i:]), rd, h.epoch, fresh
}

func (h *history) leave(rd *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers, rd)
}

// find returns the record of a number.
func (h *history) find(seq int64) (record, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, ok := slices.BinarySearchFunc(h.records, seq, func(r record, n int64) int { return int(r.Seq - n) })
	if !ok {
		return record{}, false
	}
	return h.records[i], true
}

// all returns every record kept.
func (h *history) all() []record {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.records)
}

// offset returns what the clock was last set to; false when it never was.
func (h *history) offset() (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clock == nil {
		return 0, false
	}
	return *h.clock, true
}

// unanswered returns what people did and no delivery has ended for.
func (h *history) unanswered() []record {
	done := map[int64]bool{}
	all := h.all()
	for _, r := range all {
		if r.Kind == kindDone {
			done[r.Re] = true
		}
	}
	return slices.DeleteFunc(all, func(r record) bool { return !r.spoken() || done[r.Seq] })
}

// hangUp ends every reader, and lets no new one in.
func (h *history) hangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hung = true
	for rd := range h.readers {
		rd.drop()
	}
}

func (h *history) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	if h.file == nil {
		return nil
	}
	return errors.Join(h.file.Sync(), h.file.Close())
}
