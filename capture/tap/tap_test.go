package tap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

var (
	testP  = dissect.Protocol("taptest", "Test protocol", "TTEST")
	testEI = testP.Expert("odd", field.Sequence, field.Warn, "An odd packet")
	testE2 = testP.Expert("chat", field.Sequence, field.Chat, "A word")
	_      = dissect.SetFrameProto(testP.Parse(func(c *dissect.Cursor) {
		if c.Peek8(0)&1 != 0 {
			c.Expert(c.ProtoNode(), testEI)
		}
		c.Expert(c.ProtoNode(), testE2)
	}))
)

// run feeds packets at the given times (ms) to a statistic and gives its text.
func run(t *testing.T, arg string, at ...int64) string {
	t.Helper()
	spec, err := Parse(arg)
	if err != nil {
		t.Fatal(err)
	}
	x, err := spec.New()
	if err != nil {
		t.Fatal(err)
	}
	e := dissect.New(dissect.NewConfig(), flow.NewState())
	for i, ms := range at {
		f := &frame.Frame{Header: frame.Header{Number: uint32(i + 1), Time: 1700000000e9 + ms*1e6, HasTime: true, Len: 100, CapLen: 1}, Data: []byte{byte(i)}}
		x.Add(e.Dissect(f, dissect.Request{Tree: true, Env: dissect.Env{First: 1700000000e9, HasFirst: true}}))
	}
	var b strings.Builder
	if err := x.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestIOStatText(t *testing.T) {
	for arg, want := range map[string]string{
		"io,stat,10": `
=============================
| IO Statistics             |
|                           |
| Duration: 12.500000 secs  |
| Interval: 10 secs         |
|                           |
| Col  1: Frames and bytes  |
|---------------------------|
|          |1               |
| Interval | Frames | Bytes |
|---------------------------|
|  0 <> 10 |      2 |   200 |
| 10 <> Dur|      1 |   100 |
=============================
`,
		"io,stat,0": `
===================================
| IO Statistics                   |
|                                 |
| Duration: 12.50 secs            |
| Interval: 12.50 secs            |
|                                 |
| Col  1: Frames and bytes        |
|---------------------------------|
|                |1               |
| Interval       | Frames | Bytes |
|---------------------------------|
|  0.00 <> 12.50 |      3 |   300 |
===================================
`,
	} {
		if d := cmp.Diff(want, run(t, arg, 0, 4, 12500)); d != "" {
			t.Errorf("%s:\n%s", arg, d)
		}
	}
}

func TestExpertText(t *testing.T) {
	want := `
Warns (1)
=============
   Frequency      Group           Protocol  Summary
           1   Sequence              TTEST  An odd packet

Chats (3)
=============
   Frequency      Group           Protocol  Summary
           3   Sequence              TTEST  A word
`
	if d := cmp.Diff(want, run(t, "expert", 0, 1, 2)); d != "" {
		t.Error(d)
	}
	if s := run(t, "expert,warn", 0, 1, 2); strings.Contains(s, "Chats") || !strings.Contains(s, "Warns") {
		t.Errorf("expert,warn:\n%s", s)
	}
	if _, err := Parse("expert,loud"); err != nil {
		t.Fatal(err)
	}
	s, _ := Parse("expert,loud")
	if _, err := s.New(); err == nil {
		t.Error("a level that does not exist was taken")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"io,stat,1,tcp,", "expert,note", "conv,tcp", "io,stat,1e400", "io,stat,,", "io,phs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if spec, err := Parse(s); err == nil {
			_, _ = spec.New()
		}
	})
}

// A stream's segments come out in order, once, whatever order they came in.
func TestFollowerOrders(t *testing.T) {
	f := &Follower{kind: flow.KTCP}
	s := &f.side[0]
	s.next, s.known = 1000, true
	for _, g := range []struct {
		seq  uint32
		data string
	}{{1000, "ab"}, {1004, "ef"}, {1000, "ab"}, {1001, "bcd"}, {1004, "efg"}, {1010, "z"}} {
		f.place(s, segment{g.seq, Chunk{Data: []byte(g.data)}})
	}
	f.Finish()
	var all string
	for _, c := range f.Chunks {
		all += string(c.Data)
	}
	if all != "abcdefgz" || f.Missing != 3 {
		t.Errorf("got %q with %d bytes missing, want abcdefgz with 3", all, f.Missing)
	}
}

func TestFollowText(t *testing.T) {
	x := &follow{Follower: &Follower{named: true, Nodes: [2]Node{{flow.NewAddr(flow.IPv4, []byte{10, 0, 0, 1}), 1000}, {flow.NewAddr(flow.IPv4, []byte{10, 0, 0, 2}), 80}},
		Chunks: []Chunk{{0, 1, 1700000000500000000, []byte("GET /\tx\r\n")}, {1, 2, 1700000001000000000, []byte("0123456789abcdefgh")}}}, proto: "tcp", index: 3}
	rule := strings.Repeat("=", 67)
	head := func(mode string) string {
		return "\n" + rule + "\nFollow: tcp," + mode + "\nFilter: tcp.stream eq 3\nNode 0: 10.0.0.1:1000\nNode 1: 10.0.0.2:80\n"
	}
	for mode, want := range map[string]string{
		"ascii": head("ascii") + "9\nGET /.x\r\n\n\t18\n0123456789abcdefgh\n" + rule + "\n",
		"raw":   head("raw") + "474554202f09780d0a\n\t303132333435363738396162636465666768\n" + rule + "\n",
		"hex": head("hex") + "00000000  47 45 54 20 2f 09 78 0d  0a                       GET /.x. .\n" +
			"\t00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  01234567 89abcdef\n\t00000010  67 68                                             gh\n" + rule + "\n",
		"yaml": "peers:\n  - peer: 0\n    host: 10.0.0.1\n    port: 1000\n  - peer: 1\n    host: 10.0.0.2\n    port: 80\npackets:\n" +
			"  - packet: 1\n    peer: 0\n    timestamp: 1700000000.500000000\n    data: !!binary |\n      R0VUIC8JeA0K\n" +
			"  - packet: 2\n    peer: 1\n    timestamp: 1700000001.000000000\n    data: !!binary |\n      MDEyMzQ1Njc4OWFiY2RlZmdo\n",
	} {
		x.mode = mode
		var b strings.Builder
		if err := x.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, b.String()); d != "" {
			t.Errorf("%s:\n%s", mode, d)
		}
	}
}
