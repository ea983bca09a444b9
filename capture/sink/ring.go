package sink

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sonde/capture/frame"
)

// RingOptions say when a ring turns to its next file; 0 = never for that reason.
type RingOptions struct {
	// Path names the files: dir/base.ext becomes dir/base_NNNNN_YYYYmmddHHMMSS.ext.
	Path string
	// Files bounds how many files stay; the oldest is removed. 0 = all stay.
	Files    int
	FileSize int64 // bytes; a file is larger only if one record alone is
	Packets  int64
	Duration time.Duration
	Interval time.Duration // turn when the wall clock reaches a multiple of it
	// TimeFirst names files base_YYYYmmddHHMMSS_NNNNN.ext (nametimenum:2).
	TimeFirst bool
	// Perm of new files; 0 = 0600, as captures hold secrets.
	Perm os.FileMode
	// New starts the format in a fresh file.
	New func(w io.Writer) (Sink, error)
	// Opened, Closed and Removed are told the path; each may be nil.
	Opened, Closed, Removed func(path string)
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Ring is a sink that turns from file to file. The first file is made at once.
type Ring struct {
	opt     RingOptions
	nr      int // of the file that is open
	file    *os.File
	sink    Sink
	packets int64
	opened  time.Time
	kept    []string // files on disk, oldest first, the open one last
	written int64    // of closed files
	err     error
}

// maxFileNumber wraps the counter in names, as in Wireshark's ringbuf.c.
const maxFileNumber = 100000

// NewRing makes the ring and its first file.
func NewRing(opt RingOptions) (*Ring, error) {
	if opt.New == nil || opt.Path == "" {
		return nil, errors.New("make ring: no path or no format")
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Perm == 0 {
		opt.Perm = 0o600
	}
	r := &Ring{opt: opt}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// Name is the path of the n-th file (from 1), made at t.
func (o RingOptions) Name(n int, t time.Time) string {
	dir, base := filepath.Split(o.Path)
	ext := filepath.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	if stem == "" { // a name like .pcap has no extension
		stem, ext = base, ""
	}
	number, stamp := fmt.Sprintf("%05d", n%maxFileNumber), t.Format("20060102150405")
	if o.TimeFirst {
		number, stamp = stamp, number
	}
	return filepath.Join(dir, stem+"_"+number+"_"+stamp+ext)
}

// Path of the file that is being written.
func (r *Ring) Path() string {
	if len(r.kept) == 0 {
		return ""
	}
	return r.kept[len(r.kept)-1]
}

func (r *Ring) open() error {
	// Room first: never more than Files on disk.
	for r.opt.Files > 0 && len(r.kept) >= r.opt.Files {
		old := r.kept[0]
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove oldest capture file: %w", err)
		}
		r.kept = r.kept[1:]
		if r.opt.Removed != nil {
			r.opt.Removed(old)
		}
	}
	now := r.opt.Now()
	name := r.opt.Name(r.nr+1, now)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR, r.opt.Perm)
	if err != nil {
		return fmt.Errorf("open next capture file: %w", err)
	}
	s, err := r.opt.New(f)
	if err != nil {
		f.Close()
		os.Remove(name)
		return fmt.Errorf("start %s: %w", name, err)
	}
	r.nr++
	r.file, r.sink, r.packets, r.opened = f, s, 0, now
	r.kept = append(r.kept, name)
	if r.opt.Opened != nil {
		r.opt.Opened(name)
	}
	return nil
}

// shut ends the present file.
func (r *Ring) shut() error {
	if r.sink == nil {
		return nil
	}
	err := r.sink.Close()
	r.written += r.sink.Written()
	if e := r.file.Close(); err == nil && e != nil {
		err = fmt.Errorf("close capture file: %w", e)
	}
	r.sink = nil
	if r.opt.Closed != nil {
		r.opt.Closed(r.Path())
	}
	return err
}

func (r *Ring) turn() error {
	err := r.shut()
	if err == nil {
		err = r.open()
	}
	if err != nil {
		r.err = err
	}
	return err
}

// room is what one more frame takes at most, in bytes.
func room(f *frame.Frame) int64 {
	n := int64(len(f.Data)) + 32 + 4 + 4 + 8 + 12 + 12 // pcapng head and tail, padding, options
	for _, c := range f.Comments {
		n += int64(len(c)) + 8
	}
	return n
}

// Write adds a frame, in the next file if its turn has come.
func (r *Ring) Write(f *frame.Frame) error {
	if r.err != nil {
		return r.err
	}
	if r.sink == nil {
		return errShut
	}
	full := r.opt.Packets > 0 && r.packets >= r.opt.Packets
	if s, ok := r.sink.(interface{ Size() int64 }); ok && r.opt.FileSize > 0 && r.packets > 0 {
		full = full || s.Size()+room(f) > r.opt.FileSize
	}
	if full || r.due() {
		if err := r.turn(); err != nil {
			return err
		}
	}
	r.packets++
	return r.sink.Write(f)
}

func (r *Ring) due() bool {
	if r.opt.Duration <= 0 && r.opt.Interval <= 0 {
		return false
	}
	now := r.opt.Now()
	if r.opt.Duration > 0 && now.Sub(r.opened) >= r.opt.Duration {
		return true
	}
	// The wall clock may jump; only a later multiple counts.
	if i := r.opt.Interval.Nanoseconds(); i > 0 {
		return now.UnixNano()/i > r.opened.UnixNano()/i
	}
	return false
}

// Tick turns to the next file when its time has come though no frame does.
func (r *Ring) Tick() error {
	if r.err != nil || r.sink == nil || !r.due() {
		return r.err
	}
	return r.turn()
}

// Flush writes what is gathered.
func (r *Ring) Flush() error {
	if r.err != nil || r.sink == nil {
		return r.err
	}
	return r.sink.Flush()
}

// Close ends the last file.
func (r *Ring) Close() error {
	if err := r.shut(); err != nil {
		return err
	}
	return r.err
}

// Written counts the frames in all files, those removed since included.
func (r *Ring) Written() int64 {
	if r.sink == nil {
		return r.written
	}
	return r.written + r.sink.Written()
}

// Files are the files on disk, oldest first.
func (r *Ring) Files() []string { return append([]string(nil), r.kept...) }
