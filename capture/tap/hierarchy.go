package tap

import (
	"fmt"
	"io"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/probes/table"
)

var _ = register(Kind{Name: "io,phs", Title: "Protocol Hierarchy", New: func(_ []string, filter string) (Tap, error) {
	return &hierarchy{filter: filter}, nil
}})

// hierarchy counts packets by their path of protocols.
type hierarchy struct {
	filter      string
	root        layer
	first, last int64
	timed       bool
}

type layer struct {
	proto         field.ID
	frames, bytes uint64
	end, endBytes uint64 // packets whose last protocol this is
	kids          []*layer
}

func (x *hierarchy) Needs() Needs { return Needs{Tree: true} }

func (x *hierarchy) Add(p *dissect.Packet) {
	if p.Frame.HasTime {
		if !x.timed || p.Frame.Time < x.first {
			x.first = p.Frame.Time
		}
		x.last = max(x.last, p.Frame.Time)
		x.timed = true
	}
	at := &x.root
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if n.Parent != dissect.None || field.Get(n.Field).Type != field.TProtocol {
			continue
		}
		at = at.kid(n.Field)
		at.frames++
		at.bytes += uint64(p.Frame.Len)
	}
	at.end++
	at.endBytes += uint64(p.Frame.Len)
}

func (l *layer) kid(id field.ID) *layer {
	for _, k := range l.kids {
		if k.proto == id {
			return k
		}
	}
	k := &layer{proto: id}
	l.kids = append(l.kids, k)
	return k
}

func (x *hierarchy) Table() *table.Table {
	t := &table.Table{Columns: []table.Column{
		{ID: "protocol", Title: "Protocol", Type: table.Text},
		{ID: "depth", Title: "Depth", Type: table.Int},
		{ID: "percentpackets", Title: "Percent Packets", Type: table.Ratio},
		{ID: "packets", Title: "Packets", Type: table.Int},
		{ID: "percentbytes", Title: "Percent Bytes", Type: table.Ratio},
		{ID: "bytes", Title: "Bytes", Type: table.Bytes},
		{ID: "bps", Title: "Bits/s", Type: table.Rate},
		{ID: "endpackets", Title: "End Packets", Type: table.Int},
		{ID: "endbytes", Title: "End Bytes", Type: table.Bytes},
		{ID: "filter", Title: "Filter", Type: table.Text},
	}}
	var all, bytes uint64
	for _, k := range x.root.kids {
		all += k.frames
		bytes += k.bytes
	}
	share := func(n, of uint64) table.Cell {
		if of == 0 {
			return nil
		}
		return float64(n) / float64(of)
	}
	var walk func(l *layer, depth int, path string)
	walk = func(l *layer, depth int, path string) {
		for _, k := range l.kids {
			f := field.Get(k.proto)
			key := path + "/" + f.Name
			t.Rows = append(t.Rows, table.Row{Key: key, Cells: []table.Cell{f.Label, int64(depth), share(k.frames, all), int64(k.frames), share(k.bytes, bytes),
				int64(k.bytes), bitRate(k.bytes, x.last-x.first), int64(k.end), int64(k.endBytes), f.Name}})
			walk(k, depth+1, key)
		}
	}
	walk(&x.root, 0, "")
	return t
}

func (x *hierarchy) WriteText(w io.Writer) error {
	var b strings.Builder
	rule := strings.Repeat("=", 67)
	fmt.Fprintf(&b, "\n%s\nProtocol Hierarchy Statistics\nFilter: %s\n\n", rule, x.filter)
	var walk func(l *layer, depth int)
	walk = func(l *layer, depth int) {
		for _, k := range l.kids {
			fmt.Fprintf(&b, "%-40s frames:%d bytes:%d\n", strings.Repeat("  ", depth)+field.Get(k.proto).Name, k.frames, k.bytes)
			walk(k, depth+1)
		}
	}
	walk(&x.root, 0)
	b.WriteString(rule + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}
