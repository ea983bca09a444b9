package proto

import "sonde/capture/field"

// Private messages of ntpd and ntpdc (mode 7). Their items are in ntp_items.go.
var (
	ntp7Response = ntpP.Bool("priv.flags.r", "Response bit", mask(8, 0x80), tf("Response", "Request"))
	ntp7More     = ntpP.U8("priv.flags.more", "More bit", dec, mask(8, 0x40))
	ntp7AuthSeq  = ntpP.U8("priv.auth_seq", "Auth, sequence", dec)
	ntp7AuthBit  = ntpP.U8("priv.auth", "Auth bit", dec, mask(8, 0x80))
	ntp7Seq      = ntpP.U8("priv.seq", "Sequence number", dec, mask(8, 0x7f))
	ntp7Impl     = ntpP.U8("priv.impl", "Implementation", dec, enum(ntp7Impls))
	ntp7ReqCode  = ntpP.U8("priv.reqcode", "Request code", dec, enum(ntp7Codes))
	ntp7Err      = ntpP.U8("priv.err", "Err", hex, enum(ntp7Errs))
	ntp7NumItems = ntpP.U16("priv.numitems", "Number of data items", dec)
	ntp7Reserved = ntpP.U8("priv.reserved", "Reserved", hex)
	ntp7Item     = ntpP.Add("priv.mode7.item", "Mode7 item", field.TStringz, noBase)
	ntp7ItemSize = ntpP.U16("priv.itemsize", "Size of data item", dec)
)

func ntpPrivate(c *Cursor) {
	response := c.PeekBytes(-1, 1)[0]&0x80 != 0
	c.Word(ntp7AuthSeq, 1, ntp7AuthBit, ntp7Seq)
	impl := c.U8(ntp7Impl)
	code := c.U8(ntp7ReqCode)
	if b := c.Info(); b != nil {
		b.S(", ").S(field.Get(ntp7Response).BoolText(response)).S(", ").S(ntp7Codes.Text(uint64(code), "Unknown"))
	}
	// Older implementations are left alone, as Wireshark does.
	if impl != 3 {
		return
	}
	// Two words of 4 and 12 bits; tshark shows the bits and keeps the parts apart.
	count := ntpNibble(c, ntp7Err, ntp7NumItems)
	size := ntpNibble(c, ntp7Reserved, ntp7ItemSize)
	if size == 0 {
		return
	}
	parts := ntp7Items[code]
	if !response {
		if other, ok := ntp7RequestItems[code]; ok {
			parts = other
		}
	}
	monlist := code == 20 || code == 42
	for ; count > 0 && c.Left() > 0; count-- {
		at := c.Pos()
		show := ""
		if monlist {
			show = "Monlist Item"
		}
		r := c.PutText(ntp7Item, at, min(size, c.CapLeft()), show)
		c.Need(size)
		if b := c.Label(r); b != nil {
			if monlist {
				ntpMonitored(c, b, code, at, size)
			} else {
				b.S(ntp7Codes.Text(uint64(code), "Unknown")).S(" Item")
			}
		}
		old := c.Push(r)
		v6 := uint64(1)
		for _, p := range parts {
			switch p.id {
			case ntp7MonIpv6:
				v6 = c.UintAt(at+p.at, 4)
			case ntp7MonAddr6, ntp7MonDaddr6:
				if v6 == 0 {
					continue
				}
			}
			ntpPart(c, at+p.at, p)
		}
		c.Pop(old)
		c.Seek(at + size)
	}
}

// ntpMonitored names the host of a monitoring item: its addresses stand at
// different places in the two kinds.
func ntpMonitored(c *Cursor, b *field.Text, code uint8, at, size int) {
	host, port, six, flag := at+16, at+28, at+40, at+32
	if code == 20 {
		port, six, flag = at+20, at+32, at+24
	}
	b.S("Monlist item: address: ")
	if six+16 <= at+size && c.UintAt(flag, 4) == 1 {
		b.IPv6(c.BytesAt(six, 16))
	} else if host+4 <= at+size {
		b.IPv4(c.BytesAt(host, 4))
	}
	if port+2 <= at+size {
		b.C(':').U(c.UintAt(port, 2))
	}
}

func ntpPart(c *Cursor, pos int, p ntp7Part) {
	switch f := field.Get(p.id); {
	case f.Type == field.TAbsTime:
		ntpStamp(c, p.id, pos)
		return
	case f.Type == field.TString:
		c.PutBytes(p.id, pos, p.len, untilNUL(c.BytesAt(pos, p.len)))
		return
	case p.id == ntp7Key:
		c.FieldLEAt(p.id, pos, p.len)
		return
	}
	r := c.FieldAt(p.id, pos, p.len)
	if p.bits == nil {
		return
	}
	v := c.UintAt(pos, p.len)
	dhcpBits(c, r, v, p.bits...)
	old := c.Push(r)
	for _, f := range p.bits {
		c.FieldAt(f, pos, p.len)
	}
	c.Pop(old)
}

// ntpNibble reads a word whose first four bits are one thing and whose other
// twelve another.
func ntpNibble(c *Cursor, first, second field.ID) int {
	pos, v := c.Pos(), int(c.Peek16(0))
	r := c.Put(first, pos, 1, uint64(v>>12))
	bits := func(b *field.Text, from, to int) {
		for i := 15; i >= to; i-- {
			switch {
			case i > from:
				b.C('.')
			case v>>uint(i)&1 != 0:
				b.C('1')
			default:
				b.C('0')
			}
			if i%4 == 0 && i > to {
				b.C(' ')
			}
			if i == 8 && i > to {
				b.C(' ')
			}
		}
	}
	if b := c.Label(r); b != nil {
		bits(b, 15, 12)
		b.S(" .... = ")
		f := field.Get(first)
		b.S(f.Label).S(": ")
		f.LabelValue(b, field.Value{Word: uint64(v >> 12)})
	}
	r = c.Put(second, pos, 2, uint64(v&0xfff))
	if b := c.Label(r); b != nil {
		bits(b, 11, 0)
		b.S(" = ").S(field.Get(second).Label).S(": ").U(uint64(v & 0xfff))
	}
	c.Skip(2)
	return v & 0xfff
}
