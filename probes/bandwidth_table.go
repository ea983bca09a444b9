package probes

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sonde/probes/table"
)

const (
	// maxConns and maxRows bound what strangers can make this host remember.
	maxConns = 65_536
	maxRows  = 16_384
	// idleConn is how long a connection without traffic is remembered, rows ten
	// times as long; both shorter when the table is full.
	idleConn = 60
)

// connKey is a conversation, oriented: local is this host's end, or the lesser
// of the two where both or neither are.
type connKey struct {
	local, remote netip.AddrPort
	proto         uint8
}

type conn struct {
	meter  // kept only where the row may change: by process
	key    connKey
	row    *flowRow
	owner  owner
	tried  int
	seen   int64
	active bool // traffic since the last sample
}

// rowKey names a row of the chosen view; unused parts are zero.
type rowKey struct {
	local, remote netip.Addr
	lport, rport  uint16
	proto         uint8
	word          string
	pid           int
	start         uint64
}

type flowRow struct {
	meter
	key     rowKey
	seen    int64
	owners  map[owner]struct{}
	last    owner
	service map[uint16]struct{}
}

// flows counts traffic for one view. Not safe for concurrent use.
type flows struct {
	view     string
	since    int64
	conns    map[connKey]*conn
	rows     map[rowKey]*flowRow
	total    meter
	overflow uint64 // packets of conversations beyond the bound
	local    map[netip.Addr]bool
	// listening are this host's TCP ports with a listener.
	listening map[uint16]bool
}

// views of the bandwidth probe.
var bandwidthViews = []string{"pair", "service", "conn", "process", "port", "sizes", "station", "protocol"}

func newFlows(view string, since int64) *flows {
	return &flows{view: view, since: since, conns: map[connKey]*conn{}, rows: map[rowKey]*flowRow{}, local: map[netip.Addr]bool{}}
}

// orient makes the key of a packet and its direction: 0 sent, 1 received.
// count is false for the second copy that a loopback packet gives.
func (f *flows) orient(h *packetHead, dir uint8) (k connKey, way int, count bool) {
	src := netip.AddrPortFrom(h.src.Addr().Unmap(), h.src.Port())
	dst := netip.AddrPortFrom(h.dst.Addr().Unmap(), h.dst.Port())
	srcLocal, dstLocal := f.local[src.Addr()], f.local[dst.Addr()]
	sent := false
	switch {
	case srcLocal && dstLocal:
		if dir == 2 {
			return k, 0, false
		}
		sent = src.Compare(dst) <= 0
	case srcLocal, dir == 2 && !dstLocal:
		sent = true
	case dstLocal, dir == 1:
	default:
		sent = src.Compare(dst) <= 0
	}
	if sent {
		return connKey{src, dst, h.proto}, 0, true
	}
	return connKey{dst, src, h.proto}, 1, true
}

// packet counts one captured packet.
func (f *flows) packet(h *packetHead, wire int, dir uint8, sec int64) {
	bytes := uint64(max(wire, 0))
	way := 1
	if dir == 2 {
		way = 0
	}
	if h.ip {
		k, w, count := f.orient(h, dir)
		if !count {
			return
		}
		way = w
		switch f.view {
		case "sizes", "station", "protocol":
		default:
			f.conversation(k, way, bytes, 1, sec)
			return
		}
	}
	f.total.add(way, bytes, 1, sec)
	switch f.view {
	case "sizes":
		f.count(rowKey{word: sizeClass(wire), lport: sizeOrder(wire)}, way, bytes, sec)
	case "protocol":
		f.count(rowKey{word: protocolWord(h)}, way, bytes, sec)
	case "station":
		if h.hasMAC {
			f.count(rowKey{word: macText(h.srcMAC)}, 0, bytes, sec)
			f.count(rowKey{word: macText(h.dstMAC)}, 1, bytes, sec)
		}
	default:
		// Not IP (ARP, LLDP): no host pair, but part of the total.
		f.count(rowKey{word: protocolWord(h)}, way, bytes, sec)
	}
}

func (f *flows) count(k rowKey, way int, bytes uint64, sec int64) {
	if r := f.rowFor(k); r != nil {
		r.add(way, bytes, 1, sec)
		r.seen = max(r.seen, sec)
	}
}

// conversation counts bytes of one; used by packets and by socket deltas.
func (f *flows) conversation(k connKey, way int, bytes, packets uint64, sec int64) *conn {
	f.total.add(way, bytes, packets, sec)
	c := f.conns[k]
	if c == nil {
		if len(f.conns) >= maxConns {
			f.overflow += packets
			return nil
		}
		c = &conn{key: k}
		c.row = f.rowFor(f.rowKeyOf(k))
		if c.row == nil {
			f.overflow += packets
			return nil
		}
		if p := f.servicePort(k); p != 0 {
			if c.row.service == nil {
				c.row.service = map[uint16]struct{}{}
			}
			if len(c.row.service) < 8 {
				c.row.service[p] = struct{}{}
			}
		}
		f.conns[k] = c
	}
	c.seen, c.active = max(c.seen, sec), true
	c.row.add(way, bytes, packets, sec)
	c.row.seen = max(c.row.seen, sec)
	if f.view == "process" && c.owner.PID == 0 {
		c.add(way, bytes, packets, sec)
	}
	return c
}

func (f *flows) rowFor(k rowKey) *flowRow {
	r := f.rows[k]
	if r == nil {
		if len(f.rows) >= maxRows {
			return nil
		}
		r = &flowRow{key: k}
		f.rows[k] = r
	}
	return r
}

func (f *flows) rowKeyOf(k connKey) rowKey {
	switch f.view {
	case "service":
		return rowKey{local: k.local.Addr(), remote: k.remote.Addr(), rport: f.servicePort(k), proto: k.proto}
	case "conn":
		return rowKey{local: k.local.Addr(), remote: k.remote.Addr(), lport: k.local.Port(), rport: k.remote.Port(), proto: k.proto}
	case "port":
		return rowKey{rport: f.servicePort(k), proto: k.proto}
	case "process":
		return rowKey{word: "unknown"}
	}
	return rowKey{local: k.local.Addr(), remote: k.remote.Addr()}
}

// servicePort says which end offers the service: the one with a listener here,
// else the lesser number, as ephemeral ports are high.
func (f *flows) servicePort(k connKey) uint16 {
	a, b := k.local.Port(), k.remote.Port()
	switch {
	case a == 0 || b == 0:
		return max(a, b)
	case k.proto == 6 && f.listening[a]:
		return a
	case k.proto == 6 && f.listening[b] && f.local[k.remote.Addr()]:
		return b
	}
	return min(a, b)
}

// assign gives a conversation its owner; by process, what was counted as unknown
// moves over.
func (f *flows) assign(c *conn, o owner) {
	c.owner = o
	if f.view == "process" {
		from := c.row
		to := f.rowFor(rowKey{pid: o.PID, start: o.Start})
		if to == nil {
			return
		}
		to.move(&c.meter, &from.meter)
		to.seen = max(to.seen, c.seen)
		c.row = to
		c.meter = meter{}
	}
	if c.row.owners == nil {
		c.row.owners = map[owner]struct{}{}
	}
	who := owner{PID: o.PID, Start: o.Start, Comm: o.Comm}
	if len(c.row.owners) < 16 {
		c.row.owners[who] = struct{}{}
	}
	c.row.last = who
}

// expire forgets the long idle ones, sooner when the table is nearly full.
func (f *flows) expire(now int64) {
	idle := int64(idleConn)
	if len(f.conns) > maxConns*3/4 {
		idle = 5
	}
	for k, c := range f.conns {
		c.seen = min(c.seen, now+idleConn) // the clock was set back
		if now-c.seen > idle {
			delete(f.conns, k)
		}
	}
	idle = 10 * idleConn
	if len(f.rows) > maxRows*3/4 {
		idle = meterSeconds
	}
	for k, r := range f.rows {
		r.seen = min(r.seen, now+idleConn)
		if now-r.seen > idle {
			delete(f.rows, k)
		}
	}
}

var bandwidthColumns = []table.Column{
	{ID: "peer", Title: "Peer", Type: table.Text, Help: "The far host; in other views the port, size class, station or protocol."},
	{ID: "local", Title: "Local", Type: table.Text},
	{ID: "proto", Title: "Proto", Type: table.Text},
	{ID: "port", Title: "Port", Type: table.Int, Help: "Of the service."},
	{ID: "lport", Title: "Local port", Type: table.Int},
	{ID: "ports", Title: "Ports", Type: table.Text, Help: "Service ports seen, up to 8."},
	{ID: "process", Title: "Process", Type: table.Text, Help: "Owner of the socket, from a list of sockets made while the traffic ran."},
	{ID: "pid", Title: "PID", Type: table.Int},
	{ID: "processes", Title: "Processes", Type: table.Int, Help: "How many owners the traffic of this row has."},
	{ID: "tx2", Title: "TX 2 s", Type: table.Rate, Unit: "B"},
	{ID: "tx10", Title: "TX 10 s", Type: table.Rate, Unit: "B"},
	{ID: "tx40", Title: "TX 40 s", Type: table.Rate, Unit: "B"},
	{ID: "rx2", Title: "RX 2 s", Type: table.Rate, Unit: "B"},
	{ID: "rx10", Title: "RX 10 s", Type: table.Rate, Unit: "B"},
	{ID: "rx40", Title: "RX 40 s", Type: table.Rate, Unit: "B"},
	{ID: "sum2", Title: "2 s", Type: table.Rate, Unit: "B"},
	{ID: "sum10", Title: "10 s", Type: table.Rate, Unit: "B"},
	{ID: "sum40", Title: "40 s", Type: table.Rate, Unit: "B"},
	{ID: "tx.total", Title: "TX total", Type: table.Bytes, Unit: "B"},
	{ID: "rx.total", Title: "RX total", Type: table.Bytes, Unit: "B"},
	{ID: "total", Title: "Total", Type: table.Bytes, Unit: "B"},
	{ID: "tx.peak", Title: "TX peak", Type: table.Rate, Unit: "B"},
	{ID: "rx.peak", Title: "RX peak", Type: table.Rate, Unit: "B"},
	{ID: "tx.packets", Title: "TX packets", Type: table.Int, Help: "As captured: with segmentation offload one may stand for many on the wire."},
	{ID: "rx.packets", Title: "RX packets", Type: table.Int},
}

// table writes the rows at a second. packets is false when only bytes are known.
func (f *flows) table(now int64, packets bool) *table.Table {
	f.expire(now)
	t := &table.Table{Columns: bandwidthColumns, Summary: map[string]table.Cell{}}
	for _, r := range f.rows {
		if r.bytes[0]+r.bytes[1] == 0 {
			continue // everything it had belongs to a process now
		}
		r.mark(now, f.since)
		t.Rows = append(t.Rows, f.row(r, now, packets))
	}
	f.total.mark(now, f.since)
	for i, w := range []string{"tx", "rx"} {
		t.Summary[w+".rate"] = f.total.average(i, 2, now, f.since)
		t.Summary[w+".rate10"] = f.total.average(i, 10, now, f.since)
		t.Summary[w+".rate40"] = f.total.average(i, 40, now, f.since)
		t.Summary[w+".peak"] = f.total.peak[i]
		t.Summary[w+".total"] = int64(f.total.bytes[i])
	}
	t.Summary["sum.peak"] = f.total.peakSum
	t.Summary["since"] = f.since * 1e9
	t.Summary["conversations"] = int64(len(f.conns))
	if f.overflow > 0 {
		t.Notes = append(t.Notes, table.Note{Code: "partial",
			Text: fmt.Sprintf("More than %d conversations: %d packets are only in the totals.", maxConns, f.overflow)})
	}
	return table.Sort(t, "-sum10,-total,peer,port")
}

func (f *flows) row(r *flowRow, now int64, packets bool) table.Row {
	c := make([]table.Cell, len(bandwidthColumns))
	k := r.key
	switch {
	case k.pid != 0:
		c[0] = r.last.Comm
	case k.word != "":
		c[0] = k.word
	case f.view == "port":
		c[0] = "port " + strconv.Itoa(int(k.rport))
		if k.rport == 0 {
			c[0] = protoWord(k.proto)
		}
	default:
		c[0], c[1] = k.remote.String(), k.local.String()
	}
	if k.proto != 0 {
		c[2] = protoWord(k.proto)
	}
	if k.rport != 0 {
		c[3] = int64(k.rport)
	}
	if k.lport != 0 && f.view == "conn" {
		c[4] = int64(k.lport)
	}
	if len(r.service) > 0 && f.view == "pair" {
		c[5] = portList(r.service)
	}
	if r.last.PID != 0 {
		c[6], c[7], c[8] = r.last.Comm, int64(r.last.PID), int64(len(r.owners))
	}
	var sum [3]float64
	for d := range 2 {
		for i, n := range []int{2, 10, 40} {
			v := r.average(d, n, now, f.since)
			c[9+3*d+i] = v
			sum[i] += v
		}
	}
	c[15], c[16], c[17] = sum[0], sum[1], sum[2]
	c[18], c[19], c[20] = int64(r.bytes[0]), int64(r.bytes[1]), int64(r.bytes[0]+r.bytes[1])
	c[21], c[22] = r.peak[0], r.peak[1]
	if packets {
		c[23], c[24] = int64(r.packets[0]), int64(r.packets[1])
	}
	key := k.word
	switch {
	case k.pid != 0:
		key = strconv.Itoa(k.pid) + ":" + strconv.FormatUint(k.start, 10)
	case key == "":
		key = fmt.Sprintf("%d|%v|%d|%v|%d", k.proto, k.local, k.lport, k.remote, k.rport)
	}
	return table.Row{Key: key, Cells: c}
}

func portList(m map[uint16]struct{}) string {
	var ps []uint16
	for p := range m {
		ps = append(ps, p)
	}
	sortPorts(ps)
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(int(p)))
	}
	return b.String()
}

func sortPorts(ps []uint16) {
	for i := 1; i < len(ps); i++ {
		for j := i; j > 0 && cmp.Less(ps[j], ps[j-1]); j-- {
			ps[j], ps[j-1] = ps[j-1], ps[j]
		}
	}
}

// protoWord names an IP protocol (IANA protocol-numbers), those seen in practice.
func protoWord(p uint8) string {
	switch p {
	case 1:
		return "icmp"
	case 2:
		return "igmp"
	case 4:
		return "ipip"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 41:
		return "ipv6"
	case 47:
		return "gre"
	case 50:
		return "esp"
	case 51:
		return "ah"
	case 58:
		return "icmp6"
	case 89:
		return "ospf"
	case 103:
		return "pim"
	case 112:
		return "vrrp"
	case 132:
		return "sctp"
	}
	return "ip proto " + strconv.Itoa(int(p))
}

// protocolWord is the row of the protocol view.
func protocolWord(h *packetHead) string {
	if h.ip {
		v := "ipv4 "
		if h.etherType == 0x86dd {
			v = "ipv6 "
		}
		return v + protoWord(h.proto)
	}
	switch h.etherType {
	case 0x0806:
		return "arp"
	case 0x88cc:
		return "lldp"
	case 0x0800, 0x86dd:
		return "ip, cut short"
	}
	if h.etherType < 0x600 {
		return "802.3"
	}
	return fmt.Sprintf("ethertype 0x%04x", h.etherType)
}

func macText(m [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// sizeStep is iptraf's width of a size class on Ethernet (1500/20).
const sizeStep = 75

func sizeOrder(n int) uint16 {
	if n <= 0 {
		return 1
	}
	return uint16(min((n-1)/sizeStep, 20) + 1)
}

// sizeClass is the row of the sizes view. Above Ethernet's 1514 bytes lie
// segments that the card splits or has merged.
func sizeClass(n int) string {
	o := int(sizeOrder(n))
	if o > 20 {
		return "over 1500 (merged by offload, or jumbo)"
	}
	return fmt.Sprintf("%d to %d", (o-1)*sizeStep+1, o*sizeStep)
}
