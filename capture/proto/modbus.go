// Modbus over TCP: the MODBUS Messaging on TCP/IP Implementation Guide, and the
// functions of the MODBUS Application Protocol. Registers are shown as unsigned
// 16-bit numbers. Not decoded: the bodies of diagnostics (8), file records (20,
// 21), the FIFO (24) and encapsulated transports (43), which stay data.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	mbtcpP             = protocol("mbtcp", "Modbus/TCP", "Modbus/TCP")
	mbtcpTransId       = mbtcpP.U16("trans_id", "Transaction Identifier", dec)
	mbtcpProtId        = mbtcpP.U16("prot_id", "Protocol Identifier", dec)
	mbtcpLen           = mbtcpP.U16("len", "Length", dec)
	mbtcpUnitId        = mbtcpP.U8("unit_id", "Unit Identifier", dec)
	modbusP            = protocol("modbus", "Modbus", "Modbus")
	modbusRequestFrame = modbusP.FrameNum("request_frame", "Request Frame")
	modbusResponseTime = modbusP.RelTime("response_time", "Time from request")
	modbusException    = modbusP.Bool("exception", "Exception", mask(8, 0x80), tf("Yes", "No"))
	modbusFuncCode     = modbusP.U8("func_code", "Function Code", dec, mask(8, 0x7f), enum(values(val(1, "Read Coils"),
		val(2, "Read Discrete Inputs"),
		val(3, "Read Holding Registers"),
		val(4, "Read Input Registers"),
		val(5, "Write Single Coil"),
		val(6, "Write Single Register"),
		val(7, "Read Exception Status"),
		val(8, "Diagnostics"),
		val(11, "Get Comm. Event Counters"),
		val(12, "Get Comm. Event Log"),
		val(15, "Write Multiple Coils"),
		val(16, "Write Multiple Registers"),
		val(17, "Report Slave ID"),
		val(20, "Read File Record"),
		val(21, "Write File Record"),
		val(22, "Mask Write Register"),
		val(23, "Read Write Register"),
		val(24, "Read FIFO Queue"),
		val(43, "Encapsulated Interface Transport"),
		val(90, "Unity (Schneider)"))))
	modbusReferenceNum      = modbusP.U16("reference_num", "Reference Number", dec)
	modbusReadReferenceNum  = modbusP.U16("read_reference_num", "Read Reference Number", dec)
	modbusWriteReferenceNum = modbusP.U16("write_reference_num", "Write Reference Number", dec)
	modbusWordCnt           = modbusP.U16("word_cnt", "Word Count", dec)
	modbusReadWordCnt       = modbusP.U16("read_word_cnt", "Read Word Count", dec)
	modbusWriteWordCnt      = modbusP.U16("write_word_cnt", "Write Word Count", dec)
	modbusBitCnt            = modbusP.U16("bit_cnt", "Bit Count", dec)
	modbusByteCnt           = modbusP.U8("byte_cnt", "Byte Count", dec)
	modbusExceptionCode     = modbusP.U8("exception_code", "Exception Code", dec, enum(values(val(1, "Illegal function"),
		val(2, "Illegal data address"),
		val(3, "Illegal data value"),
		val(4, "Slave device failure"),
		val(5, "Acknowledge"),
		val(6, "Slave device busy"),
		val(8, "Memory parity error"),
		val(10, "Gateway path unavailable"),
		val(11, "Gateway target device failed to respond"))))
	modbusAndMask      = modbusP.U16("and_mask", "AND mask", hex)
	modbusOrMask       = modbusP.U16("or_mask", "OR mask", hex)
	modbusData         = modbusP.Bytes("data", "Data")
	modbusBitnum       = modbusP.U16("bitnum", "Bit Number", dec)
	modbusBitval       = modbusP.Bool("bitval", "Bit Value")
	modbusRegnum16     = modbusP.U16("regnum16", "Register Number", dec)
	modbusRegvalUint16 = modbusP.U16("regval_uint16", "Register Value (UINT16)", dec)

	_ = mbtcpP.Parse(parseMBTCP).Stateful().Rejects().On("tcp.port", 502).Calls(modbusP)
	_ = modbusP.Parse(parseModbus).Stateful()

	modbusAsked = flow.NewSlot[modbusTable]()
	modbusFacts = flow.NewFacts[modbusFact]()
)

// modbusTable are a connection's requests, oldest first; bounded.
type modbusTable struct{ asked []modbusFact }

// modbusFact is the request that a response answers.
type modbusFact struct {
	trans     uint16
	unit, fn  uint8
	base, num uint16
	frame     uint32
	time      int64
}

const modbusMaxAsked = 4096

func parseMBTCP(c *Cursor) {
	if c.CapLeft() < 6 || c.Peek16(2) != 0 {
		c.Reject()
		return
	}
	tcpPDUs(c, 6, func(c *Cursor, pos int) int { return 6 + int(c.UintAt(pos+4, 2)) }, mbtcpMessage)
}

func mbtcpMessage(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	c.SetProtocol("Modbus/TCP")
	b := c.SetInfo()
	trans, unit := c.Peek16(0), c.Peek8(6)
	fn := c.Peek8(7)
	if b != nil {
		b.S(pick(p.SrcPort == 502 && p.DstPort != 502, "Response", "   Query")).S(": Trans: ")
		modbusPad(b, uint64(trans), 5)
		b.S("; Unit: ")
		modbusPad(b, uint64(unit), 3)
		b.S(", Func: ")
		modbusPad(b, uint64(fn&0x7f), 3)
		b.S(": ").S(field.Get(modbusFuncCode).Enum.Text(uint64(fn&0x7f), "Unknown function"))
		if fn&0x80 != 0 {
			b.S(". Exception returned ")
		}
	}
	c.U16(mbtcpTransId)
	c.U16(mbtcpProtId)
	c.U16(mbtcpLen)
	c.U8(mbtcpUnitId)
	c.Sub(modbusP, at+7, c.Left())
}

// modbusPad writes a number right-aligned in n columns.
func modbusPad(b *field.Text, v uint64, n int) {
	s := itoa(int(v))
	b.S("     "[:max(0, n-len(s))]).S(s)
}

func parseModbus(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	code := c.Peek8(0)
	fn := code & 0x7f
	response := p.SrcPort == 502 && p.DstPort != 502
	trans, unit := uint16(c.UintAt(at-7, 2)), uint8(c.UintAt(at-1, 1))
	if code&0x80 != 0 {
		if b := c.Label(c.ProtoNode()); b != nil {
			b.S("Function ").U(uint64(fn)).S(":  ").S(field.Get(modbusFuncCode).Enum.Text(uint64(fn), "Unknown Function")).
				S(".  Exception: ").S(field.Get(modbusExceptionCode).Enum.Text(uint64(c.Peek8(1)), "Unknown Exception Code"))
		}
	}
	c.FieldAt(modbusException, at, 1)
	c.FieldAt(modbusFuncCode, at, 1)
	c.Skip(1)
	var asked *modbusFact
	if response {
		if code&0x80 == 0 {
			asked = modbusAnswer(c, p, trans, unit, fn, at)
		}
	} else if c.Learning() && p.Conv != nil {
		q := modbusFact{trans: trans, unit: unit, fn: fn, frame: c.Frame().Number, time: c.Frame().Time}
		if c.CapLeft() >= 4 && fn >= 1 && fn <= 16 {
			q.base, q.num = c.Peek16(0), c.Peek16(2)
		}
		t := modbusAsked.Make(p.Conv)
		if len(t.asked) >= modbusMaxAsked {
			t.asked = append(t.asked[:0], t.asked[modbusMaxAsked/2:]...)
		}
		t.asked = append(t.asked, q)
	}
	if code&0x80 != 0 {
		c.U8(modbusExceptionCode)
		return
	}
	if response {
		modbusResponse(c, fn, asked)
	} else {
		modbusQuery(c, fn)
	}
}

// modbusAnswer finds the request of a response and shows it.
func modbusAnswer(c *Cursor, p *dissect.Packet, trans uint16, unit, fn uint8, at int) *modbusFact {
	st, num := c.Flow(), c.Frame().Number
	if c.Learning() && p.Conv != nil {
		t := modbusAsked.Make(p.Conv)
		for i := len(t.asked) - 1; i >= 0; i-- {
			if q := t.asked[i]; q.trans == trans && q.unit == unit && q.fn == fn && q.frame < num {
				*modbusFacts.Put(st, num, c.Layer()) = q
				break
			}
		}
	}
	q := modbusFacts.Get(st, num, c.Layer())
	if q == nil {
		return nil
	}
	c.Gen(modbusRequestFrame, at, 0, uint64(q.frame))
	c.Gen(modbusResponseTime, at, 0, uint64(c.Frame().Time-q.time))
	return q
}

func modbusQuery(c *Cursor, fn uint8) {
	switch fn {
	case 1, 2:
		c.U16(modbusReferenceNum)
		c.U16(modbusBitCnt)
	case 3, 4:
		c.U16(modbusReferenceNum)
		c.U16(modbusWordCnt)
	case 5:
		c.U16(modbusReferenceNum)
		c.Field(modbusData, 1)
		c.Skip(1)
	case 6:
		base := c.U16(modbusReferenceNum)
		modbusRegisters(c, base, 1)
	case 7, 11, 12, 17:
	case 15:
		base := c.U16(modbusReferenceNum)
		n := c.U16(modbusBitCnt)
		bytes := int(c.U8(modbusByteCnt))
		modbusBits(c, base, int(n), bytes)
	case 16:
		base := c.U16(modbusReferenceNum)
		c.U16(modbusWordCnt)
		modbusRegisters(c, base, int(c.U8(modbusByteCnt))/2)
	case 22:
		c.U16(modbusReferenceNum)
		c.U16(modbusAndMask)
		c.U16(modbusOrMask)
	case 23:
		c.U16(modbusReadReferenceNum)
		c.U16(modbusReadWordCnt)
		c.U16(modbusWriteReferenceNum)
		c.U16(modbusWriteWordCnt)
		c.U8(modbusByteCnt)
		modbusRest(c)
	default:
		modbusRest(c)
	}
}

func modbusResponse(c *Cursor, fn uint8, asked *modbusFact) {
	var base, num uint16
	if asked != nil {
		base, num = asked.base, asked.num
	}
	switch fn {
	case 1, 2:
		n := int(c.U8(modbusByteCnt))
		modbusBits(c, base, int(num), n)
	case 3, 4, 23:
		if fn == 23 {
			c.U8(modbusByteCnt)
			modbusRest(c)
			return
		}
		modbusRegisters(c, base, int(c.U8(modbusByteCnt))/2)
	case 5:
		c.U16(modbusReferenceNum)
		c.Field(modbusData, 1)
		c.Skip(1)
	case 6:
		modbusRegisters(c, c.U16(modbusReferenceNum), 1)
	case 15:
		c.U16(modbusReferenceNum)
		c.U16(modbusBitCnt)
	case 16:
		c.U16(modbusReferenceNum)
		c.U16(modbusWordCnt)
	case 22:
		c.U16(modbusReferenceNum)
		c.U16(modbusAndMask)
		c.U16(modbusOrMask)
	default:
		modbusRest(c)
	}
}

// modbusRest is what is not taken apart.
func modbusRest(c *Cursor) {
	if c.Left() > 0 {
		c.Field(modbusData, c.Left())
	}
}

// modbusRegisters reads n registers from number base on.
func modbusRegisters(c *Cursor, base uint16, n int) {
	for i := 0; i < n; i++ {
		v := c.Peek16(0)
		num := base + uint16(i)
		line := dissect.None
		if b := c.Text(c.Pos(), 2); b != nil {
			line = c.Last()
			b.S("Register ").U(uint64(num)).S(" (UINT16): ").U(uint64(v))
		}
		old := c.Push(line)
		c.Gen(modbusRegnum16, c.Pos(), 0, uint64(num))
		c.U16(modbusRegvalUint16)
		c.Pop(old)
	}
}

// modbusBits reads n coils in size bytes; without a request, all of them.
func modbusBits(c *Cursor, base uint16, n, size int) {
	if n == 0 || n > size*8 {
		n = size * 8
	}
	at := c.Pos()
	for i := 0; i < n; i++ {
		v := uint64(c.Peek8(i/8)>>(i%8)) & 1
		num := base + uint16(i)
		line := dissect.None
		if b := c.Text(at+i/8, 1); b != nil {
			line = c.Last()
			b.S("Bit ").U(uint64(num)).S(" : ").U(v)
		}
		old := c.Push(line)
		c.Gen(modbusBitnum, at+i/8, 1, uint64(num))
		c.Put(modbusBitval, at+i/8, 1, v)
		c.Pop(old)
	}
	c.Skip(size)
}
