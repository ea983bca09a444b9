package session

import (
	"sync/atomic"

	"sonde/capture/dfilter"
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

// Most frames can be ruled out, or in, without looking at their bytes: by what
// the index says, and by the one transport stream that the learn pass found in
// them.

// transports is which stream each frame belongs to, four bytes a frame. The
// learn pass appends, any number of readers read below the learned count.
type transports struct {
	chunks atomic.Pointer[[]*[transportChunk]uint32]
}

const transportChunk = 1 << 14

// A frame's entry: 0 = not known, else a kind and the stream's number.
const (
	inTCP      = 1 << 30
	inUDP      = 2 << 30
	kindBits   = 3 << 30
	streamBits = 1<<30 - 1
)

// add notes frame n (from 1). Learn pass only.
func (t *transports) add(n uint32, v uint32) {
	i := n - 1
	var list []*[transportChunk]uint32
	if p := t.chunks.Load(); p != nil {
		list = *p
	}
	if int(i/transportChunk) >= len(list) {
		list = append(list[:len(list):len(list)], new([transportChunk]uint32))
		t.chunks.Store(&list)
	}
	list[i/transportChunk][i%transportChunk] = v
}

func (t *transports) of(n uint32) uint32 {
	return (*t.chunks.Load())[(n-1)/transportChunk][(n-1)%transportChunk]
}

// entry is a dissected frame's: known only when it holds one transport layer
// and quotes no other packet.
func entry(p *dissect.Packet) uint32 {
	if p.Quotes || p.Bug != "" || p.Limited || p.Gone {
		return 0
	}
	v := uint32(0)
	for i := range p.Hops {
		h := &p.Hops[i]
		switch {
		case h.Kind < flow.KTCP:
			continue
		case v != 0 || h.Stream < 0 || h.Stream > streamBits:
			return 0
		case h.Kind == flow.KTCP:
			v = inTCP | uint32(h.Stream)
		case h.Kind == flow.KUDP:
			v = inUDP | uint32(h.Stream)
		default:
			return 0
		}
	}
	return v
}

// verdict is what is known of a frame without its bytes.
type verdict uint8

const (
	maybe verdict = iota
	no
	yes
)

// cond is a filter as far as it can be decided from outside.
type cond func(h *frame.Header, where uint32) verdict

// prune makes the condition of a filter; nil when it never tells anything.
func prune(p *dfilter.Plan) cond {
	if p == nil {
		return nil
	}
	switch p.Kind {
	case dfilter.PlanAnd, dfilter.PlanOr:
		all := p.Kind == dfilter.PlanAnd
		var known []cond
		for _, s := range p.Sub {
			if k := prune(s); k != nil {
				known = append(known, k)
			}
		}
		if len(known) == 0 {
			return nil
		}
		whole := len(known) == len(p.Sub)
		// One "no" ends an and; one "yes" ends an or; all others are needed.
		ends, full := no, yes
		if !all {
			ends, full = yes, no
		}
		return func(h *frame.Header, where uint32) verdict {
			sure := whole
			for _, k := range known {
				switch k(h, where) {
				case ends:
					return ends
				case maybe:
					sure = false
				}
			}
			if sure {
				return full
			}
			return maybe
		}
	case dfilter.PlanNot:
		k := prune(p.Sub[0])
		if k == nil {
			return nil
		}
		return func(h *frame.Header, where uint32) verdict {
			switch k(h, where) {
			case yes:
				return no
			case no:
				return yes
			}
			return maybe
		}
	case dfilter.PlanTest:
		return pruneTest(&p.Test)
	}
	return nil
}

func pruneTest(t *dfilter.Test) cond {
	switch t.Name {
	case "frame.number":
		return numberTest(t, func(h *frame.Header, _ uint32) (uint64, verdict) { return uint64(h.Number), yes })
	case "frame.len":
		return numberTest(t, func(h *frame.Header, _ uint32) (uint64, verdict) { return uint64(h.Len), yes })
	case "frame.cap_len":
		return numberTest(t, func(h *frame.Header, _ uint32) (uint64, verdict) { return uint64(h.CapLen), yes })
	case "tcp.stream":
		return streamTest(t, inTCP)
	case "udp.stream":
		return streamTest(t, inUDP)
	}
	// A field of TCP is not in a frame whose only transport is UDP, and the
	// other way about.
	var own uint32
	for _, id := range t.IDs {
		var kind uint32
		switch field.Get(field.Get(id).Proto).Name {
		case "tcp":
			kind = inTCP
		case "udp":
			kind = inUDP
		default:
			return nil
		}
		if own != 0 && own != kind {
			return nil
		}
		own = kind
	}
	if own == 0 {
		return nil
	}
	exists := t.Op == dfilter.OpExists && (t.Name == "tcp" || t.Name == "udp")
	return func(_ *frame.Header, where uint32) verdict {
		switch {
		case where&kindBits == 0:
			return maybe
		case where&kindBits != own:
			return no
		case exists:
			return yes
		}
		return maybe
	}
}

// streamTest is a test of the stream's number.
func streamTest(t *dfilter.Test, own uint32) cond {
	return numberTest(t, func(_ *frame.Header, where uint32) (uint64, verdict) {
		switch {
		case where&kindBits == 0:
			return 0, maybe
		case where&kindBits != own:
			return 0, no
		}
		return uint64(where & streamBits), yes
	})
}

// numberTest is a test of a field that a frame has once at most: get tells the
// number, or that the frame has none, or that it is not known.
func numberTest(t *dfilter.Test, get func(h *frame.Header, where uint32) (uint64, verdict)) cond {
	for _, r := range t.Values {
		if r.Lo.Neg || r.Hi.Neg || len(r.Lo.Bytes) > 0 || len(r.Hi.Bytes) > 0 {
			return nil
		}
	}
	op, values, negated := t.Op, t.Values, t.Negated
	if op == dfilter.OpContains || op != dfilter.OpExists && len(values) == 0 || op != dfilter.OpIn && negated {
		return nil
	}
	return func(h *frame.Header, where uint32) verdict {
		v, has := get(h, where)
		if has != yes {
			return has
		}
		ok := false
		switch op {
		case dfilter.OpExists:
			ok = true
		case dfilter.OpEqual:
			ok = v == values[0].Lo.Num
		case dfilter.OpNotEqual:
			ok = v != values[0].Lo.Num
		case dfilter.OpLess:
			ok = v < values[0].Lo.Num
		case dfilter.OpLessEqual:
			ok = v <= values[0].Lo.Num
		case dfilter.OpGreater:
			ok = v > values[0].Lo.Num
		case dfilter.OpGreaterEqual:
			ok = v >= values[0].Lo.Num
		case dfilter.OpIn:
			for _, r := range values {
				ok = ok || v >= r.Lo.Num && v <= r.Hi.Num
			}
			ok = ok != negated
		}
		if ok {
			return yes
		}
		return no
	}
}
