package probes

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/table"
)

// ipPacket builds an Ethernet, IPv4 and port header.
func ipPacket(src, dst string, proto uint8, sport, dport uint16) []byte {
	b := make([]byte, 14+20+8)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0})
	ip := b[14:]
	ip[0], ip[9] = 0x45, proto
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	copy(ip[12:], s[:])
	copy(ip[16:], d[:])
	binary.BigEndian.PutUint16(ip[20:], sport)
	binary.BigEndian.PutUint16(ip[22:], dport)
	return b
}

func TestParseHead(t *testing.T) {
	v4 := ipPacket("10.0.0.1", "10.0.0.2", 6, 1234, 443)
	tagged := append(append(append([]byte{}, v4[:12]...), 0x81, 0, 0, 5, 0x88, 0xa8, 0, 6), v4[12:]...)
	sll2 := append([]byte{8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0}, v4[14:]...)
	fragment := append([]byte{}, v4...)
	fragment[14+7] = 5
	v6 := make([]byte, 40+8+8+8)
	v6[0], v6[6] = 0x60, 0 // hop by hop
	v6[8+15], v6[24+15] = 1, 2
	copy(v6[40:], []byte{44, 0})       // then a fragment header
	copy(v6[48:], []byte{17, 0, 0, 1}) // first fragment of UDP
	copy(v6[56:], []byte{0, 53, 0, 99})
	for _, c := range []struct {
		name     string
		b        []byte
		link     uint16
		src, dst string
		proto    uint8
	}{
		{"Ethernet", v4, linkEthernet, "10.0.0.1:1234", "10.0.0.2:443", 6},
		{"two VLAN tags", tagged, linkEthernet, "10.0.0.1:1234", "10.0.0.2:443", 6},
		{"cooked", sll2, linkSLL2, "10.0.0.1:1234", "10.0.0.2:443", 6},
		{"raw", v4[14:], linkRaw, "10.0.0.1:1234", "10.0.0.2:443", 6},
		{"later fragment", fragment, linkEthernet, "10.0.0.1:0", "10.0.0.2:0", 6},
		{"IPv6 extensions", v6, linkRaw, "[::1]:53", "[::2]:99", 17},
	} {
		var h packetHead
		if !parseHead(c.b, c.link, &h) || !h.ip || h.src.String() != c.src || h.dst.String() != c.dst || h.proto != c.proto {
			t.Errorf("%s: %+v", c.name, h)
		}
	}
	v6[51] = 9 // no first fragment: no ports
	var h packetHead
	if parseHead(v6, linkRaw, &h); h.src.Port() != 0 || h.proto != 17 {
		t.Errorf("later IPv6 fragment: %+v", h)
	}
}

func FuzzParseHead(f *testing.F) {
	f.Add(ipPacket("10.0.0.1", "10.0.0.2", 6, 1, 2), uint16(1))
	f.Add([]byte{0x60, 0, 0, 0, 0, 0, 0, 0}, uint16(linkRaw))
	f.Add(make([]byte, 64), uint16(linkSLL2))
	fl := newFlows("conn", 100)
	f.Fuzz(func(t *testing.T, b []byte, link uint16) {
		var h packetHead
		if parseHead(b, link, &h); h.ip && (!h.src.IsValid() || !h.dst.IsValid()) {
			t.Errorf("IP without addresses: %+v", h)
		}
		fl.packet(&h, len(b), uint8(link), 100)
		if len(fl.conns) > 100 {
			fl = newFlows("conn", 100)
		}
	})
}

func TestMeterAverages(t *testing.T) {
	var m meter
	for sec := int64(100); sec < 140; sec++ {
		m.add(0, 1000, 1, sec)
	}
	m.add(0, 9999, 1, 140) // in progress: not in any average
	for _, c := range []struct {
		n    int
		now  int64
		want float64
	}{{2, 140, 1000}, {10, 140, 1000}, {40, 140, 1000}, {10, 145, 500 + 999.9}, {2, 145, 0}, {40, 300, 0}} {
		if got := m.average(0, c.n, c.now, 100); got != c.want {
			t.Errorf("average of %d s at %d = %v, want %v", c.n, c.now, got, c.want)
		}
	}
	if m.bytes[0] != 40*1000+9999 || m.packets[0] != 41 {
		t.Errorf("totals %v %v", m.bytes, m.packets)
	}
	// An average over more time than has passed would be too low.
	var young meter
	young.add(1, 500, 1, 100)
	if got := young.average(1, 40, 101, 100); got != 500 {
		t.Errorf("after one second: %v", got)
	}
}

func TestMeterSurvivesAClockThatIsSet(t *testing.T) {
	for _, jump := range []int64{-1 << 40, -3600, -41, -40, -1, 0, 1, 40, 41, 3600, 1 << 40} {
		var m meter
		m.add(0, 500, 1, 1_000_000)
		sec := 1_000_000 + jump
		m.add(0, 100, 1, sec)
		m.add(0, 300, 1, sec+1)
		m.advance(sec + 2)
		if got := m.average(0, 1, sec+2, 0); (jump >= 0 || jump < -meterSeconds) && got != 300 {
			t.Errorf("clock moved by %d: %v a second, want 300", jump, got)
		}
		if m.bytes[0] != 900 {
			t.Errorf("clock moved by %d: %d bytes", jump, m.bytes[0])
		}
	}
}

// fed is a packet source that a test fills.
type fed struct {
	ch   chan fedPacket
	once sync.Once
	done chan struct{}
}

type fedPacket struct {
	b    []byte
	wire int
	dir  uint8
	ns   int64
}

func newFed() *fed { return &fed{ch: make(chan fedPacket), done: make(chan struct{})} }

func (f *fed) Next() ([]byte, int, uint16, uint8, int64, error) {
	select {
	case p := <-f.ch:
		return p.b, p.wire, linkEthernet, p.dir, p.ns, nil
	case <-f.done:
		return nil, 0, 0, 0, 0, fs.ErrClosed
	}
}

func (f *fed) Close() error { f.once.Do(func() { close(f.done) }); return nil }

// feed hands packets over; the last one is taken only after the ones before were
// counted, so a filler of no length comes last.
func (f *fed) feed(ps ...fedPacket) {
	for _, p := range ps {
		f.ch <- p
	}
	f.ch <- fedPacket{}
	f.ch <- fedPacket{}
}

func bandwidthWith(t *testing.T, by string) (*bandwidth, *fed) {
	t.Helper()
	src := newFed()
	b, err := newBandwidth(system, Args{"by": by, "if": "eth9"}, func(o PacketOptions) (PacketSource, error) {
		if o.Interface != "eth9" || o.SnapLen < 64 {
			t.Errorf("options %+v", o)
		}
		return src, nil
	})
	if err != nil {
		t.Skip("netlink not permitted: ", err)
	}
	t.Cleanup(func() { b.Close() })
	b.mu.Lock()
	b.flows.local = map[netip.Addr]bool{netip.MustParseAddr("10.0.0.1"): true}
	b.addrsAt = t0.Add(time.Hour)
	b.flows.since = t0.Unix() - 100
	b.mu.Unlock()
	return b, src
}

func at(sec int64) int64 { return (t0.Unix() + sec) * int64(time.Second) }

func TestBandwidthByPair(t *testing.T) {
	b, src := bandwidthWith(t, "pair")
	src.feed(
		fedPacket{ipPacket("10.0.0.1", "198.51.100.7", 6, 50000, 443), 1500, 2, at(-1)},
		fedPacket{ipPacket("10.0.0.1", "198.51.100.7", 6, 50001, 443), 1500, 2, at(-2)},
		fedPacket{ipPacket("198.51.100.7", "10.0.0.1", 6, 443, 50000), 60, 1, at(-1)},
		fedPacket{ipPacket("10.0.0.1", "10.0.0.53", 17, 40000, 53), 100, 0, at(-1)},
	)
	tab, err := b.Sample(t0)
	if err != nil {
		t.Fatal(err)
	}
	find := func(peer string) table.Row {
		for _, r := range tab.Rows {
			if tab.Cell(r, "peer") == peer {
				return r
			}
		}
		t.Fatalf("no row for %s in %v", peer, tab.Rows)
		return table.Row{}
	}
	web := find("198.51.100.7")
	for col, want := range map[string]table.Cell{"local": "10.0.0.1", "ports": "443", "tx.total": int64(3000), "rx.total": int64(60), "total": int64(3060),
		"tx2": 1500.0, "tx10": 300.0, "tx40": 75.0, "rx2": 30.0, "sum10": 306.0, "tx.peak": 1500.0, "tx.packets": int64(2), "rx.packets": int64(1)} {
		if got := tab.Cell(web, col); got != want {
			t.Errorf("%s = %v, want %v", col, got, want)
		}
	}
	if got := tab.Cell(find("10.0.0.53"), "tx.total"); got != int64(100) {
		t.Errorf("direction told by the address alone: %v", got)
	}
	if tab.Summary["tx.total"] != int64(3100) || tab.Summary["source"] != "packets" || tab.Summary["interface"] != "eth9" {
		t.Errorf("summary %v", tab.Summary)
	}
}

func TestBandwidthGoesOnWhenTheInterfaceComesBack(t *testing.T) {
	var sources []*fed
	down := false
	b, err := newBandwidth(system, Args{"if": "eth9"}, func(PacketOptions) (PacketSource, error) {
		if down {
			return nil, unix.ENETDOWN
		}
		sources = append(sources, newFed())
		return sources[len(sources)-1], nil
	})
	if err != nil {
		t.Skip("netlink not permitted: ", err)
	}
	defer b.Close()
	sources[0].feed(fedPacket{ipPacket("10.0.0.1", "10.0.0.2", 17, 1, 2), 100, 2, at(-1)})
	down = true
	sources[0].Close()
	<-b.done
	if _, err := b.Sample(t0); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("capture ended: %v", err)
	}
	down = false
	if _, err := b.Sample(t0.Add(time.Second)); err == nil {
		t.Error("tried again at once")
	}
	if _, err := b.Sample(t0.Add(reopenEvery)); err != nil {
		t.Errorf("interface is back: %v", err)
	}
	sources[1].feed(fedPacket{ipPacket("10.0.0.1", "10.0.0.2", 17, 1, 2), 50, 2, at(7)})
	tab, err := b.Sample(t0.Add(8 * time.Second))
	if err != nil || tab.Summary["tx.total"].(int64)+tab.Summary["rx.total"].(int64) != 150 {
		t.Errorf("totals %v, %v", tab, err)
	}
}

func TestBandwidthViews(t *testing.T) {
	arp := make([]byte, 42)
	arp[12], arp[13] = 8, 6
	for by, want := range map[string][]string{
		"service": {"198.51.100.7"}, "conn": {"198.51.100.7", "198.51.100.7"}, "port": {"port 443"}, "process": {"unknown"},
		"sizes": {"1426 to 1500", "1 to 75"}, "protocol": {"ipv4 tcp", "arp"}, "station": {"02:00:00:00:00:01", "02:00:00:00:00:02"},
	} {
		b, src := bandwidthWith(t, by)
		src.feed(
			fedPacket{ipPacket("10.0.0.1", "198.51.100.7", 6, 50000, 443), 1500, 2, at(-1)},
			fedPacket{ipPacket("10.0.0.1", "198.51.100.7", 6, 50001, 443), 1500, 2, at(-1)},
			fedPacket{arp, 60, 1, at(-1)},
		)
		tab, err := b.Sample(t0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range tab.Rows {
			got = append(got, tab.Cell(r, "peer").(string))
		}
		all := strings.Join(got, ",")
		for _, w := range want {
			if strings.Count(all, w) < strings.Count(strings.Join(want, ","), w) {
				t.Errorf("%s: rows %q lack %q", by, got, w)
			}
		}
	}
}

// A loopback packet is captured twice, going out and coming in.
func TestBandwidthCountsLoopbackOnce(t *testing.T) {
	f := newFlows("pair", 1)
	f.local = map[netip.Addr]bool{netip.MustParseAddr("127.0.0.1"): true}
	var h packetHead
	parseHead(ipPacket("127.0.0.1", "127.0.0.1", 6, 5000, 80), linkEthernet, &h)
	f.packet(&h, 100, 2, 10)
	f.packet(&h, 100, 1, 10)
	if f.total.bytes[0]+f.total.bytes[1] != 100 {
		t.Errorf("counted %v", f.total.bytes)
	}
}

func TestBandwidthMovesBytesToTheOwner(t *testing.T) {
	f := newFlows("process", 1)
	k := connKey{netip.MustParseAddrPort("10.0.0.1:50000"), netip.MustParseAddrPort("10.0.0.2:443"), 6}
	c := f.conversation(k, 0, 700, 1, 10)
	f.conversation(connKey{k.remote, k.local, 17}, 1, 50, 1, 10)
	f.assign(c, owner{PID: 42, Start: 7, Comm: "restic"})
	f.conversation(k, 0, 300, 1, 11)
	tab := f.table(12, true)
	if got := cell(t, tab, "42:7", "tx.total"); got != int64(1000) || cell(t, tab, "42:7", "process") != "restic" || cell(t, tab, "42:7", "tx2") != 500.0 {
		t.Errorf("owner's row: %v of %v", got, tab.Rows)
	}
	if got := cell(t, tab, "unknown", "total"); got != int64(50) {
		t.Errorf("unknown: %v", got)
	}
	if f.total.bytes[0] != 1000 || f.total.bytes[1] != 50 {
		t.Errorf("total %v", f.total.bytes)
	}
}

func TestBandwidthBoundsWhatItRemembers(t *testing.T) {
	f := newFlows("pair", 1)
	var a [4]byte
	const extra = 100
	for i := range maxRows + extra {
		binary.BigEndian.PutUint32(a[:], uint32(0x0b000000+i))
		f.conversation(connKey{netip.MustParseAddrPort("10.0.0.1:1"), netip.AddrPortFrom(netip.AddrFrom4(a), 2), 6}, 0, 10, 1, 10)
	}
	tab := f.table(11, true)
	if len(tab.Rows) != maxRows || f.overflow != extra || len(tab.Notes) != 1 || f.total.packets[0] != maxRows+extra {
		t.Errorf("%d rows, %d beyond, notes %v", len(tab.Rows), f.overflow, tab.Notes)
	}
	if f.table(11+idleConn*20, true); len(f.conns) != 0 || len(f.rows) != 0 {
		t.Errorf("%d conversations, %d rows stay for ever", len(f.conns), len(f.rows))
	}
}

func TestBandwidthWithoutCaptureCountsSockets(t *testing.T) {
	denied := func(PacketOptions) (PacketSource, error) { return nil, unix.EPERM }
	b, err := newBandwidth(system, Args{"by": "conn", "if": "lo"}, denied)
	if err != nil {
		t.Skip("netlink not permitted: ", err)
	}
	defer b.Close()
	b.owners = &owners{root: system.proc}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := b.Sample(t0); err != nil {
		t.Fatal(err)
	}
	const n = 50_000
	if _, err := client.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, n)
	for got := 0; got < n; {
		m, err := server.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += m
	}
	tab, err := b.Sample(t0.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if len(tab.Notes) == 0 || !strings.Contains(tab.Notes[0].Remedy, "setcap cap_net_raw") || tab.Summary["source"] != "sockets" {
		t.Errorf("not labelled: %+v", tab.Notes)
	}
	port := int64(client.LocalAddr().(*net.TCPAddr).Port)
	sport := int64(l.Addr().(*net.TCPAddr).Port)
	found := false
	for _, r := range tab.Rows {
		lp, rp := tab.Cell(r, "lport"), tab.Cell(r, "port")
		if lp == port && rp == sport || lp == sport && rp == port {
			found = true
			// Acknowledgements may be on their way still: the receiver's figure is exact.
			if got := tab.Cell(r, "total").(int64); got > n || tab.Cell(r, "lport") == sport && got != n {
				t.Errorf("%d bytes, want %d", got, n)
			}
			if tab.Cell(r, "tx.packets") != nil {
				t.Error("packets of which none was seen")
			}
			if tab.Cell(r, "process") == nil {
				t.Error("no owner")
			}
		}
	}
	if !found {
		t.Errorf("connection not listed: %v", tab.Rows)
	}
	if _, err := newBandwidth(system, Args{"by": "nosuch"}, denied); !errors.Is(err, ErrArgs) {
		t.Errorf("unknown view: %v", err)
	}
	other := errors.New("no such device")
	if _, err := newBandwidth(system, Args{}, func(PacketOptions) (PacketSource, error) { return nil, other }); !errors.Is(err, other) {
		t.Errorf("a capture that fails for another reason: %v", err)
	}
}

func BenchmarkBandwidthPacket(b *testing.B) {
	f := newFlows("pair", 1)
	p := ipPacket("10.0.0.1", "198.51.100.7", 6, 50000, 443)
	f.local = map[netip.Addr]bool{netip.MustParseAddr("10.0.0.1"): true}
	b.ReportAllocs()
	var h packetHead
	for b.Loop() {
		parseHead(p, linkEthernet, &h)
		f.packet(&h, 1500, 2, 100)
	}
}

func TestServicePortPrefersTheListener(t *testing.T) {
	f := newFlows("pair", 1)
	f.local = map[netip.Addr]bool{netip.MustParseAddr("10.0.0.1"): true}
	f.listening = map[uint16]bool{40000: true}
	for _, c := range []struct {
		local, remote string
		want          uint16
	}{{"10.0.0.1:40000", "10.0.0.2:33000", 40000}, {"10.0.0.1:50000", "10.0.0.1:40000", 40000}, {"10.0.0.1:50000", "10.0.0.2:443", 443}, {"10.0.0.1:0", "10.0.0.2:7", 7}} {
		if got := f.servicePort(connKey{netip.MustParseAddrPort(c.local), netip.MustParseAddrPort(c.remote), 6}); got != c.want {
			t.Errorf("%s to %s: %d, want %d", c.local, c.remote, got, c.want)
		}
	}
}
