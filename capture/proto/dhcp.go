// DHCP and BOOTP, RFC 951, 2131, 2132, with long options (RFC 3396) and options
// in the name fields. Options are in dhcp_options.go and the files beside it.
// Not decoded beyond their bytes: iSNS (83), location (123, 144), CableLabs
// (122 and device capabilities), Avaya (242).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	dhcpP        = protocol("dhcp", "Dynamic Host Configuration Protocol", "DHCP/BOOTP")
	dhcpBootp    = dhcpP.Bool("bootp", "Frame is BOOTP")
	dhcpOp       = dhcpP.U8("type", "Message type", dec, enum(dhcpOps))
	dhcpHWType   = dhcpP.U8("hw.type", "Hardware type", hex, enum(arpHardware))
	dhcpHWLen    = dhcpP.U8("hw.len", "Hardware address length", dec)
	dhcpHops     = dhcpP.U8("hops", "Hops", dec)
	dhcpID       = dhcpP.U32("id", "Transaction ID", hex)
	dhcpSecsF    = dhcpP.U16("secs", "Seconds elapsed", dec)
	dhcpFlags    = dhcpP.U16("flags", "Bootp flags", hex)
	dhcpFlagBC   = dhcpP.Bool("flags.bc", "Broadcast flag", mask(16, 0x8000), tf("Broadcast", "Unicast"))
	dhcpFlagRes  = dhcpP.U16("flags.reserved", "Reserved flags", hex, mask(16, 0x7fff))
	dhcpCI       = dhcpP.IPv4("ip.client", "Client IP address")
	dhcpYI       = dhcpP.IPv4("ip.your", "Your (client) IP address")
	dhcpSI       = dhcpP.IPv4("ip.server", "Next server IP address")
	dhcpGI       = dhcpP.IPv4("ip.relay", "Relay agent IP address")
	dhcpHWAddr   = dhcpP.Bytes("hw.addr", "Client hardware address")
	dhcpHWPad    = dhcpP.Bytes("hw.addr_padding", "Client hardware address padding")
	dhcpMAC      = dhcpP.Ether("hw.mac_addr", "Client MAC address")
	dhcpSname    = dhcpP.Str("server", "Server host name")
	dhcpFile     = dhcpP.Str("file", "Boot file name")
	dhcpCookie   = dhcpP.IPv4("cookie", "Magic cookie")
	dhcpVendArea = dhcpP.Bytes("vendor_specific_options", "Bootp vendor specific options")

	eiDHCPSecsLE    = dhcpP.Expert("secs_le", field.Protocol, field.Note, "Seconds elapsed appears to be encoded as little-endian")
	eiDHCPNoAddr    = dhcpP.Expert("client_address_not_given", field.Protocol, field.Note, "Client address not given")
	eiDHCPSnameOver = dhcpP.Expert("server_name_overloaded_by_dhcp", field.Protocol, field.Note, "Server name option overloaded by DHCP")
	eiDHCPFileOver  = dhcpP.Expert("boot_filename_overloaded_by_dhcp", field.Protocol, field.Note, "Boot file name option overloaded by DHCP")
	eiDHCPSnameEnd  = dhcpP.Expert("option.option_overload.sname_end_missing", field.Protocol, field.Error, "sname overload end option missing")
	eiDHCPFileEnd   = dhcpP.Expert("option.option_overload.file_end_missing", field.Protocol, field.Error, "file overload end option missing")
	eiDHCPNoEnd     = dhcpP.Expert("end_option_missing", field.Protocol, field.Error, "End option missing")

	_ = dhcpP.Parse(parseDHCP).On("udp.port", 67, 68, 4011)
)

const (
	dhcpSnameAt  = 44
	dhcpFileAt   = 108
	dhcpCookieAt = 236
	dhcpMagic    = 0x63825363
)

// Places where options may stand.
const (
	dhcpInOptions = iota
	dhcpInFile
	dhcpInSname
)

// dhcpMsg is what a first look over the options tells the rest.
type dhcpMsg struct {
	base      int
	typed     bool // has option 53
	kind      uint8
	overload  uint8
	vendor    []byte        // class identifier, option 60
	seen      [3][256]uint8 // how often each option occurs, by place
	shown     [3][256]uint8 // how often it was shown so far
	root      dissect.Ref
	where     int
	fileOver  bool
	snameOver bool
}

func parseDHCP(c *Cursor) {
	m := dhcpMsg{base: c.Pos(), root: c.ProtoNode()}
	at := c.Pos()
	c.SetProtocol("BOOTP")
	c.ClearInfo()
	op, htype, hlen := c.Peek8(0), c.Peek8(1), int(c.Peek8(2))
	if b := c.Info(); b != nil {
		switch op {
		case 1:
			b.S("Boot Request from ")
			dhcpHardware(b, htype, c.BytesAt(at+28, hlen))
		case 2:
			b.S("Boot Reply")
		default:
			b.S("Unknown BOOTP message type (").U(uint64(op)).C(')')
		}
	}
	m.scan(c)
	if m.typed {
		c.SetProtocol("DHCP")
		if b := c.SetInfo(); b != nil {
			b.S("DHCP ")
			n := b.Len()
			dhcpTypeName(b, m.kind)
			for b.Len() < n+8 {
				b.C(' ')
			}
			b.S(" - Transaction ID ").X(c.UintAt(at+4, 4), 1)
		}
	}
	dhcpHeader(c, &m, htype, hlen)
	m.names(c)
	if !m.typed {
		c.PutHidden(dhcpBootp, at, 0, 1)
	}
	c.Seek(at + dhcpCookieAt)
	if c.Peek32(0) != dhcpMagic {
		c.Bytes(dhcpVendArea, 64)
		return
	}
	c.U32(dhcpCookie)
	if b := c.Label(c.Last()); b != nil {
		b.S("Magic cookie: DHCP")
	}
	m.where = dhcpInOptions
	if !m.options(c, c.End()) && m.typed {
		c.Expert(m.root, eiDHCPNoEnd)
	}
	if n := c.CapLeft(); n > 0 {
		c.Bytes(dhcpPadding, n)
	}
}

// dhcpTypeName names a message type.
func dhcpTypeName(b *field.Text, kind uint8) {
	if s, ok := dhcpMessages.Lookup(uint64(kind)); ok {
		b.S(s)
		return
	}
	b.S("Unknown Message Type (").X(uint64(kind), 2).C(')')
}

// dhcpHardware writes an address as the Info column has it.
func dhcpHardware(b *field.Text, htype uint8, addr []byte) {
	switch {
	case len(addr) == 0:
		b.S("<No address>")
	case len(addr) == 6 && (htype == 1 || htype == 6):
		b.MAC(addr).S(" (").MAC(addr).C(')')
	default:
		b.Hex(addr, 0)
	}
}

func dhcpHeader(c *Cursor, m *dhcpMsg, htype uint8, hlen int) {
	c.U8(dhcpOp)
	c.U8(dhcpHWType)
	c.U8(dhcpHWLen)
	c.U8(dhcpHops)
	c.U32(dhcpID)
	// A host that forgets the byte order counts in steps of 256 seconds.
	if secs := c.Peek16(0); secs > 0xff && secs&0xff == 0 {
		c.Expert(c.Put(dhcpSecsF, c.Pos(), 2, uint64(secs>>8)), eiDHCPSecsLE)
		c.Skip(2)
	} else {
		c.U16(dhcpSecsF)
	}
	flags := c.Word(dhcpFlags, 2, dhcpFlagBC, dhcpFlagRes)
	if b := c.Append(c.Last()); b != nil {
		if flags&0x8000 != 0 {
			b.S(", Broadcast flag (Broadcast)")
		} else {
			b.S(" (Unicast)")
		}
	}
	for _, f := range [...]field.ID{dhcpCI, dhcpYI, dhcpSI, dhcpGI} {
		c.FieldAt(f, c.Pos(), 4)
		c.Skip(4)
	}
	at := c.Pos()
	switch {
	case hlen == 0 || hlen > 16:
		if b := c.Text(at, 16); b != nil {
			b.S("Client address not given")
			c.Expert(c.Last(), eiDHCPNoAddr)
		}
		hlen = 16
	case hlen == 6 && (htype == 1 || htype == 6):
		c.FieldAt(dhcpMAC, at, 6)
	default:
		c.FieldAt(dhcpHWAddr, at, 16)
		if b := c.Label(c.Last()); b != nil {
			b.S("Client hardware address: ").Hex(c.BytesAt(at, hlen), 0)
		}
	}
	if hlen < 16 {
		c.FieldAt(dhcpHWPad, at+hlen, 16-hlen)
	}
	c.Seek(at + 16)
}

// names shows the server and file names, or the options that stand in them.
func (m *dhcpMsg) names(c *Cursor) {
	over := func(pos, n, where int, ei, end field.ID, note, title string) {
		if b := c.Text(pos, n); b != nil {
			b.S(note)
		}
		c.Expert(c.Last(), ei)
		root := dissect.None
		if b := c.Text(pos, n); b != nil {
			b.S(title)
			root = c.Last()
		}
		old, oldRoot := c.Push(root), m.root
		m.root, m.where = root, where
		c.Seek(pos)
		if !m.options(c, pos+n) {
			c.Expert(root, end)
		}
		m.root = oldRoot
		c.Pop(old)
	}
	plain := func(f field.ID, pos, n int, none string) {
		b := c.BytesAt(pos, n)
		r := c.PutBytes(f, pos, n, untilNUL(b))
		if b[0] == 0 {
			if t := c.Label(r); t != nil {
				t.S(none)
			}
		}
	}
	sname, file := m.base+dhcpSnameAt, m.base+dhcpFileAt
	c.BytesAt(sname, dhcpCookieAt-dhcpSnameAt) // both or none
	if m.snameOver {
		over(sname, 64, dhcpInSname, eiDHCPSnameOver, eiDHCPSnameEnd, "Server name option overloaded by DHCP", "Server host name option overload")
	} else {
		plain(dhcpSname, sname, 64, "Server host name not given")
	}
	if m.fileOver {
		over(file, 128, dhcpInFile, eiDHCPFileOver, eiDHCPFileEnd, "Boot file name option overloaded by DHCP", "Boot file name option overload")
	} else {
		plain(dhcpFile, file, 128, "Boot file name not given")
	}
}

// untilNUL is a fixed-size text field without its padding.
func untilNUL(b []byte) []byte {
	for i, x := range b {
		if x == 0 {
			return b[:i]
		}
	}
	return b
}

// scan looks over the options once: what kind of message this is decides how
// the rest is shown.
func (m *dhcpMsg) scan(c *Cursor) {
	// What the packet has and the capture has not ends dissection here already,
	// before anything is shown, as it does in Wireshark.
	if m.base+dhcpCookieAt+4 > c.Pos()+c.CapLeft() || c.UintAt(m.base+dhcpCookieAt, 4) != dhcpMagic {
		return
	}
	m.scanArea(c, dhcpInOptions, m.base+dhcpCookieAt+4, c.End())
	m.fileOver, m.snameOver = m.overload&1 != 0, m.overload&2 != 0
	if m.fileOver {
		m.scanArea(c, dhcpInFile, m.base+dhcpFileAt, m.base+dhcpCookieAt)
	}
	if m.snameOver {
		m.scanArea(c, dhcpInSname, m.base+dhcpSnameAt, m.base+dhcpFileAt)
	}
}

func (m *dhcpMsg) scanArea(c *Cursor, where, pos, end int) {
	for pos < end {
		code := c.UintAt(pos, 1)
		if code == 255 {
			return
		}
		if code == 0 {
			pos++
			continue
		}
		if pos+2 >= end {
			return
		}
		n := int(c.UintAt(pos+1, 1))
		m.seen[where][code] = min(m.seen[where][code], 254) + 1
		switch code {
		case 52:
			if where == dhcpInOptions {
				m.overload = uint8(c.UintAt(pos+2, 1))
			}
		case 53:
			if where == dhcpInOptions {
				m.typed, m.kind = true, uint8(c.UintAt(pos+2, 1))
			}
		case 60:
			m.vendor = c.BytesAt(pos+2, min(n, end-pos-2))
		}
		pos += 2 + n
	}
}

// gather joins the pieces of an option that occurs several times, in the order
// that RFC 3396 gives to the places.
func (m *dhcpMsg) gather(c *Cursor, code uint8) []byte {
	var out []byte
	add := func(pos, end int) {
		c.Quiet(func(c *Cursor) {
			for pos < end {
				k := c.UintAt(pos, 1)
				if k == 255 {
					return
				}
				if k == 0 {
					pos++
					continue
				}
				n := int(c.UintAt(pos+1, 1))
				if k == uint64(code) {
					out = append(out, c.BytesAt(pos+2, n)...)
				}
				pos += 2 + n
			}
		})
	}
	add(m.base+dhcpCookieAt+4, c.End())
	if m.fileOver {
		add(m.base+dhcpFileAt, m.base+dhcpCookieAt)
	}
	if m.snameOver {
		add(m.base+dhcpSnameAt, m.base+dhcpFileAt)
	}
	return out
}
