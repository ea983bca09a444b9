// memcached, binary and text protocol (memcached's doc/protocol.txt and its
// BinaryProtocolRevamped). Not decoded: statistics of slabs, the frame header
// of text over UDP.
package proto

import (
	"bytes"

	"sonde/capture/field"
)

var (
	memcP       = protocol("memcache", "Memcache Protocol", "MEMCACHE")
	memcMagic   = memcP.U8("magic", "Magic", dec, enum(values(val(128, "Request"), val(129, "Response"))))
	memcOp      = memcP.U8("opcode", "Opcode", dec, enum(memcOps))
	memcExtLen  = memcP.U8("extras.length", "Extras length", dec)
	memcKeyLen  = memcP.U16("key.length", "Key Length", dec)
	memcValLen  = memcP.U32("value.length", "Value length", dec)
	memcType    = memcP.U8("data_type", "Data type", dec, enum(values(val(0, "Raw bytes"))))
	memcRes     = memcP.U16("reserved", "Reserved", dec)
	memcStatus  = memcP.U16("status", "Status", dec, enum(memcStatuses))
	memcTotal   = memcP.U32("total_body_length", "Total body length", dec)
	memcOpaque  = memcP.U32("opaque", "Opaque", dec)
	memcCAS     = memcP.U64("cas", "CAS", dec)
	memcExtras  = memcP.None("extras", "Extras")
	memcXFlags  = memcP.U32("extras.flags", "Flags", hex)
	memcXExp    = memcP.U32("extras.expiration", "Expiration", dec)
	memcXDelta  = memcP.U64("extras.delta", "Amount to add", dec)
	memcXInit   = memcP.U64("extras.initial", "Initial value", dec)
	memcXOther  = memcP.Bytes("extras.unknown", "Unknown")
	memcKey     = memcP.Str("key", "Key")
	memcValue   = memcP.Str("value", "Value")
	memcNumber  = memcP.U64("extras.response", "Response", dec)
	memcCommand = memcP.Str("command", "Command")
	memcSub     = memcP.Str("subcommand", "Sub command")
	memcFlags   = memcP.U16("flags", "Flags", dec)
	memcExp     = memcP.U32("expiration", "Expiration", dec)
	memcNoreply = memcP.Str("noreply", "Noreply")
	memcResp    = memcP.Str("response", "Response")
	memcVersion = memcP.Str("version", "Version")
	memcStat    = memcP.Str("name", "Stat name")
	memcStatVal = memcP.Str("name_value", "Stat value")

	eiMemcOp     = memcP.Expert("opcode.unknown", field.Undecoded, field.Warn, "Unknown opcode")
	eiMemcStatus = memcP.Expert("status.response", field.ResponseCode, field.Note, "Error response")
	eiMemcValue  = memcP.Expert("value.missing", field.Undecoded, field.Warn, "must have Value")

	_ = memcP.Parse(parseMemcache).Stateful().On("tcp.port", memcPort).On("udp.port", memcPort)
)

const memcPort = 11211

var memcOps = values(
	val(0, "Get"),
	val(1, "Set"),
	val(2, "Add"),
	val(3, "Replace"),
	val(4, "Delete"),
	val(5, "Increment"),
	val(6, "Decrement"),
	val(7, "Quit"),
	val(8, "Flush"),
	val(9, "Get Quietly"),
	val(10, "No-op"),
	val(11, "Version"),
	val(12, "Get Key"),
	val(13, "Get Key Quietly"),
	val(14, "Append"),
	val(15, "Prepend"),
	val(16, "Statistics"),
	val(17, "Set Quietly"),
	val(18, "Add Quietly"),
	val(19, "Replace Quietly"),
	val(20, "Delete Quietly"),
	val(21, "Increment Quietly"),
	val(22, "Decrement Quietly"),
	val(23, "Quit Quietly"),
	val(24, "Flush Quietly"),
	val(25, "Append Quietly"),
	val(26, "Prepend Quietly"),
)

var memcStatuses = values(
	val(0, "No error"),
	val(1, "Key not found"),
	val(2, "Key exists"),
	val(3, "Value too big"),
	val(4, "Invalid arguments"),
	val(5, "Item not stored"),
	val(129, "Unknown command"),
	val(130, "Out of memory"),
)

func parseMemcache(c *Cursor) {
	if x := c.Peek8(0); x == 0x80 || x == 0x81 {
		tcpPDUs(c, 24, func(c *Cursor, pos int) int { return 24 + int(min(c.UintAt(pos+8, 4), 1<<30)) }, memcBinary)
		return
	}
	memcText(c)
}

func memcBinary(c *Cursor) {
	c.SetProtocol("MEMCACHE")
	answer := c.U8(memcMagic) == 0x81
	op := c.U8(memcOp)
	opNode := c.Last()
	name, known := memcOps.Lookup(uint64(op))
	kind := " Request"
	if answer {
		kind = " Response"
	}
	b := c.Append(c.ProtoNode())
	for i := range 2 {
		if i == 1 {
			b = c.SetInfo()
		} else if b != nil {
			b.S(", ")
		}
		switch {
		case b == nil:
		case known:
			b.S(name).S(kind)
		default:
			b.S("Unknown opcode (").U(uint64(op)).C(')').S(kind)
		}
	}
	if !known {
		c.ExpertText(opNode, eiMemcOp, "Unknown opcode: "+utoa(uint64(op)))
	}
	key := int(c.U16(memcKeyLen))
	extras := int(c.U8(memcExtLen))
	c.U8(memcType)
	status := uint16(0)
	if answer {
		status = c.U16(memcStatus)
		if status != 0 {
			memcFailed(c, name, status)
		}
	} else {
		c.U16(memcRes)
	}
	total := int(min(c.Peek32(0), 1<<30))
	value := max(0, total-key-extras)
	c.Gen(memcValLen, c.Pos(), 0, uint64(value))
	c.U32(memcTotal)
	c.U32(memcOpaque)
	c.U64(memcCAS)
	if extras > 0 {
		memcExtra(c, op, answer, extras)
	}
	if key > 0 {
		c.Bytes(memcKey, key)
	}
	if value > 0 {
		if answer && status == 0 && value == 8 && (op == 5 || op == 6 || op == 0x15 || op == 0x16) {
			c.U64(memcNumber)
		} else {
			c.Bytes(memcValue, value)
		}
	}
}

func utoa(v uint64) string {
	var t field.Text
	return t.U(v).String()
}

// memcFailed says what went wrong, in the list and as an expert information.
func memcFailed(c *Cursor, name string, status uint16) {
	r := c.Last()
	text, known := memcStatuses.Lookup(uint64(status))
	if b := c.Info(); b != nil {
		b.S(" (")
		if known {
			b.S(text)
		} else {
			b.S("Unknown status: ").U(uint64(status))
		}
		b.C(')')
	}
	if !known {
		text = "Status: " + utoa(uint64(status))
	}
	c.ExpertText(r, eiMemcStatus, name+": "+text)
}

func memcExtra(c *Cursor, op uint8, answer bool, n int) {
	end := c.Pos() + n
	old := c.Push(c.Put(memcExtras, c.Pos(), n, 0))
	switch {
	case answer && (op == 0 || op == 9 || op == 0xc || op == 0xd) && n >= 4:
		c.U32(memcXFlags)
	case answer:
	case op >= 1 && op <= 3 || op >= 0x11 && op <= 0x13:
		if n >= 8 {
			c.U32(memcXFlags)
			c.U32(memcXExp)
		}
	case op == 5 || op == 6 || op == 0x15 || op == 0x16:
		if n >= 20 {
			c.U64(memcXDelta)
			c.U64(memcXInit)
			c.U32(memcXExp)
		}
	case op == 8 || op == 0x18:
		if n >= 4 {
			c.U32(memcXExp)
		}
	}
	if c.Pos() < end {
		c.Bytes(memcXOther, end-c.Pos())
	}
	c.Pop(old)
}

// memcLine is one line of the text protocol, taken word by word.
type memcLine struct {
	c    *Cursor
	at   int // of the line
	line []byte
	pos  int
}

// word gives the next word and its place; n = 0 at the line's end.
func (l *memcLine) word() (at, n int) {
	for l.pos < len(l.line) && l.line[l.pos] == ' ' {
		l.pos++
	}
	from := l.pos
	for l.pos < len(l.line) && l.line[l.pos] != ' ' {
		l.pos++
	}
	return l.at + from, l.pos - from
}

func (l *memcLine) text(f field.ID) bool {
	at, n := l.word()
	if n > 0 {
		l.c.FieldAt(f, at, n)
	}
	return n > 0
}

func (l *memcLine) number(f field.ID) (v uint64, ok bool) {
	at, n := l.word()
	if n == 0 {
		return 0, false
	}
	for _, x := range l.line[at-l.at:][:n] {
		if !isDigit(x) {
			l.pos = at - l.at
			return 0, false
		}
		v = v*10 + uint64(x-'0')
	}
	l.c.Put(f, at, n, v)
	return v, true
}

var memcStores = [...]string{"set", "add", "replace", "append", "prepend", "cas"}

var memcReplies = [...]string{"STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "DELETED", "OK", "END"}

func memcIs(word []byte, list []string) bool {
	for _, s := range list {
		if string(word) == s {
			return true
		}
	}
	return false
}

// memcText is a line of the text protocol with the data that it announces.
func memcText(c *Cursor) {
	at, b := c.Pos(), c.Rest()
	n, next, _ := textLine(b)
	l := memcLine{c: c, at: at, line: b[:n]}
	wat, wn := l.word()
	word := b[wat-at:][:wn]
	store := c.Packet().DstPort == memcPort && memcIs(word, memcStores[:])
	if store {
		// set key flags expiration length
		f := bytes.Fields(b[:n])
		if len(f) >= 5 {
			size, ok := memcSize(f[4])
			if need := next + size + 2; ok && need > len(b) && c.NeedMore(at, need-len(b)) {
				c.DropProto()
				return
			}
		}
	}
	c.SetProtocol("MEMCACHE")
	known := wn > 0
	if c.Packet().DstPort == memcPort {
		known = known && l.request(word, wat, next, store)
	} else {
		known = known && l.reply(word, wat, next)
	}
	if i := c.SetInfo(); i != nil {
		if known {
			i.Printable(b[:n]).C(' ')
		} else {
			i.S("MEMCACHE Continuation")
		}
	}
	c.Seek(c.End())
}

func memcSize(b []byte) (n int, ok bool) {
	for _, x := range b {
		if !isDigit(x) || n > 1<<24 {
			return 0, false
		}
		n = n*10 + int(x-'0')
	}
	return n, len(b) > 0
}

func (l *memcLine) request(word []byte, wat, next int, store bool) bool {
	c := l.c
	name := func() { c.FieldAt(memcCommand, wat, len(word)) }
	switch {
	case store:
		name()
		l.text(memcKey)
		l.number(memcFlags)
		l.number(memcExp)
		size, ok := l.number(memcValLen)
		if string(word) == "cas" {
			l.number(memcCAS)
		}
		l.text(memcNoreply)
		if ok {
			l.value(next, int(min(size, 1<<30)), string(word))
		}
		return true
	}
	switch string(word) {
	case "get", "gets":
		name()
		for l.text(memcKey) {
		}
	case "delete":
		name()
		l.text(memcKey)
		l.number(memcExp)
	case "incr", "decr":
		name()
		l.text(memcKey)
		l.text(memcValue)
		l.text(memcNoreply)
	case "stats":
		name()
		l.text(memcSub)
	case "flush_all":
		name()
		l.number(memcExp)
		l.text(memcNoreply)
	case "version", "quit":
		name()
	default:
		return false
	}
	return true
}

// value is the data behind a line.
func (l *memcLine) value(next, size int, command string) {
	c := l.c
	c.Seek(l.at + next)
	if size > 0 {
		c.Bytes(memcValue, size)
		return
	}
	text := string(command[0]-'a'+'A') + command[1:] + " Request must have Value"
	if b := c.Text(c.Pos(), 0); b != nil {
		b.S(text)
		c.ExpertText(c.Last(), eiMemcValue, text)
		return
	}
	c.ExpertText(c.None(), eiMemcValue, text)
}

func (l *memcLine) reply(word []byte, wat, next int) bool {
	c := l.c
	switch {
	case memcIs(word, memcReplies[:]):
		c.FieldAt(memcResp, wat, len(word))
	case string(word) == "VALUE":
		l.text(memcKey)
		l.number(memcFlags)
		size, ok := l.number(memcValLen)
		if _, cas := l.number(memcCAS); ok && !cas && size > 0 {
			c.Seek(l.at + next)
			c.Bytes(memcValue, int(min(size, 1<<30)))
		}
	case string(word) == "VERSION":
		l.text(memcVersion)
	case string(word) == "STAT":
		l.stats()
	default:
		return false
	}
	return true
}

// stats are lines of names and values, up to END.
func (l *memcLine) stats() {
	c := l.c
	b := c.Rest()
	for at := 0; at < len(b); {
		n, after, _ := textLine(b[at:])
		x := memcLine{c: c, at: l.at + at, line: b[at:][:n]}
		wat, wn := x.word()
		if string(b[wat-l.at:][:wn]) != "STAT" {
			return
		}
		c.FieldAt(memcCommand, wat, wn)
		x.text(memcStat)
		x.text(memcStatVal)
		at += after
	}
}
