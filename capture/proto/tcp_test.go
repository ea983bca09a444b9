package proto

import (
	"encoding/binary"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

// Protocols for these tests: messages with a length in front, lines that end
// with '.', and data that ends with the connection.
var (
	ttLen     = protocol("tcptestlen", "Test messages with a length", "TLEN")
	ttLenBody = ttLen.Bytes("body", "Body")
	ttLine    = protocol("tcptestline", "Test lines", "TLINE")
	ttLineStr = ttLine.Str("text", "Text")
	ttEnd     = protocol("tcptestend", "Test data to the end", "TEND")
	ttEndLen  = ttEnd.U32("len", "Length", dec)

	_ = ttLen.Parse(parseTestLen).Stateful().On("tcp.port", 40001)
	_ = ttLine.Parse(parseTestLine).Stateful().On("tcp.port", 40002)
	_ = ttEnd.Parse(parseTestEnd).Stateful().On("tcp.port", 40003)
)

func parseTestLen(c *Cursor) {
	tcpPDUs(c, 2, func(c *Cursor, pos int) int { return 2 + int(c.UintAt(pos, 2)) }, func(c *Cursor) {
		c.SetProtocol("TLEN")
		n := int(c.Peek16(0))
		c.Skip(2)
		c.Bytes(ttLenBody, n)
		if b := c.SetInfo(); b != nil {
			b.S("message of ").U(uint64(n))
		}
	})
}

func parseTestLine(c *Cursor) {
	for c.Left() > 0 {
		pos := c.Pos()
		n := strings.IndexByte(string(c.Rest()), '.')
		if n < 0 {
			if c.NeedSegment(pos) {
				if pos == c.Start() {
					c.DropNode()
				}
				return
			}
			n = c.CapLeft() - 1
		}
		c.SetProtocol("TLINE")
		c.Bytes(ttLineStr, n+1)
	}
}

func parseTestEnd(c *Cursor) {
	if c.NeedFIN(c.Pos()) {
		c.DropNode()
		return
	}
	c.SetProtocol("TEND")
	c.Gen(ttEndLen, c.Pos(), 0, uint64(c.Left()))
}

// seg is one segment of a made-up capture; client segments go to the server's port.
type seg struct {
	back     bool // from the server
	flags    uint16
	seq, ack uint32
	win      uint16
	opts     []byte
	data     string
	ms       int64 // since the segment before
	port     uint16
	cport    uint16
}

const (
	isnC = 1000
	isnS = 9000
)

func (s *seg) bytes() []byte {
	port, cport := s.port, s.cport
	if port == 0 {
		port = 40000
	}
	if cport == 0 {
		cport = 50000
	}
	src, dst := []byte{10, 0, 0, 5}, []byte{192, 0, 2, 80}
	sp, dp := cport, port
	seq, ack := s.seq+isnC, s.ack+isnS
	if s.back {
		src, dst, sp, dp = dst, src, dp, sp
		seq, ack = s.seq+isnS, s.ack+isnC
	}
	if s.flags&thACK == 0 {
		ack = 0
	}
	opts := append([]byte(nil), s.opts...)
	for len(opts)%4 != 0 {
		opts = append(opts, 0)
	}
	n := 20 + len(opts) + len(s.data)
	b := append([]byte(nil), 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0)
	ip := make([]byte, 20)
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(20+n))
	copy(ip[12:], src)
	copy(ip[16:], dst)
	b = append(b, ip...)
	h := make([]byte, 20)
	binary.BigEndian.PutUint16(h, sp)
	binary.BigEndian.PutUint16(h[2:], dp)
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[8:], ack)
	binary.BigEndian.PutUint16(h[12:], uint16((20+len(opts))/4)<<12|s.flags)
	win := s.win
	if win == 0 {
		win = 8192
	}
	if win == 1 {
		win = 0
	}
	binary.BigEndian.PutUint16(h[14:], win)
	return append(append(append(b, h...), opts...), s.data...)
}

func frames(segs []seg) []frame.Frame {
	out := make([]frame.Frame, len(segs))
	t := int64(1700000000e9)
	for i := range segs {
		t += segs[i].ms * 1e6
		out[i].Data = segs[i].bytes()
		out[i].Header = frame.Header{Number: uint32(i + 1), Time: t, HasTime: true, TimeDigits: 6, Link: frame.LinkEthernet, CapLen: uint32(len(out[i].Data)), Len: uint32(len(out[i].Data))}
	}
	return out
}

// handshake opens a connection; iRTT is 20 ms.
func handshake(rest ...seg) []seg {
	mss := []byte{2, 4, 5, 0xb4, 4, 2}
	return append([]seg{
		{flags: thSYN, opts: mss},
		{back: true, flags: thSYN | thACK, ack: 1, opts: mss, ms: 10},
		{flags: thACK, seq: 1, ack: 1, ms: 10},
	}, rest...)
}

// on moves a connection to another port of the server.
func on(port uint16, segs []seg) []seg {
	for i := range segs {
		segs[i].port = port
	}
	return segs
}

const pushAck = thPSH | thACK

var big = strings.Repeat("x", 100)

func lengthOf(n int) string { return string([]byte{byte(n >> 8), byte(n)}) + strings.Repeat("m", n) }

// scenarios are small captures and the Info column of their last segments;
// the texts are what tshark 4.6 prints for the same packets.
var scenarios = []struct {
	name string
	segs []seg
	want []string
}{
	{"handshake", handshake(), []string{
		"50000 → 40000 [SYN] Seq=0 Win=8192 Len=0 MSS=1460 SACK_PERM",
		"40000 → 50000 [SYN, ACK] Seq=0 Ack=1 Win=8192 Len=0 MSS=1460 SACK_PERM",
		"50000 → 40000 [ACK] Seq=1 Ack=1 Win=8192 Len=0"}},
	{"close", handshake(
		seg{flags: thFIN | thACK, seq: 1, ack: 1}, seg{back: true, flags: thFIN | thACK, seq: 1, ack: 2}, seg{flags: thACK, seq: 2, ack: 2}), []string{
		"50000 → 40000 [FIN, ACK] Seq=1 Ack=1 Win=8192 Len=0",
		"40000 → 50000 [FIN, ACK] Seq=1 Ack=2 Win=8192 Len=0",
		"50000 → 40000 [ACK] Seq=2 Ack=2 Win=8192 Len=0"}},
	{"retransmission", handshake(
		seg{flags: pushAck, seq: 1, ack: 1, data: big, ms: 5}, seg{flags: pushAck, seq: 1, ack: 1, data: big, ms: 300}), []string{
		"50000 → 40000 [PSH, ACK] Seq=1 Ack=1 Win=8192 Len=100",
		"[TCP Retransmission] 50000 → 40000 [PSH, ACK] Seq=1 Ack=1 Win=8192 Len=100"}},
	{"spurious", handshake(
		seg{flags: pushAck, seq: 1, ack: 1, data: big, ms: 5}, seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 5}, seg{flags: pushAck, seq: 1, ack: 1, data: big, ms: 300}), []string{
		"40000 → 50000 [ACK] Seq=1 Ack=101 Win=8192 Len=0",
		"[TCP Spurious Retransmission] 50000 → 40000 [PSH, ACK] Seq=1 Ack=1 Win=8192 Len=100"}},
	{"out of order", handshake(
		seg{flags: thACK, seq: 101, ack: 1, data: big, ms: 5}, seg{flags: thACK, seq: 1, ack: 1, data: big, ms: 1}), []string{
		"[TCP Previous segment not captured] 50000 → 40000 [ACK] Seq=101 Ack=1 Win=8192 Len=100",
		"[TCP Out-Of-Order] 50000 → 40000 [ACK] Seq=1 Ack=1 Win=8192 Len=100"}},
	{"duplicate acks", handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: big, ms: 5}, seg{flags: thACK, seq: 101, ack: 1, data: big, ms: 1}, seg{flags: thACK, seq: 201, ack: 1, data: big, ms: 1},
		seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 30}, seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 1}, seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 1},
		seg{flags: thACK, seq: 101, ack: 1, data: big, ms: 2}), []string{
		"[TCP Dup ACK 7#1] 40000 → 50000 [ACK] Seq=1 Ack=101 Win=8192 Len=0",
		"[TCP Dup ACK 7#2] 40000 → 50000 [ACK] Seq=1 Ack=101 Win=8192 Len=0",
		"[TCP Fast Retransmission] 50000 → 40000 [ACK] Seq=101 Ack=1 Win=8192 Len=100"}},
	{"sack", handshake(
		seg{flags: thACK, seq: 101, ack: 1, data: big, ms: 5},
		seg{back: true, flags: thACK, seq: 1, ack: 1, ms: 1, opts: sack(isnC+101, isnC+201)}), []string{
		"[TCP Dup ACK 2#1] 40000 → 50000 [ACK] Seq=1 Ack=1 Win=8192 Len=0 SLE=101 SRE=201"}},
	{"zero window", handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: big, ms: 5}, seg{back: true, flags: thACK, seq: 1, ack: 101, win: 1, ms: 1},
		seg{flags: thACK, seq: 101, ack: 1, data: "p", ms: 500}, seg{back: true, flags: thACK, seq: 1, ack: 101, win: 1, ms: 1},
		seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 100}), []string{
		"[TCP ZeroWindow] 40000 → 50000 [ACK] Seq=1 Ack=101 Win=0 Len=0",
		"[TCP ZeroWindowProbe] 50000 → 40000 [ACK] Seq=101 Ack=1 Win=8192 Len=1",
		"[TCP ZeroWindowProbeAck] [TCP ZeroWindow] 40000 → 50000 [ACK] Seq=1 Ack=101 Win=0 Len=0",
		"[TCP Window Update] 40000 → 50000 [ACK] Seq=1 Ack=101 Win=8192 Len=0"}},
	{"window full", handshake(
		seg{back: true, flags: thACK, seq: 1, ack: 1, win: 100, ms: 1}, seg{flags: thACK, seq: 1, ack: 1, data: big, ms: 5}), []string{
		"[TCP Window Full] 50000 → 40000 [ACK] Seq=1 Ack=1 Win=8192 Len=100"}},
	{"keep-alive", handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: big, ms: 5}, seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 1},
		seg{flags: thACK, seq: 100, ack: 1, ms: 5000}, seg{back: true, flags: thACK, seq: 1, ack: 101, ms: 1}), []string{
		"[TCP Keep-Alive] 50000 → 40000 [ACK] Seq=100 Ack=1 Win=8192 Len=0",
		"[TCP Keep-Alive ACK] 40000 → 50000 [ACK] Seq=1 Ack=101 Win=8192 Len=0"}},
	{"unseen", handshake(seg{back: true, flags: thACK, seq: 1, ack: 501, ms: 5}), []string{
		"[TCP ACKed unseen segment] 40000 → 50000 [ACK] Seq=1 Ack=501 Win=8192 Len=0"}},
	{"ports reused", append(handshake(seg{flags: thRST, seq: 1}), seg{flags: thSYN, seq: 70000, ms: 10}, seg{back: true, flags: thSYN | thACK, seq: 5000, ack: 70001, ms: 10}), []string{
		"50000 → 40000 [RST] Seq=1 Win=8192 Len=0",
		"[TCP Port numbers reused] 50000 → 40000 [SYN] Seq=0 Win=8192 Len=0",
		"40000 → 50000 [SYN, ACK] Seq=0 Ack=1 Win=8192 Len=0"}},
	{"window scale", []seg{
		{flags: thSYN, opts: []byte{3, 3, 7}}, {back: true, flags: thSYN | thACK, ack: 1, opts: []byte{3, 3, 2}}, {flags: thACK, seq: 1, ack: 1, win: 64}}, []string{
		"50000 → 40000 [ACK] Seq=1 Ack=1 Win=8192 Len=0"}},
	{"bad options", []seg{{flags: thSYN, opts: []byte{1, 1, 1, 1, 2, 3, 9, 8, 40}}}, []string{
		"50000 → 40000 [SYN] Seq=0 Win=8192 Len=0"}},
	{"message in three", on(40001, handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: lengthOf(250)[:100]}, seg{flags: thACK, seq: 101, ack: 1, data: lengthOf(250)[100:200]},
		seg{flags: pushAck, seq: 201, ack: 1, data: lengthOf(250)[200:] + lengthOf(3)})), []string{
		"50000 → 40001 [ACK] Seq=1 Ack=1 Win=8192 Len=100",
		"50000 → 40001 [ACK] Seq=101 Ack=1 Win=8192 Len=100",
		"message of 250message of 3"}},
	{"message out of order", on(40001, handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: lengthOf(250)[:100]}, seg{flags: thACK, seq: 201, ack: 1, data: lengthOf(250)[200:]},
		seg{flags: pushAck, seq: 101, ack: 1, data: lengthOf(250)[100:200]})), []string{
		"[TCP Previous segment not captured] 50000 → 40001 [ACK] Seq=201 Ack=1 Win=8192 Len=52",
		"[TCP Out-Of-Order] message of 250"}},
	{"header cut", on(40001, handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: lengthOf(2) + "\x00"}, seg{flags: thACK, seq: 6, ack: 1, data: "\x04abcd"})), []string{
		"message of 2", "message of 4"}},
	{"lines", on(40002, handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: "one.two"}, seg{flags: thACK, seq: 8, ack: 1, data: "more"},
		seg{flags: thACK, seq: 12, ack: 1, data: "end.x.y"}, seg{flags: thACK, seq: 19, ack: 1, data: "."})), nil},
	{"until the end", on(40003, handshake(
		seg{flags: thACK, seq: 1, ack: 1, data: "abc"}, seg{flags: thACK, seq: 4, ack: 1, data: "def"},
		seg{flags: thFIN | thACK, seq: 7, ack: 1})), nil},
}

func sack(edges ...uint32) []byte {
	b := []byte{1, 1, 5, byte(2 + 4*len(edges))}
	for _, e := range edges {
		b = binary.BigEndian.AppendUint32(b, e)
	}
	return b
}

// dump writes a packet's tree and columns as a person reads them.
func dump(p *dissect.Packet) string {
	var t field.Text
	t.S("Protocol: ").S(p.Cols.Protocol).S("\nInfo: ").Raw(p.Cols.Info()).S("\n")
	kids := map[dissect.Ref][]int{}
	for i := range p.Nodes {
		kids[p.Nodes[i].Parent] = append(kids[p.Nodes[i].Parent], i)
	}
	var walk func(r dissect.Ref, depth int)
	walk = func(r dissect.Ref, depth int) {
		for _, i := range kids[r] {
			n := &p.Nodes[i]
			f := field.Get(n.Field)
			for range depth {
				t.S("  ")
			}
			t.S(f.Name).S(" [").U(uint64(n.Source)).C(':').U(uint64(n.Off)).C('+').U(uint64(n.Len)).S("] ")
			if n.Flags&dissect.Hidden != 0 {
				t.S("(hidden) ")
			}
			p.Label(&t, n)
			t.C('\n')
			walk(dissect.Ref(i), depth+1)
		}
	}
	walk(dissect.None, 0)
	return t.String()
}

func learn(t testing.TB, fs []frame.Frame, cfg *dissect.Config) ([]string, *dissect.Engine) {
	st := flow.NewState()
	st.Fetch = func(n uint32) []byte { return fs[n-1].Data }
	e := dissect.New(cfg, st)
	out := make([]string, len(fs))
	for i := range fs {
		p := e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true, Learn: true})
		if p.Bug != "" {
			t.Fatalf("frame %d: %s", i+1, p.Bug)
		}
		out[i] = dump(p)
	}
	return out, e
}

func infoOf(d string) string {
	s := d[strings.Index(d, "\nInfo: ")+7:]
	return s[:strings.IndexByte(s, '\n')]
}

func TestTCPInfo(t *testing.T) {
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			got, _ := learn(t, frames(sc.segs), dissect.NewConfig())
			var infos []string
			for _, d := range got[len(got)-len(sc.want):] {
				infos = append(infos, infoOf(d))
			}
			if d := cmp.Diff(sc.want, infos); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestTCPGolden compares whole trees with testdata/tcp; SONDE_UPDATE rewrites them.
func TestTCPGolden(t *testing.T) {
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			got, _ := learn(t, frames(sc.segs), dissect.NewConfig())
			var b strings.Builder
			for i := range got {
				at := strings.Index(got[i], "\ntcp [")
				head := got[i][:strings.Index(got[i], "\nframe")+1]
				b.WriteString("== " + head + got[i][at+1:])
			}
			path := filepath.Join("testdata", "tcp", strings.ReplaceAll(sc.name, " ", "-")+".txt")
			if os.Getenv("SONDE_UPDATE") != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), b.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

var outlook = regexp.MustCompile(`(?m)^ *tcp\.completeness.*\n`)

// differsLater compares the dump of a later pass with that of the first one,
// which did not know yet how complete the connection would be and whether a
// message of the packet would be finished in another frame.
func differsLater(first, later string) bool {
	return !strings.Contains(later, "tcp.reassembled_in [") && outlook.ReplaceAllString(first, "") != outlook.ReplaceAllString(later, "")
}

// Later passes, in any order, give what the learn pass gave; only a segment
// of a message that a later frame finishes then says in which one.
func TestTCPSecondPass(t *testing.T) {
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			fs := frames(sc.segs)
			want, e := learn(t, fs, dissect.NewConfig())
			seen := make([]string, len(fs))
			for _, i := range append(rand.New(rand.NewSource(1)).Perm(len(fs)), rand.New(rand.NewSource(2)).Perm(len(fs))...) {
				p := e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true})
				got := dump(p)
				if seen[i] != "" && got != seen[i] {
					t.Errorf("frame %d again: %s", i+1, cmp.Diff(seen[i], got))
				}
				seen[i] = got
				if d := cmp.Diff(want[i], got); differsLater(want[i], got) {
					t.Errorf("frame %d: %s", i+1, d)
				}
			}
		})
	}
}

// A message in three segments: once it is whole, the segments before the last
// show TCP's own row and where it was put together.
func TestTCPReassembledLater(t *testing.T) {
	for _, sc := range scenarios {
		if sc.name != "message in three" {
			continue
		}
		fs := frames(sc.segs)
		_, e := learn(t, fs, dissect.NewConfig())
		for i, want := range map[int]string{
			3: "50000 → 40001 [ACK] Seq=1 Ack=1 Win=8192 Len=100 [TCP PDU reassembled in 6]",
			4: "50000 → 40001 [ACK] Seq=101 Ack=1 Win=8192 Len=100 [TCP PDU reassembled in 6]",
		} {
			p := e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true})
			if got := string(p.Cols.Info()); got != want {
				t.Errorf("frame %d: %s, want %s", i+1, got, want)
			}
		}
	}
}

// A pick of one field gives what the tree has of it.
func TestTCPPick(t *testing.T) {
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			fs := frames(sc.segs)
			_, e := learn(t, fs, dissect.NewConfig())
			for i := range fs {
				all := map[field.ID]string{}
				p := e.Dissect(&fs[i], dissect.Request{Tree: true})
				collect(p, all)
				for id, want := range all {
					got := map[field.ID]string{}
					collect(e.Dissect(&fs[i], dissect.Request{Want: dissect.Want(false, id)}), got)
					if got[id] != want {
						t.Errorf("frame %d: %s: pick %q, tree %q", i+1, field.Get(id).Name, got[id], want)
					}
				}
			}
		})
	}
}

// collect gathers the values of TCP's fields by field.
func collect(p *dissect.Packet, into map[field.ID]string) {
	for i := range p.Nodes {
		n := &p.Nodes[i]
		f := field.Get(n.Field)
		if f.Proto != tcpP.ID && f.Proto != mptcpP.ID || f.Type == field.TProtocol {
			continue
		}
		var t field.Text
		f.Show(&t, p.Value(n))
		into[n.Field] += t.String() + ";"
	}
}

// The learn pass alone, with nothing wanted, learns the same.
func TestTCPLearnOnly(t *testing.T) {
	for _, sc := range scenarios {
		fs := frames(sc.segs)
		_, shown := learn(t, fs, dissect.NewConfig())
		st := flow.NewState()
		st.Fetch = func(n uint32) []byte { return fs[n-1].Data }
		e := dissect.New(dissect.NewConfig(), st)
		for i := range fs {
			e.Dissect(&fs[i], dissect.Request{Learn: true})
		}
		for i := range fs {
			want := dump(shown.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true}))
			if d := cmp.Diff(want, dump(e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true}))); d != "" {
				t.Errorf("%s frame %d: %s", sc.name, i+1, d)
			}
		}
	}
}

// Cut and corrupted copies never crash a dissector.
func TestTCPDamaged(t *testing.T) {
	rnd := rand.New(rand.NewSource(2))
	for _, sc := range scenarios {
		for round := range 30 {
			fs := frames(sc.segs)
			for i := range fs {
				switch d := fs[i].Data; round % 3 {
				case 0:
					fs[i].Data = d[:34+rnd.Intn(len(d)-33)]
				case 1:
					d[34+rnd.Intn(len(d)-34)] = byte(rnd.Intn(256))
				default:
					d[34+rnd.Intn(min(20, len(d)-34))] = []byte{0, 1, 127, 128, 255}[rnd.Intn(5)]
				}
				fs[i].CapLen = uint32(len(fs[i].Data))
			}
			want, e := learn(t, fs, dissect.NewConfig())
			for i := range fs {
				if got := dump(e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true})); differsLater(want[i], got) {
					t.Fatalf("%s round %d frame %d: %s", sc.name, round, i+1, cmp.Diff(want[i], got))
				}
			}
		}
	}
}

// What waits for the rest of its message is bounded, and giving up is said.
func TestTCPReassemblyBound(t *testing.T) {
	segs := handshake()
	for i := range 20 {
		segs = append(segs, seg{flags: thACK, seq: uint32(1 + i*1e6), ack: 1})
	}
	fs := frames(on(40003, segs))
	for i := 3; i < len(fs); i++ {
		fs[i].Data = append(fs[i].Data, make([]byte, 1e6)...)
		binary.BigEndian.PutUint16(fs[i].Data[16:], 0) // segmentation offload: the length is the frame's
		fs[i].CapLen, fs[i].Len = uint32(len(fs[i].Data)), uint32(len(fs[i].Data))
	}
	got, e := learn(t, fs, dissect.NewConfig())
	if e.Flow().Evicted == 0 {
		t.Error("20 MB wait for a FIN and nothing was given up")
	}
	if !strings.Contains(strings.Join(got, ""), "Too much data waits") {
		t.Error("giving up is not shown")
	}
	if held := tcpGlobal.Global(e.Flow()).pending; held > maxHeldFlow {
		t.Errorf("%d bytes are held", held)
	}
}

// FuzzTCPSequence feeds a sequence of segments through reassembly: nothing
// crashes, and a second pass gives what the first gave.
func FuzzTCPSequence(f *testing.F) {
	for _, sc := range scenarios {
		var b []byte
		for i := range sc.segs {
			s := &sc.segs[i]
			b = append(b, byte(s.flags), byte(s.seq), byte(s.ack), byte(s.port), byte(len(s.data)), byte(s.ms))
			if s.back {
				b[len(b)-6] |= 0x80
			}
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var segs []seg
		for ; len(b) >= 6 && len(segs) < 64; b = b[6:] {
			s := seg{back: b[0]&0x80 != 0, flags: uint16(b[0] & 0x3f), seq: uint32(b[1]), ack: uint32(b[2]), port: 40000 + uint16(b[3]&3), ms: int64(b[5])}
			n := int(b[4])
			s.data = strings.Repeat(string([]byte{0, byte(n >> 1), 'a', '.'}), n/4+1)[:n]
			if b[5]&1 != 0 {
				s.opts = b[1:6]
			}
			segs = append(segs, s)
		}
		fs := frames(segs)
		want, e := learn(t, fs, dissect.NewConfig())
		for i := len(fs) - 1; i >= 0; i-- {
			p := e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true})
			if p.Bug != "" {
				t.Fatal(p.Bug)
			}
			if got := dump(p); differsLater(want[i], got) {
				t.Fatalf("frame %d: %s", i+1, cmp.Diff(want[i], got))
			}
		}
	})
}

func BenchmarkTCPPickPort(b *testing.B)  { benchTCP(b, dissect.Want(false, tcpDstPort), false) }
func BenchmarkTCPPickFlags(b *testing.B) { benchTCP(b, dissect.Want(false, tcpAnaFlags), false) }
func BenchmarkTCPTree(b *testing.B)      { benchTCP(b, nil, true) }

func benchTCP(b *testing.B, w *dissect.Wanted, tree bool) {
	fs := frames(scenarios[5].segs)
	_, e := learn(b, fs, dissect.NewConfig())
	b.ReportAllocs()
	for i := range b.N {
		e.Dissect(&fs[i%len(fs)], dissect.Request{Want: w, Tree: tree})
	}
}

func BenchmarkTCPLearn(b *testing.B) {
	var segs []seg
	for i := range 1000 {
		segs = append(segs, seg{flags: thACK, seq: uint32(1 + 100*i), ack: 1, data: big, ms: 1}, seg{back: true, flags: thACK, seq: 1, ack: uint32(101 + 100*i)})
	}
	fs := frames(handshake(segs...))
	b.ReportAllocs()
	b.ResetTimer()
	var e *dissect.Engine
	for i := range b.N {
		if i%len(fs) == 0 {
			e = dissect.New(dissect.NewConfig(), flow.NewState())
		}
		e.Dissect(&fs[i%len(fs)], dissect.Request{Learn: true})
	}
}

// With the preference, a message whose segments came in any order is whole.
func TestTCPReorder(t *testing.T) {
	msg := lengthOf(300) + lengthOf(20) + lengthOf(250)
	for seed := range int64(50) {
		rnd := rand.New(rand.NewSource(seed))
		var parts []seg
		for at := 0; at < len(msg); {
			n := min(1+rnd.Intn(120), len(msg)-at)
			parts = append(parts, seg{flags: pushAck, seq: uint32(1 + at), ack: 1, data: msg[at : at+n], ms: 1})
			at += n
		}
		rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		cfg := dissect.NewConfig()
		if err := cfg.SetPref("tcp.reassemble_out_of_order", "TRUE"); err != nil {
			t.Fatal(err)
		}
		fs := frames(on(40001, handshake(parts...)))
		want, e := learn(t, fs, cfg)
		if n := strings.Count(strings.Join(want, ""), "tcptestlen.body"); n != 3 {
			t.Errorf("seed %d: %d messages of 3", seed, n)
		}
		for i := range fs {
			if got := dump(e.Dissect(&fs[i], dissect.Request{Tree: true, Columns: true})); differsLater(want[i], got) {
				t.Fatalf("seed %d frame %d: %s", seed, i+1, cmp.Diff(want[i], got))
			}
		}
	}
}
