package session

import (
	"context"
	"math"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/print"
)

// RowsQuery asks for rows of the packet list.
type RowsQuery struct {
	Filter string // display filter, "" = all
	From   int    // index into the displayed packets, 0-based
	Limit  int
	// Columns are column field names; nil = the default seven (and process when known).
	Columns []string
}

// Row is one line of the packet list.
type Row struct {
	No      uint32   `json:"no"`
	Cells   []string `json:"cells"`
	FG      string   `json:"fg"`
	BG      string   `json:"bg"`
	Rule    string   `json:"rule"`   // name of the colouring rule
	Stream  int      `json:"stream"` // -1 none; for the accent bar of the same stream
	Comment string   `json:"comment,omitempty"`
	Marked  bool     `json:"marked,omitempty"`
}

// RowsPage answers a RowsQuery.
type RowsPage struct {
	Total     int      `json:"total"`     // packets so far
	Displayed int      `json:"displayed"` // packets that the filter selects so far
	Partial   bool     `json:"partial"`   // the filter is still running or the capture still grows
	Columns   []string `json:"columns"`
	Rows      []Row    `json:"rows"`
}

// DefaultColumns are the packet list's columns and their titles.
var DefaultColumns = []string{"No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"}

// filterPatience is how long a page waits for a filter before it gets what is
// known so far.
const filterPatience = 250 * time.Millisecond

// maxCell bounds one cell's text in a page.
const maxCell = 1024

// Rows gives a page of the packet list.
func (l *Library) Rows(ctx context.Context, id string, q RowsQuery) (*RowsPage, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return c.rows(ctx, q)
}

func (c *Capture) rows(ctx context.Context, q RowsQuery) (*RowsPage, error) {
	q.From, q.Limit = min(max(q.From, 0), math.MaxInt32), min(max(q.Limit, 0), math.MaxInt32)
	job, err := c.filter(q.Filter)
	if err != nil {
		return nil, err
	}
	cols, err := newRowWriter(q.Columns)
	if err != nil {
		return nil, err
	}
	page := &RowsPage{Columns: cols.titles, Rows: []Row{}}
	if job == nil {
		learned, err := c.waitRows(ctx, uint32(q.From+q.Limit))
		if err != nil {
			return nil, err
		}
		page.Total = int(learned)
		page.Displayed = int(learned)
		page.Partial = !c.final.Load()
		for n := q.From + 1; n <= q.From+q.Limit && n <= int(learned); n++ {
			if err := c.row(page, cols, uint32(n), uint32(n-1)); err != nil {
				return nil, err
			}
		}
		return page, nil
	}
	wait, cancel := context.WithTimeout(ctx, filterPatience)
	err = job.advance(wait, q.From+q.Limit)
	cancel()
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	from := max(q.From-1, 0)
	nums := job.slice(from, q.Limit+q.From-from)
	var prev uint32
	if q.From > 0 && len(nums) > 0 {
		prev, nums = nums[0], nums[1:]
	}
	for _, n := range nums {
		if err := c.row(page, cols, n, prev); err != nil {
			return nil, err
		}
		prev = n
	}
	c.count(job)
	matches, scanned := job.counts()
	page.Total, page.Displayed = int(c.learned.Load()), matches
	page.Partial = scanned < uint32(page.Total) || !c.final.Load()
	return page, nil
}

// count scans the rest behind the page's back: the next question finds it.
func (c *Capture) count(job *filterJob) {
	if _, scanned := job.counts(); scanned >= c.learned.Load() || !job.counting.CompareAndSwap(false, true) {
		return
	}
	if !c.share() {
		job.counting.Store(false)
		return
	}
	ctx, cancel := context.WithTimeout(c.run, time.Minute)
	go func() {
		defer c.release()
		defer cancel()
		_ = job.advance(ctx, math.MaxInt) // what is not counted now is counted on the next question
		job.counting.Store(false)
		c.mu.Lock()
		c.touch()
		c.mu.Unlock()
	}()
}

// rowWriter makes the cells of a row.
type rowWriter struct {
	titles []string
	cells  []func(t *field.Text, p *dissect.Packet)
	want   *dissect.Wanted
	t      field.Text
}

func newRowWriter(names []string) (*rowWriter, error) {
	w := &rowWriter{want: colours().want}
	if names == nil {
		names = []string{"_ws.col.number", "_ws.col.cls_time", "_ws.col.def_src", "_ws.col.def_dst", "_ws.col.protocol", "_ws.col.packet_length", "_ws.col.info"}
		w.titles = DefaultColumns
	}
	titled := w.titles != nil
	for _, n := range names {
		if !titled {
			w.titles = append(w.titles, n)
		}
		if f := print.ColumnField(n); f != nil {
			w.cells = append(w.cells, f)
			continue
		}
		ids := field.ByName(n)
		if len(ids) == 0 {
			return nil, &FilterError{Message: "\"" + n + "\" is not a valid protocol or protocol field.", Length: len(n)}
		}
		w.want = w.want.Or(dissect.Want(true, ids...))
		w.cells = append(w.cells, func(t *field.Text, p *dissect.Packet) {
			first := true
			for i := range p.Nodes {
				node := &p.Nodes[i]
				for _, id := range ids {
					if node.Field != id {
						continue
					}
					if !first {
						t.C(',')
					}
					first = false
					f := field.Get(id)
					if f.Type == field.TNone || f.Type == field.TProtocol {
						t.S("✓")
					} else {
						f.LabelValue(t, p.Value(node))
					}
				}
			}
		})
	}
	return w, nil
}

func (c *Capture) row(page *RowsPage, w *rowWriter, n, prev uint32) error {
	return c.dissect(n, prev, dissect.Request{Columns: true, Want: w.want}, func(p *dissect.Packet) {
		r := Row{No: n, Cells: make([]string, len(w.cells)), Stream: -1}
		for i, cell := range w.cells {
			w.t.Reset()
			cell(&w.t, p)
			r.Cells[i] = clip(w.t.B)
		}
		if p.Conv != nil {
			r.Stream = int(p.Conv.Index)
		}
		if len(p.Frame.Comments) > 0 {
			r.Comment = clip([]byte(p.Frame.Comments[0]))
		}
		colours().paint(&r, p)
		page.Rows = append(page.Rows, r)
	})
}

// clip makes text that may be sent: valid UTF-8, without control characters,
// bounded.
func clip(b []byte) string {
	cut := len(b) > maxCell
	if cut {
		b = b[:maxCell]
	}
	var t field.Text
	clean := true
	for _, x := range b {
		if x < 0x20 || x >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		t.Raw(b)
	} else {
		t.Clean(b)
	}
	if cut {
		t.S("…")
	}
	return t.String()
}
