package session

import (
	"context"
	"math"
)

// Strip is the capture's overview: packets per time bin.
type Strip struct {
	Start   int64    `json:"start"` // ns since 1970
	Width   int64    `json:"width"` // ns per bin
	All     []uint32 `json:"all"`
	Shown   []uint32 `json:"shown,omitempty"`
	Trouble []uint32 `json:"trouble,omitempty"` // packets with warnings or errors
}

// Strip gives packets per time bin: all, those the filter selects, and those
// with TCP trouble.
func (l *Library) Strip(ctx context.Context, id, filter string, bins int) (*Strip, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	learned, err := c.waitRows(ctx, 1)
	if err != nil {
		return nil, err
	}
	job, err := c.filter(filter)
	if err != nil {
		return nil, err
	}
	trouble, err := c.filter("tcp.analysis.flags")
	if err != nil {
		trouble = nil // the engine without TCP
	}
	bins = max(bins, 1)
	st := c.Status()
	s := &Strip{Start: st.First, All: make([]uint32, bins)}
	s.Width = max((st.Last-st.First)/int64(bins)+1, 1)
	bin := func(n uint32) int {
		h, ok := c.store.Header(n)
		if !ok || !h.HasTime {
			return -1
		}
		i := int((h.Time - s.Start) / s.Width)
		if i < 0 || i >= bins {
			return -1
		}
		return i
	}
	for n := uint32(1); n <= learned; n++ {
		if n&0xffff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if i := bin(n); i >= 0 {
			s.All[i]++
		}
	}
	fill := func(j *filterJob) ([]uint32, error) {
		if j == nil {
			return nil, nil
		}
		if err := j.advance(ctx, math.MaxInt); err != nil {
			return nil, err
		}
		out := make([]uint32, bins)
		n, _ := j.counts()
		for _, no := range j.slice(0, n) {
			if i := bin(no); i >= 0 {
				out[i]++
			}
		}
		return out, nil
	}
	if s.Shown, err = fill(job); err != nil {
		return nil, err
	}
	if s.Trouble, err = fill(trouble); err != nil {
		return nil, err
	}
	return s, nil
}
