package tap

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/probes/table"
)

type endKey struct {
	addr flow.Addr
	port uint32
}

type endRow struct {
	endKey
	tx, rx           uint64
	txBytes, rxBytes uint64
}

// endpoints counts packets by address.
type endpoints struct {
	addrKind
	filter string
	rows   map[endKey]*endRow
	order  []*endRow
}

func (x *endpoints) Needs() Needs { return x.needs() }

func (x *endpoints) Add(p *dissect.Packet) {
	for i := range p.Hops {
		h := &p.Hops[i]
		if h.Kind != x.kind {
			continue
		}
		s := x.row(endKey{h.Src, h.SPort})
		s.tx++
		s.txBytes += uint64(p.Frame.Len)
		d := x.row(endKey{h.Dst, h.DPort})
		d.rx++
		d.rxBytes += uint64(p.Frame.Len)
	}
}

func (x *endpoints) row(k endKey) *endRow {
	r := x.rows[k]
	if r == nil {
		r = &endRow{endKey: k}
		x.rows[k] = r
		x.order = append(x.order, r)
	}
	return r
}

func (x *endpoints) Table() *table.Table {
	t := &table.Table{Columns: []table.Column{{ID: "addr", Title: "Address", Type: table.Text}}}
	if x.ports {
		t.Columns = append(t.Columns, table.Column{ID: "port", Title: "Port", Type: table.Int})
	}
	for _, c := range [...]table.Column{{ID: "packets", Title: "Packets", Type: table.Int}, {ID: "bytes", Title: "Bytes", Type: table.Bytes},
		{ID: "txpackets", Title: "Tx Packets", Type: table.Int}, {ID: "txbytes", Title: "Tx Bytes", Type: table.Bytes},
		{ID: "rxpackets", Title: "Rx Packets", Type: table.Int}, {ID: "rxbytes", Title: "Rx Bytes", Type: table.Bytes}} {
		t.Columns = append(t.Columns, c)
	}
	rows := busiest(t, x.order, "endpoints", func(r *endRow) uint64 { return r.txBytes + r.rxBytes })
	t.Rows = make([]table.Row, 0, len(rows))
	for _, r := range rows {
		cells := []table.Cell{addrString(&r.addr)}
		if x.ports {
			cells = append(cells, int64(r.port))
		}
		cells = append(cells, int64(r.tx+r.rx), int64(r.txBytes+r.rxBytes), int64(r.tx), int64(r.txBytes), int64(r.rx), int64(r.rxBytes))
		t.Rows = append(t.Rows, table.Row{Key: fmt.Sprintf("%s:%d", addrString(&r.addr), r.port), Cells: cells})
	}
	return t
}

func (x *endpoints) WriteText(w io.Writer) error {
	var b strings.Builder
	rule := strings.Repeat("=", 80)
	fmt.Fprintf(&b, "%s\n%s Endpoints\nFilter:%s\n", rule, x.title, orNone(x.filter))
	port := ""
	if x.ports {
		port = "|  Port  | "
	}
	fmt.Fprintf(&b, "%23s%s| Packets | |  Bytes  | | Tx Packets | | Tx Bytes | | Rx Packets | | Rx Bytes |\n", "", port)
	rows := append([]*endRow(nil), x.order...)
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].tx+rows[i].rx > rows[j].tx+rows[j].rx })
	for _, r := range rows {
		fmt.Fprintf(&b, "%-20s", addrString(&r.addr))
		if x.ports {
			fmt.Fprintf(&b, "      %5d", r.port)
		}
		fmt.Fprintf(&b, "%13d   %-12s%9d      %-12s%10d      %-12s\n", r.tx+r.rx, si(r.txBytes+r.rxBytes), r.tx, si(r.txBytes), r.rx, si(r.rxBytes))
	}
	b.WriteString(rule + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}
