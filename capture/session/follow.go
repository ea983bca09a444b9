package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/store"
)

// maxFollow bounds the bytes of a followed stream.
const maxFollow = 16 << 20

// Follow gives the payload of one stream, in order, retransmissions left out.
// proto is "tcp" or "udp".
func (l *Library) Follow(ctx context.Context, id, proto string, stream int, filter string) (*Stream, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	kind := flow.KTCP
	switch proto {
	case "tcp":
	case "udp":
		kind = flow.KUDP
	default:
		return nil, fmt.Errorf("follow %s: %w: tcp and udp can be followed", proto, errors.ErrUnsupported)
	}
	text := fmt.Sprintf("%s.stream == %d", proto, stream)
	if filter != "" {
		text += " && (" + filter + ")"
	}
	job, err := c.filter(text)
	if err != nil {
		return nil, err
	}
	if err := c.waitAll(ctx); err != nil {
		return nil, err
	}
	if err := job.advance(ctx, math.MaxInt); err != nil {
		return nil, err
	}
	f := newFollower(proto, stream)
	n, _ := job.counts()
	for _, no := range job.slice(0, n) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f.size > maxFollow {
			break
		}
		err := c.dissect(no, 0, dissect.Request{Want: f.want}, func(p *dissect.Packet) { f.add(p, kind) })
		if err != nil && !errors.Is(err, store.ErrGone) { // gone bytes are a gap
			return nil, err
		}
	}
	return f.finish(), nil
}

// follower puts the segments of one stream in order.
type follower struct {
	out     *Stream
	want    *dissect.Wanted
	seq     []field.ID
	payload []field.ID
	syn     []field.ID
	size    int
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
	chunk StreamChunk
}

func newFollower(proto string, stream int) *follower {
	f := &follower{out: &Stream{Proto: proto, Index: stream, Chunks: []StreamChunk{}}}
	f.payload = field.ByName(proto + ".payload")
	if proto == "tcp" {
		f.seq, f.syn = field.ByName("tcp.seq_raw"), field.ByName("tcp.flags.syn")
	}
	f.want = dissect.Want(false, append(append(append([]field.ID{}, f.payload...), f.seq...), f.syn...)...)
	return f
}

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

func (f *follower) add(p *dissect.Packet, kind flow.Kind) {
	conv := p.Conv
	if conv == nil || conv.Kind != kind || int(conv.Index) != f.out.Index {
		return
	}
	if !f.named {
		f.named = true
		f.out.Nodes = [2]string{endpoint(&conv.A, conv.APort), endpoint(&conv.B, conv.BPort)}
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
	c := StreamChunk{Peer: peer, Packet: p.Frame.Number, Time: p.Frame.Time}
	if kind == flow.KUDP {
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

func (f *follower) place(s *side, g segment) {
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
func (f *follower) take(s *side, g segment) {
	old := int(int32(s.next - g.seq))
	if old >= len(g.chunk.Data) {
		return
	}
	g.chunk.Data = g.chunk.Data[old:]
	s.next += uint32(len(g.chunk.Data))
	f.emit(g.chunk)
}

// skip goes over a gap to what came after it.
func (f *follower) skip(s *side) {
	q := s.queued[0]
	s.queued = s.queued[1:]
	f.out.Missing += int64(q.seq - s.next)
	s.next = q.seq
	f.take(s, q)
	for len(s.queued) > 0 && int32(s.queued[0].seq-s.next) <= 0 {
		q := s.queued[0]
		s.queued = s.queued[1:]
		f.take(s, q)
	}
}

func (f *follower) emit(c StreamChunk) {
	f.size += len(c.Data)
	f.out.Chunks = append(f.out.Chunks, c)
}

func (f *follower) finish() *Stream {
	for i := range f.side {
		for len(f.side[i].queued) > 0 {
			f.skip(&f.side[i])
		}
	}
	return f.out
}
