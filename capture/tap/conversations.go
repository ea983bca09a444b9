package tap

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/probes/table"
)

// Conversations and endpoints, per kind of address.

type addrKind struct {
	name  string // "tcp"
	title string // "TCP"
	kind  flow.Kind
	ports bool
	field string // wanted, so that dissection goes deep enough
}

var addrKinds = []addrKind{
	{"eth", "Ethernet", flow.KEther, false, "eth.stream"},
	{"ip", "IPv4", flow.KIPv4, false, "ip.stream"},
	{"ipv6", "IPv6", flow.KIPv6, false, "ipv6.stream"},
	{"tcp", "TCP", flow.KTCP, true, "tcp.stream"},
	{"udp", "UDP", flow.KUDP, true, "udp.stream"},
	{"sctp", "SCTP", flow.KSCTP, true, "sctp.assoc_index"},
}

var _ = func() bool {
	for _, k := range addrKinds {
		register(Kind{Name: "conv," + k.name, Title: k.title + " Conversations", New: func(_ []string, filter string) (Tap, error) {
			return &conversations{addrKind: k, filter: filter, rows: map[convKey]*convRow{}}, nil
		}})
		newEndpoints := func(_ []string, filter string) (Tap, error) {
			return &endpoints{addrKind: k, filter: filter, rows: map[endKey]*endRow{}}, nil
		}
		register(Kind{Name: "endpoints," + k.name, Title: k.title + " Endpoints", New: newEndpoints})
	}
	return true
}()

func (k *addrKind) needs() Needs {
	return Needs{Want: dissect.Want(false, field.ByName(k.field)...), Hops: true}
}

type convKey struct {
	a, b         flow.Addr
	aport, bport uint32
	stream       int32
}

type convRow struct {
	a, b         flow.Addr
	aport, bport uint32
	stream       int32
	packets      [2]uint64 // A to B, B to A
	bytes        [2]uint64
	first, last  int64
	timed        bool
}

// conversations counts packets between pairs of addresses. Side A is the
// sender of the first packet seen.
type conversations struct {
	addrKind
	filter string
	rows   map[convKey]*convRow // of packets whose stream is not known
	// streams are the rows by stream number: a map of a million would take more
	// than they do.
	streams []*convRow
	order   []*convRow
	start   int64 // of the capture
	began   bool
}

func (x *conversations) Needs() Needs { return x.needs() }

func (x *conversations) Add(p *dissect.Packet) {
	if p.Env.HasFirst {
		x.start, x.began = p.Env.First, true
	}
	for i := range p.Hops {
		h := &p.Hops[i]
		if h.Kind != x.kind {
			continue
		}
		if h.Stream >= 0 && int(h.Stream) < len(x.streams) && x.streams[h.Stream] != nil {
			x.streams[h.Stream].add(p, h)
			continue
		}
		k := convKey{a: h.Src, b: h.Dst, aport: h.SPort, bport: h.DPort, stream: h.Stream}
		if h.Dst.Less(&h.Src) || h.Src == h.Dst && h.DPort < h.SPort {
			k.a, k.b, k.aport, k.bport = h.Dst, h.Src, h.DPort, h.SPort
		}
		r := x.rows[k]
		if r == nil {
			r = &convRow{a: h.Src, b: h.Dst, aport: h.SPort, bport: h.DPort, stream: h.Stream}
			x.order = append(x.order, r)
			if h.Stream < 0 {
				x.rows[k] = r
			} else {
				for len(x.streams) <= int(h.Stream) {
					x.streams = append(x.streams, nil)
				}
				x.streams[h.Stream] = r
			}
		}
		r.add(p, h)
	}
}

// add counts a packet.
func (r *convRow) add(p *dissect.Packet, h *dissect.Hop) {
	dir := 1
	if r.a == h.Src && r.aport == h.SPort {
		dir = 0
	}
	r.packets[dir]++
	r.bytes[dir] += uint64(p.Frame.Len)
	if p.Frame.HasTime {
		if !r.timed || p.Frame.Time < r.first {
			r.first = p.Frame.Time
		}
		if !r.timed || p.Frame.Time > r.last {
			r.last = p.Frame.Time
		}
		r.timed = true
	}
}

func (x *conversations) Table() *table.Table {
	t := &table.Table{}
	add := func(id, title string, ty table.Type, help string) {
		t.Columns = append(t.Columns, table.Column{ID: id, Title: title, Type: ty, Help: help})
	}
	add("addra", "Address A", table.Text, "who sent the first packet")
	if x.ports {
		add("porta", "Port A", table.Int, "")
	}
	add("addrb", "Address B", table.Text, "")
	if x.ports {
		add("portb", "Port B", table.Int, "")
	}
	add("packets", "Packets", table.Int, "")
	add("bytes", "Bytes", table.Bytes, "")
	add("stream", "Stream ID", table.Int, "")
	add("packetsab", "Packets A → B", table.Int, "")
	add("bytesab", "Bytes A → B", table.Bytes, "")
	add("packetsba", "Packets B → A", table.Int, "")
	add("bytesba", "Bytes B → A", table.Bytes, "")
	add("start", "Rel Start", table.Duration, "since the first packet of the capture")
	add("duration", "Duration", table.Duration, "")
	add("bpsab", "Bits/s A → B", table.Rate, "")
	add("bpsba", "Bits/s B → A", table.Rate, "")
	rows := busiest(t, x.order, "conversations", func(r *convRow) uint64 { return r.bytes[0] + r.bytes[1] })
	t.Rows = make([]table.Row, 0, len(rows))
	for _, r := range rows {
		var cells []table.Cell
		end := func(a *flow.Addr, port uint32) {
			cells = append(cells, addrString(a))
			if x.ports {
				cells = append(cells, int64(port))
			}
		}
		end(&r.a, r.aport)
		end(&r.b, r.bport)
		cells = append(cells, int64(r.packets[0]+r.packets[1]), int64(r.bytes[0]+r.bytes[1]), int64(r.stream),
			int64(r.packets[0]), int64(r.bytes[0]), int64(r.packets[1]), int64(r.bytes[1]))
		d := r.last - r.first
		cells = append(cells, r.first-x.start, d, bitRate(r.bytes[0], d), bitRate(r.bytes[1], d))
		key := fmt.Sprintf("%s:%d-%s:%d-%d", addrString(&r.a), r.aport, addrString(&r.b), r.bport, r.stream)
		t.Rows = append(t.Rows, table.Row{Key: key, Cells: cells})
	}
	return t
}

// maxRows bounds a table: a million rows are no use to a page, and a GiB.
const maxRows = 50000

// busiest gives the rows with the most bytes, in the order they stand in, when
// there are too many, and says so.
func busiest[T any](t *table.Table, rows []*T, what string, bytes func(*T) uint64) []*T {
	t.Summary = map[string]table.Cell{"total": int64(len(rows))}
	if len(rows) <= maxRows {
		return rows
	}
	t.Notes = append(t.Notes, table.Note{Code: "partial", Text: fmt.Sprintf("the %d with the most bytes of %d %s", maxRows, len(rows), what),
		Remedy: "narrow it with a display filter"})
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return bytes(rows[order[i]]) > bytes(rows[order[j]]) })
	order = order[:maxRows]
	sort.Ints(order)
	out := make([]*T, len(order))
	for i, k := range order {
		out[i] = rows[k]
	}
	return out
}

// bitRate is nil for a conversation too short to have one.
func bitRate(bytes uint64, ns int64) table.Cell {
	if ns <= 0 {
		return nil
	}
	return float64(bytes) * 8 * 1e9 / float64(ns)
}

func addrString(a *flow.Addr) string {
	var t field.Text
	dissect.AddrText(&t, a)
	return t.String()
}

func (x *conversations) WriteText(w io.Writer) error {
	var b strings.Builder
	rule := strings.Repeat("=", 80)
	width, pad := 20, 47
	if x.ports {
		width, pad = 26, 59
	}
	fmt.Fprintf(&b, "%s\n%s Conversations\nFilter:%s\n", rule, x.title, orNone(x.filter))
	fmt.Fprintf(&b, "%*s|       <-      | |       ->      | |     Total     |    Relative    |   Duration   |\n", pad, "")
	fmt.Fprintf(&b, "%*s| Frames  Bytes | | Frames  Bytes | | Frames  Bytes |      Start     |              |\n", pad, "")
	rows := append([]*convRow(nil), x.order...)
	sort.SliceStable(rows, func(i, j int) bool {
		return rows[i].packets[0]+rows[i].packets[1] > rows[j].packets[0]+rows[j].packets[1]
	})
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s <-> %-*s  %6d %-9s  %6d %-9s  %6d %-9s  %14.9f%15.4f\n", width, x.end(&r.a, r.aport), width, x.end(&r.b, r.bport),
			r.packets[1], si(r.bytes[1]), r.packets[0], si(r.bytes[0]), r.packets[0]+r.packets[1], si(r.bytes[0]+r.bytes[1]),
			float64(r.first-x.start)/1e9, float64(r.last-r.first)/1e9)
	}
	b.WriteString(rule + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (x *addrKind) end(a *flow.Addr, port uint32) string {
	if !x.ports {
		return addrString(a)
	}
	return fmt.Sprintf("%s:%d", addrString(a), port)
}

func orNone(filter string) string {
	if filter == "" {
		return "<No Filter>"
	}
	return filter
}

// si writes a byte count as tshark does: full below 10,000, then cut to whole
// thousands.
func si(n uint64) string {
	units := [...]string{"bytes", "kB", "MB", "GB", "TB"}
	i := 0
	for n >= 10000 && i < len(units)-1 {
		n /= 1000
		i++
	}
	return fmt.Sprintf("%d %s", n, units[i])
}
