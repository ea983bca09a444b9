package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/source"
	"sonde/capture/store"
)

// Capture is one open capture.
type Capture struct {
	lib *Library
	id  string

	// flowMu: the learn pass writes flow in short batches; dissection of known
	// frames reads it. Lock order: mu before flowMu, never the other way.
	flowMu  sync.RWMutex
	flow    *flow.State
	engines *sync.Pool
	where   *transports
	learned atomic.Uint32 // frames 1..learned may be dissected in any order
	final   atomic.Bool   // no more frames will come

	mu       sync.Mutex // guards what follows
	path     string
	live     *Live
	liveEnd  chan struct{} // closed when the live capture ended
	status   Status
	expected int64
	store    store.Store
	close    func() error
	cancel   context.CancelFunc
	done     chan struct{} // closed when the walking and learning goroutines ended
	opened   bool
	opening  bool
	gone     bool            // deleted, or the library closed: nobody gets in any more
	run      context.Context // ends with the capture; readers stop then
	users    int
	used     time.Time
	version  uint64
	changed  chan struct{}
	wake     chan struct{} // tells the learner of new frames
	filters  map[string]*filterJob
	taps     map[tapKey]*tapJob
	values   map[string]*valueCount
}

func newCapture(l *Library, id string, m meta) *Capture {
	c := &Capture{lib: l, id: id, changed: make(chan struct{}), wake: make(chan struct{}, 1)}
	c.status = Status{ID: id, Name: m.Name, Source: m.Source, Started: m.Started, State: Indexing, Dropped: -1}
	return c
}

func (c *Capture) dir() string {
	if c.live != nil {
		return c.live.Dir
	}
	return filepath.Dir(c.path)
}

// Status is a snapshot.
func (c *Capture) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.status
	s.Version = c.version
	return s
}

// touch says that something changed. c.mu is held.
func (c *Capture) touch() {
	c.version++
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Capture) watch() (uint64, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version, c.changed
}

// grew tells of bytes that arrived.
func (c *Capture) grew(n int64) {
	c.mu.Lock()
	c.status.FileSize += n
	if s, ok := c.store.(*store.File); ok {
		s.Wake()
	}
	c.mu.Unlock()
}

// moved: the file has its final name.
func (c *Capture) moved(path string) {
	c.mu.Lock()
	c.path = path
	c.mu.Unlock()
}

// start opens the store and begins to walk and learn. ended closes when a
// growing file is whole.
func (c *Capture) start(growing bool, ended <-chan struct{}) error {
	opt := store.Options{Growing: growing, CacheDir: filepath.Dir(c.path)}
	opt.Source.Resync = true
	f, err := store.OpenFile(c.path, opt)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.lib.ctx)
	if !c.lib.enter() {
		cancel()
		f.Close()
		return ErrNotFound
	}
	c.mu.Lock()
	done := c.begin(ctx, f, f.Close, cancel)
	if growing {
		c.status.State = Receiving
	}
	c.mu.Unlock()
	go func() {
		defer c.lib.wg.Done()
		walked := make(chan error, 1)
		go func() {
			if growing {
				walked <- f.Follow(ctx, ended, c.progress)
			} else {
				walked <- f.Walk(ctx, c.progress)
			}
		}()
		c.learn(ctx, walked, func() *Damage { return fileDamage(f) })
		close(done)
	}()
	return nil
}

// begin sets up the state of an opened capture; what it returns must be closed
// when the walk and the learn pass have ended. c.mu is held.
func (c *Capture) begin(ctx context.Context, s store.Store, closer func() error, cancel context.CancelFunc) chan struct{} {
	c.run, c.store, c.close, c.cancel = ctx, s, closer, cancel
	c.flow = flow.NewState()
	c.flow.Fetch = func(n uint32) []byte {
		var f frame.Frame
		if s.Frame(n, &f) != nil {
			return nil
		}
		return f.Data
	}
	c.engines = &sync.Pool{New: func() any { return dissect.New(c.lib.opt.Config, c.flow) }}
	c.where = &transports{}
	c.learned.Store(0)
	c.final.Store(false)
	c.done = make(chan struct{})
	c.opened = true
	c.status.State, c.status.Progress = Indexing, 0
	c.filters, c.taps, c.values = map[string]*filterJob{}, map[tapKey]*tapJob{}, map[string]*valueCount{}
	return c.done
}

func fileDamage(f *store.File) *Damage {
	ds := f.Damages()
	if len(ds) == 0 {
		return nil
	}
	return damageOf(ds)
}

// damageOf tells of the first place, and of the last when there are more.
func damageOf(ds []source.Damage) *Damage {
	d := &Damage{Offset: ds[0].Offset, Packet: ds[0].Packet, Message: ds[0].Message}
	if n := len(ds); n > 1 {
		d.Message = fmt.Sprintf("%s; %d more places, the last at byte %d: %s", d.Message, n-1, ds[n-1].Offset, ds[n-1].Message)
	}
	return d
}

// progress is the walker's report.
func (c *Capture) progress(p store.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.status
	total := max(p.Size, c.expected)
	if total > 0 && s.State != Running {
		s.Progress = min(float64(p.Offset)/float64(total), 1)
	}
	if info := c.store.Info(); info != nil {
		s.Format = info.Format
		if len(info.Interfaces) > 0 {
			s.Link = info.Interfaces[0].Link.String()
		}
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// learnBatch is how many frames the learn pass takes under one lock: some
// hundred microseconds, so that pages never wait for it.
const learnBatch = 256

// learn runs the learn pass over frames as they appear, until the walk ends
// and all are learned.
func (c *Capture) learn(ctx context.Context, walked <-chan error, damage func() *Damage) {
	e := dissect.New(c.lib.opt.Config, c.flow)
	var f frame.Frame
	var bytes, first, last int64
	n := uint32(0)
	over := false
	var walkErr error
	lastTouch := time.Time{}
	report := func(end bool) {
		if !end && time.Since(lastTouch) < 50*time.Millisecond {
			return
		}
		lastTouch = time.Now()
		c.mu.Lock()
		s := &c.status
		s.Packets, s.Bytes, s.First, s.Last = int(n), bytes, first, last
		s.Damage = damage()
		if end {
			s.Progress = 1
			switch {
			case walkErr != nil && !errors.Is(walkErr, context.Canceled):
				s.State, s.Error = Failed, walkErr.Error()
			default:
				s.State = Ready
			}
		}
		c.touch()
		c.mu.Unlock()
		c.lib.bump()
	}
	for {
		total := uint32(c.store.Len())
		for n < total {
			if ctx.Err() != nil {
				break
			}
			end := min(n+learnBatch, total)
			info := c.store.Info()
			c.flowMu.Lock()
			for n < end {
				if err := c.store.Frame(n+1, &f); err != nil {
					// The bytes are gone; the frame keeps its place, empty.
					f = frame.Frame{}
				}
				n++
				f.Number = n
				bytes += int64(f.Len)
				if f.HasTime {
					if first == 0 || f.Time < first {
						first = f.Time
					}
					last = max(last, f.Time)
				}
				p := e.Dissect(&f, dissect.Request{Learn: true, Hops: true, Env: dissect.Env{Info: info}})
				c.where.add(n, entry(p))
			}
			c.flowMu.Unlock()
			c.learned.Store(n)
			report(false)
		}
		if over && n >= uint32(c.store.Len()) || ctx.Err() != nil {
			break
		}
		select {
		case walkErr = <-walked:
			over = true
			walked = nil
		case <-c.wake:
		case <-ctx.Done():
		}
	}
	if walked != nil {
		walkErr = <-walked
	}
	c.final.Store(true)
	report(true)
}

// use opens the capture if need be and keeps it open until release is called.
// The context it gives ends with the caller's, and when the capture is deleted.
func (c *Capture) use(ctx context.Context) (in context.Context, release func(), err error) {
	if err := c.acquire(ctx); err != nil {
		return nil, nil, err
	}
	in, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.run, cancel)
	return in, func() {
		stop()
		cancel()
		c.release()
	}, nil
}

func (c *Capture) acquire(ctx context.Context) error {
	c.mu.Lock()
	for c.opening {
		ch := c.changed
		c.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
		c.mu.Lock()
	}
	if c.gone {
		c.mu.Unlock()
		return fmt.Errorf("%w: %s", ErrNotFound, c.id)
	}
	c.users++
	c.used = time.Now()
	if c.opened {
		c.mu.Unlock()
		return nil
	}
	c.opening = true
	c.mu.Unlock()
	c.lib.trim(c)
	var err error
	if c.live != nil {
		err = c.startLive()
	} else {
		err = c.start(false, nil)
	}
	c.mu.Lock()
	c.opening = false
	if err != nil {
		c.users--
		c.status.State, c.status.Error = Failed, err.Error()
	}
	c.touch()
	c.mu.Unlock()
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %s: its file is gone", ErrNotFound, c.id)
	}
	return err
}

// share lets a goroutine of a user of the capture outlive him; it must call
// release. False when the capture is about to close.
func (c *Capture) share() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || !c.opened {
		return false
	}
	c.users++
	return true
}

func (c *Capture) release() {
	c.mu.Lock()
	c.users--
	c.used = time.Now()
	if c.gone && c.users == 0 {
		c.touch()
	}
	c.mu.Unlock()
}

// trim closes captures that nobody looks at, those not looked at for the
// longest time first, until there is room for one more.
func (l *Library) trim(keep *Capture) {
	l.mu.Lock()
	others := make([]*Capture, 0, len(l.items))
	for _, c := range l.items {
		if c != keep {
			others = append(others, c)
		}
	}
	l.mu.Unlock()
	type idle struct {
		c    *Capture
		used time.Time
	}
	var list []idle
	open := 0
	for _, c := range others {
		c.mu.Lock()
		if c.opened {
			open++
			if c.users == 0 && c.status.State == Ready {
				list = append(list, idle{c, c.used})
			}
		}
		c.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b idle) int { return a.used.Compare(b.used) })
	for _, i := range list {
		if open < l.opt.MaxOpen {
			return
		}
		i.c.giveBack()
		open--
	}
}

// giveBack closes an idle capture; its status stays.
func (c *Capture) giveBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.opened || c.users > 0 || c.status.State != Ready {
		return
	}
	select {
	case <-c.done:
	default:
		return // its goroutine is about to end
	}
	c.cancel()
	c.opened = false
	_ = c.close() // reading only: nothing can be lost
	c.forget()
}

// large is how many packets make it worth giving memory back to the system at
// once when a capture is closed.
const large = 200000

// forget lets go of everything that was learned. c.mu is held.
func (c *Capture) forget() {
	if c.learned.Load() > large {
		defer func() { go debug.FreeOSMemory() }()
	}
	c.store, c.flow, c.engines = nil, nil, nil
	c.filters, c.taps, c.values = nil, nil, nil
}

// shut ends the capture for good.
func (c *Capture) shut() {
	c.mu.Lock()
	c.gone = true
	for c.opening {
		ch := c.changed
		c.mu.Unlock()
		<-ch
		c.mu.Lock()
	}
	if !c.opened {
		c.touch()
		c.mu.Unlock()
		return
	}
	done, cancel := c.done, c.cancel
	c.touch()
	c.mu.Unlock()
	cancel()
	<-done
	// Whoever still reads comes to an end soon; the bytes stay until then.
	c.mu.Lock()
	for c.users > 0 {
		ch := c.changed
		c.mu.Unlock()
		<-ch
		c.mu.Lock()
	}
	c.opened = false
	_ = c.close() // reading only: nothing can be lost
	c.forget()
	c.mu.Unlock()
}

// waitLearned waits until frame n is learned or no more will come; it returns
// how many are.
func (c *Capture) waitLearned(ctx context.Context, n uint32) (uint32, error) {
	for {
		_, ch := c.watch()
		if l := c.learned.Load(); l >= n || c.final.Load() {
			return c.learned.Load(), nil
		}
		select {
		case <-ch:
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// waitAll waits until all that will come is learned; of a capture that still
// grows, what is there now.
func (c *Capture) waitAll(ctx context.Context) error {
	n := ^uint32(0)
	if s := c.Status().State; s == Running || s == Receiving {
		n = uint32(c.store.Len())
	}
	_, err := c.waitLearned(ctx, n)
	return err
}

// firstPatience is how long a page waits for the first packets of a file that
// is just being opened.
const firstPatience = 500 * time.Millisecond

// waitRows waits for frames up to n as far as they are in the store already;
// for the first ones of a file that is being opened it waits a little, for
// those of a live capture it does not: they may never come.
func (c *Capture) waitRows(ctx context.Context, n uint32) (uint32, error) {
	have := uint32(c.store.Len())
	if have > 0 {
		return c.waitLearned(ctx, min(n, have))
	}
	if c.final.Load() || c.Status().State == Running {
		return c.learned.Load(), nil
	}
	wait, cancel := context.WithTimeout(ctx, firstPatience)
	defer cancel()
	if _, err := c.waitLearned(wait, 1); err != nil && ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return c.learned.Load(), nil
}

// env is the frame's place in the capture.
func (c *Capture) env(n, prevShown uint32) dissect.Env {
	e := dissect.Env{Info: c.store.Info()}
	if h, ok := c.store.Header(1); ok && h.HasTime {
		e.First, e.HasFirst = h.Time, true
	}
	if n > 1 {
		if h, ok := c.store.Header(n - 1); ok && h.HasTime {
			e.Prev, e.HasPrev = h.Time, true
		}
	}
	if prevShown > 0 {
		if h, ok := c.store.Header(prevShown); ok && h.HasTime {
			e.PrevShown, e.HasPrevShown = h.Time, true
		}
	}
	return e
}

// dissect runs one frame; use gets the result under the read lock.
func (c *Capture) dissect(n, prevShown uint32, r dissect.Request, use func(p *dissect.Packet)) error {
	var f frame.Frame
	if err := c.store.Frame(n, &f); err != nil {
		return err
	}
	f.Number = n
	r.Env = c.env(n, prevShown)
	e := c.engines.Get().(*dissect.Engine)
	defer c.engines.Put(e)
	c.flowMu.RLock()
	defer c.flowMu.RUnlock()
	return intact(n, func() { use(e.Dissect(&f, r)) })
}

// intact runs what touches a frame's bytes. They lie in a mapped file; when
// somebody cuts the file, touching them is a fault, which the store made a
// panic of this goroutine. It costs the frame, not the program.
func intact(n uint32, f func()) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if fault, ok := r.(interface {
			runtime.Error
			Addr() uintptr
		}); !ok || fault.Addr() == 0 {
			panic(r)
		}
		err = fmt.Errorf("frame %d: %w", n, store.ErrGone)
	}()
	f()
	return nil
}
