package session

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"sonde/capture/dfilter"
	"sonde/capture/dissect"
	"sonde/capture/frame"
)

// FilterCheck is the verdict on a display filter's text.
type FilterCheck struct {
	OK        bool         `json:"ok"`
	Error     *FilterError `json:"error,omitempty"`
	Explained string       `json:"explained,omitempty"` // plain words
	Warning   string       `json:"warning,omitempty"`
}

// FilterError says where a filter is wrong; At and Length count bytes of the text.
type FilterError struct {
	Message string `json:"message"`
	At      int    `json:"at"`
	Length  int    `json:"length"`
}

func (e *FilterError) Error() string { return e.Message }

// filterJob holds the frames that a display filter selects, in order, and
// grows with the capture.
type filterJob struct {
	c     *Capture
	f     *dfilter.Filter
	known cond // what can be told without the frame's bytes; nil = nothing

	run      sync.Mutex  // one chunk at a time
	counting atomic.Bool // a goroutine goes on behind the page's back

	mu      sync.Mutex // guards what follows
	matches []uint32
	scanned uint32
	used    uint64 // guarded by Capture.mu
}

// How many results a capture keeps, and how many frame numbers in all.
const (
	maxFilters = 16
	maxMatches = 32 << 20
)

func compile(text string) (*dfilter.Filter, error) {
	f, err := dfilter.Compile(text, dfilter.Options{})
	if err != nil {
		var e *dfilter.Error
		if errors.As(err, &e) {
			return nil, &FilterError{Message: e.Message, At: e.At, Length: e.Length}
		}
		return nil, &FilterError{Message: err.Error(), Length: len(text)}
	}
	return f, nil
}

// filter gives the job of a display filter, nil for the empty one.
func (c *Capture) filter(text string) (*filterJob, error) {
	if text == "" {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if j := c.filters[text]; j != nil {
		j.used = c.version
		return j, nil
	}
	f, err := compile(text)
	if err != nil {
		return nil, err
	}
	held := 0
	for _, j := range c.filters {
		n, _ := j.counts()
		held += n
	}
	for len(c.filters) > 0 && (len(c.filters) >= maxFilters || held > maxMatches) {
		var oldest string
		for k, j := range c.filters {
			if oldest == "" || j.used < c.filters[oldest].used {
				oldest = k
			}
		}
		n, _ := c.filters[oldest].counts()
		held -= n
		delete(c.filters, oldest)
	}
	j := &filterJob{c: c, f: f, known: prune(f.Plan()), used: c.version}
	c.filters[text] = j
	return j, nil
}

// counts tells how many match among how many frames looked at so far.
func (j *filterJob) counts() (matches int, scanned uint32) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.matches), j.scanned
}

// slice copies matches[from:from+n].
func (j *filterJob) slice(from, n int) []uint32 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if from >= len(j.matches) {
		return nil
	}
	return append([]uint32(nil), j.matches[from:min(from+n, len(j.matches))]...)
}

// filterChunk is how many frames two workers take at a time.
const filterChunk = 4096

// advance scans until enough matches are known, all learned frames are
// scanned, or ctx ends (then what is known stays). Who waits for another's
// chunk finds it done.
func (j *filterJob) advance(ctx context.Context, enough int) error {
	for {
		n, scanned := j.counts()
		if n >= enough || scanned >= j.c.learned.Load() {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.chunk(ctx, scanned); err != nil {
			return err
		}
	}
}

// chunk scans the frames behind from, unless somebody else just did.
func (j *filterJob) chunk(ctx context.Context, from uint32) error {
	j.run.Lock()
	defer j.run.Unlock()
	if _, scanned := j.counts(); scanned != from {
		return nil
	}
	end := min(from+filterChunk, j.c.learned.Load())
	mid := from + (end-from)/2
	var second []uint32
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { defer wg.Done(); second = j.scan(ctx, mid, end) }()
	first := j.scan(ctx, from, mid)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err // a chunk that was not finished is scanned again
	}
	j.mu.Lock()
	j.matches = append(append(j.matches, first...), second...)
	j.scanned = end
	j.mu.Unlock()
	return nil
}

// scanLock is how many frames are looked at under one read lock.
const scanLock = 64

func (j *filterJob) scan(ctx context.Context, from, to uint32) (hits []uint32) {
	c := j.c
	e := c.engines.Get().(*dissect.Engine)
	defer c.engines.Put(e)
	r := dissect.Request{Want: j.f.Wanted(), Columns: j.f.NeedsColumns()}
	var f frame.Frame
	for n := from; n < to; {
		if ctx.Err() != nil {
			return nil
		}
		look := func() {
			for k := 0; k < scanLock && n < to; k++ {
				n++
				if j.known != nil {
					h, _ := c.store.Header(n)
					h.Number = n
					switch j.known(&h, c.where.of(n)) {
					case no:
						continue
					case yes:
						hits = append(hits, n)
						continue
					}
				}
				if c.store.Frame(n, &f) != nil {
					continue
				}
				f.Number = n
				r.Env = c.env(n, 0)
				if j.f.Match(e.Dissect(&f, r)) {
					hits = append(hits, n)
				}
			}
		}
		c.flowMu.RLock()
		_ = intact(n, look) // a frame whose bytes are gone does not match
		c.flowMu.RUnlock()
	}
	return hits
}

// CheckFilter says whether a text is a display filter, and what it means.
func (l *Library) CheckFilter(text string) FilterCheck {
	f, err := compile(text)
	if err != nil {
		var e *FilterError
		errors.As(err, &e)
		return FilterCheck{Error: e}
	}
	out := FilterCheck{OK: true, Explained: f.Explain()}
	for i, w := range f.Warnings() {
		if i > 0 {
			out.Warning += "; "
		}
		out.Warning += w
	}
	return out
}
