package prototest

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/frame"
)

// links are the link types a fuzz input may choose by its first byte; append
// only, or the seeds change their meaning.
var links = []frame.LinkType{frame.LinkEthernet, frame.LinkRaw, frame.LinkNull, frame.LinkLinuxSLL, frame.LinkLinuxSLL2, frame.LinkPPP,
	frame.LinkIEEE80211, frame.LinkRadiotap, frame.LinkLoop, frame.LinkUSBLinuxMem, frame.LinkIPv4, frame.LinkIPv6, frame.LinkNFLog,
	frame.LinkNetlink, frame.LinkCustomBlock, frame.LinkJournal}

const maxFuzzFrames = 24

// Pack writes a capture as a fuzz input: a byte for the link type, then for
// each frame its length (2 bytes, big-endian) and its bytes.
func Pack(c *Capture) []byte {
	out := []byte{0}
	for i, f := range c.Frames {
		if i == 0 {
			for k, l := range links {
				if l == f.Link {
					out[0] = byte(k)
				}
			}
		}
		out = binary.BigEndian.AppendUint16(out, uint16(min(len(f.Data), 0xffff)))
		out = append(out, f.Data[:min(len(f.Data), 0xffff)]...)
	}
	return out
}

// Unpack reads a fuzz input; any bytes are one.
func Unpack(b []byte) *Capture {
	if len(b) == 0 {
		return Make(frame.LinkEthernet)
	}
	link := links[int(b[0])%len(links)]
	b = b[1:]
	var frames [][]byte
	for len(b) >= 2 && len(frames) < maxFuzzFrames {
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		n = min(n, len(b))
		frames = append(frames, b[:n:n])
		b = b[n:]
	}
	return Make(link, frames...)
}

// FuzzSequence is the fuzz target over several frames with reassembly on.
func FuzzSequence(f *testing.F) {
	for _, c := range Samples() {
		if b := Pack(c); len(b) < 16<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64<<10 {
			return
		}
		if err := Consistent(Unpack(b), len(b) < 512); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzEntry is the fuzz target of every protocol from its own entry: a name,
// and the bytes that its dissector gets as if they lay on the wire alone.
func FuzzEntry(f *testing.F) {
	names := Entries()
	for _, n := range names {
		f.Add(n, []byte{})
		f.Add(n, make([]byte, 64))
		ff := make([]byte, 64)
		for i := range ff {
			ff[i] = 0xff
		}
		f.Add(n, ff)
	}
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if len(b) > 16<<10 {
			return
		}
		p := dissect.Find(name)
		if p == nil || !p.Runs() { // a mutated name chooses one all the same
			h := uint32(2166136261)
			for _, c := range []byte(name) {
				h = (h ^ uint32(c)) * 16777619
			}
			p = dissect.Find(names[h%uint32(len(names))])
		}
		c := Make(entryLink, b, b)
		cfg := dissect.NewConfig()
		cfg.DecodeAs = []dissect.DecodeAs{{Table: "wtap_encap", Lo: uint64(entryLink), Hi: uint64(entryLink), Proto: p}}
		e := c.engine(cfg)
		for i := range c.Frames {
			q := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Learn: true, Env: c.env(i)})
			if err := Sound(q); err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
		}
	})
}

// entryLink is a link type that no file has and no dissector knows.
const entryLink frame.LinkType = 0xfff0

// Entries gives the names of all protocols that dissect something.
func Entries() []string {
	var out []string
	for _, p := range dissect.Protocols() {
		if p.Runs() && p.Name != "frame" { // which every sample runs
			out = append(out, p.Name)
		}
	}
	sort.Strings(out)
	return out
}

// Unreached gives the protocols that no sample brings to run: those for which
// fuzzing would start without a seed.
func Unreached() []string {
	seen := map[string]bool{}
	mark := func(c *Capture) {
		e := c.engine(dissect.NewConfig())
		for i := range c.Frames {
			p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Learn: true, Env: c.env(i)})
			for _, id := range p.Layers {
				seen[field.Get(id).Name] = true
			}
		}
	}
	for _, c := range Samples() {
		mark(c)
	}
	var out []string
	for _, n := range Entries() {
		if !seen[n] {
			out = append(out, n)
		}
	}
	return out
}

// Known reads a list of names, one a line; # starts a comment.
func Known(path string) (map[string]bool, error) {
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			out[line] = true
		}
	}
	return out, nil
}
