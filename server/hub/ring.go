package hub

import (
	"slices"

	"sonde/probes/table"
)

// ringBytes bounds the text of a ring, beside its number of rows: one row can
// hold a long argument list.
const ringBytes = 8 << 20

// ring keeps the newest rows of an event topic. It is guarded by its topic's mu.
type ring struct {
	keep  int
	rows  []table.Row // oldest first
	bytes int
	last  *table.Table // columns, summary and notes of the newest batch
}

func newRing(keep int) *ring { return &ring{keep: max(keep, 1)} }

// add takes a batch of new rows and gives their number.
func (r *ring) add(t *table.Table) int {
	r.last = t
	r.rows = append(r.rows, t.Rows...)
	for i := range t.Rows {
		r.bytes += size(t.Rows[i])
	}
	drop := max(len(r.rows)-r.keep, 0)
	for i := range r.rows {
		if i >= drop && r.bytes <= ringBytes {
			break
		}
		r.bytes -= size(r.rows[i])
		drop = max(drop, i+1)
	}
	if drop > 0 {
		// A copy, so that dropped rows are freed and lent slices stay whole.
		r.rows = slices.Clone(r.rows[drop:])
	}
	return len(t.Rows)
}

// oldest is the version before the first row that is kept: who has it or a
// later one has missed nothing.
func (r *ring) oldest(version uint64) uint64 { return version - uint64(len(r.rows)) }

func (r *ring) table() *table.Table {
	out := &table.Table{}
	if r.last != nil {
		*out = *r.last
	}
	out.Rows = slices.Clip(r.rows)
	return out
}

// since gives the newest n rows.
func (r *ring) since(n uint64) table.Delta {
	d := table.Delta{Set: slices.Clip(r.rows[len(r.rows)-int(n):])}
	if r.last != nil {
		d.Summary = r.last.Summary
		if len(r.last.Notes) > 0 {
			d.Notes = &r.last.Notes
		}
	}
	return d
}

func size(r table.Row) int {
	n := len(r.Key) + 32
	for _, c := range r.Cells {
		n += 16
		if s, ok := c.(string); ok {
			n += len(s)
		}
	}
	return n
}
