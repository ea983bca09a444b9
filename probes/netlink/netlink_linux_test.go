package netlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inetMessage builds a struct inet_diag_msg for 127.0.0.1:80 -> 10.0.0.1:5000.
func inetMessage(attrs ...[]byte) []byte {
	b := make([]byte, 72)
	b[0], b[1], b[2], b[3] = unix.AF_INET, Established, 2, 3
	binary.BigEndian.PutUint16(b[4:], 80)
	binary.BigEndian.PutUint16(b[6:], 5000)
	copy(b[8:], []byte{127, 0, 0, 1})
	copy(b[24:], []byte{10, 0, 0, 1})
	for i, v := range []uint32{7, 0x11, 0x22, 35000, 12, 34, 1000, 4711} {
		order.PutUint32(b[40+4*i:], v)
	}
	for _, a := range attrs {
		b = append(b, a...)
	}
	return b
}

func attr(typ uint16, data []byte) []byte { return appendAttr(nil, typ, data) }

func tcpInfo() []byte {
	b := make([]byte, 232)
	b[0], b[6] = 1, 0x97
	order.PutUint32(b[68:], 45_000)
	order.PutUint32(b[100:], 9)
	order.PutUint64(b[120:], 1<<40)
	order.PutUint64(b[128:], 77)
	order.PutUint32(b[228:], 65535)
	return b
}

func TestParseInet(t *testing.T) {
	var s Inet
	msg := inetMessage(attr(inetDiagInfo, tcpInfo()), attr(inetDiagCong, []byte("cubic\x00")),
		attr(inetDiagSkMem, []byte{1, 0, 0, 0, 2, 0, 0, 0}), attr(inetDiagCgroup, []byte{5, 0, 0, 0, 0, 0, 0, 0}), attr(99, nil))
	if err := ParseInet(msg, &s); err != nil {
		t.Fatal(err)
	}
	if s.Src != netip.MustParseAddr("127.0.0.1") || s.SrcPort != 80 || s.Dst != netip.MustParseAddr("10.0.0.1") || s.DstPort != 5000 ||
		s.Timer != 2 || s.Retrans != 3 || s.Interface != 7 || s.Cookie != 0x22_00000011 || s.ExpiresMS != 35000 ||
		s.RQueue != 12 || s.WQueue != 34 || s.UID != 1000 || s.Inode != 4711 {
		t.Errorf("got %+v", s)
	}
	i := s.Info
	if !s.HasInfo || i.RTT != 45_000 || i.TotalRetrans != 9 || i.BytesAcked != 1<<40 || i.BytesReceived != 77 || i.SndWnd != 65535 || i.SndWScale != 7 || i.RcvWScale != 9 {
		t.Errorf("tcp_info %+v", i)
	}
	if s.Cong != "cubic" || s.Mem.RmemAlloc != 1 || s.Mem.RcvBuf != 2 || s.CgroupID != 5 {
		t.Errorf("attributes %+v", s)
	}
	if n := testing.AllocsPerRun(100, func() { _ = ParseInet(msg, &s) }); n != 0 {
		t.Errorf("%v allocations for each socket", n)
	}
}

func TestParseInetTakesOlderKernels(t *testing.T) {
	var s Inet
	if err := ParseInet(inetMessage(attr(inetDiagInfo, tcpInfo()[:104])), &s); err != nil {
		t.Fatal(err)
	}
	if s.Info.RTT != 45_000 || s.Info.TotalRetrans != 9 || s.Info.BytesAcked != 0 {
		t.Errorf("got %+v", s.Info)
	}
	if err := ParseInet(make([]byte, 71), &s); !errors.Is(err, ErrShort) {
		t.Errorf("short message: %v", err)
	}
}

func TestParseUnixNames(t *testing.T) {
	head := make([]byte, 16)
	head[1], head[2] = 1, Listen
	for raw, want := range map[string]string{"/run/x.sock\x00": "/run/x.sock", "\x00abs\x00tail": "@abs\x00tail", "": ""} {
		var s Unix
		if err := ParseUnix(append(bytes.Clone(head), attr(0, []byte(raw))...), &s); err != nil || s.Path != want {
			t.Errorf("%q: %q, %v", raw, s.Path, err)
		}
	}
}

func TestParseRouteMultipath(t *testing.T) {
	b := make([]byte, 12)
	b[0], b[1], b[4], b[5] = unix.AF_INET, 8, 254, 4
	b = appendAttr(b, unix.RTA_DST, []byte{10, 0, 0, 0})
	hop := func(ifindex uint32, gw byte) []byte {
		g := appendAttr(nil, unix.RTA_GATEWAY, []byte{192, 0, 2, gw})
		h := make([]byte, 8)
		order.PutUint16(h, uint16(8+len(g)))
		order.PutUint32(h[4:], ifindex)
		return append(h, g...)
	}
	b = appendAttr(b, unix.RTA_MULTIPATH, append(hop(2, 1), hop(3, 2)...))
	r, err := ParseRoute(b)
	if err != nil || r.Dst != netip.MustParsePrefix("10.0.0.0/8") || len(r.Hops) != 2 || r.Hops[1].Interface != 3 || r.Hops[1].Gateway != netip.MustParseAddr("192.0.2.2") {
		t.Errorf("got %+v, %v", r, err)
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(inetMessage(attr(inetDiagInfo, tcpInfo()), attr(inetDiagCong, []byte("bbr\x00"))))
	f.Add([]byte{16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(appendAttr(make([]byte, 16), unix.IFLA_LINKINFO, appendAttr(nil, unix.IFLA_INFO_KIND, []byte("veth"))))
	f.Add(appendAttr(make([]byte, 12), unix.RTA_MULTIPATH, []byte{8, 0, 0, 0, 1, 0, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Inet
		_ = ParseInet(b, &s)
		var u Unix
		_ = ParseUnix(b, &u)
		var p Packet
		_ = ParsePacket(b, &p)
		_, _ = ParseLink(b)
		_, _ = ParseAddr(b)
		_, _ = ParseRoute(b)
		total := 0
		_ = Messages(b, func(_ Header, d []byte) error { total += len(d) + 16; return nil })
		if total > len(b) {
			t.Errorf("%d bytes of messages in %d", total, len(b))
		}
	})
}

func open(t testing.TB, family int) *Conn {
	t.Helper()
	c, err := Open(family)
	if err != nil {
		t.Skip("netlink not permitted: ", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// dump collects the sockets of IPv4 TCP by their local port.
func dump(t testing.TB, c *Conn, port uint16) []Inet {
	t.Helper()
	var found []Inet
	err := c.Inet(InetRequest{Family: unix.AF_INET, Protocol: unix.IPPROTO_TCP, States: AllStates, Extensions: ExtInfo | ExtCong | ExtSkMem}, func(s *Inet) {
		if s.SrcPort == port {
			found = append(found, *s)
		}
	})
	if err != nil && !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	return found
}

func TestOwnConnectionIsListedAsItIs(t *testing.T) {
	c := open(t, SockDiag)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback: ", err)
	}
	defer l.Close()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
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
	if _, err := client.Write(make([]byte, 12345)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 12345)
	for n := 0; n < len(buf); {
		m, err := server.Read(buf[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	var listener, accepted *Inet
	for _, s := range dump(t, c, port) {
		switch s.State {
		case Listen:
			listener = &s
		case Established:
			accepted = &s
		}
	}
	if listener == nil || accepted == nil {
		t.Fatal("listener or connection missing")
	}
	if listener.WQueue == 0 || listener.Inode == 0 {
		t.Errorf("listener %+v", listener)
	}
	if !accepted.HasInfo || accepted.Info.BytesReceived != 12345 || !accepted.HasMem || accepted.Cong == "" ||
		accepted.DstPort != uint16(client.LocalAddr().(*net.TCPAddr).Port) {
		t.Errorf("connection %+v", accepted)
	}
	// The same by ss.
	out, err := exec.Command("ss", "-tniH", "sport", "=", ":"+strconv.Itoa(int(port))).Output()
	if err != nil {
		t.Skip("no ss to compare with: ", err)
	}
	m := regexp.MustCompile(`bytes_received:(\d+)`).FindSubmatch(out)
	if m == nil || string(m[1]) != "12345" {
		t.Errorf("ss says %s", out)
	}
	if m := regexp.MustCompile(` (\S+) wscale:(\d+),(\d+)`).FindStringSubmatch(string(out)); m != nil {
		if m[1] != accepted.Cong || m[2] != fmt.Sprint(accepted.Info.SndWScale) || m[3] != fmt.Sprint(accepted.Info.RcvWScale) {
			t.Errorf("ss: %v, own: %s %d,%d", m[1:], accepted.Cong, accepted.Info.SndWScale, accepted.Info.RcvWScale)
		}
	}
	if m := regexp.MustCompile(`pmtu:(\d+) rcvmss:(\d+) advmss:(\d+) cwnd:(\d+)`).FindStringSubmatch(string(out)); m != nil {
		i := accepted.Info
		if m[1] != fmt.Sprint(i.PMTU) || m[3] != fmt.Sprint(i.AdvMSS) || m[4] != fmt.Sprint(i.SndCwnd) {
			t.Errorf("ss: %v, own: pmtu %d advmss %d cwnd %d", m[1:], i.PMTU, i.AdvMSS, i.SndCwnd)
		}
	}
}

func TestUnixListenerIsListed(t *testing.T) {
	c := open(t, SockDiag)
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	found := false
	if err := c.Unix(func(s *Unix) {
		if s.Path == path && s.State == Listen && s.Type == 1 {
			found = true
		}
	}); err != nil && !errors.Is(err, ErrInterrupted) {
		t.Skip("unix_diag: ", err)
	}
	if !found {
		t.Error("not found")
	}
}

func TestLinksAddressesRoutesAgreeWithIP(t *testing.T) {
	c := open(t, Route)
	links, err := c.Links()
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := c.Addrs()
	if err != nil {
		t.Fatal(err)
	}
	routes, err := c.Routes()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ip", "-o", "link").Output()
	if err != nil {
		t.Skip("no ip to compare with: ", err)
	}
	for line := range strings.Lines(string(out)) {
		m := regexp.MustCompile(`^(\d+): ([^:@]+)[@:].* mtu (\d+) qdisc (\S+)`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("ip link: %q", line)
		}
		ok := false
		for _, l := range links {
			if strconv.Itoa(l.Index) == m[1] {
				ok = l.Name == m[2] && strconv.Itoa(l.MTU) == m[3] && l.Qdisc == m[4]
			}
		}
		if !ok {
			t.Errorf("ip has %v", m[1:])
		}
	}
	out, _ = exec.Command("ip", "-o", "addr").Output()
	if n := strings.Count(string(out), "\n"); n != len(addrs) {
		t.Errorf("%d addresses, ip has %d", len(addrs), n)
	}
	for _, a := range addrs {
		if !strings.Contains(string(out), a.Prefix.String()) {
			t.Errorf("ip lacks %v", a.Prefix)
		}
	}
	out, _ = exec.Command("ip", "-4", "route", "show", "table", "all").Output()
	n := 0
	for _, r := range routes {
		if r.Family == unix.AF_INET {
			n++
		}
	}
	if want := strings.Count(string(out), "\n"); n != want {
		t.Errorf("%d IPv4 routes, ip has %d", n, want)
	}
	if r, err := c.RouteTo(netip.MustParseAddr("127.0.0.1")); err != nil || r.Type != unix.RTN_LOCAL {
		t.Errorf("route to 127.0.0.1: %+v, %v", r, err)
	}
}

// However often a thread goes elsewhere, the process stays where it is.
func TestOwnThreadLeavesTheProcessAlone(t *testing.T) {
	before, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Skip(err)
	}
	for range 50 {
		var err error
		OwnThread(func() {
			if unix.Gettid() == unix.Getpid() {
				t.Error("on the first thread")
			}
			err = unix.Unshare(unix.CLONE_NEWNET)
		})
		if err != nil {
			t.Skip("no network namespace of its own: ", err)
		}
		if after, _ := os.Readlink("/proc/self/ns/net"); after != before {
			t.Fatalf("process moved from %s to %s", before, after)
		}
		if here, _ := os.Readlink("/proc/thread-self/ns/net"); here != before {
			t.Fatalf("thread of the caller is in %s", here)
		}
	}
}

func BenchmarkSocketsTCPInfo(b *testing.B) {
	c := open(b, SockDiag)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Skip(err)
	}
	defer l.Close()
	const pairs = 2000
	for range pairs {
		a, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			b.Skip("not enough descriptors: ", err)
		}
		defer a.Close()
		s, err := l.Accept()
		if err != nil {
			b.Skip(err)
		}
		defer s.Close()
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = 0
		if err := c.Inet(InetRequest{Family: unix.AF_INET, Protocol: unix.IPPROTO_TCP, States: AllStates, Extensions: ExtInfo | ExtCong | ExtSkMem}, func(*Inet) { n++ }); err != nil && !errors.Is(err, ErrInterrupted) {
			b.Fatal(err)
		}
	}
	if n < 2*pairs {
		b.Fatalf("%d sockets of %d", n, 2*pairs)
	}
	b.ReportMetric(float64(n), "sockets")
}
