package cfilter

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"sonde/capture/frame"
)

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct {
		expr, message, remedy string
		at, length            int
	}{
		{"tcp port 65536", "illegal port number 65536", "", 9, 5},
		{"port 80 and", "the filter ends", "", 11, 0},
		{"host 10.0.0.256", "invalid IPv4 address '10.0.0.256'", "", 5, 10},
		{"tcp and net 10.0.0.1/8", "non-network bits set", "net 10.0.0.0/8", 12, 10},
		{"net 10.0.0.0/33", "mask length must be <= 32", "", 4, 11},
		{"tcp[0:3] = 1", "data size must be 1, 2, or 4", "", 6, 1},
		{"port 80 or nosuchservice", "unknown port 'nosuchservice'", "port 80", 11, 13},
		{"port 80 )", "syntax error: \")\"", "", 8, 1},
		{"host example.org", "unknown host 'example.org'", "host 10.0.0.1", 5, 11},
		{"ip[0] / 0 = 1", "division by zero", "", 6, 3},
		{"10.0.0.1", "10.0.0.1 needs a word before it", "host 10.0.0.1", 0, 8},
		{"ip and \x00", "means nothing here", "", 7, 1},
		{"gateway 10.0.0.1", "'gateway' is not supported", "ether host", 8, 8},
		{"ip.addr == 1.2.3.4", "", "that is display filter syntax; a capture filter says: host 1.2.3.4", 0, 7},
		{"tcp.port == 80", "", "a capture filter says: tcp port 80", 0, 8},
		{"tcp.flags.syn == 1 && !(ip.src != 10.0.0.0/8)", "", "a capture filter says: tcp[tcpflags] & tcp-syn != 0 and not (not src net 10.0.0.0/8)", 0, 13},
		{"http", "", "a capture filter says: tcp port 80", 0, 4},
		{"dhcp or icmpv6", "", "a capture filter says: (udp port 67 or udp port 68) or icmp6", 0, 4},
		{"http.host contains \"a\"", "", "cannot test http.host", 0, 9},
		{"frame.len > 100", "", "a capture filter says: len > 100", 0, 9},
		{"TCP port 80", "", "small letters: tcp port 80", 0, 3},
	} {
		_, err := Compile(c.expr, frame.LinkEthernet, 0)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", c.expr, err)
			continue
		}
		if !strings.Contains(e.Message, c.message) || !strings.Contains(e.Remedy, c.remedy) || e.At != c.at || e.Length != c.length {
			t.Errorf("%q: %+v, want %+v", c.expr, *e, c)
		}
	}
}

func TestNamesResolve(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fe80::1")}
	o := Options{Link: frame.LinkEthernet, Resolve: func(name string) ([]netip.Addr, error) {
		if name != "gate.example" {
			t.Errorf("asked for %q", name)
		}
		return addrs, nil
	}}
	for a, b := range map[string]string{
		"host gate.example": "host 10.0.0.1 or host fe80::1", "ip src host gate.example": "ip src host 10.0.0.1",
	} {
		p, err := CompileOptions(a, o)
		if err != nil {
			t.Fatal(err)
		}
		q, _ := Compile(b, frame.LinkEthernet, 0)
		if len(p.ins) != len(q.ins) {
			t.Errorf("%q and %q differ", a, b)
		}
	}
}

func TestLongFiltersJumpFar(t *testing.T) {
	var b strings.Builder
	for i := range 800 {
		if i > 0 {
			b.WriteString(" or ")
		}
		b.WriteString("udp port " + itoa(uint32(10000+i)))
	}
	p, err := Compile(b.String()+" or arp", frame.LinkEthernet, 100)
	if err != nil {
		t.Fatal(err)
	}
	if p.Len() > MaxKernel {
		t.Errorf("%d instructions", p.Len())
	}
	vm(t, p)
	udp := madeUDP(10799)
	if !p.Match(udp, len(udp)) {
		t.Error("last port does not match")
	}
	udp = madeUDP(9999)
	if p.Match(udp, len(udp)) {
		t.Error("port that is not in the list matches")
	}
}

func madeUDP(port uint16) []byte {
	return append(make([]byte, 12), 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 0, byte(port>>8), byte(port), 0, 8, 0, 0)
}

// vm checks that every instruction is one and every jump lands inside.
func vm(t *testing.T, p *Program) *bpf.VM {
	t.Helper()
	var prog []bpf.Instruction
	for i, s := range p.Raw() {
		d := s.Disassemble()
		if _, unknown := d.(bpf.RawInstruction); unknown {
			t.Fatalf("instruction %d: %+v", i, s)
		}
		if s.Op&7 == 5 && s.Op != opJa && (i+1+int(s.Jt) >= len(p.ins) || i+1+int(s.Jf) >= len(p.ins)) {
			t.Fatalf("instruction %d jumps out: %+v", i, s)
		}
		prog = append(prog, d)
	}
	m, err := bpf.NewVM(prog)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHostileTextEndsSoon(t *testing.T) {
	big := 1 << 20
	for name, s := range map[string]string{
		"parentheses":   strings.Repeat("(", 10000),
		"balanced":      strings.Repeat("(", 10000) + "tcp" + strings.Repeat(")", 10000),
		"nots":          strings.Repeat("!", 100000) + "tcp",
		"minuses":       strings.Repeat("-", 100000) + "1=1",
		"ands":          strings.Repeat("tcp and ", 30000) + "tcp",
		"ors":           strings.Repeat("host 10.0.0.1 or ", 15000) + "arp",
		"long":          strings.Repeat("a", big),
		"long tokens":   strings.Repeat("ip or ", big/6),
		"zeros":         strings.Repeat("\x00", big),
		"colons":        strings.Repeat(":", 250000),
		"hex colons":    "host " + strings.Repeat("a:", 120000),
		"digits":        "port " + strings.Repeat("9", 250000),
		"dots":          "host " + strings.Repeat("1.", 120000),
		"indices":       strings.Repeat("ip[", 5000),
		"indices whole": strings.Repeat("ip[", 5000) + "0" + strings.Repeat("]", 5000) + "=1",
		"operators":     "len" + strings.Repeat(" % 1", 20000) + " = 1",
		"sum":           "len" + strings.Repeat(" + len", 20000) + " = 1",
		"wrong utf8":    "host \xff\xfe",
		"vlans":         strings.Repeat("vlan and ", 20000) + "ip",
		"geneves":       strings.Repeat("geneve and ", 20000) + "ip",
		"mpls":          strings.Repeat("mpls and ", 20000) + "ip",
		"isis":          strings.Repeat("isis and l1 or ", 15000) + "ip",
		"dotted caps":   strings.Repeat("TCP.", 1000),
		"protochains":   strings.Repeat("protochain 6 or ", 15000) + "ip",
		"mixed":         strings.Repeat("(port 53 or not ", 3000) + "ip" + strings.Repeat(")", 3000),
	} {
		start := time.Now()
		p, err := Compile(s, frame.LinkEthernet, 0)
		took := time.Since(start)
		if err != nil {
			if e := err.(*Error); e.At < 0 || e.Length < 0 || e.At+e.Length > len(s) || e.Message == "" {
				t.Errorf("%s: error outside of the text: %+v", name, *e)
			}
		} else {
			vm(t, p)
		}
		t.Logf("%-14s %8v %v", name, took.Round(time.Microsecond), clip(errText(err)))
	}
}

func errText(err error) string {
	if err == nil {
		return "compiled"
	}
	return err.Error()
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"tcp port 80", "host 10.0.0.1 and (10.0.0.2 or 10.0.0.3)", "vlan 5 and geneve and ip6[40] = 135", "ether host 1:2:3:4:5:6",
		"not (tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420)", "ip.addr == 1.2.3.4 && http", "mpls 5 and pppoes 7 and ip", "protochain 6", "llc i or stp",
		"net fe80::/10", "portrange 1-5", "\\tcp", "$a", "((", "len - 14 > -100", "wlan host 1:2:3:4:5:6 or type mgt subtype beacon", "TCP PORT 80", "\x00\xff"} {
		f.Add(s, uint16(1), []byte("\x00\x11\x22\x33\x44\x55\x00\x11\x22\x33\x44\x55\x08\x00\x45"), true)
		f.Add(s, uint16(127), []byte{0, 0, 8, 0, 0, 0, 0, 0, 8}, false)
	}
	f.Fuzz(func(t *testing.T, expr string, link uint16, data []byte, live bool) {
		p, err := CompileOptions(expr, Options{Link: frame.LinkType(link), Live: live})
		if err != nil {
			e := err.(*Error)
			if e.At < 0 || e.Length < 0 || e.At+e.Length > len(expr) || e.Message == "" {
				t.Fatalf("error outside of the text: %+v", *e)
			}
			return
		}
		p.Match(data, len(data))
		if !live && p.Len() < 200000 {
			m := vm(t, p)
			// The reference treats no load specially, so only agree where none wraps.
			if n, err := m.Run(data); err == nil && !usesLen(p) && (n != 0) != p.Match(data, len(data)) && !wraps(p) {
				t.Fatalf("%q on %x: reference %d, ours %v", expr, data, n, p.Match(data, len(data)))
			}
		}
	})
}

func usesLen(p *Program) bool {
	for _, s := range p.ins {
		if s.Op == opLdLen {
			return true
		}
	}
	return false
}

// wraps is true for programs with computed offsets, whose sums may pass 32
// bits, and shifts: the reference differs from the kernel in both.
func wraps(p *Program) bool {
	for _, s := range p.ins {
		switch s.Op {
		case opLdIndB, opLdIndH, opLdIndW, opLsh | opX, opRsh | opX, opDiv | opX, opMod | opX, opLsh, opRsh:
			return true
		}
	}
	return false
}

// BenchmarkCompileFilter is what typing a filter costs.
func BenchmarkCompileFilter(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		if _, err := Compile("(tcp or udp) and port 53 and not host 8.8.8.8", frame.LinkEthernet, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMatchPacket is what a filter costs a packet in user space.
func BenchmarkMatchPacket(b *testing.B) {
	p, err := Compile("(tcp or udp) and port 53 and not host 8.8.8.8", frame.LinkEthernet, 0)
	if err != nil {
		b.Fatal(err)
	}
	d := madeUDP(53)
	b.ReportAllocs()
	for range b.N {
		if !p.Match(d, len(d)) {
			b.Fatal("no match")
		}
	}
}
