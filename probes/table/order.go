package table

import (
	"cmp"
	"slices"
	"strings"
)

// Compare orders two cells: nil first, then by value; numbers of different
// kinds compare as numbers, text without regard to case (then with).
func Compare(a, b Cell) int {
	if a == nil || b == nil {
		return cmp.Compare(rank(a), rank(b))
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			if c := compareFold(x, y); c != 0 {
				return c
			}
			return strings.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return cmp.Compare(btoi(x), btoi(y))
		}
	case int64:
		switch y := b.(type) {
		case int64:
			return cmp.Compare(x, y)
		case float64:
			return cmp.Compare(float64(x), y)
		}
	case float64:
		switch y := b.(type) {
		case float64:
			return cmp.Compare(x, y)
		case int64:
			return cmp.Compare(x, float64(y))
		}
	}
	return cmp.Compare(rank(a), rank(b))
}

func rank(c Cell) int {
	switch c.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case int64, float64:
		return 2
	}
	return 3
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareFold orders ASCII text without case, allocating nothing.
func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := lower(a[i]), lower(b[i])
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Sort gives a table in the order of a spec like the page's address holds it:
// column ids separated by commas, "-" before one that goes down. Unknown columns
// are passed over. Empty cells come last either way; equal rows keep their order.
// The rows' cells are shared with the old table.
func Sort(t *Table, spec string) *Table {
	type by struct {
		col  int
		down bool
	}
	var keys []by
	for id := range strings.SplitSeq(spec, ",") {
		id = strings.TrimSpace(id)
		name, down := strings.CutPrefix(id, "-")
		name = strings.TrimPrefix(name, "+")
		if c := t.Col(name); c >= 0 {
			keys = append(keys, by{c, down})
		}
	}
	if len(keys) == 0 {
		return t
	}
	out := *t
	out.Rows = slices.Clone(t.Rows)
	slices.SortStableFunc(out.Rows, func(a, b Row) int {
		for _, k := range keys {
			x, y := cellAt(a, k.col), cellAt(b, k.col)
			if x == nil || y == nil {
				if c := cmp.Compare(rank(y), rank(x)); x != y && c != 0 {
					return c
				}
				continue
			}
			if c := Compare(x, y); c != 0 {
				if k.down {
					return -c
				}
				return c
			}
		}
		return 0
	})
	return &out
}

func cellAt(r Row, i int) Cell {
	if i < 0 || i >= len(r.Cells) {
		return nil
	}
	return r.Cells[i]
}

// Cell is the value of a row in the column with this id; nil when there is none.
func (t *Table) Cell(r Row, id string) Cell { return cellAt(r, t.Col(id)) }

// Limit gives the first n rows. What was cut off is said in a note and in the
// summary's "rows.total", so that a short list is never taken for all of it.
func Limit(t *Table, n int) *Table {
	if n < 0 || len(t.Rows) <= n {
		return t
	}
	out := *t
	out.Rows = t.Rows[:n:n]
	out.Summary = make(map[string]Cell, len(t.Summary)+1)
	for k, v := range t.Summary {
		out.Summary[k] = v
	}
	out.Summary["rows.total"] = int64(len(t.Rows))
	return &out
}

// Filter gives the rows for which keep is true.
func Filter(t *Table, keep func(Row) bool) *Table {
	out := *t
	out.Rows = nil
	for _, r := range t.Rows {
		if keep(r) {
			out.Rows = append(out.Rows, r)
		}
	}
	return &out
}

// Pick gives a table of these columns, in this order; unknown ids are left out.
func Pick(t *Table, ids ...string) *Table {
	var idx []int
	out := *t
	out.Columns = nil
	for _, id := range ids {
		if c := t.Col(id); c >= 0 {
			idx = append(idx, c)
			out.Columns = append(out.Columns, t.Columns[c])
		}
	}
	out.Rows = make([]Row, len(t.Rows))
	for i, r := range t.Rows {
		cells := make([]Cell, len(idx))
		for j, c := range idx {
			cells[j] = cellAt(r, c)
		}
		out.Rows[i] = Row{Key: r.Key, Cells: cells}
	}
	return &out
}
