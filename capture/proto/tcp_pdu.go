// How TCP finds, segment by segment, the messages of the protocol above.
package proto

import (
	"sort"

	"sonde/capture/dissect"
	"sonde/capture/flow"
)

// run decides, in the learn pass, what becomes of each part of the payload. A
// part continues a message that is being put together, or it is handed to the
// protocol above, which may ask for more; a part that was seen before is not
// handed on again. The order of the questions is Wireshark's.
func (d *tcpDeseg) run() {
	for d.one() {
	}
	d.release()
	d.keep()
}

// keep stores the steps, unless they are the usual one: all of the payload to
// the protocol above, which asked for nothing.
func (d *tcpDeseg) keep() {
	if len(d.steps) == 1 {
		if x := &d.steps[0]; x.kind == stepUpper && x.segLen == 0 && x.off == 0 && !x.gaveUp {
			return
		}
	}
	d.s.fact.steps = append([]tcpStep(nil), d.steps...)
}

// one takes the next part; false when the payload is used up.
func (d *tcpDeseg) one() bool {
	s, num := d.s, d.s.num
	w := s.fwd
	seq := d.seq0 + d.off
	left := d.all - d.off
	d.steps = append(d.steps, tcpStep{off: d.off})
	x := &d.steps[len(d.steps)-1]

	m := w.pduAt(seq)
	if m != nil && d.nxt <= m.nxt && m.last != num && !d.c.Bool(prefTCPReorder) {
		x.kind, x.segOff, x.segLen = stepAgain, d.off, left
		if s.ana != nil && s.ana.flags&taKeepAlive != 0 {
			x.kind = stepKeep
			m.nxt = d.nxt
		} else if m.first == num {
			x.kind = stepHold
		}
		d.show(x)
		return false
	}
	if d.c.Bool(prefTCPReorder) && s.analyze {
		return d.reordered(x, seq, left)
	}
	if m == nil {
		m = w.pduBefore(seq)
	}
	inside := m != nil && seqLE(m.seq, seq) && seqGT(m.nxt, seq)
	if s.ana != nil && w.maxNext != 0 && seqLE(seq, w.maxNext) && !inside && s.ana.flags&(taSpurious|taRetrans|taFast) != 0 {
		s.ana.flags |= taOld
	}
	if s.ana != nil && s.ana.flags&taOld != 0 {
		x.kind, x.segOff, x.segLen = stepAgain, d.off, left
		d.show(x)
		return false
	}
	if !w.untilFIN && (w.maxNext == 0 || seqLT(w.maxNext, d.nxt)) {
		w.maxNext = d.nxt
	}
	if inside {
		return d.continues(x, m, seq, left)
	}
	return d.fresh(x, seq, left)
}

// fresh hands the part on as the start of something new.
func (d *tcpDeseg) fresh(x *tcpStep, seq, left uint32) bool {
	d.keepEarly()
	a := d.hand(x, nil)
	x = &d.steps[len(d.steps)-1]
	if a.More == 0 {
		return false
	}
	at := min(uint32(max(a.At, 0)), left)
	d.begin(x, seq+at, d.off+at, a)
	x.segOff, x.segLen = d.off+at, left-at
	d.show(x)
	return false
}

// reordered is one with the preference that puts segments in order before the
// protocol above sees them: bytes behind a gap wait until the gap is filled.
func (d *tcpDeseg) reordered(x *tcpStep, seq, left uint32) bool {
	s, w := d.s, d.s.fwd
	m := w.upTo(seq)
	open := m != nil && seqLE(m.seq, seq) && seqGT(m.nxt, seq) && (m.done == 0 || m.partial)
	keep := s.ana != nil && s.ana.flags&taKeepAlive != 0
	if old := w.maxNext != 0 && seqLT(seq, w.maxNext) && !open; d.first && (keep || old) {
		n := left
		x.kind = stepKeep
		if !keep {
			x.kind, n = stepAgain, min(left, w.maxNext-seq)
		}
		x.segOff, x.segLen = d.off, n
		d.show(x)
		d.first = false
		d.off += n
		return !keep && n < left
	}
	if !w.untilFIN {
		if w.maxNext != 0 && seqLT(w.maxNext, seq) {
			x.kind, x.segOff, x.segLen = stepHold, d.off, left
			d.wait(x, seq, left)
			d.show(x)
			return false
		}
		w.maxNext = d.nxt
		m = d.drain(m, open, seq)
	}
	if m != nil && seqLE(m.seq, seq) && seqGT(m.nxt, seq) {
		return d.continues(x, m, seq, left)
	}
	return d.fresh(x, seq, left)
}

// tcpWaiting is a segment's bytes behind a gap.
type tcpWaiting struct {
	seq  uint32
	part tcpPart
	b    []byte
}

// wait keeps the part until the gap before it is filled.
func (d *tcpDeseg) wait(x *tcpStep, seq, n uint32) {
	if !d.s.hold(d.c, int64(n)) {
		x.gaveUp = true
		d.c.Flow().Evicted++
		return
	}
	w := d.s.fwd
	i := sort.Search(len(w.waiting), func(i int) bool { return seqGT(w.waiting[i].seq, seq) })
	w.waiting = append(w.waiting, tcpWaiting{})
	copy(w.waiting[i+1:], w.waiting[i:])
	at := d.pos + int(d.off)
	w.waiting[i] = tcpWaiting{seq, tcpPart{frame: d.s.num, off: uint32(at), n: n}, append([]byte(nil), d.c.BytesAt(at, int(n))...)}
}

// drain moves what waits right behind the present segment into the message
// that it continues, or into a new one that starts with it.
func (d *tcpDeseg) drain(m *tcpPDU, open bool, seq uint32) *tcpPDU {
	w := d.s.fwd
	for len(w.waiting) > 0 && seqGE(w.maxNext, w.waiting[0].seq) {
		q := w.waiting[0]
		w.waiting = w.waiting[1:]
		end := q.seq + q.part.n
		if !open {
			m = &tcpPDU{seq: seq, nxt: end, first: d.s.num, last: d.s.num}
			d.s.insert(d.c, m)
			open = true
		}
		if seqLT(m.nxt, end) {
			m.nxt = end
		}
		if seqLT(w.maxNext, end) {
			w.maxNext = end
		}
		q.part.at = q.seq - m.seq
		m.direct = m.direct || d.c.SourceIndex() != 0
		m.put(q.part, q.b)
		m.sized, m.size = true, max(m.size, m.nxt-m.seq)
	}
	return m
}

// keepEarly stores the steps before the protocol above is called: if it leaves
// the dissector, later passes still find what was decided.
func (d *tcpDeseg) keepEarly() {
	if len(d.steps) > 1 || d.steps[0].kind != stepUpper {
		d.keep()
	}
}

// begin starts a message at payload offset off with the bytes of this segment.
func (d *tcpDeseg) begin(x *tcpStep, seq, off uint32, a dissect.Ask) {
	s := d.s
	if a.FIN() {
		s.fwd.untilFIN = true
	}
	if d.nxt-seq > 1<<20 {
		return
	}
	m := &tcpPDU{seq: seq, first: s.num, last: s.num, nxt: d.nxt}
	m.want(a, d.nxt)
	s.insert(d.c, m)
	x.of = m
	if !d.add(m, off, 0, d.nxt-seq, true) {
		x.gaveUp = true
	}
}

// want moves the expected end of a message that lacks what a says.
func (m *tcpPDU) want(a dissect.Ask, end uint32) {
	switch {
	case a.Segment():
		m.nxt, m.whole = end+1, true
	case a.FIN():
		m.nxt = end + 1<<30
		return
	default:
		m.nxt = end + uint32(a.More)
	}
	m.slow(end)
}

// slow makes a message that was offered often, and refused for being too
// short, wait until it has grown by an eighth: offering all of it again with
// every segment costs the square of its length.
func (m *tcpPDU) slow(end uint32) {
	if !seqGT(end, m.seq) {
		return // a part from the middle: nothing was offered
	}
	size := end - m.seq
	m.spent += int64(size) + 64*int64(len(m.parts))
	if grown := end + 1 + size/8; m.spent > maxOffered && seqLT(m.nxt, grown) {
		m.nxt, m.whole = grown, true
	}
}

// continues adds the part to a message that it is inside of.
func (d *tcpDeseg) continues(x *tcpStep, m *tcpPDU, seq, left uint32) bool {
	num := d.s.num
	m.last = num
	n := min(d.nxt-seq, m.nxt-seq)
	if m.whole {
		n = left
	}
	complete := m.done != 0 && !m.partial
	if !complete {
		if !d.add(m, d.off, seq-m.seq, n, seqLT(d.nxt, m.nxt)) {
			x.gaveUp = true
		}
		complete = m.sized && m.filled >= m.size
		if complete {
			m.done, m.partial = num, false
		}
	}
	if complete && m.whole {
		m.whole = false
		if seqLT(m.nxt, d.nxt) {
			m.nxt = d.nxt
		}
	}
	follows := uint32(0)
	if m.nxt < d.nxt && m.nxt >= seq && n > 0 {
		follows = m.nxt - seq
	}
	x.kind, x.of = stepHold, m
	if complete && m.done == num && !m.dead {
		return d.complete(x, m, seq, n, left, follows)
	}
	if complete {
		x.frame, x.note = m.done, true
	}
	return d.rest(x, left, follows)
}

// rest shows a part that was not dissected, and goes on behind it if another
// message follows.
func (d *tcpDeseg) rest(x *tcpStep, left, follows uint32) bool {
	x.segOff, x.segLen = d.off, left
	if follows > 0 {
		x.segLen = min(follows, left)
	}
	d.show(x)
	return d.next(x, left, follows)
}

func (d *tcpDeseg) next(x *tcpStep, left, follows uint32) bool {
	if follows == 0 || follows >= left {
		return false
	}
	x.fence = true
	d.off += follows
	d.fence()
	return true
}

// complete hands a finished message on.
func (d *tcpDeseg) complete(x *tcpStep, m *tcpPDU, seq, n, left, follows uint32) bool {
	s := d.s
	data := m.data[:m.size:m.size]
	x.kind, x.blob = stepBlob, m.blob(d.c)
	d.keepEarly()
	a := d.hand(x, data)
	x = &d.steps[len(d.steps)-1]
	at := min(uint32(max(a.At, 0)), m.size)
	target := m
	// Only a finished message's bytes are worth keeping: those of an
	// unfinished one are asked for again only by the same frame.
	if st := d.c.Flow(); x.blob.Direct || a.More == 0 || at > 0 && seqGT(m.seq+at, seq) {
		st.NewBlob(x.blob, data)
	}
	if a.More == 0 {
		x.used = m.size
		x.pdu = m.shown(m.size)
		s.release(d.c, m)
		return d.rest(x, left, follows)
	}
	switch {
	case at == 0:
		m.partial = true
	case seqLE(m.seq+at, seq):
		m.partial = true
	default:
		target = d.split(x, m, at)
	}
	m = target
	x.of = m
	switch {
	case a.Segment():
		end := seq + left
		if seqLT(end, m.nxt) {
			end = m.nxt
		}
		m.nxt, m.whole = end+1, true
	case a.FIN():
		s.fwd.untilFIN = true
		m.nxt = m.seq + 1<<30
	case seqGE(seq+n, m.nxt):
		m.nxt = seq + n + uint32(a.More)
	default:
		m.nxt += uint32(a.More)
	}
	if !a.FIN() {
		m.slow(d.nxt)
	}
	m.sized = false
	if n < left {
		d.show(x)
		d.off += n
		return true
	}
	if at == 0 {
		x.frame, x.note = s.num, true
	}
	x.segOff, x.segLen = d.off, left
	d.show(x)
	return false
}

// split ends a message after at bytes and makes what follows the start of the
// next one.
func (d *tcpDeseg) split(x *tcpStep, m *tcpPDU, at uint32) *tcpPDU {
	x.used = at
	x.pdu = m.shown(at)
	r := &tcpPDU{seq: m.seq + at, nxt: m.nxt, last: d.s.num, direct: m.direct, overlap: m.overlap}
	for i := range m.parts {
		p := m.parts[i]
		if p.at+p.n <= at {
			continue
		}
		if cut := at - p.at; p.at < at {
			p.off, p.at, p.n = p.off+cut, at, p.n-cut
		}
		p.at -= at
		if r.first == 0 || p.frame < r.first {
			r.first = p.frame
		}
		r.parts = append(r.parts, p)
		r.pieces = append(r.pieces, p.piece())
	}
	r.data = append([]byte(nil), m.data[at:]...)
	r.filled = uint32(len(r.data))
	for _, l := range m.late {
		r.late = append(r.late, tcpLate{l.at - at, l.b})
	}
	d.s.release(d.c, m)
	d.s.hold(d.c, r.bytes())
	m.nxt = m.seq + at
	d.s.insert(d.c, r)
	return r
}

// add puts n bytes at payload offset off into a message at place at; false
// when memory for it has run out.
func (d *tcpDeseg) add(m *tcpPDU, off, at, n uint32, more bool) bool {
	c := d.c
	if m.dead {
		return true
	}
	n = min(n, d.all-off)
	if !d.s.hold(c, int64(n)) {
		d.s.giveUp(c, m)
		return false
	}
	m.direct = m.direct || c.SourceIndex() != 0
	m.put(tcpPart{frame: d.s.num, off: uint32(d.pos) + off, at: at, n: n}, c.BytesAt(d.pos+int(off), int(n)))
	if !more && (!m.sized || at+n > m.size) {
		m.sized, m.size = true, at+n
	}
	return true
}

// put takes in a part's bytes.
func (m *tcpPDU) put(p tcpPart, b []byte) {
	at := p.at
	if at < m.filled && p.n > 0 {
		m.overlap = true
		p.flags |= partOverlap
		k := min(m.filled, at+p.n) - at
		if string(m.data[at:at+k]) != string(b[:k]) {
			p.flags |= partConflict
		}
	}
	i := len(m.parts)
	for i > 0 && m.parts[i-1].at > at {
		i--
	}
	m.mixed = m.mixed || i < len(m.parts)
	m.pieces = append(m.pieces, p.piece())
	m.parts = append(m.parts, tcpPart{})
	copy(m.parts[i+1:], m.parts[i:])
	m.parts[i] = p
	if at > m.filled {
		m.late = append(m.late, tcpLate{at, append([]byte(nil), b...)})
	} else {
		m.fill(at, b)
	}
}

// fill appends the bytes at place at that are new, and those that waited for them.
func (m *tcpPDU) fill(at uint32, b []byte) {
	if skip := m.filled - at; skip < uint32(len(b)) {
		m.data = append(m.data, b[skip:]...)
		m.filled = uint32(len(m.data))
	}
	for again := len(m.late) > 0; again; {
		again = false
		for i, l := range m.late {
			if l.at > m.filled {
				continue
			}
			m.late = append(m.late[:i], m.late[i+1:]...)
			m.overlap = m.overlap || l.at < m.filled
			if skip := m.filled - l.at; skip < uint32(len(l.b)) {
				m.data = append(m.data, l.b[skip:]...)
				m.filled = uint32(len(m.data))
			}
			again = len(m.late) > 0
			break
		}
	}
}

// blob names where the reassembled bytes are to be found again. While parts
// come in order, all blobs of a message share one list of pieces.
func (m *tcpPDU) blob(c *Cursor) *flow.Blob {
	b := &flow.Blob{Frame: c.Frame().Number, Size: m.size, Direct: m.direct || m.overlap}
	if b.Direct {
		return b
	}
	if !m.mixed {
		b.Pieces = m.pieces[:len(m.pieces):len(m.pieces)]
		return b
	}
	for i := range m.parts {
		b.Pieces = append(b.Pieces, m.parts[i].piece())
	}
	return b
}

func (p *tcpPart) piece() flow.Piece {
	return flow.Piece{Frame: p.frame, Off: p.off, Len: p.n, At: p.at}
}

// shown gives the parts as the tree lists them where they differ from the
// blob's pieces: when segments overlap.
func (m *tcpPDU) shown(used uint32) []tcpPart {
	if !m.overlap {
		return nil
	}
	var out []tcpPart
	for _, p := range m.parts {
		if p.at < used || p.n == 0 {
			p.n = min(p.n, used-min(p.at, used))
			out = append(out, p)
		}
	}
	return out
}

// hold counts bytes kept for incomplete messages; false when there are too many.
func (s *tcpSeg) hold(c *Cursor, n int64) bool {
	g := tcpGlobal.Global(c.Flow())
	if s.fwd.held+n > maxHeldFlow || g.pending+n > maxHeldAll {
		return false
	}
	s.fwd.held += n
	g.pending += n
	return true
}

// bytes counts what is kept of a message.
func (m *tcpPDU) bytes() int64 {
	n := int64(0)
	for i := range m.parts {
		n += int64(m.parts[i].n)
	}
	return n
}

// release forgets the bytes of a finished message.
func (s *tcpSeg) release(c *Cursor, m *tcpPDU) {
	n := m.bytes()
	s.fwd.held -= n
	tcpGlobal.Global(c.Flow()).pending -= n
	m.data, m.parts, m.pieces, m.late = nil, nil, nil, nil
}

// giveUp drops a message that needs more memory than there may be.
func (s *tcpSeg) giveUp(c *Cursor, m *tcpPDU) {
	s.release(c, m)
	m.dead, m.sized, m.filled = true, false, 0
	c.Flow().Evicted++
}

// pduAt gives the message that starts at seq, or nil.
func (w *tcpFlow) pduAt(seq uint32) *tcpPDU {
	if m := w.upTo(seq); m != nil && m.seq == seq {
		return m
	}
	return nil
}

// pduBefore gives the last message that starts before seq, or nil.
func (w *tcpFlow) pduBefore(seq uint32) *tcpPDU {
	if seq == 0 {
		return w.upTo(^uint32(0))
	}
	return w.upTo(seq - 1)
}

func (w *tcpFlow) upTo(seq uint32) *tcpPDU {
	n := len(w.pdus)
	if n == 0 || w.pdus[0].seq > seq {
		return nil
	}
	if w.pdus[n-1].seq <= seq {
		return w.pdus[n-1]
	}
	return w.pdus[sort.Search(n, func(i int) bool { return w.pdus[i].seq > seq })-1]
}

// insert keeps a message in order of sequence numbers; it replaces one that
// starts at the same place.
func (s *tcpSeg) insert(c *Cursor, m *tcpPDU) {
	w := s.fwd
	n := len(w.pdus)
	i := n
	if n > 0 && w.pdus[n-1].seq >= m.seq {
		i = sort.Search(n, func(i int) bool { return w.pdus[i].seq >= m.seq })
	}
	if i < n && w.pdus[i].seq == m.seq {
		s.release(c, w.pdus[i])
		w.pdus[i] = m
		return
	}
	w.pdus = append(w.pdus, nil)
	copy(w.pdus[i+1:], w.pdus[i:])
	w.pdus[i] = m
}

// finish ends data that ran up to the end of the stream: the FIN has come. It
// reports whether it handed data on, which then was all of the segment.
func (s *tcpSeg) finish(c *Cursor, pos int) bool {
	if !s.learn {
		if s.fact == nil || s.fact.bits&tfUntilFIN == 0 || len(s.fact.steps) == 0 {
			return false
		}
		d := s.walk(c, pos)
		x := &s.fact.steps[0]
		d.finishWith(x, c.Flow().Data(x.blob))
		return true
	}
	w := s.fwd
	if !w.untilFIN {
		return false
	}
	if w.fin != 0 && w.fin != s.num {
		s.fact.bits |= tfFINAgain
		return false
	}
	w.fin = s.num
	m := w.upTo(s.seq)
	if m == nil || m.dead || m.done != 0 && !m.partial {
		return false
	}
	d := s.walk(c, pos)
	if !d.add(m, 0, s.seq-m.seq, uint32(s.length), false) || m.filled < m.size {
		return false
	}
	m.done = s.num
	data := m.data[:m.size:m.size]
	x := tcpStep{kind: stepBlob, blob: c.Flow().NewBlob(m.blob(c), data), used: m.size, pdu: m.shown(m.size)}
	s.release(c, m)
	s.fact.bits |= tfUntilFIN
	s.fact.steps = []tcpStep{x}
	d.finishWith(&x, data)
	return true
}

func (d *tcpDeseg) finishWith(x *tcpStep, data []byte) {
	c := d.c
	if data == nil {
		return
	}
	place := c.Save()
	c.UseSource("Reassembled TCP", data)
	d.src = c.SourceIndex()
	c.Restore(place)
	d.list(x)
	old := c.HideStream()
	c.OnData(d.src, data)
	d.s.upper(c, 0)
	c.Restore(place)
	c.CloseStream(old)
}
