package tshark

import (
	"io"
	"slices"
	"sync"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// feed reads frames ahead of the dissection, from one source or several, each
// on its own goroutine, and hands them on in batches: while one batch is
// worked on, the other fills. A full batch makes the sources wait, so memory
// is bounded; on a live capture the kernel's ring then fills, and what it
// drops is counted there.
type feed struct {
	mu      sync.Mutex
	filling *batch
	active  int
	err     error // of the first source that failed
	closed  bool

	working *batch
	ready   chan struct{} // the filling batch has something, or a source ended
	room    chan struct{} // the filling batch was taken
	done    sync.WaitGroup
}

// batch holds copies of frames.
type batch struct {
	items []item
	bytes []byte
}

// item is a frame and what the capture said of itself when it was read; nil
// when that is as before.
type item struct {
	frame.Frame
	info *frame.Info
}

// Bounds of one batch.
const (
	batchBytes = 4 << 20
	batchItems = 8192
)

func newFeed() *feed {
	return &feed{filling: &batch{}, working: &batch{}, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func (b *batch) full(next int) bool {
	return len(b.items) >= batchItems || len(b.items) > 0 && len(b.bytes)+next > batchBytes
}

// read starts reading a source; its frames get the interface numbers from
// first on.
func (d *feed) read(s source.Source, first uint32) {
	d.mu.Lock()
	d.active++
	d.mu.Unlock()
	d.done.Add(1)
	go func() {
		defer d.done.Done()
		err := d.pump(s, first)
		if err == io.EOF {
			err = nil
		}
		d.mu.Lock()
		d.active--
		if d.err == nil {
			d.err = err
		}
		d.mu.Unlock()
		wake(d.ready)
	}()
}

func (d *feed) pump(s source.Source, first uint32) error {
	var f frame.Frame
	var known infoSize
	for {
		if err := s.Next(&f); err != nil {
			return err
		}
		f.Interface += first
		var info *frame.Info
		if now := sizeOf(s.Info()); now != known {
			known = now
			info = cloneInfo(s.Info())
		}
		if !d.put(&f, info) {
			return nil
		}
	}
}

// put copies a frame into the batch; false when nobody wants more.
func (d *feed) put(f *frame.Frame, info *frame.Info) bool {
	d.mu.Lock()
	for d.filling.full(len(f.Data)) && !d.closed {
		d.mu.Unlock()
		<-d.room
		d.mu.Lock()
	}
	if d.closed {
		d.mu.Unlock()
		wake(d.room) // for the next who waits
		return false
	}
	b := d.filling
	if len(b.bytes)+len(f.Data) > cap(b.bytes) && len(b.items) > 0 {
		// Frames point into what is there: it may not move.
		b.bytes = make([]byte, 0, max(2*cap(b.bytes), len(f.Data), 64<<10))
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, f.Data...)
	it := item{Frame: *f, info: info}
	it.Data = b.bytes[from:len(b.bytes):len(b.bytes)]
	b.items = append(b.items, it)
	first := len(b.items) == 1
	more := !b.full(0)
	d.mu.Unlock()
	if more {
		wake(d.room)
	}
	if first {
		wake(d.ready)
	}
	return true
}

// take gives the frames that are there, an empty slice when there are none
// yet; ended tells that there will be no more, and why. The frames given
// before are no longer good.
func (d *feed) take() (items []item, ended bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.working.items, d.working.bytes = d.working.items[:0], d.working.bytes[:0]
	if len(d.filling.items) == 0 {
		return nil, d.active == 0, d.err
	}
	d.working, d.filling = d.filling, d.working
	wake(d.room)
	return d.working.items, false, nil
}

// close makes the sources' goroutines end at their next frame.
func (d *feed) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	wake(d.room)
}

// wait waits for them; a source that sits in a read must be ended first.
func (d *feed) wait() { d.done.Wait() }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// infoSize tells whether what a capture says of itself has grown.
type infoSize struct {
	interfaces, secrets, names, comments int
	application                          string
}

func sizeOf(i *frame.Info) infoSize {
	return infoSize{len(i.Interfaces), len(i.Secrets), len(i.Names), len(i.Comments), i.Application}
}

func cloneInfo(i *frame.Info) *frame.Info {
	c := *i
	c.Interfaces, c.Secrets = slices.Clone(i.Interfaces), slices.Clone(i.Secrets)
	c.Names, c.Comments = slices.Clone(i.Names), slices.Clone(i.Comments)
	return &c
}
