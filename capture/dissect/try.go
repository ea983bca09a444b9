package dissect

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"sonde/capture/field"
)

// mark is a point that undo goes back to.
type mark struct {
	nodes, labels, text, sources, layers int
	cols                                 Columns
	info                                 int
}

func (c *Cursor) mark() mark {
	p := &c.e.pkt
	p.Tree.closeLabel()
	return mark{nodes: len(p.Nodes), labels: len(p.labels), text: len(p.text.B), sources: len(p.Sources), layers: len(p.Layers), cols: p.Cols, info: len(p.Cols.info.B)}
}

func (c *Cursor) undo(m mark) {
	p := &c.e.pkt
	p.Tree.closeLabel()
	p.Nodes, p.labels, p.text.B, p.Sources = p.Nodes[:m.nodes], p.labels[:m.labels], p.text.B[:m.text], p.Sources[:m.sources]
	for _, id := range p.Layers[m.layers:] {
		if i := protoByID[id].index; c.e.counts[i] > 0 {
			c.e.counts[i]--
		}
	}
	p.Layers = p.Layers[:m.layers]
	info := p.Cols.info.B
	p.Cols = m.cols
	p.Cols.info.B = info[:min(m.info, len(info))]
}

// Reject says that the data is not of this protocol. Return right after it.
func (c *Cursor) Reject() { c.rejected = true }

// Try runs p over [pos, pos+n) and reports whether it took the data: a
// dissector that calls Reject did not, and what it recorded is undone.
func (c *Cursor) Try(p *Proto, pos, n int) bool {
	if p.parse == nil || c.e.disabled[p.index] {
		return false
	}
	if !p.rejects {
		c.Sub(p, pos, n)
		return true
	}
	if c.e.idle(c.proto) {
		return true
	}
	m := c.mark()
	c.rejected = false
	c.run(p, p.parse, pos, n)
	if c.rejected {
		c.rejected = false
		c.undo(m)
		return false
	}
	return true
}

// run is Sub without the question whether anything is wanted.
func (c *Cursor) run(p *Proto, parse Parse, pos, n int) {
	c.depth++
	if c.depth > maxDepth {
		c.depth--
		panic(throws[throwLimit])
	}
	saved := c.st
	c.narrow(pos, n)
	c.start = c.off
	c.enter(p)
	parse(c)
	c.st = saved
	c.depth--
}

// narrow moves to [pos, pos+n) inside the present data; n < 0 is the rest.
func (c *Cursor) narrow(pos, n int) {
	if n >= 0 && pos+n < c.end {
		c.end = pos + n
	}
	if c.end < pos {
		c.end = pos
	}
	if pos > c.cap {
		c.cap = pos // nothing of it was captured: every read leaves
	}
	c.cap = min(c.cap, c.end)
	c.off = pos
}

// Heuristics offers [pos, pos+n) to the table's heuristics in order, and
// gives the protocol that took it, nil if none did.
func (c *Cursor) Heuristics(t *Table, pos, n int) *Proto {
	if len(t.heur) == 0 || c.e.idle(c.proto) {
		return nil
	}
	for i := range t.heur {
		h := &t.heur[i]
		if h.off || c.e.disabled[h.proto.index] {
			continue
		}
		if c.tryHeur(h, pos, n) {
			return h.proto
		}
	}
	return nil
}

func (c *Cursor) tryHeur(h *heurEntry, pos, n int) (took bool) {
	m := c.mark()
	saved, depth := c.st, c.depth
	defer func() {
		if r := recover(); r != nil {
			if th, ours := r.(*thrown); !ours || th.kind == throwLimit {
				panic(r)
			}
			// A heuristic that runs off the end while it looks does not
			// recognise the data; one that already took it is malformed.
			if c.took {
				c.took = false
				panic(r)
			}
			c.st, c.depth = saved, depth
			c.undo(m)
			took = false
		}
	}()
	c.took, c.rejected = false, false
	c.depth++
	if c.depth > maxDepth {
		panic(throws[throwLimit])
	}
	c.narrow(pos, n)
	c.start = c.off
	c.enter(h.proto)
	took = h.run(c) && !c.rejected
	c.st, c.depth, c.took, c.rejected = saved, depth, false, false
	if !took {
		c.undo(m)
	}
	return took
}

// Take says, inside a heuristic, that the data is of this protocol: what goes
// wrong from here on makes the packet malformed.
func (c *Cursor) Take() { c.took = true }

// Protected runs p over [pos, pos+n); when p leaves early, the packet is
// marked here and dissection goes on behind. It reports whether p came to its end.
func (c *Cursor) Protected(p *Proto, pos, n int) (whole bool) {
	saved, depth, took := c.st, c.depth, c.took
	defer func() {
		if r := recover(); r != nil {
			c.caught(r, saved, depth)
			c.took, whole = took, false
		}
	}()
	c.Sub(p, pos, n)
	return true
}

// ProtectedTry is Try with Protected's care.
func (c *Cursor) ProtectedTry(p *Proto, pos, n int) (took bool) {
	saved, depth, t := c.st, c.depth, c.took
	defer func() {
		if r := recover(); r != nil {
			c.caught(r, saved, depth)
			c.took, took = t, true
		}
	}()
	return c.Try(p, pos, n)
}

// Guard runs f as part of the current protocol; when f leaves early the packet
// is marked and dissection goes on behind Guard.
func (c *Cursor) Guard(f func(c *Cursor)) (whole bool) {
	saved, depth := c.st, c.depth
	defer func() {
		if r := recover(); r != nil {
			c.caught(r, saved, depth)
			whole = false
		}
	}()
	f(c)
	return true
}

// Quiet runs f; when f leaves early nothing is marked and it reports false.
// For data that is quoted and may be cut (the packet inside an ICMP error).
func (c *Cursor) Quiet(f func(c *Cursor)) (whole bool) {
	saved, depth := c.st, c.depth
	defer func() {
		if r := recover(); r != nil {
			if th, ours := r.(*thrown); !ours || th.kind == throwLimit {
				panic(r)
			}
			c.st, c.depth = saved, depth
			whole = false
		}
	}()
	f(c)
	return true
}

// caught marks the packet for what left a dissector and goes back to saved. A
// limit ends the whole packet: it goes on to the outermost call, since every
// part that is still to come would only spend more.
func (c *Cursor) caught(r any, saved st, depth int) {
	th, ours := r.(*thrown)
	if ours && th.kind == throwLimit && depth > 1 {
		panic(r)
	}
	name := "?"
	if c.proto != nil {
		name = c.proto.Short
	}
	at := c.off
	c.st, c.depth = saved, depth
	c.rejected = false
	p := &c.e.pkt
	p.Cols.frozen = 0
	switch {
	case gone(r):
		p.Gone = true
		c.flaw(shortProto, at, "[Bytes gone from the file: ", name, "]", "[Bytes gone from the file]", 0)
		return
	case !ours:
		if p.Bug == "" {
			p.Bug = fmt.Sprintf("%v\n%s", r, debug.Stack())
		}
		c.flaw(bugProto, 0, "[Dissector bug, protocol ", name, "]", "[Dissector bug]", 0)
		return
	}
	switch th.kind {
	case throwShort:
		p.Short = true
		c.flaw(shortProto, at, "[Packet size limited during capture: ", name, " truncated]", "[Packet size limited during capture]", 0)
	case throwFragment:
		c.flaw(unreassembledProto, at, "[Unreassembled Packet: ", name, "]", "[Unreassembled Packet: "+name+"]", 0)
	case throwLimit:
		p.Limited = true
		c.flaw(malformedProto, at, "[Nesting or size limit reached: ", name, "]", "[Limit reached]", eiLimit)
	default:
		p.Malformed = true
		c.flaw(malformedProto, at, "[Malformed Packet: ", name, "]", "[Malformed Packet]", eiMalformed)
	}
}

// gone tells a fault on mapped memory, whose file was cut, from a mistake of
// ours: the runtime's error for a fault at a non-zero address has an Addr.
func gone(r any) bool {
	f, ok := r.(interface {
		runtime.Error
		Addr() uintptr
	})
	return ok && f.Addr() != 0
}

// flaw adds the line that says how dissection ended, at the top of the tree.
func (c *Cursor) flaw(p *Proto, at int, before, name, after, column string, ei field.ID) {
	e := c.e
	if e.pkt.flaws >= maxFlaws {
		return
	}
	e.pkt.flaws++
	if b := c.Info(); b != nil {
		b.S(column)
	}
	if len(e.pkt.Layers) < 512 {
		e.pkt.Layers = append(e.pkt.Layers, p.ID)
	}
	old, steps, nodes := c.parent, c.steps, e.maxNodes
	// The line itself must fit when the budgets are spent.
	c.parent, c.steps, e.maxNodes = None, max(c.steps, 64), max(nodes, len(e.pkt.Nodes)+16)
	if e.all || e.want.Has(p.ID) {
		r := c.put(p.ID, 0, 0, 0, 0)
		if b := c.Label(r); b != nil {
			b.S(before).S(name).S(after)
		}
		if ei != 0 {
			c.Expert(r, ei)
		}
	} else if ei != 0 {
		c.Expert(None, ei)
	}
	c.parent, c.steps, e.maxNodes = old, steps, nodes
}
