package proto

import (
	"sonde/capture/field"
)

// Security options of IPv4: RFC 791 (11 bytes), RFC 1108 (others), FIPS 188.

func ipSecurity(c *Cursor, o *ipOpt) {
	if o.n == 11 {
		o.field(c, ipOptSecRfc791Sec, 2, 2)
		o.field(c, ipOptSecRfc791Comp, 4, 2)
		o.field(c, ipOptSecRfc791Hr, 6, 2)
		o.field(c, ipOptSecRfc791Tcc, 8, 3)
		return
	}
	if o.n < 3 {
		c.Malformed()
	}
	o.field(c, ipOptSecCl, 2, 1)
	for at, end, first := o.at+3, o.at+o.n, true; at < end; at, first = at+1, false {
		v := uint8(c.UintAt(at, 1))
		r := c.Put(ipOptSecProtAuthFlags, at, 1, uint64(v))
		old := c.Push(r)
		if first {
			for i, f := range [...]field.ID{ipOptSecProtAuthGenser, ipOptSecProtAuthSiopEsi, ipOptSecProtAuthSci, ipOptSecProtAuthNsa, ipOptSecProtAuthDoe} {
				c.FieldAt(f, at, 1)
				if v&(0x80>>uint(i)) != 0 {
					if b := c.Append(r); b != nil {
						b.S(", ").S(field.Get(f).Label)
					}
				}
			}
			c.FieldAt(ipOptSecProtAuthUnassigned, at, 1)
		} else {
			u := c.Put(ipOptSecProtAuthUnassigned, at, 1, uint64(v>>1))
			if b := c.Label(u); b != nil {
				nibble(b, v>>4)
				b.C(' ')
				nibble(b, v)
				b.B[len(b.B)-1] = '.'
				b.S(" = Unassigned: ").X(uint64(v>>1), 2)
			}
		}
		c.FieldAt(ipOptSecProtAuthFti, at, 1)
		c.Pop(old)
		if v&1 == 0 {
			if at+1 < end {
				c.Expert(o.line, eiIPOptExtra)
			}
			return
		}
		if b := c.Append(r); b != nil {
			b.S(", Field Termination Indicator")
		}
		if at+1 == end {
			c.Expert(o.line, eiIPOptFTI)
		}
	}
}

func ipExtSecurity(c *Cursor, o *ipOpt) {
	o.field(c, ipOptExtSecAddSecInfoFormatCode, 2, 1)
	if o.n > 3 {
		c.FieldAt(ipOptExtSecAddSecInfo, o.at+3, o.n-3)
	}
}

// ipCIPSO records a CIPSO option: a domain and tags.
func ipCIPSO(c *Cursor, o *ipOpt) {
	o.field(c, ipCipsoDoi, 2, 4)
	for at, end := o.at+6, o.at+o.n; at < end; {
		tag := uint8(c.UintAt(at, 1))
		size := 0
		if at+1 < end {
			size = int(c.UintAt(at+1, 1))
		}
		r := c.FieldAt(ipCipsoTagType, at, 1)
		known := tag == 1 || tag == 2 || tag == 5 || tag == 6 || tag == 7
		switch {
		case tag == 0:
			at++
			continue
		case size < 2 || at+size > end || known && tag < 6 && (size < 4 || at+4 > end):
			c.Expert(r, eiIPCIPSO)
			return
		case !known:
			if b := c.Append(r); b != nil {
				b.S(" (").U(uint64(size)).S(" bytes)")
			}
			at += size
			continue
		case tag >= 6:
			c.FieldAt(ipCipsoTagData, at+2, size-2)
			at += size
			continue
		}
		c.FieldAt(ipCipsoSensitivityLevel, at+3, 1)
		if size > 4 {
			var t field.Text
			ipCategories(&t, tag, c.BytesAt(at+4, size-4))
			c.PutBytes(ipCipsoCategories, at+4, size-4, t.B)
		}
		at += size
	}
}

// ipCategories lists the categories of a tag: bits, numbers or ranges.
func ipCategories(t *field.Text, tag uint8, b []byte) {
	sep := func() {
		if len(t.B) > 0 {
			t.C(',')
		}
	}
	switch tag {
	case 1:
		for i := 0; i < len(b)*8; i++ {
			if b[i/8]&(0x80>>uint(i&7)) != 0 {
				sep()
				t.U(uint64(i))
			}
		}
	case 2:
		for ; len(b) >= 2; b = b[2:] {
			sep()
			t.U(uint64(b[0])<<8 | uint64(b[1]))
		}
	case 5:
		for ; len(b) >= 2; b = b[min(4, len(b)):] {
			sep()
			t.U(uint64(b[0])<<8 | uint64(b[1])).C('-')
			if len(b) >= 4 {
				t.U(uint64(b[2])<<8 | uint64(b[3]))
			} else {
				t.C('0')
			}
		}
	}
}
