package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// Segments is one capture in several files, numbered through. Only the last
// file may grow: Follow reads each to its end before it turns to the next.
type Segments struct {
	opt  Options
	list atomic.Pointer[[]*segment]
	info atomic.Pointer[frame.Info]
	wake chan struct{}

	mu      sync.Mutex // guards what follows
	closed  bool
	known   map[interfaceKey]uint32
	damages []SegmentDamage
}

type segment struct {
	file *File
	path string
	base uint32       // frames before it
	had  atomic.Int64 // frames, once it is gone
	gone atomic.Bool
	// ifaces maps the file's interfaces to the capture's.
	ifaces atomic.Pointer[[]uint32]
}

func (s *segment) len() int {
	n := s.file.Len()
	if s.gone.Load() {
		n = int(s.had.Load())
	}
	return n
}

// SegmentDamage is damage in one of the files; Packet counts through.
type SegmentDamage struct {
	Path string
	source.Damage
}

type interfaceKey struct {
	name   string
	link   frame.LinkType
	snap   uint32
	digits uint8
}

// NewSegments makes an empty store; opt is for every file.
func NewSegments(opt Options) *Segments {
	s := &Segments{opt: opt, wake: make(chan struct{}, 1), known: map[interfaceKey]uint32{}}
	s.opt.Growing = true
	s.list.Store(&[]*segment{})
	s.info.Store(&frame.Info{})
	return s
}

// Wake makes Follow look for new bytes and files at once.
func (s *Segments) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Follow reads the files that list names, in its order, until ended is closed
// and all is read, or the context ends. A later call of list may name more
// files at the end. Files that it names no more, as a ring removes them, are
// dropped: their frames become ErrGone, later ones keep their numbers. A file
// that holds no whole header yet is waited for, unless another comes after it.
func (s *Segments) Follow(ctx context.Context, list func() ([]string, error), ended <-chan struct{}, progress func(Progress)) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	read := map[string]bool{}
	var current *segment
	total := Progress{}
	for {
		// Asked before the list, so that files made until then are seen.
		final := isClosed(ended)
		names, err := list()
		if err != nil {
			return fmt.Errorf("list capture files: %w", err)
		}
		s.dropMissing(names, current)
		later := ""
		for _, n := range names {
			if !read[n] {
				later = n
				break
			}
		}
		if current != nil {
			if later != "" || final {
				current.file.reader.Finish()
			}
			more, err := current.file.walk(ctx, func(p Progress) {
				s.refresh(current)
				if progress != nil {
					progress(Progress{s.Len(), total.Offset + p.Offset, total.Size + p.Size, p.Fraction})
				}
			})
			if err != nil {
				return err
			}
			if !more {
				at := current.file.reader.Offset()
				total.Offset, total.Size = total.Offset+at, total.Size+at
				s.keepDamages(current)
				current = nil
			}
		}
		if current == nil && later != "" {
			seg, err := s.open(later)
			switch {
			case err == nil:
				read[later] = true
				current = seg
				continue
			case final || later != names[len(names)-1]:
				read[later] = true
				s.mu.Lock()
				s.damages = append(s.damages, SegmentDamage{later, source.Damage{Packet: s.Len(), Message: err.Error(), Kind: source.ErrCorrupt}})
				s.mu.Unlock()
				continue
			}
		}
		if current == nil && later == "" && final {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		case <-tick.C:
		case <-done(ended, final):
		}
	}
}

// dropMissing drops files that are not named, except the one being read.
func (s *Segments) dropMissing(names []string, current *segment) {
	for _, seg := range *s.list.Load() {
		if seg != current && !seg.gone.Load() && !slices.Contains(names, seg.path) {
			seg.had.Store(int64(seg.file.Len()))
			seg.gone.Store(true)
			seg.file.cols.drop()
			_ = seg.file.mapped.drop() // of a file that was only read
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// done waits for the end only until it was seen.
func done(c <-chan struct{}, seen bool) <-chan struct{} {
	if seen {
		return nil
	}
	return c
}

func (s *Segments) open(path string) (*segment, error) {
	f, err := OpenFile(path, s.opt)
	if err != nil {
		return nil, err
	}
	if f.unpack != nil {
		f.Close()
		return nil, errors.New("a live segment may not be packed")
	}
	seg := &segment{file: f, path: path, base: uint32(s.Len())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		f.Close()
		return nil, ErrClosed
	}
	s.mergeLocked(seg)
	grown := append(append([]*segment(nil), *s.list.Load()...), seg)
	s.list.Store(&grown)
	return seg, nil
}

// refresh takes over interfaces that showed up since.
func (s *Segments) refresh(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mergeLocked(seg)
}

func (s *Segments) mergeLocked(seg *segment) {
	in := seg.file.Info()
	old := s.info.Load()
	out := *old
	out.Interfaces = append([]frame.Interface(nil), old.Interfaces...)
	if len(*s.list.Load()) == 0 || out.Format == "" {
		interfaces := out.Interfaces
		out = *in
		out.Interfaces = interfaces
	}
	ids := make([]uint32, len(in.Interfaces))
	for i, f := range in.Interfaces {
		key := interfaceKey{f.Name, f.Link, f.SnapLen, f.TimeDigits}
		id, ok := s.known[key]
		if !ok {
			id = uint32(len(out.Interfaces))
			s.known[key] = id
			out.Interfaces = append(out.Interfaces, f)
		}
		// Counters in a later file count on from the first.
		to := &out.Interfaces[id]
		to.Drops, to.Received = max(to.Drops, f.Drops), max(to.Received, f.Received)
		ids[i] = id
	}
	seg.ifaces.Store(&ids)
	s.info.Store(&out)
}

func (s *Segments) keepDamages(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range seg.file.Damages() {
		d.Packet += int(seg.base)
		s.damages = append(s.damages, SegmentDamage{seg.path, d})
	}
}

// Damages are the places where files are not whole.
func (s *Segments) Damages() []SegmentDamage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SegmentDamage(nil), s.damages...)
}

// Len is the number of frames so far.
func (s *Segments) Len() int {
	list := *s.list.Load()
	if len(list) == 0 {
		return 0
	}
	last := list[len(list)-1]
	return int(min(int64(last.base)+int64(last.len()), math.MaxUint32))
}

// Info is a snapshot, of the first file and of all interfaces.
func (s *Segments) Info() *frame.Info { return s.info.Load() }

// First is the number of the first frame that was not dropped; Len + 1 if none is left.
func (s *Segments) First() uint32 {
	for _, seg := range *s.list.Load() {
		if !seg.gone.Load() {
			return seg.base + 1
		}
	}
	return uint32(s.Len()) + 1
}

// find gives the file of frame n and its number there.
func (s *Segments) find(n uint32) (*segment, uint32) {
	list := *s.list.Load()
	i := sort.Search(len(list), func(i int) bool { return list[i].base >= n }) - 1
	if n == 0 || i < 0 {
		return nil, 0
	}
	return list[i], n - list[i].base
}

// Header is what the index knows; Offset counts in the frame's own file.
func (s *Segments) Header(n uint32) (frame.Header, bool) {
	seg, k := s.find(n)
	if seg == nil {
		return frame.Header{}, false
	}
	h, ok := seg.file.Header(k)
	if ok {
		s.renumber(seg, n, &h)
	}
	return h, ok
}

// Frame fills f; its bytes are lent until Close.
func (s *Segments) Frame(n uint32, f *frame.Frame) error {
	seg, k := s.find(n)
	if seg == nil {
		return fmt.Errorf("frame %d: %w", n, ErrNoFrame)
	}
	if err := seg.file.Frame(k, f); err != nil {
		if seg.gone.Load() {
			return fmt.Errorf("frame %d: %w", n, ErrGone)
		}
		return err
	}
	s.renumber(seg, n, &f.Header)
	return nil
}

func (s *Segments) renumber(seg *segment, n uint32, h *frame.Header) {
	h.Number = n
	ids := *seg.ifaces.Load()
	if int(h.Interface) >= len(ids) {
		s.refresh(seg)
		ids = *seg.ifaces.Load()
	}
	if int(h.Interface) < len(ids) {
		h.Interface = ids[h.Interface]
	}
}

// File tells where frame n lies.
func (s *Segments) File(n uint32) (path string, ok bool) {
	seg, k := s.find(n)
	if seg == nil || int(k) > seg.len() {
		return "", false
	}
	return seg.path, true
}

// Close ends the store and all bytes it lent. End Follow first.
func (s *Segments) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var first error
	for _, seg := range *s.list.Load() {
		if err := seg.file.Close(); first == nil {
			first = err
		}
	}
	return first
}
