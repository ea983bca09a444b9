// PPP over Ethernet, RFC 2516: discovery and session. Not decoded: the tags of
// RFC 4937 beyond their names, credits of RFC 4938.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	pppoeP       = protocol("pppoe", "PPP-over-Ethernet", "PPPoE")
	pppoeVersion = pppoeP.U8("version", "Version", dec, mask(8, 0xf0))
	pppoeType    = pppoeP.U8("type", "Type", dec, mask(8, 0x0f))
	pppoeCode    = pppoeP.U8("code", "Code", hex, enum(pppoeCodes))
	pppoeSession = pppoeP.U16("session_id", "Session ID", hex)
	pppoeLength  = pppoeP.U16("payload_length", "Payload Length", dec)

	pppoesP    = protocol("pppoes", "PPP-over-Ethernet Session", "PPPoES")
	eiPPPoELen = pppoeP.Expert("payload_length.bad", field.Protocol, field.Warn, "Possible bad payload length")
	_          = pppoesP.Parse(parsePPPoES).On("ethertype", 0x8864).Calls(pppP, pppoeP)
	pppoedP    = protocol("pppoed", "PPP-over-Ethernet Discovery", "PPPoED")
	pppoedTags = pppoedP.None("tags", "PPPoE Tags")
	_          = pppoedP.U16("tag", "Tag", hex, enum(pppoedTagNames))
	_          = pppoedP.U16("tag_length", "Tag Length", dec)
	_          = pppoedP.Bytes("tag.unknown_data", "Unknown Data")

	_ = pppoedP.Parse(parsePPPoED).On("ethertype", 0x8863).Calls(pppoeP)

	pppoedText = map[uint16]field.ID{
		0x0101: pppoedP.Str("tags.service_name", "Service-Name"), 0x0102: pppoedP.Str("tags.ac_name", "AC-Name"),
		0x0103: pppoedP.Bytes("tags.host_uniq", "Host-Uniq"), 0x0104: pppoedP.Bytes("tags.ac_cookie", "AC-Cookie"),
		0x0110: pppoedP.Bytes("tags.relay_session_id", "Relay-Session-Id"), 0x0201: pppoedP.Str("tags.service_name_error", "Service-Name-Error"),
		0x0202: pppoedP.Str("tags.ac_system_error", "AC-System-Error"), 0x0203: pppoedP.Str("tags.generic_error", "Generic-Error"),
	}

	pppoeCodes = values(val(0x00, "Session Data"), val(0x07, "Active Discovery Offer (PADO)"), val(0x09, "Active Discovery Initiation (PADI)"),
		val(0x0a, "Active Discovery Session-Grant (PADG)"), val(0x0b, "Active Discovery Session-Credit Response (PADC)"),
		val(0x0c, "Active Discovery Quality (PADQ)"), val(0x19, "Active Discovery Request (PADR)"),
		val(0x65, "Active Discovery Session-confirmation (PADS)"), val(0xa7, "Active Discovery Terminate (PADT)"),
		val(0xd3, "Active Discovery Message (PADM)"), val(0xd4, "Active Discovery Network (PADN)"))
	pppoedTagNames = values(val(0x0000, "End-Of-List"), val(0x0101, "Service-Name"), val(0x0102, "AC-Name"), val(0x0103, "Host-Uniq"), val(0x0104, "AC-Cookie"),
		val(0x0105, "Vendor-Specific"), val(0x0110, "Relay-Session-Id"), val(0x0201, "Service-Name-Error"), val(0x0202, "AC-System-Error"),
		val(0x0203, "Generic-Error"))
)

// pppoeHeader reads the six bytes that both have, and gives the payload's length.
func pppoeHeader(c *Cursor) (code uint8, n int, length dissect.Ref) {
	at := c.Pos()
	code, n = c.Peek8(1), int(c.Peek16(4))
	if b := c.SetInfo(); b != nil {
		b.S(pppoeCodes.Text(uint64(code), "Unknown"))
	}
	c.FieldAt(pppoeVersion, at, 1)
	c.FieldAt(pppoeType, at, 1)
	c.Skip(1)
	c.U8(pppoeCode)
	c.U16(pppoeSession)
	length = c.Field(pppoeLength, 2)
	return code, n, length
}

func parsePPPoES(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("PPPoES")
	c.ClearInfo()
	_, n, length := pppoeHeader(c)
	c.ProtoEnd(at + 6)
	setUsed(c, at+6+n)
	if n > c.Left() {
		c.ExpertText(length, eiPPPoELen, "Possible bad payload length")
	}
	c.Sub(pppP, at+6, n)
}

func parsePPPoED(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("PPPoED")
	c.ClearInfo()
	_, n, _ := pppoeHeader(c)
	end := at + 6 + n
	c.ProtoEnd(end)
	if n == 0 {
		return
	}
	old := c.Push(c.Put(pppoedTags, at+6, n, 0))
	defer c.Pop(old)
	for c.Pos()+4 <= end {
		tag, size := c.Peek16(0), int(c.Peek16(2))
		c.Skip(4)
		f, known := pppoedText[tag]
		switch {
		case known && (size > 0 || tag > 0x0110):
			v := c.Bytes(f, size)
			if b := c.Info(); b != nil && size > 0 && tag == 0x0102 {
				b.C(' ').S(pppoedTagNames.Text(uint64(tag), "")).S("='").Printable(v).C('\'')
			}
		case tag == 0:
			return
		case !known:
			c.Skip(size)
		}
	}
}
