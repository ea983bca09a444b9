package probes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sonde/probes/table"
)

const (
	// firstGap is the time between the first two samples of a collector, so
	// that rates show at once and not after a whole interval.
	firstGap = 200 * time.Millisecond
	// minInterval bounds what a client may ask for.
	minInterval = 100 * time.Millisecond
	// dutyCycle: a probe may spend 1/dutyCycle of the time sampling; a host with
	// 100,000 processes slows its own refresh down and says so.
	dutyCycle = 4
)

// Options set up a Runner.
type Options struct {
	// History keeps the "history" probe sampling all the time.
	History bool
	// Probes replaces the registered ones (tests).
	Probes []Probe
}

// Runner samples probes for whoever subscribes: one collector per (topic,
// args), shared, stopped when the last subscriber leaves.
type Runner struct {
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	version atomic.Uint64 // of tables, over all collectors: it only grows

	probes map[string]Probe

	// mu guards collectors and closed. Taken before any collector's mu.
	mu         sync.Mutex
	collectors map[string]*collector
	closed     bool
}

// NewRunner makes a runner; Close ends it.
func NewRunner(o Options) *Runner {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Runner{ctx: ctx, cancel: cancel, probes: map[string]Probe{}, collectors: map[string]*collector{}}
	list := o.Probes
	if list == nil {
		list = All()
	}
	for _, p := range list {
		r.probes[p.Name] = p
	}
	if o.History {
		// Nobody reads this subscription: it conflates, and only keeps the
		// collector alive. It ends with the runner.
		_, _ = r.Subscribe("history", nil)
	}
	return r
}

// Close stops every collector and waits for them; subscriptions end.
func (r *Runner) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.wg.Wait()
	return nil
}

// collector owns one sampler and one goroutine.
type collector struct {
	runner *Runner
	probe  Probe
	key    string
	cancel context.CancelFunc
	wake   chan struct{} // capacity 1: the interval changed

	// mu guards the rest.
	mu      sync.Mutex
	subs    map[*Subscription]struct{}
	last    *table.Table
	lastErr error
	samples int
	ended   bool
}

// Subscription receives the newest table of a topic.
type Subscription struct {
	c          *collector
	ch         chan *table.Table
	interval   time.Duration // guarded by c.mu
	minSamples int
	err        error // why it ended; guarded by c.mu
	closed     bool  // guarded by c.mu
}

// Subscribe joins or starts the collector of (topic, args). The error is that of
// the probe's New: bad arguments, no permission, not supported here.
func (r *Runner) Subscribe(topic string, args Args) (*Subscription, error) {
	return r.subscribe(topic, args, 1)
}

func (r *Runner) subscribe(topic string, args Args, minSamples int) (*Subscription, error) {
	p, ok := r.probes[topic]
	if !ok {
		return nil, fmt.Errorf("subscribe %q: %w", topic, ErrNoProbe)
	}
	if p.Rates && minSamples > 1 {
		minSamples = 2
	} else {
		minSamples = 1
	}
	key, own := p.key(args)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fmt.Errorf("subscribe %s: %w", topic, ErrClosed)
	}
	s := &Subscription{ch: make(chan *table.Table, 1), interval: p.Interval, minSamples: minSamples}
	if c := r.collectors[key]; c != nil && c.join(s) {
		return s, nil
	}
	sampler, err := p.New(own)
	if err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", topic, err)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	c := &collector{runner: r, probe: p, key: key, cancel: cancel,
		wake: make(chan struct{}, 1), subs: map[*Subscription]struct{}{s: {}}}
	s.c = c
	r.collectors[key] = c
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		c.run(ctx, sampler)
	}()
	return s, nil
}

// Once gives one good table: a running collector's newest, or a fresh one
// (rates take two reads 200 ms apart).
func (r *Runner) Once(ctx context.Context, topic string, args Args) (*table.Table, error) {
	s, err := r.subscribe(topic, args, 2)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	select {
	case t, ok := <-s.C():
		if !ok {
			if err := s.Err(); err != nil {
				return nil, fmt.Errorf("sample %s: %w", topic, err)
			}
			return nil, fmt.Errorf("sample %s: %w", topic, ErrClosed)
		}
		if err := s.Err(); err != nil && len(t.Columns) == 0 {
			return nil, fmt.Errorf("sample %s: %w", topic, err)
		}
		return t, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("sample %s: %w", topic, ctx.Err())
	}
}

// join adds s; false when the collector has just ended.
func (c *collector) join(s *Subscription) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	s.c = c
	c.subs[s] = struct{}{}
	if c.last != nil && c.samples >= s.minSamples {
		s.put(c.last)
	}
	c.poke()
	return true
}

func (c *collector) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// interval is the shortest any subscriber wants.
func (c *collector) interval() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := time.Duration(0)
	for s := range c.subs {
		if d == 0 || s.interval < d {
			d = s.interval
		}
	}
	if d == 0 {
		d = c.probe.Interval
	}
	return d
}

// run samples until the context ends or the thing is gone.
func (c *collector) run(ctx context.Context, sampler Sampler) {
	var end error
	defer func() {
		_ = sampler.Close()
		c.end(end)
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		t, err := sampler.Sample(began)
		took := time.Since(began)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, ErrGone) {
			end = err
			return
		}
		wait := c.interval()
		if floor := took * dutyCycle; floor > wait {
			wait = floor
			if t != nil {
				t.Notes = append(slices.Clip(t.Notes), table.Note{Code: "slowed",
					Text: fmt.Sprintf("One reading takes %v: refreshed every %v.", took.Round(time.Millisecond), wait.Round(10*time.Millisecond))})
			}
		}
		if n == 0 && c.probe.Rates {
			wait = max(firstGap, took*2)
		}
		c.publish(t, err)
		next := began.Add(wait)
		timer.Reset(time.Until(next))
		// A changed interval takes effect at once, measured from this sample.
	waiting:
		for {
			select {
			case <-ctx.Done():
				return
			case <-c.wake:
				if n == 0 && c.probe.Rates {
					continue
				}
				timer.Reset(time.Until(began.Add(max(c.interval(), took*dutyCycle))))
			case <-timer.C:
				timer.Reset(0)
				break waiting
			}
		}
	}
}

// publish hands a new table to all subscribers. After an error they get the last
// one again with a note, so that what stands on the page is known to be old.
func (c *collector) publish(t *table.Table, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastErr = err
	if err != nil {
		stale := table.Table{}
		if c.last != nil {
			stale = *c.last
			stale.Notes = nil
			for _, n := range c.last.Notes {
				if n.Code != "stale" {
					stale.Notes = append(stale.Notes, n)
				}
			}
		}
		stale.Notes = append(stale.Notes, table.Note{Code: "stale", Text: "The last reading failed: " + err.Error() + "."})
		t = &stale
		c.samples = max(c.samples, 1)
	}
	t.Version = c.runner.version.Add(1)
	c.last = t
	c.samples++
	for s := range c.subs {
		if c.samples >= s.minSamples {
			s.put(t)
		}
	}
}

// end closes all subscriptions. Called by the goroutine that runs the collector.
func (c *collector) end(err error) {
	c.runner.forget(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for s := range c.subs {
		s.err = err
		s.closed = true
		close(s.ch)
	}
	clear(c.subs)
}

func (r *Runner) forget(c *collector) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.collectors[c.key] == c {
		delete(r.collectors, c.key)
	}
}

// put replaces an unread table by t. The caller holds c.mu, so there is one
// writer; the reader may take the old one in between.
func (s *Subscription) put(t *table.Table) {
	select {
	case <-s.ch:
	default:
	}
	s.ch <- t
}

// C delivers the newest table; an unread older one is replaced. It is closed
// when the subscription ends; Err then says why.
func (s *Subscription) C() <-chan *table.Table { return s.ch }

// Err is why the subscription ended, or the last reading's failure (nil after a
// good one).
func (s *Subscription) Err() error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return s.c.lastErr
}

// SetInterval asks for another refresh; the shortest of all subscribers wins.
// Zero restores the probe's own.
func (s *Subscription) SetInterval(d time.Duration) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if d <= 0 {
		d = s.c.probe.Interval
	}
	s.interval = max(d, minInterval)
	s.c.poke()
}

// Close leaves; the collector stops with its last subscriber. It may be called
// twice and does not wait for a sample in progress (Runner.Close does).
func (s *Subscription) Close() {
	c := s.c
	// The runner's lock first: no one may join between "empty" and "forgotten".
	c.runner.mu.Lock()
	defer c.runner.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	delete(c.subs, s)
	close(s.ch)
	if len(c.subs) == 0 {
		c.ended = true
		if c.runner.collectors[c.key] == c {
			delete(c.runner.collectors, c.key)
		}
		c.cancel()
	} else {
		c.poke()
	}
}
