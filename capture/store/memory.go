package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// slabLen bytes are allocated at a time for packets; slabs never move.
const slabLen = 1 << 20

// rowCost is charged to the budget for every frame besides its bytes.
const rowCost = 40

// Memory keeps copies of frames: for pipes and tests.
type Memory struct {
	cols columns
	info atomic.Pointer[frame.Info]

	mu     sync.RWMutex // guards what follows; one writer, many readers
	slabs  [][]byte
	extras map[uint32]extra
	closed bool

	// The writer's own.
	budget, used int64
	damages      []source.Damage
}

// extra is what few frames have.
type extra struct {
	comments          []string
	flags, enterprise uint32
	dropped, raw      uint64
	pid, tid          uint32
}

// NewMemory makes a store that holds at most budget bytes (0 = no bound).
func NewMemory(budget int64) *Memory {
	if budget <= 0 {
		budget = math.MaxInt64
	}
	m := &Memory{budget: budget, extras: map[uint32]extra{}}
	m.info.Store(&frame.Info{})
	return m
}

// Append copies a frame to the end and shows it to readers at once. An error
// that wraps ErrBudget leaves the store as it was.
func (m *Memory) Append(f *frame.Frame) error {
	cost := rowCost + int64(len(f.Data))
	for _, c := range f.Comments {
		cost += int64(len(c)) + 64
	}
	if m.used+cost > m.budget {
		return fmt.Errorf("keep frame %d: %w (%d bytes)", m.cols.filled+1, ErrBudget, m.budget)
	}
	if m.cols.filled == math.MaxUint32 {
		return errors.New("keep frame: more frames than can be numbered")
	}
	m.used += cost
	h := f.Header
	h.CapLen = uint32(len(f.Data))
	n := uint32(m.cols.filled + 1)
	m.mu.Lock()
	last := len(m.slabs) - 1
	if last < 0 || cap(m.slabs[last])-len(m.slabs[last]) < len(f.Data) {
		size := slabLen
		if last < 0 {
			size = 64 << 10 // small captures stay small
		}
		m.slabs = append(m.slabs, make([]byte, 0, max(size, len(f.Data))))
		last++
	}
	slab := m.slabs[last]
	h.Offset = int64(last)<<32 | int64(len(slab))
	m.slabs[last] = append(slab, f.Data...)
	x := extra{append([]string(nil), f.Comments...), f.Flags, f.Enterprise, f.Dropped, f.TimeRaw, f.PID, f.TID}
	rec := source.Record{}
	if len(x.comments) > 0 || x.flags|x.enterprise|x.pid|x.tid != 0 || x.dropped|x.raw != 0 {
		rec.Options = true
		m.extras[n] = x
	}
	m.mu.Unlock()
	m.cols.add(&h, rec)
	m.cols.publish()
	return nil
}

// Fill appends all frames of a source until its end, the context's, or an
// error; damage is kept for Damages and is no error.
func (m *Memory) Fill(ctx context.Context, s source.Source) error {
	seen := -1
	var f frame.Frame
	for ctx.Err() == nil {
		err := s.Next(&f)
		// Interfaces may come at any time; a change of their statistics shows
		// at the end.
		if in := s.Info(); err != nil || len(in.Interfaces)+len(in.Names)+len(in.Secrets) != seen {
			seen = len(in.Interfaces) + len(in.Names) + len(in.Secrets)
			m.SetInfo(in)
		}
		if err == nil {
			err = m.Append(&f)
		}
		if err == nil {
			continue
		}
		m.mu.Lock()
		m.damages = append([]source.Damage(nil), source.Damages(s)...)
		m.mu.Unlock()
		var d *source.Damage
		if err == io.EOF || errors.As(err, &d) {
			return nil
		}
		return err
	}
	return ctx.Err()
}

// SetInfo publishes what the capture says of itself.
func (m *Memory) SetInfo(in *frame.Info) { m.info.Store(snapshot(in)) }

// Damages of the filled source.
func (m *Memory) Damages() []source.Damage {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return append([]source.Damage(nil), m.damages...)
}

// Len is the number of frames so far.
func (m *Memory) Len() int { return m.cols.len() }

// Info is a snapshot.
func (m *Memory) Info() *frame.Info { return m.info.Load() }

// Header is all but the process, thread and TimeRaw; Offset is 0, since the
// frame lies in no file.
func (m *Memory) Header(n uint32) (h frame.Header, ok bool) {
	_, ok = m.cols.header(n, &h)
	h.Offset = 0
	return h, ok
}

// Frame fills f; its bytes stay good as long as anybody holds them.
func (m *Memory) Frame(n uint32, f *frame.Frame) error {
	flags, ok := m.cols.header(n, &f.Header)
	if !ok {
		return fmt.Errorf("frame %d: %w", n, ErrNoFrame)
	}
	slab, at := f.Offset>>32, int(f.Offset&math.MaxUint32)
	f.Offset = 0
	f.Comments, f.Flags, f.Dropped, f.Enterprise = nil, 0, 0, 0
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return fmt.Errorf("frame %d: %w", n, ErrClosed)
	}
	end := at + int(f.CapLen)
	f.Data = m.slabs[slab][at:end:end]
	if flags&flagOptions != 0 {
		x := m.extras[n]
		f.Comments, f.Flags, f.Enterprise, f.Dropped = x.comments, x.flags, x.enterprise, x.dropped
		f.TimeRaw, f.PID, f.TID = x.raw, x.pid, x.tid
	}
	return nil
}

// Close drops the frames.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.slabs, m.extras = nil, nil
	return nil
}
