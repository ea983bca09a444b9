package prototest

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var update = flag.Bool("update", false, "rewrite testdata/golden")

// Check runs all checks on one capture.
func Check(t *testing.T, c *Capture) {
	t.Helper()
	want, e, err := c.first()
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "" && !c.NoGolden {
		golden(t, c, want)
	}
	if err := again(c, want, e, 1); err != nil {
		t.Error(err)
	}
	if err := again(c, want, c.learn(), 2); err != nil {
		t.Errorf("after a learn pass that recorded nothing: %v", err)
	}
	if err := picks(c, e); err != nil {
		t.Error(err)
	}
	allocations(t, c, e)
	damaged(t, c)
}

// golden compares the trees with testdata/golden; -update rewrites them.
func golden(t *testing.T, c *Capture, got []string) {
	t.Helper()
	var b bytes.Buffer
	for i, s := range got {
		fmt.Fprintf(&b, "== %d: %s", i+1, withoutFrame(s))
	}
	path := filepath.Join("testdata", "golden", c.Name+".txt")
	if *update || os.Getenv("SONDE_UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Fatalf("%s: no golden tree; go test -update writes it: read it as a user would", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-update rewrites it):\n%s", path, d)
	}
}

// withoutFrame leaves out what the capture file says of a packet: it is the
// same in every sample, but for the time zone.
func withoutFrame(s string) string {
	row, rest, _ := strings.Cut(s, "\n")
	for strings.HasPrefix(rest, "Frame ") || strings.HasPrefix(rest, "  ") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return row + "\n" + rest
}

// again dissects the frames in random order, each twice: everything must come
// from what was learned, and be what the first pass gave. Only links to later
// frames, which the first pass cannot know, may be new; a segment of a message
// that a later frame finishes is not handed to the protocol above any more.
func again(c *Capture, want []string, e *dissect.Engine, seed int64) error {
	rnd := rand.New(rand.NewSource(seed))
	whole := make([]string, len(c.Frames))
	for _, i := range append(rnd.Perm(len(c.Frames)), rnd.Perm(len(c.Frames))...) {
		p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Hops: true, Env: c.env(i)})
		if err := Sound(p); err != nil {
			return fmt.Errorf("frame %d, second pass: %w", i+1, err)
		}
		if d := Later(p, want[i]); d != "" {
			return fmt.Errorf("frame %d: a second pass differs from the first (-first +second):\n%s", i+1, d)
		}
		got := Dump(p)
		if whole[i] != "" && whole[i] != got {
			return fmt.Errorf("frame %d: dissecting it again gives something else:\n%s", i+1, cmp.Diff(whole[i], got))
		}
		whole[i] = got
	}
	return nil
}

var outlook = regexp.MustCompile(`(?m)^.*\{tcp\.completeness.*\n`)

// withoutOutlook leaves out what a first pass cannot know: how complete a
// connection is in the end.
func withoutOutlook(s string) string { return outlook.ReplaceAllString(s, "") }

// Later compares a packet of a later pass with its dump in the first one, and
// says how it differs in what the first pass could know.
func Later(p *dissect.Packet, first string) string {
	got, first := withoutOutlook(dump(p, true)), withoutOutlook(first)
	if got == first || continued(p) {
		return ""
	}
	return cmp.Diff(first, got)
}

// continued says that a message of the packet is reassembled in a later one.
func continued(p *dissect.Packet) bool {
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if field.Get(n.Field).Name == "tcp.reassembled_in" && n.Value > uint64(p.Frame.Number) {
			return true
		}
	}
	return false
}

// picked is what a pick of a field and the tree must agree on.
type picked struct {
	Value  string
	Off    uint32
	Len    uint32
	Source uint8
	Layer  uint8
	Gen    bool
	Hidden bool
}

func collect(p *dissect.Packet, into map[field.ID][]picked) {
	var t field.Text
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if n.Field == field.TextOnly {
			continue
		}
		f := field.Get(n.Field)
		t.Reset()
		if f.Type != field.TProtocol && f.Type != field.TNone {
			f.Show(&t, p.Value(n))
		}
		if f.Severity != 0 || isExpert(f) || f.Name == "_ws.malformed" && n.Flags&dissect.Hidden != 0 {
			// What an expert information hangs on is not picked with it, so
			// that its place is not known.
			into[n.Field] = append(into[n.Field], picked{Value: t.String(), Layer: n.Layer})
			continue
		}
		into[n.Field] = append(into[n.Field], picked{t.String(), n.Off, n.Len, n.Source, n.Layer, n.Flags&dissect.Generated != 0, n.Flags&dissect.Hidden != 0})
	}
}

func isExpert(f *field.Field) bool { return field.Get(f.Proto).Name == "_ws.expert" }

// picks compares a pick of each field with what the tree has of it, also for
// fields that another frame has and this one has not.
func picks(c *Capture, e *dissect.Engine) error {
	trees := make([]map[field.ID][]picked, len(c.Frames))
	fields := map[field.ID]bool{}
	limit := make([]bool, len(c.Frames))
	for i := range c.Frames {
		trees[i] = map[field.ID][]picked{}
		p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Env: c.env(i)})
		limit[i] = p.Limited
		collect(p, trees[i])
		for id := range trees[i] {
			fields[id] = true
		}
	}
	for id := range fields {
		w := dissect.Want(false, id)
		for i := range c.Frames {
			if limit[i] {
				continue // the tree ends where the limit was reached
			}
			got := map[field.ID][]picked{}
			p := e.Dissect(&c.Frames[i], dissect.Request{Want: w, Env: c.env(i)})
			if err := Sound(p); err != nil {
				return fmt.Errorf("frame %d, pick of %s: %w", i+1, field.Get(id).Name, err)
			}
			collect(p, got)
			if !slices.Equal(trees[i][id], got[id]) {
				d := cmp.Diff(trees[i][id], got[id])
				return fmt.Errorf("frame %d: a pick of %s differs from the tree (-tree +pick):\n%s", i+1, field.Get(id).Name, d)
			}
		}
	}
	return nil
}

// allocations: filters pick fields of millions of frames, so that a pick takes
// no memory at all.
func allocations(t *testing.T, c *Capture, e *dissect.Engine) {
	t.Helper()
	if c.Allocates != "" {
		return
	}
	ids := map[field.ID]bool{}
	for i := range c.Frames {
		p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Env: c.env(i)})
		if p.Malformed || p.Short || p.Limited {
			return // what is not well-formed may cost, its words do
		}
		for k := range p.Nodes {
			// Fields that are on the wire as they are; texts that are made up
			// have their makers.
			n := &p.Nodes[k]
			if n.Severity() >= field.Warn {
				return
			}
			if f := field.Get(n.Field); n.Field != field.TextOnly && f.Severity == 0 && n.Flags&dissect.Generated == 0 && !n.Derived() {
				ids[n.Field] = true
			}
		}
	}
	var env = make([]dissect.Env, len(c.Frames))
	for i := range env {
		env[i] = c.env(i)
	}
	for id := range ids {
		w := dissect.Want(false, id)
		pass := func() {
			for i := range c.Frames {
				e.Dissect(&c.Frames[i], dissect.Request{Want: w, Env: env[i]})
			}
		}
		if n := testing.AllocsPerRun(10, pass); n > 0 {
			t.Errorf("a pick of %s allocates %.0f times in %d frames", field.Get(id).Name, n, len(c.Frames))
		}
	}
}

// damaged checks copies that are cut at every length, and corrupted ones.
func damaged(t *testing.T, c *Capture) {
	t.Helper()
	rnd := rand.New(rand.NewSource(3))
	total := 0
	for i := range c.Frames {
		total += len(c.Frames[i].Data)
	}
	// Every length of one frame at a time, the others whole; a large sample is
	// cut at fewer places.
	stride := 1 + total*len(c.Frames)/250
	for i := range c.Frames {
		for n := 0; n < len(c.Frames[i].Data); n += stride {
			d := c.copyOf()
			f := &d.Frames[i]
			f.Data = f.Data[:n:n]
			f.CapLen = uint32(n)
			if n%2 == 1 {
				f.Len = uint32(n) // short on the wire, too
			}
			if err := Consistent(d, rnd.Intn(12) == 0); err != nil {
				t.Errorf("frame %d cut to %d bytes: %v", i+1, n, err)
				return
			}
		}
	}
	for round := range 24 {
		d := c.copyOf()
		for i := range d.Frames {
			corrupt(rnd, round, d.Frames[i].Data)
		}
		if err := Consistent(d, round%10 == 0); err != nil {
			t.Errorf("corrupted copy %d: %v", round, err)
			return
		}
	}
}

// corrupt changes bytes in place: some at random, numbers to their extremes, a
// run copied elsewhere.
func corrupt(rnd *rand.Rand, mode int, b []byte) {
	if len(b) == 0 {
		return
	}
	switch mode % 4 {
	case 0:
		for i := range b {
			if rnd.Intn(50) == 0 {
				b[i] = byte(rnd.Intn(256))
			}
		}
	case 1:
		b[rnd.Intn(len(b))] = []byte{0, 1, 127, 128, 255}[rnd.Intn(5)]
	case 2:
		at := rnd.Intn(len(b))
		for k := at; k < min(at+2, len(b)); k++ {
			b[k] = byte(rnd.Intn(2) * 255)
		}
	default:
		copy(b[rnd.Intn(len(b)):], b[rnd.Intn(len(b)):])
	}
}

// Consistent checks one capture, whatever its bytes: every packet sound, a
// second pass as the first, and with fields a pick of each as the tree.
func Consistent(c *Capture, fields bool) error {
	want, e, err := c.first()
	if err != nil {
		return err
	}
	if err := again(c, want, e, 4); err != nil {
		return err
	}
	if err := again(c, want, c.learn(), 5); err != nil {
		return fmt.Errorf("after a learn pass that recorded nothing: %w", err)
	}
	if fields {
		return picks(c, e)
	}
	return nil
}
