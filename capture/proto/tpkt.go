// TPKT, RFC 1006: ISO transport on top of TCP.
package proto

var (
	tpktP                = protocol("tpkt", "TPKT - ISO on TCP - RFC1006", "TPKT")
	tpktVersion          = tpktP.U16("version", "Version", dec)
	tpktReserved         = tpktP.U8("reserved", "Reserved", dec)
	tpktLength           = tpktP.U16("length", "Length", dec)
	tpktContinuationData = tpktP.Bytes("continuation_data", "Continuation data")

	_ = tpktP.Parse(parseTPKT).Stateful().On("tcp.port", 102, 3389).Calls(cotpP)
)

func parseTPKT(c *Cursor) {
	if c.Len() > 0 && c.Peek8(0) != 3 {
		tpktContinuation(c)
		return
	}
	tcpPDUs(c, 4, func(c *Cursor, pos int) int {
		if c.UintAt(pos, 1) != 3 {
			return c.CapLeft() // not another of them: the rest goes on as it is
		}
		return int(c.UintAt(pos+2, 2))
	}, tpktMessage)
}

func tpktMessage(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("TPKT")
	if c.Peek8(0) != 3 {
		tpktContinuation(c)
		return
	}
	n := c.Peek16(2)
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("TPKT, Version: 3, Length: ").U(uint64(n))
	}
	c.ProtoEnd(at + 4)
	c.FieldAt(tpktVersion, at, 1)
	c.FieldAt(tpktReserved, at+1, 1)
	c.FieldAt(tpktLength, at+2, 2)
	c.Sub(cotpP, at+4, int(n)-4)
}

// tpktContinuation shows bytes that start no packet.
func tpktContinuation(c *Cursor) {
	c.SetProtocol("TPKT")
	if b := c.SetInfo(); b != nil {
		b.S("Continuation")
	}
	c.Field(tpktContinuationData, c.Left())
}
