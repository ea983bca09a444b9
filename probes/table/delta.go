package table

import "slices"

// Delta is what turns one version of a table into a later one.
type Delta struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	// Columns is set when the columns changed; then Set holds every row.
	Columns []Column `json:"columns,omitempty"`
	Set     []Row    `json:"set,omitempty"` // new and changed rows
	Del     []string `json:"del,omitempty"` // keys of rows that are gone
	// Order holds all keys of the new version when the kept rows' order changed
	// or new ones stand before old ones. Nil: old rows without Del, then the new
	// ones in Set's order.
	Order []string `json:"order,omitempty"`
	// Summary holds changed figures; Gone those that are no more.
	Summary map[string]Cell `json:"summary,omitempty"`
	Gone    []string        `json:"gone,omitempty"`
	// Notes is non-nil (perhaps empty) when the notes changed.
	Notes *[]Note `json:"notes,omitempty"`
}

// Empty says that nothing but the version changed.
func (d *Delta) Empty() bool {
	return d.Columns == nil && len(d.Set) == 0 && len(d.Del) == 0 && d.Order == nil &&
		len(d.Summary) == 0 && len(d.Gone) == 0 && d.Notes == nil
}

// Diff gives the changes from old to new. Keys are unique within a table; of
// rows that share a key the last is meant. A nil old is an empty table.
func Diff(old, new *Table) Delta {
	if old == nil {
		old = &Table{}
	}
	d := Delta{From: old.Version, To: new.Version}
	if !slices.Equal(old.Columns, new.Columns) {
		d.Columns = new.Columns
		if d.Columns == nil {
			d.Columns = []Column{}
		}
		old = &Table{Summary: old.Summary, Notes: old.Notes, Version: old.Version}
	}
	before := make(map[string]int, len(old.Rows))
	for i := range old.Rows {
		before[old.Rows[i].Key] = i
	}
	kept := make(map[string]bool, len(new.Rows))
	// Order is needed when a kept row moves, or a new one precedes a kept one.
	last, fresh, moved := -1, false, false
	for _, r := range new.Rows {
		if kept[r.Key] {
			moved = true // a doubled key: let the order say what stands where
		}
		kept[r.Key] = true
		i, ok := before[r.Key]
		if !ok {
			fresh = true
			d.Set = append(d.Set, r)
			continue
		}
		if fresh || i < last {
			moved = true
		}
		last = max(last, i)
		if !sameCells(old.Rows[i].Cells, r.Cells) {
			d.Set = append(d.Set, r)
		}
	}
	for i := range old.Rows {
		if !kept[old.Rows[i].Key] {
			d.Del = append(d.Del, old.Rows[i].Key)
		}
	}
	if moved {
		d.Order = make([]string, len(new.Rows))
		for i := range new.Rows {
			d.Order[i] = new.Rows[i].Key
		}
	}
	for k, v := range new.Summary {
		if w, ok := old.Summary[k]; !ok || w != v {
			if d.Summary == nil {
				d.Summary = map[string]Cell{}
			}
			d.Summary[k] = v
		}
	}
	for k := range old.Summary {
		if _, ok := new.Summary[k]; !ok {
			d.Gone = append(d.Gone, k)
		}
	}
	slices.Sort(d.Gone)
	if !slices.Equal(old.Notes, new.Notes) {
		n := slices.Clone(new.Notes)
		if n == nil {
			n = []Note{}
		}
		d.Notes = &n
	}
	return d
}

func sameCells(a, b []Cell) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) > 0 && &a[0] == &b[0] {
		return true // rows that makers carry over unchanged
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Apply gives the new version from the old one and a delta: what a page does,
// kept here so that both sides can be tested against each other.
func Apply(old *Table, d Delta) *Table {
	if old == nil {
		old = &Table{}
	}
	out := &Table{Columns: old.Columns, Version: d.To, Notes: old.Notes}
	rows := old.Rows
	if d.Columns != nil {
		out.Columns, rows = d.Columns, nil
	}
	set := make(map[string]Row, len(d.Set))
	for _, r := range d.Set {
		set[r.Key] = r
	}
	del := make(map[string]bool, len(d.Del))
	for _, k := range d.Del {
		del[k] = true
	}
	have := make(map[string]Row, len(rows))
	for _, r := range rows {
		if del[r.Key] {
			continue
		}
		if n, ok := set[r.Key]; ok {
			r = n
		}
		have[r.Key] = r
		if d.Order == nil {
			out.Rows = append(out.Rows, r)
		}
	}
	for _, r := range d.Set {
		if _, ok := have[r.Key]; !ok {
			have[r.Key] = r
			if d.Order == nil {
				out.Rows = append(out.Rows, r)
			}
		}
	}
	for _, k := range d.Order {
		if r, ok := have[k]; ok {
			out.Rows = append(out.Rows, r)
		}
	}
	if len(old.Summary)+len(d.Summary) > 0 {
		out.Summary = map[string]Cell{}
		for k, v := range old.Summary {
			out.Summary[k] = v
		}
		for _, k := range d.Gone {
			delete(out.Summary, k)
		}
		for k, v := range d.Summary {
			out.Summary[k] = v
		}
	}
	if d.Notes != nil {
		out.Notes = *d.Notes
	}
	return out
}
