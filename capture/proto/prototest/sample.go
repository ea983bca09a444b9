// Package prototest holds the checks that every protocol gets without writing
// them: it dissects sample captures in all the ways the program does and
// compares. Protocols' tests hand in small captures as package-level variables
// of a _test.go file:
//
//	var _ = prototest.Sample("dns-svcb", frame.LinkEthernet, query, answer)
//
// and the one test function of package proto runs them all:
//
//	func TestSamples(t *testing.T)   { prototest.Run(t) }
//	func FuzzSequence(f *testing.F)  { prototest.FuzzSequence(f) }
//
// The package imports no protocol, so that package proto's own tests can use it.
package prototest

import (
	"fmt"
	"sort"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

// Capture is a small capture: its frames in order.
type Capture struct {
	Name   string
	Frames []frame.Frame
	// Allocates says why picking fields of these frames takes memory (bytes
	// that must be decompressed, say); "" = it must not.
	Allocates string
	// NoGolden: the trees are compared elsewhere.
	NoGolden bool
}

var samples []*Capture

// Sample hands in a capture of frames of one link type, a millisecond apart.
// Its name is also its golden file's. The result may be changed before Run.
func Sample(name string, link frame.LinkType, frames ...[]byte) *Capture {
	for _, s := range samples {
		if s.Name == name {
			panic("prototest: two samples named " + name)
		}
	}
	c := Make(link, frames...)
	c.Name = name
	samples = append(samples, c)
	return c
}

// Make gives a capture without handing it in.
func Make(link frame.LinkType, frames ...[]byte) *Capture {
	c := &Capture{}
	for i, b := range frames {
		c.Frames = append(c.Frames, frame.Frame{Header: frame.Header{Number: uint32(i + 1), Time: 1700000000e9 + int64(i)*1e6, HasTime: true,
			TimeDigits: 6, Link: link, CapLen: uint32(len(b)), Len: uint32(len(b))}, Data: b})
	}
	return c
}

// MayAllocate says why picking fields of these frames takes memory.
func (c *Capture) MayAllocate(why string) *Capture { c.Allocates = why; return c }

// WithoutGolden says that the trees are compared elsewhere.
func (c *Capture) WithoutGolden() *Capture { c.NoGolden = true; return c }

// Add hands in frames that a test built itself.
func Add(name string, frames []frame.Frame) *Capture {
	c := Sample(name, frame.LinkEthernet)
	c.Frames = frames
	return c
}

// Samples gives what was handed in, by name.
func Samples() []*Capture {
	out := append([]*Capture(nil), samples...)
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// copyOf gives frames that may be changed.
func (c *Capture) copyOf() *Capture {
	d := &Capture{Name: c.Name, Allocates: c.Allocates, Frames: append([]frame.Frame(nil), c.Frames...)}
	for i := range d.Frames {
		d.Frames[i].Data = append([]byte(nil), d.Frames[i].Data...)
	}
	return d
}

// info is what such a capture says of itself.
var info = &frame.Info{Format: "pcap"}

func (c *Capture) env(i int) dissect.Env {
	e := dissect.Env{Info: info, First: c.Frames[0].Time, HasFirst: true}
	if i > 0 {
		e.Prev, e.HasPrev = c.Frames[i-1].Time, true
		e.PrevShown, e.HasPrevShown = e.Prev, true
	}
	return e
}

// engine makes an engine over nothing learned yet.
func (c *Capture) engine(cfg *dissect.Config) *dissect.Engine {
	st := flow.NewState()
	st.Fetch = func(n uint32) []byte {
		if n == 0 || int(n) > len(c.Frames) {
			return nil
		}
		return c.Frames[n-1].Data
	}
	return dissect.New(cfg, st)
}

// first runs the learn pass and gives every frame's dump as a whole first pass
// shows it.
func (c *Capture) first() ([]string, *dissect.Engine, error) {
	e := c.engine(dissect.NewConfig())
	out := make([]string, len(c.Frames))
	for i := range c.Frames {
		p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Learn: true, Hops: true, Env: c.env(i)})
		if err := Sound(p); err != nil {
			return nil, nil, fmt.Errorf("frame %d: %w", i+1, err)
		}
		out[i] = Dump(p)
	}
	return out, e, nil
}

// learn runs the learn pass alone, as opening a file does.
func (c *Capture) learn() *dissect.Engine {
	e := c.engine(dissect.NewConfig())
	for i := range c.Frames {
		e.Dissect(&c.Frames[i], dissect.Request{Learn: true, Env: c.env(i)})
	}
	return e
}

// Run checks every sample handed in.
func Run(t *testing.T) {
	for _, c := range Samples() {
		t.Run(c.Name, func(t *testing.T) { Check(t, c) })
	}
}
