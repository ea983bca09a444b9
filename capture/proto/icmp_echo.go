package proto

import (
	"encoding/binary"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

// Echo requests and replies: which belong together, and what ping puts inside.

// echoKey tells requests of one pair of hosts apart; a reply differs from its
// request in the type alone, which the checksum shows.
type echoKey struct {
	a, b flow.Addr
	sum  uint16
	id   uint32 // identifier and number
}

// echoPair is a request and its reply.
type echoPair struct {
	request, reply uint32
	asked, told    int64
}

// maxEchoes bounds the requests remembered; beyond it the oldest half goes.
const maxEchoes = 1 << 16

type echoTable struct {
	open  map[echoKey]*echoPair
	queue []echoKey
}

func (t *echoTable) put(k echoKey, p *echoPair) {
	if t.open == nil {
		t.open = map[echoKey]*echoPair{}
	}
	if len(t.queue) >= maxEchoes {
		for _, old := range t.queue[:maxEchoes/2] {
			delete(t.open, old)
		}
		t.queue = append(t.queue[:0], t.queue[maxEchoes/2:]...)
	}
	t.open[k] = p
	t.queue = append(t.queue, k)
}

// echoMatch links a request with its reply. sum is the request's checksum as
// far as the reply tells it.
func echoMatch(c *Cursor, slot flow.Slot[echoTable], facts flow.Facts[*echoPair], request bool, sum uint16, id uint32) *echoPair {
	if c.Quoted() {
		return nil
	}
	st, fr, p := c.Flow(), c.Frame(), c.Packet()
	if !c.Learning() {
		if f := facts.Get(st, fr.Number, c.Layer()); f != nil {
			return *f
		}
		return nil
	}
	k := echoKey{p.Src, p.Dst, sum, id}
	if p.Dst.Less(&p.Src) {
		k.a, k.b = k.b, k.a
	}
	t := slot.Global(st)
	if request {
		x := &echoPair{request: fr.Number, asked: fr.Time}
		t.put(k, x)
		*facts.Put(st, fr.Number, c.Layer()) = x
		return x
	}
	x := t.open[k]
	if x == nil || x.reply != 0 {
		return nil
	}
	x.reply, x.told = fr.Number, fr.Time
	*facts.Put(st, fr.Number, c.Layer()) = x
	return x
}

// echoShow records what a request or reply is linked with; label goes before
// the time.
func echoShow(c *Cursor, at int, x *echoPair, request bool, in, to, took field.ID, label string) {
	if x == nil {
		return
	}
	if request {
		if x.reply != 0 {
			c.Gen(in, at, 0, uint64(x.reply))
			if b := c.Info(); b != nil {
				b.S(" (reply in ").U(uint64(x.reply)).C(')')
			}
		}
		return
	}
	c.Gen(to, at, 0, uint64(x.request))
	ms := float64(x.told-x.asked) / 1e6
	r := c.GenFloat(took, at, 0, ms)
	if b := c.Label(r); b != nil {
		b.S(label).F(ms, 3).S(" ms")
	}
	if b := c.Info(); b != nil {
		b.S(" (request in ").U(uint64(x.request)).C(')')
	}
}

// icmpEcho links an echo and shows its data.
func icmpEcho(c *Cursor, at int, typ uint8) {
	sum, id := uint16(c.UintAt(at+2, 2)), uint32(c.UintAt(at+4, 4))
	if typ == 0 {
		sum = foldSum(uint64(^sum) + 0x0800)
	}
	echoShow(c, at, echoMatch(c, icmpEchoes, icmpFacts, typ == 8, sum, id), typ == 8, icmpRespIn, icmpRespTo, icmpResptime, "Response time: ")
	n := c.CapLeft()
	if n <= 0 {
		return
	}
	pos := c.Pos()
	r := c.FieldAt(icmpData, pos, n)
	when, used := pingTime(c.Rest(), c.Frame().Time, c.Frame().HasTime)
	old := c.ProtoNode()
	if used == 0 {
		c.Mark(r, dissect.Hidden)
	} else {
		kept := c.Push(r)
		c.Put(icmpDataTime, pos, used, uint64(when))
		c.Gen(icmpDataTimeRelative, pos, used, uint64(c.Frame().Time-when))
		c.Pop(kept)
		if r >= 0 {
			old = r
		}
	}
	c.SubUnder(old, dataP, pos+used, -1)
}

// pingTime finds the time that a ping may have put at the start of its data: 64
// or 32 bit seconds and microseconds in either byte order, not far from the
// frame's own. It gives how many bytes they take, 0 when there is none.
func pingTime(b []byte, now int64, known bool) (when int64, n int) {
	if !known || len(b) < 8 {
		return 0, 0
	}
	best := int64(pingSpan)
	try := func(sec, usec int64, size int) {
		if sec <= 0 || sec > 1<<33 || usec < 0 || usec > 999999 {
			return
		}
		t := sec*1e9 + usec*1e3
		d := now - t
		if d < 0 {
			d = -d
		}
		if d < best {
			best, when, n = d, t, size
		}
	}
	if len(b) >= 16 {
		try(int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:])), 16)
		try(int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:])), 16)
	}
	if n == 0 {
		try(int64(binary.LittleEndian.Uint32(b)), int64(binary.LittleEndian.Uint32(b[4:])), 8)
		try(int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:])), 8)
	}
	return when, n
}

// pingSpan is how far from the frame's time a ping's may lie, ns.
const pingSpan = 24 * 3600 * 1e9
