package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// Options of OpenFile.
type Options struct {
	// Source says how to read; set Resync to go on behind damage.
	Source source.Options
	// CacheDir is where a packed file is unpacked to; "" = the system's
	// directory for temporary files.
	CacheDir string
	// Growing: a writer still appends; Follow waits for it.
	Growing bool
}

// Progress of a walk.
type Progress struct {
	Frames int
	Offset int64 // bytes read of the (unpacked) capture
	Size   int64 // bytes there are so far
	// Fraction is how much of the file is read, 0..1; of a packed file, of
	// its packed bytes.
	Fraction float64
}

// File is a store over one capture file. Frames appear while Walk or Follow
// runs; only one of them may run at a time.
type File struct {
	mapped *mapped
	cols   columns
	info   atomic.Pointer[frame.Info]
	wake   chan struct{}
	unpack *unpacking // of a packed file that is not unpacked yet

	mu      sync.Mutex // guards what follows
	walking bool
	done    bool
	damages []source.Damage

	// The walker's own.
	reader *source.Reader
	seen   uint64 // version of the published info
}

// OpenFile opens a capture file and reads its header only. An error that wraps
// source.ErrNotCapture says what the file is instead.
func OpenFile(path string, opt Options) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open capture: %w", err)
	}
	s, err := openFile(f, opt)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

func openFile(f *os.File, opt Options) (*File, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file; read it as a stream", source.ErrNotCapture)
	}
	s := &File{wake: make(chan struct{}, 1)}
	opt.Source.HeadersOnly = true
	opt.Source.Growing = opt.Growing
	var head [4]byte
	if n, err := f.ReadAt(head[:], 0); err != nil && err != io.EOF {
		return nil, err
	} else if packing := source.Compression(head[:n]); packing != "" {
		plain, u, err := unpackTo(f, st, packing, opt)
		if err != nil {
			return nil, err
		}
		s.unpack = u
		opt.Source.Growing = u != nil
		s.mapped = newMapped(plain)
		if s.reader, err = source.NewFile(plain, opt.Source); err != nil {
			if u != nil {
				u.discard()
			}
			plain.Close()
			if errors.Is(err, source.ErrNotCapture) {
				return nil, fmt.Errorf("%w (inside %s)", err, packing)
			}
			return nil, err
		}
		s.reader.Info().Compression = packing
		f.Close()
	} else {
		s.mapped = newMapped(f)
		if s.reader, err = source.NewFile(f, opt.Source); err != nil {
			return nil, err
		}
	}
	s.seen = math.MaxUint64
	s.publish()
	return s, nil
}

// Len is the number of frames so far.
func (s *File) Len() int { return s.cols.len() }

// Info is a snapshot; it says more when more of the file is read.
func (s *File) Info() *frame.Info { return s.info.Load() }

// Damages are the places where the file is not whole, as found so far.
func (s *File) Damages() []source.Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]source.Damage(nil), s.damages...)
}

// Done tells that the file is read to its end.
func (s *File) Done() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// Header is what the index knows. Process, thread and TimeRaw need Frame.
func (s *File) Header(n uint32) (h frame.Header, ok bool) {
	_, ok = s.cols.header(n, &h)
	return h, ok
}

// Frame fills f; f.Data is lent until Close. It makes faults on mapped memory
// panics in the calling goroutine (debug.SetPanicOnFault), so that bytes that
// vanish while they are used cost a frame and not the program.
func (s *File) Frame(n uint32, f *frame.Frame) error {
	flags, ok := s.cols.header(n, &f.Header)
	if !ok {
		return fmt.Errorf("frame %d: %w", n, ErrNoFrame)
	}
	f.Comments, f.Flags, f.Dropped, f.Enterprise = nil, 0, 0, 0
	dist := int(flags>>distanceShift&15) * 4
	var err error
	if f.Data, err = s.mapped.bytes(f.Offset+int64(dist), int(f.CapLen)); err != nil {
		return fmt.Errorf("frame %d: %w", n, err)
	}
	if flags&(flagOptions|flagRawTime) == 0 {
		return nil
	}
	return s.extras(f, flags, dist)
}

// extras reads what the columns have no room for from the record itself.
func (s *File) extras(f *frame.Frame, flags uint16, dist int) error {
	big := flags&flagBig != 0
	h, err := s.mapped.bytes(f.Offset, dist)
	if err != nil {
		return fmt.Errorf("frame %d: %w", f.Number, err)
	}
	if flags&flagRawTime != 0 {
		f.TimeRaw = source.Ticks(h, big)
	}
	if flags&flagOptions == 0 {
		return nil
	}
	if f.Link == frame.LinkCustomBlock {
		f.Enterprise = source.Enterprise(h, big)
		return nil
	}
	from := int64(dist) + (int64(f.CapLen)+3)&^3
	left := source.BlockSize(h, big) - from
	if left <= 4 || left > 32<<20 {
		return nil
	}
	b, err := s.mapped.bytes(f.Offset+from, int(left))
	if err != nil {
		return fmt.Errorf("frame %d: %w", f.Number, err)
	}
	source.DecodeOptions(b, big, 0, 0, f)
	return nil
}

// publish shows readers what the walker has; info first, since frames point at
// its interfaces.
func (s *File) publish() {
	if v := s.reader.InfoVersion(); v != s.seen {
		s.seen = v
		s.info.Store(snapshot(s.reader.Info()))
	}
	s.cols.publish()
}

// snapshot copies what later blocks change in place.
func snapshot(in *frame.Info) *frame.Info {
	out := *in
	out.Interfaces = append([]frame.Interface(nil), in.Interfaces...)
	return &out
}

// Wake makes a following walk look at the file at once.
func (s *File) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Walk reads the file to its end, once; it returns early only with the
// context's error or when the file cannot be read, and may then be called
// again. Damage is no error: see Damages. progress is called now and then, and
// at the end.
func (s *File) Walk(ctx context.Context, progress func(Progress)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.finish()
	if s.unpack != nil {
		return s.walkUnpacking(ctx, progress)
	}
	s.reader.Finish()
	_, err := s.walk(ctx, progress)
	return err
}

// Follow reads the file as it grows, until ended is closed (then it reads the
// rest) or the context ends. A record that is not complete yet waits.
func (s *File) Follow(ctx context.Context, ended <-chan struct{}, progress func(Progress)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.finish()
	if s.unpack != nil { // a packed file does not grow
		return s.walkUnpacking(ctx, progress)
	}
	return s.follow(ctx, ended, progress)
}

// poll is how long a follower waits when nobody wakes it.
const poll = 100 * time.Millisecond

func (s *File) follow(ctx context.Context, ended <-chan struct{}, progress func(Progress)) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		more, err := s.walk(ctx, progress)
		if err != nil || !more {
			return err
		}
		select {
		case <-ended:
			s.reader.Finish()
			_, err := s.walk(ctx, progress)
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		case <-tick.C:
		}
	}
}

func (s *File) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.walking {
		return errors.New("walk capture: another walk runs")
	}
	s.walking = true
	return nil
}

func (s *File) finish() {
	s.mu.Lock()
	s.walking = false
	s.mu.Unlock()
}

// Frames between two looks at the context and two reports; the first report
// comes soon, so that a page has rows to show.
const (
	firstBatch = 256
	batch      = 4096
)

// walk reads what is there; more tells that the file may still grow.
func (s *File) walk(ctx context.Context, progress func(Progress)) (more bool, err error) {
	var f frame.Frame
	size := s.size()
	if size < s.reader.Offset() {
		s.mapped.shrunk()
	}
	report := func() {
		s.publish()
		s.mu.Lock()
		if d := s.reader.Damages(); len(d) != len(s.damages) || len(d) > 0 {
			s.damages = append(s.damages[:0], d...)
		}
		s.mu.Unlock()
		if progress != nil {
			p := Progress{Frames: s.Len(), Offset: s.reader.Offset()}
			p.Size = max(size, p.Offset)
			switch {
			case s.unpack != nil:
				p.Fraction = s.unpack.fraction(p.Offset)
			case p.Size > 0:
				p.Fraction = float64(p.Offset) / float64(p.Size)
			}
			progress(p)
		}
	}
	for {
		n := batch
		if s.cols.filled < firstBatch {
			n = firstBatch
		}
		if err := ctx.Err(); err != nil {
			report()
			return false, err
		}
		for range n {
			err := s.reader.Next(&f)
			if err == nil {
				if s.cols.filled == math.MaxUint32 {
					report()
					return false, errors.New("walk capture: more frames than can be numbered")
				}
				s.cols.add(&f.Header, s.reader.Last())
				continue
			}
			if err == source.ErrMore {
				size = s.size()
				report()
				return true, nil
			}
			s.mu.Lock()
			s.done = true
			s.mu.Unlock()
			report()
			var d *source.Damage
			if err == io.EOF || errors.As(err, &d) {
				return false, nil
			}
			return false, err
		}
		report()
	}
}

func (s *File) size() int64 {
	st, err := s.mapped.f.Stat()
	if err != nil {
		return 0
	}
	return st.Size()
}

// Close ends the store and all bytes it lent. End a walk first.
func (s *File) Close() error {
	if s.unpack != nil {
		s.unpack.discard()
	}
	return s.mapped.close()
}
