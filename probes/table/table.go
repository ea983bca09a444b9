// Package table is the one shape in which every list leaves the program:
// columns and keyed rows. A probe and a statistic both give a Table; the CLI
// prints it, the hub diffs it, the grid draws it, the API encodes it.
//
// A Table is immutable once published: makers build a new one, readers share it.
package table

// Type says how a cell is stored and how it is aligned and formatted.
type Type string

// Column types. Cells are numbers in base units, strings or nil.
const (
	Text     Type = "text"     // string
	Int      Type = "int"      // int64: counts, identifiers
	Float    Type = "float"    // float64
	Bytes    Type = "bytes"    // int64 bytes
	Rate     Type = "rate"     // float64 per second, of Unit
	Duration Type = "duration" // int64 nanoseconds
	Time     Type = "time"     // int64 nanoseconds since 1970
	Ratio    Type = "ratio"    // float64, 1 = 100 %
	Bool     Type = "bool"
)

// Column describes one column. ID is stable and used in addresses and sort
// keys; Title is the word the tool it comes from prints.
type Column struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Type  Type   `json:"type"`
	Unit  string `json:"unit,omitempty"`
	// Help is one sentence for a tooltip: what it is and where it comes from.
	Help string `json:"help,omitempty"`
	// Unavailable says why a column has no values here (a missing capability,
	// a kernel without the file); the grid shows it instead of zeros.
	Unavailable string `json:"unavailable,omitempty"`
}

// Cell is nil, string, int64, float64 or bool.
type Cell = any

// Row is one keyed row. Key is the identity of the thing (for a process
// "pid:starttime"), never its position.
type Row struct {
	Key   string `json:"key"`
	Cells []Cell `json:"cells"`
}

// Table is one published version of a list.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	Version uint64   `json:"version"`
	// Summary holds figures beside the rows (totals, meters), by id.
	Summary map[string]Cell `json:"summary,omitempty"`
	// Notes are sentences about what is missing or partial, each with its remedy.
	Notes []Note `json:"notes,omitempty"`
}

// Note says what a table lacks and what unlocks it.
type Note struct {
	Code   string `json:"code"` // e.g. "no-permission", "partial", "lost"
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"` // an exact command where there is one
}

// Col is the index of the column with this id, or -1.
func (t *Table) Col(id string) int {
	for i := range t.Columns {
		if t.Columns[i].ID == id {
			return i
		}
	}
	return -1
}
