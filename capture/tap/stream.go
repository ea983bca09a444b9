package tap

import (
	"errors"
	"fmt"
	"sort"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

// Follower puts the payload of one stream in order, retransmissions left out.
type Follower struct {
	// Chunks are the pieces so far, in the order in which a reader gets them.
	Chunks []Chunk
	// Nodes are the ends, Node 0 the sender of the first packet.
	Nodes [2]Node
	// Missing counts bytes that the capture lacks.
	Missing int64
	// Size is how many bytes Chunks hold.
	Size int

	kind    flow.Kind
	index   int
	want    *dissect.Wanted
	seq     []field.ID
	payload []field.ID
	syn     []field.ID
	named   bool
	side    [2]side
}

// side is one direction of a TCP stream.
type side struct {
	next   uint32 // next sequence number wanted
	known  bool
	queued []segment // ahead of next, by sequence number
}

type segment struct {
	seq   uint32
	chunk Chunk
}

// Chunk is a piece of a followed stream.
type Chunk struct {
	Peer   int // 0 = from node 0
	Packet uint32
	Time   int64 // ns since 1970
	Data   []byte
}

// Node is an end of a stream.
type Node struct {
	Addr flow.Addr
	Port uint32
}

func (n *Node) String() string { return endpoint(&n.Addr, n.Port) }

// NewFollower follows stream number index of proto, "tcp" or "udp".
func NewFollower(proto string, index int) (*Follower, error) {
	f := &Follower{index: index, kind: flow.KUDP}
	switch proto {
	case "tcp":
		f.kind = flow.KTCP
		f.seq, f.syn = field.ByName("tcp.seq_raw"), field.ByName("tcp.flags.syn")
	case "udp":
	default:
		return nil, fmt.Errorf("follow %s: %w: tcp and udp can be followed", proto, errors.ErrUnsupported)
	}
	f.payload = field.ByName(proto + ".payload")
	f.want = dissect.Want(false, append(append(append([]field.ID{}, f.payload...), f.seq...), f.syn...)...)
	return f, nil
}

// Want is what its packets must be dissected for.
func (f *Follower) Want() *dissect.Wanted { return f.want }

func has(ids []field.ID, id field.ID) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

func endpoint(a *flow.Addr, port uint32) string {
	var t field.Text
	if a.Kind == flow.IPv6 {
		t.C('[')
		dissect.AddrText(&t, a)
		t.C(']')
	} else {
		dissect.AddrText(&t, a)
	}
	return t.C(':').U(uint64(port)).String()
}

// Add takes a packet, in the order of the capture.
func (f *Follower) Add(p *dissect.Packet) {
	conv := p.Conv
	if conv == nil || conv.Kind != f.kind || int(conv.Index) != f.index {
		return
	}
	if !f.named {
		f.named = true
		f.Nodes = [2]Node{{conv.A, conv.APort}, {conv.B, conv.BPort}}
	}
	var data []byte
	var seq uint32
	var syn bool
	for i := range p.Nodes {
		n := &p.Nodes[i]
		switch {
		case has(f.payload, n.Field):
			data = p.Raw(n)
		case has(f.seq, n.Field):
			seq = uint32(n.Value)
		case has(f.syn, n.Field):
			syn = n.Value != 0
		}
	}
	peer := conv.Dir(&p.Src, p.SrcPort)
	c := Chunk{Peer: peer, Packet: p.Frame.Number, Time: p.Frame.Time}
	if f.kind == flow.KUDP {
		if len(data) > 0 {
			c.Data = append([]byte{}, data...)
			f.emit(c)
		}
		return
	}
	s := &f.side[peer]
	if syn {
		s.next, s.known = seq+1, true
		return
	}
	if !s.known {
		s.next, s.known = seq, true
	}
	if len(data) == 0 {
		return
	}
	c.Data = append([]byte{}, data...)
	f.place(s, segment{seq, c})
}

func (f *Follower) place(s *side, g segment) {
	if d := int32(g.seq - s.next); d > 0 {
		i := sort.Search(len(s.queued), func(i int) bool { return int32(s.queued[i].seq-g.seq) >= 0 })
		if i < len(s.queued) && s.queued[i].seq == g.seq {
			return
		}
		s.queued = append(s.queued, segment{})
		copy(s.queued[i+1:], s.queued[i:])
		s.queued[i] = g
		if len(s.queued) > 1024 { // the gap will not be filled any more
			f.skip(s)
		}
		return
	}
	f.take(s, g)
	for len(s.queued) > 0 && int32(s.queued[0].seq-s.next) <= 0 {
		q := s.queued[0]
		s.queued = s.queued[1:]
		f.take(s, q)
	}
}

// take emits what of the segment is new.
func (f *Follower) take(s *side, g segment) {
	old := int(int32(s.next - g.seq))
	if old >= len(g.chunk.Data) {
		return
	}
	g.chunk.Data = g.chunk.Data[old:]
	s.next += uint32(len(g.chunk.Data))
	f.emit(g.chunk)
}

// skip goes over a gap to what came after it.
func (f *Follower) skip(s *side) {
	q := s.queued[0]
	s.queued = s.queued[1:]
	f.Missing += int64(q.seq - s.next)
	s.next = q.seq
	f.take(s, q)
	for len(s.queued) > 0 && int32(s.queued[0].seq-s.next) <= 0 {
		q := s.queued[0]
		s.queued = s.queued[1:]
		f.take(s, q)
	}
}

func (f *Follower) emit(c Chunk) {
	f.Size += len(c.Data)
	f.Chunks = append(f.Chunks, c)
}

// Finish goes over the gaps that were never filled.
func (f *Follower) Finish() {
	for i := range f.side {
		for len(f.side[i].queued) > 0 {
			f.skip(&f.side[i])
		}
	}
}
