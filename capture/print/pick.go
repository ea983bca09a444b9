package print

import (
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// picker finds the values of chosen fields (-e) in a packet.
type picker struct {
	names  []string
	cols   []func(t *field.Text, p *dissect.Packet) // column fields by name, nil for others
	index  [][]uint16                               // names by field
	text   field.Text                               // the values of the packet
	values [][]span                                 // by name
}

// span is a value in the packet's text.
type span struct{ from, to int }

// newPicker: names must exist, see Unknown. time writes the Time column.
func newPicker(names []string, time func(t *field.Text, p *dissect.Packet)) *picker {
	x := &picker{names: names, cols: make([]func(*field.Text, *dissect.Packet), len(names)), index: make([][]uint16, field.Len()), values: make([][]span, len(names))}
	for i, n := range names {
		if x.cols[i] = columnField(n, time); x.cols[i] != nil {
			continue
		}
		for _, id := range fieldIDs(n) {
			x.index[id] = append(x.index[id], uint16(i))
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

// Unknown gives the names that are no fields, the last first.
func Unknown(names []string) []string {
	var bad []string
	for i := len(names) - 1; i >= 0; i-- {
		if n := names[i]; len(fieldIDs(n)) == 0 && columnField(n, nil) == nil {
			bad = append(bad, n)
		}
	}
	return bad
}

// Wanted is what to dissect for: a set of fields, or the tree, and the columns.
func (x *picker) Wanted() (w *dissect.Wanted, columns, tree bool) {
	var ids []field.ID
	deep := false
	for i, n := range x.names {
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

// gather finds the packet's values; occurrence is 'a', 'f' or 'l'.
func (x *picker) gather(p *dissect.Packet, occurrence byte) {
	x.text.Reset()
	for i := range x.values {
		x.values[i] = x.values[i][:0]
		if col := x.cols[i]; col != nil {
			from := len(x.text.B)
			col(&x.text, p)
			x.values[i] = append(x.values[i], span{from, len(x.text.B)})
		}
	}
	for i := range p.Nodes {
		n := &p.Nodes[i]
		names := x.index[n.Field]
		if len(names) == 0 {
			continue
		}
		from := len(x.text.B)
		fieldText(&x.text, p, n)
		v := span{from, len(x.text.B)}
		for _, k := range names {
			switch {
			case occurrence == 'f' && len(x.values[k]) > 0:
			case occurrence == 'l' && len(x.values[k]) > 0:
				x.values[k][0] = v
			default:
				x.values[k] = append(x.values[k], v)
			}
		}
	}
}

func (x *picker) bytes(s span) []byte { return x.text.B[s.from:s.to] }

// fieldText is a value as -T fields prints it.
func fieldText(t *field.Text, p *dissect.Packet, n *dissect.Node) {
	f := field.Get(n.Field)
	switch {
	case n.Field == field.TextOnly || f.Name == "_ws.expert":
		p.Label(t, n)
	case f.Name == "data" && f.Type == field.TProtocol:
		t.Hex(p.Raw(n), 0)
	case f.Type == field.TProtocol:
		// The Ethernet line is not made for a field table; its name stands for it.
		if n.HasLabel() && f.Name != "eth" {
			p.Label(t, n)
		} else {
			t.S(f.Name)
		}
	case f.Type == field.TNone:
		t.C('1')
	case f.Type.IsBytes():
		t.Hex(p.Value(n).Bytes, 0)
	default:
		f.Show(t, p.Value(n))
	}
}
