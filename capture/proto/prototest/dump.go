package prototest

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Dump writes a packet as text: its row, then its tree, a line a node.
func Dump(p *dissect.Packet) string { return dump(p, false) }

var reassembledIn = regexp.MustCompile(` ?[\[(](?:Reassembled in #|TCP PDU reassembled in |reply in )(\d+)[\])]`)

// dump leaves out links to later frames if backward.
func dump(p *dissect.Packet, backward bool) string {
	var b strings.Builder
	var t field.Text
	text := p.Cols.Info()
	if backward {
		text = reassembledIn.ReplaceAllFunc(text, func(m []byte) []byte {
			n, _ := strconv.ParseUint(string(reassembledIn.FindSubmatch(m)[1]), 10, 32)
			if n > uint64(p.Frame.Number) {
				return nil
			}
			return m
		})
	}
	p.Source(&t)
	t.S(" -> ")
	p.Destination(&t)
	t.S(" | ").S(p.Cols.Protocol).S(" | ").Printable(text)
	b.WriteString(t.String() + "\n")
	depth := make([]int, len(p.Nodes))
	for _, i := range order(p) {
		n := &p.Nodes[i]
		if n.Parent >= 0 {
			depth[i] = depth[n.Parent] + 1
		}
		f := field.Get(n.Field)
		if backward && f.Type == field.TFrameNum && n.Value > uint64(p.Frame.Number) {
			continue
		}
		t.Reset()
		p.Label(&t, n)
		fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", depth[i]), t.String())
		fmt.Fprintf(&b, "  {%s", f.Name)
		if n.Field != field.TextOnly && f.Type != field.TNone && f.Type != field.TProtocol {
			t.Reset()
			f.Show(&t, p.Value(n))
			if len(t.B) > 80 {
				t.B = append(t.B[:80], "..."...)
			}
			fmt.Fprintf(&b, "=%q", t.B)
		}
		fmt.Fprintf(&b, " %d+%d", n.Off, n.Len)
		if n.Source != 0 {
			fmt.Fprintf(&b, "@%d", n.Source)
		}
		if n.Flags&dissect.Generated != 0 {
			b.WriteString(" gen")
		}
		if n.Flags&dissect.Hidden != 0 {
			b.WriteString(" hidden")
		}
		if s := n.Severity(); s != 0 {
			b.WriteString(" " + strings.ToLower(s.String()))
		}
		b.WriteString("}\n")
	}
	for _, h := range p.Hops {
		fmt.Fprintf(&b, "hop %d %x:%d %x:%d %d\n", h.Kind, h.Src.Bytes(), h.SPort, h.Dst.Bytes(), h.DPort, h.Stream)
	}
	fmt.Fprintf(&b, "streams %v\n", p.Streams)
	return b.String()
}

// order gives the nodes as the pane shows them: children below their parent.
func order(p *dissect.Packet) []int {
	first, next := make([]int, len(p.Nodes)), make([]int, len(p.Nodes))
	last := make([]int, len(p.Nodes))
	for i := range first {
		first[i], next[i], last[i] = -1, -1, -1
	}
	var roots []int
	for i := range p.Nodes {
		up := int(p.Nodes[i].Parent)
		switch {
		case up < 0:
			roots = append(roots, i)
		case first[up] < 0:
			first[up], last[up] = i, i
		default:
			next[last[up]], last[up] = i, i
		}
	}
	out := make([]int, 0, len(p.Nodes))
	var todo []int
	for _, r := range roots {
		todo = append(todo[:0], r)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			out = append(out, i)
			if next[i] >= 0 && i != r {
				todo = append(todo, next[i])
			}
			if first[i] >= 0 {
				todo = append(todo, first[i])
			}
		}
	}
	return out
}

// Bounds of one packet, far above what real ones need.
const (
	boundNodes  = 100000 + 256
	boundLabel  = 1 << 20
	boundLayers = 512
)

// Sound reports what no packet may be, whatever the bytes: a crash, a node
// outside its data or below one that comes later, a line that would move a
// terminal's cursor.
func Sound(p *dissect.Packet) error {
	if p.Bug != "" {
		return errors.New("a dissector crashed: " + p.Bug)
	}
	if len(p.Nodes) > boundNodes {
		return fmt.Errorf("%d nodes", len(p.Nodes))
	}
	if len(p.Layers) > boundLayers {
		return fmt.Errorf("%d layers", len(p.Layers))
	}
	var t field.Text
	labels := 0
	for i := range p.Nodes {
		n := &p.Nodes[i]
		f := field.Get(n.Field)
		if n.Parent < dissect.None || int(n.Parent) >= i {
			return fmt.Errorf("node %d (%s) stands below node %d", i, f.Name, n.Parent)
		}
		if n.HasBytes() {
			if int(n.Source) >= len(p.Sources) {
				return fmt.Errorf("node %d (%s) is in data source %d of %d", i, f.Name, n.Source, len(p.Sources))
			}
			size := len(p.Sources[n.Source].Data)
			if n.Source == 0 {
				size = max(size, int(p.Frame.Len))
			}
			if int(n.Off) > size || int(n.Off)+int(n.Len) > size {
				return fmt.Errorf("node %d (%s) at %d+%d lies outside its %d bytes", i, f.Name, n.Off, n.Len, size)
			}
		}
		if labels > boundLabel {
			continue // seen enough
		}
		t.Reset()
		p.Label(&t, n)
		labels += len(t.B)
		if at := unclean(t.B); at >= 0 {
			return fmt.Errorf("node %d (%s): byte %d of its line is not clean: %q", i, f.Name, at, t.B)
		}
	}
	if at := unclean(p.Cols.Info()); at >= 0 {
		return fmt.Errorf("byte %d of the Info column is not clean: %q", at, p.Cols.Info())
	}
	return nil
}

// unclean finds what must not reach a terminal or a page as it is; -1 = nothing.
func unclean(b []byte) int {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < 0x20 || c == 0x7f {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return i
		}
		i += n
	}
	return -1
}
