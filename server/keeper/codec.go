package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"sonde/probes/table"
)

// Tables cross the seam in binary: JSON would turn int64 cells into float64,
// refuse NaN, and cost more than the probe for a list of 5,000 processes.
// Shape: version, columns, rows, summary, notes; strings and counts with a
// varint length; a cell is a tag byte and its value.

const (
	tagNil    = 0
	tagString = 1
	tagInt    = 2
	tagFloat  = 3
	tagFalse  = 4
	tagTrue   = 5
)

var errTable = errors.New("malformed table")

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendCell(b []byte, c table.Cell) ([]byte, error) {
	switch v := c.(type) {
	case nil:
		return append(b, tagNil), nil
	case string:
		return appendString(append(b, tagString), v), nil
	case int64:
		return binary.AppendVarint(append(b, tagInt), v), nil
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(v)), nil
	case int: // not of the table's contract, but unmistakable
		return binary.AppendVarint(append(b, tagInt), int64(v)), nil
	case bool:
		if v {
			return append(b, tagTrue), nil
		}
		return append(b, tagFalse), nil
	}
	return b, fmt.Errorf("cell of type %T", c)
}

// appendTable appends t to b.
func appendTable(b []byte, t *table.Table) ([]byte, error) {
	b = binary.AppendUvarint(b, t.Version)
	b = binary.AppendUvarint(b, uint64(len(t.Columns)))
	for i := range t.Columns {
		c := &t.Columns[i]
		for _, s := range [...]string{c.ID, c.Title, string(c.Type), c.Unit, c.Help, c.Unavailable} {
			b = appendString(b, s)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(t.Rows)))
	var err error
	for i := range t.Rows {
		r := &t.Rows[i]
		b = appendString(b, r.Key)
		b = binary.AppendUvarint(b, uint64(len(r.Cells)))
		for _, c := range r.Cells {
			if b, err = appendCell(b, c); err != nil {
				return b, fmt.Errorf("table row %q: %w", r.Key, err)
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(t.Summary)))
	ids := make([]string, 0, len(t.Summary))
	for id := range t.Summary {
		ids = append(ids, id)
	}
	slices.Sort(ids) // the same table is the same bytes
	for _, id := range ids {
		b = appendString(b, id)
		if b, err = appendCell(b, t.Summary[id]); err != nil {
			return b, fmt.Errorf("table summary %q: %w", id, err)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(t.Notes)))
	for _, n := range t.Notes {
		b = appendString(appendString(appendString(b, n.Code), n.Text), n.Remedy)
	}
	return b, nil
}

// reader walks the bytes of a table. After an error everything reads as zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads a number of things that take at least size bytes each, so that a
// count never allocates more than the message could hold.
func (r *reader) count(size int) int {
	v := r.uvarint()
	if v > uint64(len(r.b)/size) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(v)
}

func (r *reader) string() string {
	n := r.count(1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) cell() table.Cell {
	if len(r.b) == 0 {
		r.bad = true
		return nil
	}
	tag := r.b[0]
	r.b = r.b[1:]
	switch tag {
	case tagNil:
		return nil
	case tagString:
		return r.string()
	case tagInt:
		v, n := binary.Varint(r.b)
		if n <= 0 {
			break
		}
		r.b = r.b[n:]
		return v
	case tagFloat:
		if len(r.b) < 8 {
			break
		}
		v := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
		r.b = r.b[8:]
		return v
	case tagFalse:
		return false
	case tagTrue:
		return true
	}
	r.bad, r.b = true, nil
	return nil
}

// parseTable is the reverse of appendTable. Nothing of b is kept.
func parseTable(b []byte) (*table.Table, error) {
	r := reader{b: b}
	t := &table.Table{Version: r.uvarint()}
	if n := r.count(6); n > 0 {
		t.Columns = make([]table.Column, n)
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		c.ID, c.Title, c.Type = r.string(), r.string(), table.Type(r.string())
		c.Unit, c.Help, c.Unavailable = r.string(), r.string(), r.string()
	}
	if n := r.count(2); n > 0 {
		t.Rows = make([]table.Row, n)
	}
	for i := range t.Rows {
		row := &t.Rows[i]
		row.Key = r.string()
		if n := r.count(1); n > 0 {
			row.Cells = make([]table.Cell, n)
		}
		for j := range row.Cells {
			row.Cells[j] = r.cell()
		}
		if r.bad {
			return nil, errTable
		}
	}
	if n := r.count(2); n > 0 {
		t.Summary = make(map[string]table.Cell, n)
		for range n {
			id := r.string()
			t.Summary[id] = r.cell()
		}
	}
	if n := r.count(3); n > 0 {
		t.Notes = make([]table.Note, n)
	}
	for i := range t.Notes {
		t.Notes[i] = table.Note{Code: r.string(), Text: r.string(), Remedy: r.string()}
	}
	if r.bad || len(r.b) != 0 {
		return nil, errTable
	}
	return t, nil
}
