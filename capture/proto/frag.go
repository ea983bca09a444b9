package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

// Putting the fragments of IPv4 and IPv6 packets together. A datagram's
// fragments are kept until they cover it; then they are forgotten, so that a
// number used again starts anew. There is no limit in time, as in Wireshark;
// the limits in space drop the datagrams that wait longest.

// Bounds of what waits for missing fragments.
const (
	maxFragSets  = 1 << 14
	maxFragBytes = 64 << 20
)

// fragFields are the fields that one protocol shows a reassembly with.
type fragFields struct {
	list, part, overlap, conflict, tails, long, err, count, length, data, in field.ID
	one, many                                                                string // "IPv4 Fragment", "IPv4 Fragments"
	tag                                                                      string // in "[Illegal IPv4 fragments]"
}

var ipFrag = fragFields{
	list:     ipP.Bytes("fragments", "IPv4 Fragments"),
	part:     ipP.FrameNum("fragment", "IPv4 Fragment"),
	overlap:  ipP.Bool("fragment.overlap", "Fragment overlap"),
	conflict: ipP.Bool("fragment.overlap.conflict", "Conflicting data in fragment overlap"),
	tails:    ipP.Bool("fragment.multipletails", "Multiple tail fragments found"),
	long:     ipP.Bool("fragment.toolongfragment", "Fragment too long"),
	err:      ipP.FrameNum("fragment.error", "Defragmentation error"),
	count:    ipP.U32("fragment.count", "Fragment count", dec),
	length:   ipP.U32("reassembled.length", "Reassembled IPv4 length", dec),
	data:     ipP.Bytes("reassembled.data", "Reassembled IPv4 data"),
	in:       ipP.FrameNum("reassembled_in", "Reassembled IPv4 in frame"),
	one:      "IPv4 Fragment", many: "IPv4 Fragments", tag: "IPv4 fragments",
}

type fragTableKind uint8

const (
	fragIPv4 fragTableKind = iota
	fragIPv6
)

// fragKey is what the fragments of one datagram have in common.
type fragKey struct {
	table    fragTableKind
	src, dst flow.Addr
	id       uint32
}

// Flags of a fragment and of a whole reassembly.
const (
	fragOverlap = 1 << iota
	fragConflict
	fragTails
	fragLong
)

// fragPart is one fragment: its frame, where its bytes stand there, and which
// bytes of the datagram they are.
type fragPart struct {
	frame, pos, at, n uint32
	flags             uint8
	data              []byte // while the datagram is incomplete
}

// fragSet is a datagram that lacks fragments.
type fragSet struct {
	key    fragKey
	parts  []fragPart // by place, equal places in order of coming
	size   uint32     // known once the last fragment came
	sized  bool
	direct bool // bytes cannot be read again from the frames
	bytes  int
	result *fragResult
	dead   bool
}

// fragResult is what becomes of a datagram; frame is 0 until it is whole.
type fragResult struct {
	frame uint32
	layer uint8
	flags uint8
	blob  *flow.Blob
	parts []fragPart
}

// in reports whether the datagram became whole right here.
func (r *fragResult) in(c *Cursor) bool {
	return r != nil && r.blob != nil && r.frame == c.Frame().Number && r.layer == c.Layer()
}

// fragTable is what a capture's unfinished datagrams are.
type fragTable struct {
	sets  map[fragKey]*fragSet
	queue []*fragSet // oldest first, finished ones included
	bytes int
}

var (
	fragTables = flow.NewSlot[fragTable]()
	// Both protocols' layers count on their own, so each has facts of its own.
	fragFacts = [2]flow.Facts[*fragResult]{flow.NewFacts[*fragResult](), flow.NewFacts[*fragResult]()}
)

// fragAdd takes the fragment at [pos, pos+n), which is from byte off on of
// its datagram, and gives what is known of the whole; nil when nothing is.
// Learn pass: keeps it. Later: looks up what was learned.
func fragAdd(c *Cursor, key fragKey, pos, n, off int, more bool) *fragResult {
	st, num := c.Flow(), c.Frame().Number
	if !c.Learning() {
		if r := fragFacts[key.table].Get(st, num, c.Layer()); r != nil {
			return *r
		}
		return nil
	}
	t := fragTables.Global(st)
	if t.sets == nil {
		t.sets = map[fragKey]*fragSet{}
	}
	s := t.sets[key]
	if s == nil {
		s = &fragSet{key: key, result: &fragResult{}}
		t.sets[key] = s
		t.queue = append(t.queue, s)
	}
	*fragFacts[key.table].Put(st, num, c.Layer()) = s.result
	p := fragPart{frame: num, pos: uint32(pos), at: uint32(off), n: uint32(n), data: append([]byte(nil), c.BytesAt(pos, n)...)}
	if !more {
		if !s.sized {
			s.sized, s.size = true, p.at+p.n
		} else if s.size != p.at+p.n {
			p.flags |= fragTails
			s.result.flags |= fragTails
		}
	}
	if c.SourceIndex() != 0 || c.Quoted() {
		s.direct = true
	}
	i := len(s.parts)
	for i > 0 && s.parts[i-1].at > p.at {
		i--
	}
	s.parts = append(s.parts, fragPart{})
	copy(s.parts[i+1:], s.parts[i:])
	s.parts[i] = p
	s.bytes += n
	t.bytes += n
	if s.whole() {
		delete(t.sets, key)
		t.bytes -= s.bytes
		s.dead = true
		s.finish(c)
	}
	t.trim()
	return s.result
}

// whole reports whether the fragments cover the datagram without a gap.
func (s *fragSet) whole() bool {
	if !s.sized {
		return false
	}
	reach := uint32(0)
	for i := range s.parts {
		if p := &s.parts[i]; p.at <= reach && p.at+p.n > reach {
			reach = p.at + p.n
		}
	}
	return reach >= s.size
}

// finish joins the fragments and notes where they disagree.
func (s *fragSet) finish(c *Cursor) {
	data := make([]byte, s.size)
	b := &flow.Blob{Frame: c.Frame().Number, Direct: s.direct}
	done := uint32(0)
	for i := range s.parts {
		p := &s.parts[i]
		if p.n == 0 {
			continue
		}
		if p.at < done {
			p.flags |= fragOverlap
			same := min(p.n, done-p.at)
			if string(data[p.at:p.at+same]) != string(p.data[:same]) {
				p.flags |= fragConflict
			}
		}
		if p.at+p.n > s.size {
			p.flags |= fragLong
		}
		if end := min(p.at+p.n, s.size); end > done && p.at <= done {
			skip := done - p.at
			copy(data[done:end], p.data[skip:])
			b.Pieces = append(b.Pieces, flow.Piece{Frame: p.frame, Off: p.pos + skip, Len: end - done, At: done})
			done = end
		}
		s.result.flags |= p.flags
	}
	for i := range s.parts {
		s.parts[i].data = nil
	}
	r := s.result
	r.frame, r.layer, r.parts = c.Frame().Number, c.Layer(), s.parts
	r.blob = c.Flow().NewBlob(b, data)
}

// trim keeps the table inside its bounds.
func (t *fragTable) trim() {
	for len(t.queue) > 0 {
		s := t.queue[0]
		if !s.dead && len(t.sets) <= maxFragSets && t.bytes <= maxFragBytes {
			return
		}
		t.queue[0] = nil
		t.queue = t.queue[1:]
		if !s.dead {
			s.dead = true
			delete(t.sets, s.key)
			t.bytes -= s.bytes
		}
	}
}

// fragTree records what a datagram was put together from; the cursor stands on
// the data source of the result. at is where the list's own line points to. It
// reports whether the Info column is still to be written.
func fragTree(c *Cursor, f *fragFields, r *fragResult, data []byte, at int) bool {
	if c.Full() || c.Wants(f.list) || c.Wants(f.part) || c.Wants(f.err) || c.Wants(f.count) || c.Wants(f.length) || c.Wants(f.data) ||
		c.Wants(f.overlap) || c.Wants(f.conflict) || c.Wants(f.tails) || c.Wants(f.long) {
		top := c.PutBytes(f.list, at, len(data), data)
		c.Mark(top, dissect.Generated)
		if b := c.Label(top); b != nil {
			name := f.many
			if len(r.parts) == 1 {
				name = f.one
			}
			b.U(uint64(len(r.parts))).C(' ').S(name).S(" (").U(uint64(len(data))).S(plural(len(data), " byte): ", " bytes): "))
			for i := range r.parts {
				if i > 0 {
					b.S(", ")
				}
				b.C('#').U(uint64(r.parts[i].frame)).C('(').U(uint64(r.parts[i].n)).C(')')
			}
		}
		old := c.Push(top)
		for i := range r.parts {
			fragLine(c, f, &r.parts[i])
		}
		c.Gen(f.count, 0, 0, uint64(len(r.parts)))
		c.Gen(f.length, 0, 0, uint64(len(data)))
		c.Gen(f.data, 0, len(data), 0)
		c.Pop(old)
	}
	if r.flags&(fragConflict|fragTails|fragLong) == 0 {
		return true
	}
	if b := c.SetInfo(); b != nil {
		b.S("[Illegal ").S(f.tag).C(']')
	}
	return false
}

func fragLine(c *Cursor, f *fragFields, p *fragPart) {
	id := f.part
	if p.flags&(fragConflict|fragTails|fragLong) != 0 {
		id = f.err
	}
	r := c.Gen(id, int(p.at), int(p.n), uint64(p.frame))
	if b := c.Label(r); b != nil {
		b.S("Frame: ").U(uint64(p.frame))
		if p.n == 0 {
			b.S(" (no data)")
		} else {
			b.S(", payload: ").U(uint64(p.at)).C('-').U(uint64(p.at + p.n - 1)).S(" (").U(uint64(p.n)).S(plural(int(p.n), " byte)", " bytes)"))
		}
	}
	old := c.Push(r)
	for _, x := range [...]struct {
		flag uint8
		f    field.ID
	}{{fragOverlap, f.overlap}, {fragConflict, f.conflict}, {fragTails, f.tails}, {fragLong, f.long}} {
		if p.flags&x.flag != 0 {
			c.Gen(x.f, int(p.at), 0, 1)
		}
	}
	c.Pop(old)
}
