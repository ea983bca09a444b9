package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"sonde/capture/source"
)

// headLen bytes are unpacked before a packed file counts as opened.
const headLen = 1 << 20

// unpacking writes the plain bytes of a packed capture beside the index.
type unpacking struct {
	packed  *os.File
	in      io.ReadCloser
	out     *os.File
	part    string // path while incomplete
	final   string // path once whole
	packing string
	written atomic.Int64
	taken   atomic.Int64 // bytes of the packed file
	size    int64        // of the packed file
	ended   error        // why it ended; nil at the clean end
	over    bool
}

// unpackTo opens the plain copy of a packed file. A copy that an earlier run
// made whole is used again, and no unpacking is returned then.
func unpackTo(f *os.File, st os.FileInfo, packing string, opt Options) (*os.File, *unpacking, error) {
	dir := opt.CacheDir
	if dir == "" {
		dir = os.TempDir()
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		return nil, nil, err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", path, st.Size(), st.ModTime().UnixNano()))
	final := filepath.Join(dir, fmt.Sprintf("unpacked-%x.cap", key[:16]))
	if plain, err := os.Open(final); err == nil {
		now := time.Now()
		_ = os.Chtimes(final, now, now) // for PruneCache; no harm if it stays
		return plain, nil, nil
	}
	// A handle of its own, since the caller closes f.
	packed, err := os.Open(f.Name())
	if err != nil {
		return nil, nil, err
	}
	u := &unpacking{packed: packed, final: final, packing: packing, size: st.Size()}
	in, err := source.Unpack(packing, counter{packed, &u.taken}, opt.Source.MaxExpanded)
	if err != nil {
		packed.Close()
		return nil, nil, fmt.Errorf("%w: %w", source.ErrNotCapture, err)
	}
	out, err := os.CreateTemp(dir, "unpacking-*.cap")
	if err != nil {
		in.Close()
		packed.Close()
		return nil, nil, fmt.Errorf("unpack capture: %w", err)
	}
	u.in, u.out, u.part = in, out, out.Name()
	u.run(context.Background(), headLen, nil)
	plain, err := os.Open(u.part)
	if err != nil {
		u.discard()
		return nil, nil, err
	}
	return plain, u, nil
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// fraction is how much of the packed file is unpacked and, of that, read.
func (u *unpacking) fraction(offset int64) float64 {
	written := u.written.Load()
	if written == 0 || u.size == 0 {
		return 0
	}
	return float64(u.taken.Load()) / float64(u.size) * min(1, float64(offset)/float64(written))
}

// run unpacks up to most further bytes (0 = all). Pages of zeros become holes,
// so that a bomb of zeros takes no disk.
func (u *unpacking) run(ctx context.Context, most int64, wake func()) {
	buf := make([]byte, 256<<10)
	limit := u.written.Load() + most
	for !u.over && (most == 0 || u.written.Load() < limit) {
		if ctx.Err() != nil {
			return
		}
		n, err := readFull(u.in, buf)
		at := u.written.Load()
		if n > 0 {
			if werr := u.write(buf[:n], at); werr != nil {
				u.over, u.ended = true, fmt.Errorf("unpack capture: %w", werr)
				break
			}
			u.written.Add(int64(n))
			if wake != nil {
				wake()
			}
		}
		if err == nil {
			continue
		}
		u.over = true
		if err != io.EOF {
			u.ended = err
		}
	}
}

// readFull is io.ReadFull that leaves the stream's own error as it is.
func readFull(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	return n, err
}

var zeros [64 << 10]byte

func (u *unpacking) write(b []byte, at int64) error {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if bytes.Equal(b[:n], zeros[:n]) {
			if err := u.out.Truncate(at + int64(n)); err != nil {
				return err
			}
		} else if _, err := u.out.WriteAt(b[:n], at); err != nil {
			return err
		}
		b, at = b[n:], at+int64(n)
	}
	return nil
}

// keep gives the whole copy its lasting name.
func (u *unpacking) keep() {
	if u.over && u.ended == nil && os.Rename(u.part, u.final) == nil {
		u.part = ""
	}
	u.close()
}

func (u *unpacking) close() {
	if u.out == nil {
		return
	}
	u.in.Close()
	u.packed.Close()
	u.out.Close()
	u.out = nil
}

// discard removes an incomplete copy; maps of it stay good.
func (u *unpacking) discard() {
	u.close()
	if u.part != "" {
		os.Remove(u.part)
		u.part = ""
	}
}

// damage says why the plain bytes end too early; nil if they do not.
func (u *unpacking) damage(frames int) *source.Damage {
	if u.ended == nil {
		return nil
	}
	d := &source.Damage{Offset: u.written.Load(), Packet: frames}
	switch {
	case source.Limit(u.ended):
		d.Kind = source.ErrLimit
		d.Message = fmt.Sprintf("stopped at %d bytes: the file expands beyond the limit", d.Offset)
	case errors.Is(u.ended, io.ErrUnexpectedEOF):
		d.Kind = source.ErrCutShort
		d.Message = "the " + u.packing + " data is cut short"
	default:
		d.Kind = source.ErrCorrupt
		d.Message = fmt.Sprintf("the %s data is damaged: %v", u.packing, u.ended)
	}
	return d
}

// walkUnpacking unpacks and reads at the same time.
func (s *File) walkUnpacking(ctx context.Context, progress func(Progress)) error {
	inner, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.unpack.run(inner, 0, s.Wake)
		if s.unpack.over {
			close(ended)
		}
	}()
	err := s.follow(ctx, ended, progress)
	cancel()
	<-finished
	if err != nil || !s.unpack.over {
		return err
	}
	if d := s.unpack.damage(s.Len()); d != nil {
		s.mu.Lock()
		// The cut record at the end is the same damage seen from further in.
		if n := len(s.damages); n > 0 && s.damages[n-1].Kind == source.ErrCutShort {
			s.damages = s.damages[:n-1]
		}
		s.damages = append(s.damages, *d)
		s.mu.Unlock()
	}
	s.unpack.keep()
	if s.unpack.part == "" {
		s.unpack = nil
	}
	return nil
}

// PruneCache removes unpacked copies from a cache directory, those unused for
// longest first, until at most limit bytes stay, and what a killed run left
// there. Stores that are open keep their copies.
func PruneCache(dir string, limit int64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("prune cache: %w", err)
	}
	type copied struct {
		path string
		size int64
		used time.Time
	}
	var copies []copied
	total := int64(0)
	for _, e := range entries {
		st, err := e.Info()
		if err != nil || !st.Mode().IsRegular() {
			continue // gone meanwhile
		}
		path := filepath.Join(dir, e.Name())
		if ok, _ := filepath.Match("unpacking-*.cap", e.Name()); ok && time.Since(st.ModTime()) > time.Hour {
			os.Remove(path)
		}
		if ok, _ := filepath.Match("unpacked-*.cap", e.Name()); ok {
			copies = append(copies, copied{path, st.Size(), st.ModTime()})
			total += st.Size()
		}
	}
	slices.SortFunc(copies, func(a, b copied) int { return a.used.Compare(b.used) })
	for _, c := range copies {
		if total <= limit {
			break
		}
		if err := os.Remove(c.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("prune cache: %w", err)
		}
		total -= c.size
	}
	return nil
}
