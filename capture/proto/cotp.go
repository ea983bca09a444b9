// COTP: ITU-T X.224 / ISO 8073, the units of classes 0 to 4. Not decoded: quality
// of service parameters, which stay bytes; segments of one unit are not put
// together: the last one goes to the protocol above alone.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	cotpP       = protocol("cotp", "ISO 8073/X.224 COTP Connection-Oriented Transport Protocol", "COTP")
	cotpSegData = cotpP.Bytes("segment_data", "COTP segment data")
	cotpLi      = cotpP.U8("li", "Length", dec)
	cotpType    = cotpP.U8("type", "PDU Type", hex, enum(values(val(1, "ED Expedited Data"),
		val(2, "EA Expedited Data Acknowledgement"),
		val(5, "RJ Reject"),
		val(6, "AK Data Acknowledgement"),
		val(7, "ER TPDU Error"),
		val(8, "DR Disconnect Request"),
		val(12, "DC Disconnect Confirm"),
		val(13, "CC Connect Confirm"),
		val(14, "CR Connect Request"),
		val(15, "DT Data"))))
	cotpSrcref                    = cotpP.U16("srcref", "Source reference", hex)
	cotpDestref                   = cotpP.U16("destref", "Destination reference", hex)
	cotpClass                     = cotpP.U8("class", "Class", dec, mask(8, 0xf0))
	cotpOptsExtendedFormats       = cotpP.Bool("opts.extended_formats", "Extended formats", mask(8, 0x2))
	cotpOptsNoExplicitFlowControl = cotpP.Bool("opts.no_explicit_flow_control", "No explicit flow control", mask(8, 0x1))
	cotpTpduNumber                = cotpP.U8("tpdu-number", "TPDU number", hex, mask(8, 0x7f))
	cotpEot                       = cotpP.Bool("eot", "Last data unit", mask(8, 0x80), tf("Yes", "No"))
	cotpSrcTsap                   = cotpP.Str("src-tsap", "Source TSAP")
	cotpSrcTsapBytes              = cotpP.Bytes("src-tsap-bytes", "Source TSAP")
	cotpDstTsap                   = cotpP.Str("dst-tsap", "Destination TSAP")
	cotpDstTsapBytes              = cotpP.Bytes("dst-tsap-bytes", "Destination TSAP")
	cotpParameterCode             = cotpP.U8("parameter_code", "Parameter code", hex, enum(values(val(9, "ATN extended checksum - 16 bit"),
		val(8, "ATN extended checksum - 32 bit"),
		val(133, "ack time"),
		val(134, "res error"),
		val(135, "priority"),
		val(136, "transit delay"),
		val(137, "throughput"),
		val(138, "seq number"),
		val(139, "reassignment"),
		val(140, "flow control"),
		val(192, "tpdu-size"),
		val(193, "src-tsap"),
		val(194, "dst-tsap"),
		val(195, "checksum"),
		val(196, "version"),
		val(197, "protection"),
		val(198, "options"),
		val(199, "proto class"),
		val(224, "additional connection clearing info"),
		val(240, "preferred max TPDU size"),
		val(242, "inactivity timer"))))
	cotpParameterLength = cotpP.U8("parameter_length", "Parameter length", dec)
	cotpParameterValue  = cotpP.Bytes("parameter_value", "Parameter value")
	cotpTpduSize        = cotpP.U8("tpdu_size", "TPDU size", dec)

	_ = cotpP.Parse(parseCOTP).Calls(dataP)
)

// cotpShort are the names of the units in the Info column.
var cotpShort = values(val(1, "ED TPDU"), val(2, "EA TPDU"), val(5, "RJ TPDU"), val(6, "AK TPDU"), val(7, "ER TPDU"), val(8, "DR TPDU"),
	val(12, "DC TPDU"), val(13, "CC TPDU"), val(14, "CR TPDU"), val(15, "DT TPDU"))

func parseCOTP(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("COTP")
	li, kind := int(c.Peek8(0)), c.Peek8(1)>>4
	c.ProtoEnd(min(at+li+1, c.End()))
	b := c.SetInfo()
	if b != nil {
		b.S(cotpShort.Text(uint64(kind), "Unknown TPDU type (0x"+string("0123456789abcdef"[kind])+")"))
	}
	c.Need(li + 1)
	c.FieldAt(cotpLi, at, 1)
	end := at + li + 1
	c.Put(cotpType, at+1, 1, uint64(kind))
	c.Skip(2)
	switch kind {
	case 13, 14:
		if b != nil {
			b.S(" src-ref: ").X(uint64(c.Peek16(2)), 4).S(" dst-ref: ").X(uint64(c.Peek16(0)), 4)
		}
		c.U16(cotpDestref)
		c.U16(cotpSrcref)
		c.FieldAt(cotpClass, c.Pos(), 1)
		c.FieldAt(cotpOptsExtendedFormats, c.Pos(), 1)
		c.FieldAt(cotpOptsNoExplicitFlowControl, c.Pos(), 1)
		c.Skip(1)
		cotpParameters(c, end)
	case 15:
		if li > 2 { // classes 2 to 4 carry the reference
			c.U16(cotpDestref)
		} else {
			r := c.Put(cotpDestref, at+2, 0, 0)
			if b := c.Label(r); b != nil {
				b.S("Destination reference: 0x20000")
			}
		}
		word := c.Peek8(0)
		last := word&0x80 != 0
		if b != nil {
			b.S(" (").U(uint64(word & 0x7f)).S(") ")
			if last {
				b.S("EOT")
			} else {
				b.S("[COTP fragment, ").U(uint64(max(0, c.End()-end))).S(" bytes]")
			}
			if li > 2 {
				b.S(" dst-ref: ").X(uint64(c.UintAt(at+2, 2)), 4)
			}
		}
		c.FieldAt(cotpTpduNumber, c.Pos(), 1)
		c.FieldAt(cotpEot, c.Pos(), 1)
		c.Seek(end)
		if n := c.Left(); n > 0 {
			if last {
				c.Sub(dataP, end, n)
				return
			}
			r := c.Field(cotpSegData, n)
			if b := c.Label(r); b != nil {
				b.S("COTP segment data (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
			}
		}
	case 8:
		if b != nil {
			b.S(" src-ref: ").X(uint64(c.Peek16(2)), 4).S(" dst-ref: ").X(uint64(c.Peek16(0)), 4)
		}
		c.U16(cotpDestref)
		c.U16(cotpSrcref)
		c.Skip(1)
		cotpParameters(c, end)
	}
}

func cotpParameters(c *Cursor, end int) {
	for c.Pos()+2 <= end {
		kind, n := c.Peek8(0), int(c.Peek8(1))
		c.U8(cotpParameterCode)
		c.U8(cotpParameterLength)
		at := c.Pos()
		switch {
		case kind == 0xc0 && n == 1:
			size := uint64(1) << min(c.Peek8(0), 31)
			c.Put(cotpTpduSize, at, 1, size)
		case kind == 0xc1:
			cotpTSAP(c, cotpSrcTsap, cotpSrcTsapBytes, n)
		case kind == 0xc2:
			cotpTSAP(c, cotpDstTsap, cotpDstTsapBytes, n)
		case n > 0:
			c.Field(cotpParameterValue, n)
		}
		c.Seek(at + n)
	}
}

// cotpTSAP shows a selector as text if it is one, as bytes otherwise; the other
// form is there for filters.
func cotpTSAP(c *Cursor, text, raw field.ID, n int) {
	at, b := c.Pos(), c.PeekBytes(0, n)
	printable := true
	for _, x := range b {
		printable = printable && x >= 0x20 && x < 0x7f
	}
	s := ""
	if c.Full() || c.Wants(text) {
		if s = string(b); !printable {
			var t field.Text
			s = t.S("0x").Hex(b, 0).String()
		}
	}
	r := c.PutText(text, at, n, s)
	q := c.FieldAt(raw, at, n)
	if printable {
		r = q
	}
	c.Mark(r, dissect.Hidden)
}
