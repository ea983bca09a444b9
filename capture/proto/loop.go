// Configuration Testing Protocol (Ethernet loopback, DIX Ethernet 2.0, 8).
package proto

import "sonde/capture/field"

var (
	loopP        = protocol("loop", "Configuration Test Protocol (loopback)", "LOOP")
	loopSkip     = loopP.U16("skipcount", "skipCount", dec)
	loopFunction = loopP.U16("function", "Function", dec, enum(loopFunctions))
	loopRelevant = loopP.U16("relevant_function", "Relevant function", dec, enum(loopFunctions))
	loopReceipt  = loopP.U16("receipt_number", "Receipt number", dec)
	loopForward  = loopP.Ether("forwarding_address", "Forwarding address")

	eiLoopForward = loopP.Expert("forwarding_address.multicast", field.Protocol, field.Warn, "Forwarding address is a multicast address")

	_ = loopP.Parse(parseLoop).On("ethertype", 0x9000).Calls(dataP)

	loopFunctions = values(val(1, "Reply"), val(2, "Forward Data"))
)

func parseLoop(c *Cursor) {
	c.SetProtocol("LOOP")
	c.ClearInfo()
	skip := int(c.Peek16LE(0))
	c.FieldLE(loopSkip, 2)
	if skip&1 != 0 {
		c.Sub(dataP, c.Pos(), -1)
		return
	}
	if at := c.Pos() + skip; c.Has(skip + 2) {
		fn := c.UintLEAt(at, 2)
		if b := c.SetInfo(); b != nil {
			b.S(loopFunctions.Text(fn, "Unknown function (0x%04x)"))
		}
		c.FieldLEAt(loopRelevant, at, 2)
	}
	for {
		fn := c.Peek16LE(0)
		c.FieldLE(loopFunction, 2)
		if fn != 2 {
			if fn == 1 {
				c.FieldLE(loopReceipt, 2)
			}
			break
		}
		r := c.Field(loopForward, 6)
		if c.BytesAt(c.Pos()-6, 1)[0]&1 != 0 {
			c.Expert(r, eiLoopForward)
		}
	}
	if c.Left() > 0 {
		c.Sub(dataP, c.Pos(), -1)
	}
}
