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
