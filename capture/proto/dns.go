// DNS, RFC 1035 and its successors, on UDP and TCP, with multicast DNS
// (RFC 6762) and LLMNR (RFC 4795), which share its messages. Records are in
// dns_rr.go. Not decoded: the contents of update and stateful (DSO) messages
// beyond their records.
package proto

import (
	"bytes"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	dnsP        = protocol("dns", "Domain Name System", "DNS")
	dnsLength   = dnsP.U16("length", "Length", dec)
	dnsID       = dnsP.U16("id", "Transaction ID", hex)
	dnsFlags    = dnsP.U16("flags", "Flags", hex)
	dnsResponse = dnsP.Bool("flags.response", "Response", mask(16, 0x8000), tf("Message is a response", "Message is a query"))
	dnsOpcode   = dnsP.U16("flags.opcode", "Opcode", dec, mask(16, 0x7800), enum(dnsOpcodes))
	dnsAuth     = dnsP.Bool("flags.authoritative", "Authoritative", mask(16, 0x0400), tf("Server is an authority for domain", "Server is not an authority for domain"))
	dnsConflict = dnsP.Bool("flags.conflict", "Conflict", mask(16, 0x0400), tf("The name is not considered unique", "The name is considered unique"))
	dnsTrunc    = dnsP.Bool("flags.truncated", "Truncated", mask(16, 0x0200), tf("Message is truncated", "Message is not truncated"))
	dnsRecDes   = dnsP.Bool("flags.recdesired", "Recursion desired", mask(16, 0x0100), tf("Do query recursively", "Don't do query recursively"))
	dnsTentat   = dnsP.Bool("flags.tentative", "Tentative", mask(16, 0x0100), tf("Tentative", "Not tentative"))
	dnsRecAvail = dnsP.Bool("flags.recavail", "Recursion available", mask(16, 0x0080), tf("Server can do recursive queries", "Server can't do recursive queries"))
	dnsZ        = dnsP.Bool("flags.z", "Z", mask(16, 0x0040), tf("reserved - incorrect!", "reserved (0)"))
	dnsAuthent  = dnsP.Bool("flags.authenticated", "Answer authenticated", mask(16, 0x0020), tf("Answer/authority portion was authenticated by the server", "Answer/authority portion was not authenticated by the server"))
	dnsAD       = dnsP.Bool("flags.ad", "AD bit", mask(16, 0x0020), setNotSet)
	dnsCheckDis = dnsP.Bool("flags.checkdisable", "Non-authenticated data", mask(16, 0x0010), tf("Acceptable", "Unacceptable"))
	dnsRcode    = dnsP.U16("flags.rcode", "Reply code", dec, mask(16, 0x000f), enum(dnsRcodes))
	dnsQueries  = dnsP.U16("count.queries", "Questions", dec)
	dnsZones    = dnsP.U16("count.zones", "Zones", dec)
	dnsAnswers  = dnsP.U16("count.answers", "Answer RRs", dec)
	dnsPrereqs  = dnsP.U16("count.prerequisites", "Prerequisites", dec)
	dnsAuthRR   = dnsP.U16("count.auth_rr", "Authority RRs", dec)
	dnsUpdates  = dnsP.U16("count.updates", "Updates", dec)
	dnsAddRR    = dnsP.U16("count.add_rr", "Additional RRs", dec)
	dnsQryName  = dnsP.Str("qry.name", "Name")
	dnsQryLen   = dnsP.U16("qry.name.len", "Name Length", dec)
	dnsLabels   = dnsP.U16("count.labels", "Label Count", dec)
	dnsQryType  = dnsP.U16("qry.type", "Type", dec, enum(dnsTypes))
	dnsQryClass = dnsP.U16("qry.class", "Class", hex, enum(dnsClasses))
	dnsQryClsM  = dnsP.U16("qry.class", "Class", hex, mask(16, 0x7fff), enum(dnsClasses))
	dnsQU       = dnsP.Bool("qry.qu", `"QU" question`, mask(16, 0x8000))
	dnsExtra    = dnsP.Bytes("extraneous.data", "Extraneous Data Bytes")
	dnsExtraLen = dnsP.I32("extraneous.length", "Extraneous Data Length", dec)

	dnsRequestTo = dnsP.FrameNum("response_to", "Request In")
	dnsReplyIn   = dnsP.FrameNum("response_in", "Response In")
	dnsTime      = dnsP.RelTime("time", "Time")
	dnsRetrans   = dnsP.Bool("retransmission", "Retransmission")
	dnsRetransQ  = dnsP.FrameNum("retransmit_request_in", "Retransmitted request. Original request in")
	dnsRetransR  = dnsP.FrameNum("retransmit_response_in", "Retransmitted response. Original response in")
	dnsUnsol     = dnsP.Bool("unsolicited", "Unsolicited")

	eiDNSRetransQ = dnsP.Expert("retransmit_request", field.Protocol, field.Warn, "DNS query retransmission")
	eiDNSRetransR = dnsP.Expert("retransmit_response", field.Protocol, field.Warn, "DNS response retransmission")
	eiDNSExtra    = dnsP.Expert("extraneous", field.Undecoded, field.Note, "Extraneous data")

	_ = dnsP.Parse(parseDNS).Stateful().On("udp.port", 53).On("tcp.port", 53, 5353).Heur("udp", "dns_udp", dnsLooksRight)

	mdnsP = protocol("mdns", "Multicast Domain Name System", "MDNS")
	_     = mdnsP.Parse(parseMDNS).Stateful().Calls(dnsP).On("udp.port", 5353)

	llmnrP = protocol("llmnr", "Link-local Multicast Name Resolution", "LLMNR")
	_      = llmnrP.Parse(parseLLMNR).Stateful().Calls(dnsP).On("udp.port", 5355)

	dnsConvs = flow.NewSlot[dnsConv]()
	dnsFacts = flow.NewFacts[dnsFact]()
	dnsNoted = flow.NewSlot[dnsLoose]()
)

// dnsKind tells the three users of the message format apart.
type dnsKind uint8

const (
	plainDNS dnsKind = iota
	multicastDNS
	localDNS
)

// dnsConv are the questions asked on a conversation, by transaction.
type dnsConv struct{ open map[uint16]*dnsAsked }

// dnsLoose are the same where there is no conversation to hang them on.
type dnsLoose struct{ dnsConv }

type dnsAsked struct {
	ask   uint32 // frame of the question
	time  int64
	reply uint32 // frame of the first answer, 0 none yet
}

// dnsFact is a message's place: what it answers or repeats.
type dnsFact struct {
	asked    *dnsAsked
	repeated uint32 // frame of the original
}

func parseDNS(c *Cursor) {
	if c.Packet().PortKind == flow.KTCP {
		dnsOverTCP(c)
		return
	}
	dnsMessage(c, plainDNS, false)
}

// dnsLooksRight recognises a message on another port by its counts, its first
// question's name, and a type and class that have a name.
func dnsLooksRight(c *Cursor) bool {
	if c.Len() < 17 || c.CapLeft() < 17 {
		return false
	}
	flags, n := c.Peek16(2), c.Peek16(4)
	answers, authority, extra := c.Peek16(6), c.Peek16(8), c.Peek16(10)
	response := flags&0x8000 != 0
	switch {
	case flags>>11&15 > 2 || flags&0x40 != 0 || n != 1,
		!response && (flags&0x048f != 0 || answers|authority != 0 || extra > 2),
		response && (answers > 100 || authority > 100 || extra > 100):
		return false
	}
	pos := c.Pos() + 12
	for {
		l := int(c.UintAt(pos, 1))
		if l > 63 {
			return false
		}
		pos += 1 + l
		if l == 0 {
			break
		}
	}
	_, typed := dnsTypes.Lookup(c.UintAt(pos, 2))
	_, classed := dnsClasses.Lookup(c.UintAt(pos+2, 2))
	if !typed || !classed {
		return false
	}
	c.Take()
	dnsMessage(c, plainDNS, false)
	return true
}

func parseMDNS(c *Cursor) { dnsMessage(c, multicastDNS, false) }

func parseLLMNR(c *Cursor) { dnsMessage(c, localDNS, false) }

func dnsOverTCP(c *Cursor) { tcpPDUs(c, 2, dnsPDULen, dnsPDU) }

func dnsPDULen(c *Cursor, pos int) int { return 2 + int(c.UintAt(pos, 2)) }

func dnsPDU(c *Cursor) { dnsMessage(c, plainDNS, true) }

// dnsMsg is what the parts of one message share.
type dnsMsg struct {
	kind  dnsKind
	base  int // where the message begins: pointers count from here
	flags uint16
}

func (m *dnsMsg) response() bool { return m.flags&0x8000 != 0 }

func dnsMessage(c *Cursor, kind dnsKind, tcp bool) {
	m := dnsMsg{kind: kind, base: c.Pos()}
	at := c.Pos()
	if tcp {
		m.base += 2
	}
	short, long := "DNS", "Domain Name System"
	switch kind {
	case multicastDNS:
		short, long = "MDNS", "Multicast Domain Name System"
	case localDNS:
		short, long = "LLMNR", "Link-local Multicast Name Resolution"
	}
	c.SetProtocol(short)
	c.ClearInfo()
	id := uint16(c.UintAt(m.base, 2))
	m.flags = uint16(c.UintAt(m.base+2, 2))
	opcode, rcode := m.flags>>11&15, m.flags&15
	update := opcode == 5
	if b := c.Info(); b != nil {
		if tcp && b.Len() > 0 {
			b.S(", ")
		}
		dnsHeadline(b, m.flags)
		b.S(" ").X(uint64(id), 4)
		if m.response() && rcode != 0 {
			b.S(" ")
			if s, ok := dnsRcodes.Lookup(uint64(rcode)); ok {
				b.S(s)
			} else {
				b.S("Unknown error (").U(uint64(rcode)).C(')')
			}
		}
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S(long)
		if m.response() {
			b.S(" (response)")
		} else {
			b.S(" (query)")
		}
	}
	if tcp {
		c.FieldAt(dnsLength, at, 2)
	}
	c.Seek(m.base)
	c.U16(dnsID)
	idRef := c.Last()
	dnsFlagBits(c, &m, opcode, rcode)
	var n [4]int
	heads := [4]field.ID{dnsQueries, dnsAnswers, dnsAuthRR, dnsAddRR}
	if update {
		heads = [4]field.ID{dnsZones, dnsPrereqs, dnsUpdates, dnsAddRR}
	}
	for i, f := range heads {
		n[i] = int(c.U16(f))
	}
	f := dnsLearn(c, &m, id)
	dnsRepeats(c, &m, idRef, f)
	titles := [4]string{"Queries", "Answers", "Authoritative nameservers", "Additional records"}
	if update {
		titles = [4]string{"Zone", "Prerequisites", "Updates", "Additional records"}
	}
	for i, title := range titles {
		if n[i] == 0 {
			continue
		}
		dnsSection(c, &m, title, i, n[i])
	}
	end := c.Pos()
	if f != nil {
		dnsLinks(c, &m, at, f)
	}
	if left := c.CapLeft(); left > 0 && kind == plainDNS {
		dnsExtraneous(c, end, left)
	}
}

// dnsHeadline is "Standard query" or "Standard query response".
func dnsHeadline(b *field.Text, flags uint16) {
	b.S(dnsOpcodes.Text(uint64(flags>>11&15), "Unknown operation"))
	if flags>>11&15 > 6 {
		b.S(" (").U(uint64(flags >> 11 & 15)).C(')')
	}
	if flags&0x8000 != 0 {
		b.S(" response")
	}
}

func dnsFlagBits(c *Cursor, m *dnsMsg, opcode, rcode uint16) {
	at := c.Pos()
	c.U16(dnsFlags)
	r := c.Last()
	if b := c.Append(r); b != nil {
		b.C(' ')
		dnsHeadline(b, m.flags)
		if m.response() {
			b.S(", ").S(dnsRcodes.Text(uint64(rcode), "Unknown error"))
		}
	}
	old := c.Push(r)
	c.FieldAt(dnsResponse, at, 2)
	c.FieldAt(dnsOpcode, at, 2)
	local := m.kind == localDNS
	if m.response() || local {
		if local {
			c.FieldAt(dnsConflict, at, 2)
		} else {
			c.FieldAt(dnsAuth, at, 2)
		}
	}
	c.FieldAt(dnsTrunc, at, 2)
	switch {
	case local:
		c.FieldAt(dnsTentat, at, 2)
	default:
		c.FieldAt(dnsRecDes, at, 2)
	}
	if !local {
		if m.response() {
			c.FieldAt(dnsRecAvail, at, 2)
		}
		c.FieldAt(dnsZ, at, 2)
		if m.response() {
			c.FieldAt(dnsAuthent, at, 2)
		} else if m.flags&0x20 != 0 {
			c.FieldAt(dnsAD, at, 2)
		}
		c.FieldAt(dnsCheckDis, at, 2)
	}
	if m.response() {
		c.FieldAt(dnsRcode, at, 2)
	}
	c.Pop(old)
}

func dnsSection(c *Cursor, m *dnsMsg, title string, section, n int) {
	at := c.Pos()
	r := dissect.None
	c.Need(1)
	if b := c.Text(at, c.CapLeft()); b != nil {
		b.S(title)
		r = c.Last()
	}
	old := c.Push(r)
	for range n {
		if section == 0 {
			dnsQuestion(c, m)
		} else {
			dnsRecord(c, m)
		}
		c.SetLen(r, c.Pos())
	}
	c.Pop(old)
}

func dnsQuestion(c *Cursor, m *dnsMsg) {
	at := c.Pos()
	var buf dnsName
	n := buf.read(c, m.base, at)
	typ, class := uint16(c.UintAt(at+n, 2)), uint16(c.UintAt(at+n+2, 2))
	multicast := m.kind == multicastDNS
	qu := multicast && class&0x8000 != 0
	if multicast {
		class &= 0x7fff
	}
	if b := c.Info(); b != nil {
		b.C(' ')
		dnsTypeName(b, typ)
		buf.show(b.C(' '))
		if multicast {
			b.S(", ").S(map[bool]string{true: `"QU"`, false: `"QM"`}[qu]).S(" question")
		}
	}
	r := dissect.None
	if b := c.Text(at, n+4); b != nil {
		buf.show(b).S(": type ")
		dnsTypeName(b, typ)
		b.S(", class ")
		dnsClassName(b, class)
		if multicast {
			b.S(", ").S(map[bool]string{true: `"QU"`, false: `"QM"`}[qu]).S(" question")
		}
		r = c.Last()
	}
	old := c.Push(r)
	c.PutBytes(dnsQryName, at, n, buf.text())
	c.Gen(dnsQryLen, at, n, uint64(buf.size()))
	c.Gen(dnsLabels, at, n, uint64(buf.labels()))
	c.Seek(at + n)
	c.U16(dnsQryType)
	dnsTypeLabel(c, c.Last(), typ)
	if multicast {
		pos := c.Pos()
		c.FieldAt(dnsQryClsM, pos, 2)
		c.FieldAt(dnsQU, pos, 2)
		c.Skip(2)
	} else {
		c.U16(dnsQryClass)
	}
	c.Pop(old)
}

// dnsTypeName appends a type's name, "Unknown (110)" when it has none.
func dnsTypeName(b *field.Text, t uint16) {
	if s, ok := dnsTypes.Lookup(uint64(t)); ok {
		b.S(s)
		return
	}
	b.S("Unknown (").U(uint64(t)).C(')')
}

func dnsClassName(b *field.Text, t uint16) {
	if s, ok := dnsClasses.Lookup(uint64(t)); ok {
		b.S(s)
		return
	}
	b.S("Unknown")
}

// dnsTypeLabel is "Type: A (1) (Host Address)".
func dnsTypeLabel(c *Cursor, r dissect.Ref, t uint16) {
	b := c.Label(r)
	if b == nil {
		return
	}
	name, ok := dnsTypes.Lookup(uint64(t))
	b.S("Type: ")
	if !ok {
		b.S("Unknown (").U(uint64(t)).S(") Unknown (").U(uint64(t)).C(')')
		return
	}
	b.S(name).S(" (").U(uint64(t)).S(") ")
	if w, ok := dnsTypeWords.Lookup(uint64(t)); ok {
		b.C('(').S(w).C(')')
	}
}

func dnsLearn(c *Cursor, m *dnsMsg, id uint16) *dnsFact {
	st, fr := c.Flow(), c.Frame()
	// Several messages in one frame (over TCP) are told apart by their layer.
	if !c.Learning() {
		return dnsFacts.Get(st, fr.Number, c.Layer())
	}
	if c.Quoted() {
		return nil
	}
	var table *dnsConv
	if conv := c.Packet().Conv; conv != nil {
		table = dnsConvs.Make(conv)
	} else {
		table = &dnsNoted.Global(st).dnsConv
	}
	if table.open == nil {
		table.open = map[uint16]*dnsAsked{}
	}
	f := dnsFacts.Put(st, fr.Number, c.Layer())
	a := table.open[id]
	if !m.response() {
		switch {
		case a != nil && a.reply == 0 && fr.Time-a.time < dnsRepeatTime:
			f.asked, f.repeated = a, a.ask
		default:
			a = &dnsAsked{ask: fr.Number, time: fr.Time}
			table.open[id] = a
			f.asked = a
		}
		return f
	}
	switch {
	case a == nil:
		f.asked = nil
	case a.reply == 0:
		a.reply = fr.Number
		f.asked = a
	case fr.Number != a.reply:
		f.asked, f.repeated = a, a.reply
	default:
		f.asked = a
	}
	return f
}

// dnsRepeatTime is how long an unanswered question counts as the same when it
// is asked again: 5 s, Wireshark's default.
const dnsRepeatTime = 5e9

// dnsRepeats marks a message that was sent before.
func dnsRepeats(c *Cursor, m *dnsMsg, id dissect.Ref, f *dnsFact) {
	if f == nil || f.repeated == 0 {
		return
	}
	var t field.Text
	if m.response() {
		t.S("DNS response retransmission. Original response in frame ").U(uint64(f.repeated))
		c.ExpertText(id, eiDNSRetransR, t.String())
		return
	}
	t.S("DNS query retransmission. Original request in frame ").U(uint64(f.repeated))
	c.ExpertText(id, eiDNSRetransQ, t.String())
}

// dnsLinks adds what is known from other messages.
func dnsLinks(c *Cursor, m *dnsMsg, at int, f *dnsFact) {
	switch {
	case !m.response():
		if f.repeated != 0 {
			c.Gen(dnsRetransQ, at, 0, uint64(f.repeated))
			c.Gen(dnsRetrans, at, 0, 1)
		} else if f.asked != nil && f.asked.reply != 0 {
			c.Gen(dnsReplyIn, at, 0, uint64(f.asked.reply))
		}
	case f.asked == nil:
		c.Gen(dnsUnsol, at, 0, 1)
	default:
		if f.repeated != 0 {
			c.Gen(dnsRetransR, at, 0, uint64(f.repeated))
			c.Gen(dnsRetrans, at, 0, 1)
			return
		}
		c.Gen(dnsRequestTo, at, 0, uint64(f.asked.ask))
		c.Gen(dnsTime, at, 0, uint64(c.Frame().Time-f.asked.time))
	}
}

func dnsExtraneous(c *Cursor, pos, n int) {
	r := dissect.None
	if b := c.Text(pos, n); b != nil {
		b.S("Extraneous Data (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
		r = c.Last()
	}
	old := c.Push(r)
	c.FieldAt(dnsExtra, pos, n)
	c.Gen(dnsExtraLen, c.Start()+pos, 0, uint64(n))
	if b := c.Text(pos, n); b != nil {
		b.S("Extraneous data")
		r = c.Last()
	}
	c.Expert(r, eiDNSExtra)
	c.Pop(old)
}

// dnsName is a name in text, RFC 1035 section 4.1.4.
type dnsName struct {
	buf     [dnsMaxText]byte
	n       int
	root    bool
	escaped int // how many characters took four bytes of the text
}

const (
	dnsMaxText  = 1024
	dnsMaxWire  = 255 // bytes of a name on the wire
	dnsMaxJumps = 128
)

func (d *dnsName) text() []byte { return d.buf[:d.n] }

// size is the name's length as its field has it.
func (d *dnsName) size() int { return d.n - 3*d.escaped }

func (d *dnsName) labels() int {
	k := 1
	for _, c := range d.text() {
		if c == '.' {
			k++
		}
	}
	return k
}

func (d *dnsName) add(s ...byte) {
	d.n += copy(d.buf[d.n:], s)
}

// label adds a label's bytes; control characters become \ooo.
func (d *dnsName) label(b []byte) {
	for _, x := range b {
		if (x < 0x20 || x == 0x7f) && (x < '\t' || x > '\r') {
			d.escaped++
			d.add('\\', '0'+x>>6, '0'+x>>3&7, '0'+x&7)
		} else {
			d.add(x)
		}
	}
}

func (d *dnsName) set(s string) { d.n, d.escaped = copy(d.buf[:], s), 0 }

// show appends the name to a line. Its backslashes are its own.
func (d *dnsName) show(b *field.Text) *field.Text {
	rest := d.text()
	for {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return b.Printable(rest)
		}
		b.Printable(rest[:i]).C('\\')
		rest = rest[i+1:]
	}
}

// read decodes the name at pos and gives its length on the wire up to its end
// or first pointer. What is wrong with a name is said in its text.
func (d *dnsName) read(c *Cursor, base, pos int) int {
	start, length, wire, jumps := pos, 0, 0, 0
	d.n, d.escaped, d.root = 0, 0, false
	for {
		l := int(c.BytesAt(pos, 1)[0])
		switch {
		case l == 0:
			pos++
			if length == 0 {
				length = pos - start
			}
			switch {
			case wire > dnsMaxWire:
				d.set("<Name too long>")
			case d.n == 0:
				d.set("<Root>")
				d.root = true
			}
			return length
		case l&0xc0 == 0xc0:
			target := int(c.UintAt(pos, 2)) & 0x3fff
			pos += 2
			if length == 0 {
				length = pos - start
			}
			jumps++
			if jumps > dnsMaxJumps || base+target == start && jumps > 1 {
				d.set("<Name contains a pointer that loops>")
				return length
			}
			if wire > dnsMaxWire {
				d.set("<Name too long>")
				return length
			}
			pos = base + target
		case l&0xc0 != 0:
			c.Malformed()
		default:
			b := c.BytesAt(pos+1, l)
			wire += l + 1
			pos += 1 + l
			if wire > dnsMaxWire {
				break // read on for the length alone
			}
			if d.n > 0 {
				d.add('.')
			}
			d.label(b)
		}
	}
}
