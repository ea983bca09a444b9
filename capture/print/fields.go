package print

import (
	"fmt"
	"io"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// FieldsOptions are tshark's -e and -E.
type FieldsOptions struct {
	Names      []string
	Header     bool
	Separator  string // default tab
	Occurrence byte   // 'a', 'f' or 'l'
	Aggregator string // default comma
	Quote      byte   // 0, '"' or '\''
	Escape     bool   // escape tab, newline and backslash in values
	BOM        bool
}

// DefaultFields gives the options that tshark starts with.
func DefaultFields() FieldsOptions {
	return FieldsOptions{Separator: "\t", Occurrence: 'a', Aggregator: ",", Escape: true}
}

// Set takes one -E argument, such as "header=y" or "separator=,".
func (o *FieldsOptions) Set(arg string) error {
	k, v, ok := strings.Cut(arg, "=")
	if !ok || v == "" && k != "aggregator" {
		return fmt.Errorf("-E takes OPTION=VALUE, not %q", arg)
	}
	yes := func(dst *bool) error {
		switch v[0] {
		case 'y', 'Y', '1', 't', 'T':
			*dst = true
		case 'n', 'N', '0', 'f', 'F':
			*dst = false
		default:
			return fmt.Errorf("-E %s takes y or n, not %q", k, v)
		}
		return nil
	}
	char := func(dst *string) {
		switch v {
		case "/t", `\t`:
			*dst = "\t"
		case "/s", `\s`:
			*dst = " "
		default:
			*dst = v[:1]
		}
	}
	switch k {
	case "header":
		return yes(&o.Header)
	case "bom":
		return yes(&o.BOM)
	case "escape":
		return yes(&o.Escape)
	case "separator":
		char(&o.Separator)
	case "aggregator":
		char(&o.Aggregator)
	case "occurrence":
		if v != "f" && v != "l" && v != "a" {
			return fmt.Errorf("-E occurrence takes f, l or a, not %q", v)
		}
		o.Occurrence = v[0]
	case "quote":
		switch v {
		case "d":
			o.Quote = '"'
		case "s":
			o.Quote = '\''
		case "n":
			o.Quote = 0
		default:
			return fmt.Errorf("-E quote takes d, s or n, not %q", v)
		}
	default:
		return fmt.Errorf("-E knows no option %q: header, separator, occurrence, aggregator, quote, escape, bom", k)
	}
	return nil
}

// Fields writes chosen fields as a table.
type Fields struct {
	buffer
	opt   FieldsOptions
	cells [][]byte
	index map[field.ID][]int
	cols  []func(t *field.Text, p *dissect.Packet) // column fields by cell, nil for others
}

// NewFields makes a field printer. Names must exist: see Unknown.
func NewFields(w io.Writer, opt FieldsOptions) *Fields {
	x := &Fields{buffer: buffer{w: w}, opt: opt, cells: make([][]byte, len(opt.Names)), index: map[field.ID][]int{},
		cols: make([]func(*field.Text, *dissect.Packet), len(opt.Names))}
	for i, n := range opt.Names {
		x.cols[i] = ColumnField(n)
		for _, id := range fieldIDs(n) {
			x.index[id] = append(x.index[id], i)
		}
	}
	return x
}

func fieldIDs(name string) []field.ID {
	if name == "text" {
		return []field.ID{field.TextOnly}
	}
	return field.ByName(name)
}

// Unknown gives the names that are no fields.
func Unknown(names []string) []string {
	var bad []string
	for _, n := range names {
		if len(fieldIDs(n)) == 0 && ColumnField(n) == nil {
			bad = append(bad, n)
		}
	}
	return bad
}

// Wanted is the set of fields to dissect for.
func (x *Fields) Wanted() (w *dissect.Wanted, columns, tree bool) {
	var ids []field.ID
	deep := false
	for i, n := range x.opt.Names {
		if x.cols[i] != nil {
			columns = true
			continue
		}
		for _, id := range fieldIDs(n) {
			f := field.Get(id)
			if id == field.TextOnly || f.Type == field.TProtocol || strings.HasPrefix(n, "_ws.") || f.Severity != 0 {
				tree = true // their text is made with the tree
			}
			if n == "frame.protocols" {
				deep = true
			}
			ids = append(ids, id)
		}
	}
	return dissect.Want(deep, ids...), columns, tree
}

// Begin writes the header if asked for.
func (x *Fields) Begin() error {
	if x.opt.BOM {
		x.t.S("\uFEFF")
	}
	if x.opt.Header {
		for i, n := range x.opt.Names {
			if i > 0 {
				x.t.S(x.opt.Separator)
			}
			x.t.S(n)
		}
		x.t.C('\n')
	}
	return nil
}

// End writes what is left.
func (x *Fields) End() error { return x.flush(true) }

// Packet writes one line.
func (x *Fields) Packet(p *dissect.Packet) error {
	for i := range x.cells {
		x.cells[i] = x.cells[i][:0]
	}
	seen := x.opt.Occurrence == 'f'
	for i := range p.Nodes {
		n := &p.Nodes[i]
		for _, k := range x.index[n.Field] {
			if seen && len(x.cells[k]) > 0 {
				continue
			}
			x.l.Reset()
			x.fieldText(p, n)
			switch {
			case x.opt.Occurrence == 'l':
				x.cells[k] = append(x.cells[k][:0], x.l.B...)
			case len(x.cells[k]) > 0:
				x.cells[k] = append(append(x.cells[k], x.opt.Aggregator...), x.l.B...)
			default:
				x.cells[k] = append(x.cells[k], x.l.B...)
			}
		}
	}
	for i := range x.cells {
		if i > 0 {
			x.t.S(x.opt.Separator)
		}
		if col := x.cols[i]; col != nil {
			x.l.Reset()
			col(&x.l, p)
			x.cell(x.l.B)
			continue
		}
		if len(x.cells[i]) > 0 {
			x.cell(x.cells[i])
		}
	}
	x.t.C('\n')
	return x.flush(false)
}

func (x *Fields) cell(b []byte) {
	if x.opt.Quote != 0 {
		x.t.C(x.opt.Quote)
	}
	cleanText(&x.t, b, func(t *field.Text, c byte) bool {
		switch {
		case x.opt.Quote != 0 && c == x.opt.Quote:
			t.C('\\').C(c)
		case c == '\\' && x.opt.Escape:
			t.S(`\\`)
		case c == '\t' && x.opt.Escape:
			t.S(`\t`)
		case c == '\n' && x.opt.Escape:
			t.S(`\n`)
		case c == '\r' && x.opt.Escape:
			t.S(`\r`)
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f:
			// A packet's bytes must not drive the terminal that shows them.
			switch c {
			case '\a':
				t.S(`\a`)
			case '\b':
				t.S(`\b`)
			case '\v':
				t.S(`\v`)
			case '\f':
				t.S(`\f`)
			case 0:
				t.S(`\0`)
			default:
				t.S(`\x`).H(uint64(c), 2)
			}
		default:
			return false
		}
		return true
	})
	if x.opt.Quote != 0 {
		x.t.C(x.opt.Quote)
	}
}

// fieldText is a value as -T fields prints it.
func (x *Fields) fieldText(p *dissect.Packet, n *dissect.Node) {
	f := field.Get(n.Field)
	switch {
	case n.Field == field.TextOnly || f.Name == "_ws.expert":
		p.Label(&x.l, n)
	case f.Name == "data" && f.Type == field.TProtocol:
		x.l.Hex(p.Raw(n), 0)
	case f.Type == field.TProtocol:
		// The Ethernet line is not made for a field table; its name stands for it.
		if n.HasLabel() && f.Name != "eth" {
			p.Label(&x.l, n)
		} else {
			x.l.S(f.Name)
		}
	case f.Type == field.TNone:
		x.l.C('1')
	case f.Type.IsBytes():
		x.l.Hex(p.Value(n).Bytes, 0)
	default:
		f.Show(&x.l, p.Value(n))
	}
}
