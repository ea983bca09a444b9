package session

import (
	"context"
	"fmt"

	"sonde/capture/dissect"
	"sonde/capture/frame"
	"sonde/capture/tap"
	"sonde/probes/table"
)

// StatQuery asks for a statistic: a tshark -z name, a display filter, options.
type StatQuery struct {
	Name   string // "conv,tcp", "endpoints,ip", "io,phs", ...
	Filter string
}

type tapKey struct{ name, filter string }

// tapJob is a statistic over one capture; it goes on where it stopped when the
// capture has grown.
type tapJob struct {
	c      *Capture
	tap    tap.Tap
	needs  tap.Needs
	filter *filterJob

	turn chan struct{} // holds one token: who has it may use what follows and the tap
	done uint32
	last *table.Table
	at   uint32
}

// maxTaps is how many statistics a capture keeps.
const maxTaps = 32

// ErrNoStat is a statistic's name that is not known.
var ErrNoStat = fmt.Errorf("no such statistic")

// Stat gives a statistic over the packets that the filter selects.
func (l *Library) Stat(ctx context.Context, id string, q StatQuery) (*table.Table, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	j, err := c.tap(q)
	if err != nil {
		return nil, err
	}
	if _, err := c.waitRows(ctx, 1); err != nil {
		return nil, err
	}
	return j.table(ctx)
}

func (c *Capture) tap(q StatQuery) (*tapJob, error) {
	job, err := c.filter(q.Filter)
	if err != nil {
		return nil, err
	}
	spec, err := tap.Parse(q.Name)
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrNoStat, q.Name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := tapKey{q.Name, q.Filter}
	if j := c.taps[k]; j != nil {
		return j, nil
	}
	if len(c.taps) >= maxTaps {
		clear(c.taps) // those in use go on; the next question starts anew
	}
	t, err := spec.Kind.New(spec.Args, q.Filter)
	if err != nil {
		return nil, err
	}
	j := &tapJob{c: c, tap: t, needs: t.Needs(), filter: job, turn: make(chan struct{}, 1)}
	j.turn <- struct{}{}
	c.taps[k] = j
	return j, nil
}

// table brings the statistic up to date and gives it.
func (j *tapJob) table(ctx context.Context) (*table.Table, error) {
	select {
	case <-j.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { j.turn <- struct{}{} }()
	c := j.c
	end := c.learned.Load()
	if j.last != nil && j.at == end {
		return j.last, nil
	}
	e := c.engines.Get().(*dissect.Engine)
	defer c.engines.Put(e)
	r := dissect.Request{Want: j.needs.Want, Columns: j.needs.Columns, Tree: j.needs.Tree, Hops: j.needs.Hops}
	if j.filter != nil {
		r.Want = r.Want.Or(j.filter.f.Wanted())
		r.Columns = r.Columns || j.filter.f.NeedsColumns()
	}
	var f frame.Frame
	for j.done < end {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.flowMu.RLock()
		_ = intact(j.done, func() { j.scan(e, &f, r, end) }) // bytes that are gone are not counted
		c.flowMu.RUnlock()
	}
	t := *j.tap.Table()
	t.Version = uint64(end) + 1
	j.last, j.at = &t, end
	return j.last, nil
}

// scan adds some frames to the tap.
func (j *tapJob) scan(e *dissect.Engine, f *frame.Frame, r dissect.Request, end uint32) {
	c := j.c
	for k := 0; k < scanLock && j.done < end; k++ {
		j.done++
		sure := j.filter == nil
		if !sure && j.filter.known != nil {
			h, _ := c.store.Header(j.done)
			h.Number = j.done
			switch j.filter.known(&h, c.where.of(j.done)) {
			case no:
				continue
			case yes:
				sure = true
			}
		}
		if c.store.Frame(j.done, f) != nil {
			continue
		}
		f.Number = j.done
		r.Env = c.env(j.done, 0)
		p := e.Dissect(f, r)
		if sure || j.filter.f.Match(p) {
			j.tap.Add(p)
		}
	}
}
