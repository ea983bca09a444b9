package session

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/source"
)

// Options of a Library.
type Options struct {
	// MaxOpen is how many captures stay open without anybody looking; 0 = 4.
	MaxOpen int
	Config  *dissect.Config // nil = defaults
}

// Library is the set of captures of one data folder, and the live captures
// that somebody else writes there.
type Library struct {
	dir string
	opt Options

	mu      sync.Mutex // guards what follows
	items   map[string]*Capture
	version uint64
	changed chan struct{}
	closed  bool
	wg      sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
}

// meta is what stands beside a capture file.
type meta struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Started int64  `json:"started"`
}

const (
	capturesDir = "captures"
	dataName    = "capture"
	partName    = "capture.part"
	metaName    = "meta.json"
)

// NewLibrary opens the captures of a data folder. Half-received uploads of an
// earlier run are removed.
func NewLibrary(dir string, opt Options) (*Library, error) {
	if opt.MaxOpen == 0 {
		opt.MaxOpen = 4
	}
	if opt.Config == nil {
		opt.Config = dissect.NewConfig()
	}
	l := &Library{dir: filepath.Join(dir, capturesDir), opt: opt, items: map[string]*Capture{}, changed: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, fmt.Errorf("open library: %w", err)
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, fmt.Errorf("open library: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || !validID(e.Name()) {
			continue
		}
		at := filepath.Join(l.dir, e.Name())
		st, err := os.Stat(filepath.Join(at, dataName))
		if err != nil {
			os.RemoveAll(at)
			continue
		}
		m := meta{Name: e.Name(), Source: "upload"}
		if b, err := os.ReadFile(filepath.Join(at, metaName)); err == nil {
			_ = json.Unmarshal(b, &m) // a torn note loses the name, not the capture
		}
		c := newCapture(l, e.Name(), m)
		c.path = filepath.Join(at, dataName)
		c.status.FileSize = st.Size()
		c.status.State = Ready
		c.status.Progress = 1
		l.items[c.id] = c
	}
	return l, nil
}

// Close ends all work and waits for it.
func (l *Library) Close() error {
	l.mu.Lock()
	l.closed = true
	items := make([]*Capture, 0, len(l.items))
	for _, c := range l.items {
		items = append(items, c)
	}
	l.mu.Unlock()
	l.cancel()
	for _, c := range items {
		c.shut()
	}
	l.wg.Wait()
	return nil
}

// enter counts a goroutine of the library in, unless it is closed; the
// goroutine ends with wg.Done.
func (l *Library) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.wg.Add(1)
	return true
}

func validID(s string) bool {
	if len(s) < 4 || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func newID() string { return strings.ToLower(rand.Text()[:16]) }

// List gives the captures, the newest first.
func (l *Library) List() []Status {
	l.mu.Lock()
	items := make([]*Capture, 0, len(l.items))
	for _, c := range l.items {
		items = append(items, c)
	}
	l.mu.Unlock()
	out := make([]Status, 0, len(items))
	for _, c := range items {
		out = append(out, c.Status())
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Started != out[j].Started {
			return out[i].Started > out[j].Started
		}
		return out[i].ID < out[j].ID
	})
	return out
}

func (l *Library) get(id string) (*Capture, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.items[id]
	if c == nil {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return c, nil
}

// Status of one capture.
func (l *Library) Status(id string) (Status, error) {
	c, err := l.get(id)
	if err != nil {
		return Status{}, err
	}
	return c.Status(), nil
}

func (l *Library) bump() {
	l.mu.Lock()
	l.version++
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
}

func (l *Library) watch() (uint64, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version, l.changed
}

// sniff is how many bytes must have arrived before a capture is recognised: a
// pcapng section header without options (a pcap header has 24).
const sniff = 28

// sectionLen is the length of a pcapng section header that begins with b, 0
// for other data and for lengths that no honest one has.
func sectionLen(b []byte) int {
	if len(b) < sniff || string(b[:4]) != "\n\r\r\n" {
		return 0
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if b[8] == 0x1a { // the byte-order magic 0x1a2b3c4d, big-endian
		n = binary.BigEndian.Uint32(b[4:])
	}
	if n > 256<<10 {
		return 0
	}
	return int(n)
}

// Import stores a capture that arrives as a stream; it can be looked at while
// the rest is still coming. It returns when all is stored. What is no capture
// leaves nothing behind.
func (l *Library) Import(ctx context.Context, name string, r io.Reader, size int64) (Status, error) {
	id := newID()
	at := filepath.Join(l.dir, id)
	if err := os.Mkdir(at, 0o700); err != nil {
		return Status{}, fmt.Errorf("store capture: %w", err)
	}
	st, err := l.receive(ctx, id, at, name, r, size)
	if err != nil {
		l.mu.Lock()
		c := l.items[id]
		delete(l.items, id)
		l.mu.Unlock()
		if c != nil {
			c.shut()
		}
		os.RemoveAll(at)
		l.bump()
	}
	return st, err
}

func (l *Library) receive(ctx context.Context, id, at, name string, r io.Reader, size int64) (Status, error) {
	f, err := os.OpenFile(filepath.Join(at, partName), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return Status{}, fmt.Errorf("store capture: %w", err)
	}
	defer f.Close()
	m := meta{Name: name, Source: "upload", Started: time.Now().UnixNano()}
	head := make([]byte, sniff)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Status{}, fmt.Errorf("receive capture: %w", err)
	}
	if more := sectionLen(head[:n]) - n; more > 0 {
		// A section header is recognised as a whole only.
		head = append(head, make([]byte, more)...)
		k, err := io.ReadFull(r, head[n:])
		if n += k; err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return Status{}, fmt.Errorf("receive capture: %w", err)
		}
	}
	if _, err := f.Write(head[:n]); err != nil {
		return Status{}, fmt.Errorf("store capture: %w", err)
	}
	packed := source.Compression(head[:min(n, 4)]) != ""
	c := newCapture(l, id, m)
	c.path = f.Name()
	c.status.FileSize, c.expected = int64(n), size
	ended := make(chan struct{})
	started := false
	if !packed {
		// Recognised from its first bytes, so that it opens while it arrives.
		if err := c.start(true, ended); err != nil {
			return Status{}, asNotCapture(err)
		}
		started = true
		l.add(c)
	}
	err = l.copy(ctx, c, f, r)
	close(ended)
	if err != nil {
		return Status{}, err
	}
	if err := writeMeta(at, m); err != nil {
		return Status{}, err
	}
	final := filepath.Join(at, dataName)
	if err := os.Rename(f.Name(), final); err != nil {
		return Status{}, fmt.Errorf("store capture: %w", err)
	}
	c.moved(final)
	if !started {
		if err := c.start(false, nil); err != nil {
			return Status{}, asNotCapture(err)
		}
		l.add(c)
	}
	return c.Status(), nil
}

func asNotCapture(err error) error {
	if errors.Is(err, source.ErrNotCapture) {
		return fmt.Errorf("%w: %w", ErrNotCapture, err)
	}
	return err
}

func (l *Library) copy(ctx context.Context, c *Capture, w io.Writer, r io.Reader) error {
	buf := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("receive capture: %w", err)
		}
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return fmt.Errorf("store capture: %w", err)
			}
			c.grew(int64(n))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive capture: %w", err)
		}
	}
}

func (l *Library) add(c *Capture) {
	l.mu.Lock()
	l.items[c.id] = c
	l.mu.Unlock()
	l.trim(c)
	l.bump()
}

func writeMeta(dir string, m meta) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, metaName+".new")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("store capture: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, metaName)); err != nil {
		return fmt.Errorf("store capture: %w", err)
	}
	return nil
}

// Delete removes a capture and its file. A live capture must be stopped first.
func (l *Library) Delete(id string) error {
	c, err := l.get(id)
	if err != nil {
		return err
	}
	if c.Status().State == Running {
		return fmt.Errorf("delete capture: it is still running; stop it first")
	}
	l.mu.Lock()
	delete(l.items, id)
	l.mu.Unlock()
	c.shut()
	c.mu.Lock()
	dir := c.dir()
	c.mu.Unlock()
	l.bump()
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("delete capture: %w", err)
	}
	return nil
}
