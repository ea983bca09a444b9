// ARP and RARP, RFC 826, 903, 5227. Not decoded: ATM addresses (RFC 2225).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	arpP        = protocol("arp", "Address Resolution Protocol", "ARP/RARP")
	arpHWType   = arpP.U16("hw.type", "Hardware type", dec, enum(arpHardware))
	arpProType  = arpP.U16("proto.type", "Protocol type", hex, enum(etherTypes))
	arpHWSize   = arpP.U8("hw.size", "Hardware size", dec)
	arpProSize  = arpP.U8("proto.size", "Protocol size", dec)
	arpOpcode   = arpP.U16("opcode", "Opcode", dec, enum(arpOpcodes))
	arpGratuit  = arpP.Bool("isgratuitous", "Is gratuitous")
	arpProbe    = arpP.Bool("isprobe", "Is probe")
	arpAnnounce = arpP.Bool("isannouncement", "Is announcement")
	arpSrcHW    = arpP.Bytes("src.hw", "Sender hardware address")
	arpSrcMAC   = arpP.Ether("src.hw_mac", "Sender MAC address")
	arpSrcProto = arpP.Bytes("src.proto", "Sender protocol address")
	arpSrcIPv4  = arpP.IPv4("src.proto_ipv4", "Sender IP address")
	arpDstHW    = arpP.Bytes("dst.hw", "Target hardware address")
	arpDstMAC   = arpP.Ether("dst.hw_mac", "Target MAC address")
	arpDstProto = arpP.Bytes("dst.proto", "Target protocol address")
	arpDstIPv4  = arpP.IPv4("dst.proto_ipv4", "Target IP address")
	arpDupFrame = arpP.FrameNum("duplicate-address-frame", "Frame showing earlier use of IP address")
	arpDupSecs  = arpP.U32("seconds-since-duplicate-address-frame", "Seconds since earlier frame seen", dec)

	eiArpDup = arpP.Expert("duplicate-address-detected", field.Sequence, field.Warn, "Duplicate IP address configured")
	eiArpDst = arpP.Expert("dst.nonzero.probe", field.Protocol, field.Warn, "Target Hardware Address field SHOULD be set to all zeroes in an ARP Probe (RFC 5227)")

	_ = arpP.Parse(parseARP).Stateful().On("ethertype", 0x0806, 0x8035)

	arpUses  = flow.NewSlot[arpTable]()
	arpFacts = flow.NewFacts[arpFact]()
)

// arpTable is who used which IPv4 address last.
type arpTable struct{ byIP map[uint32]arpUse }

type arpUse struct {
	mac   [6]byte
	frame uint32
	time  int64
}

// arpFact is an address seen with another hardware address before.
type arpFact struct {
	ip    uint32
	mac   [6]byte // the earlier user
	frame uint32
	secs  uint32
}

func parseARP(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("ARP")
	hw, pt := c.Peek16(0), c.Peek16(2)
	hl, pl := int(c.Peek8(4)), int(c.Peek8(5))
	op := c.Peek16(6)
	if op >= 3 && op <= 4 {
		c.SetProtocol("RARP")
	}
	end := at + 8 + 2*hl + 2*pl
	setUsed(c, end)
	c.ProtoEnd(end)
	ether := hw == 1 && hl == 6
	ipv4 := pt == 0x0800 && pl == 4
	// The addresses must be there before anything is said of them.
	src, dst := at+8, at+8+hl+pl
	c.BytesAt(src, 2*hl+2*pl)
	sip, dip := src+hl, dst+hl
	same, announce, probe := false, false, false
	if ipv4 && ether {
		same = c.UintAt(sip, 4) == c.UintAt(dip, 4)
		if op == 1 {
			zero := c.UintAt(dst, 6) == 0
			probe = c.UintAt(sip, 4) == 0
			announce = same && zero
			if probe {
				same = false
			}
		}
	}
	if b := c.Append(c.ProtoNode()); b != nil {
		switch {
		case announce:
			b.S(" (ARP Announcement)")
		case probe:
			b.S(" (ARP Probe)")
		default:
			b.S(" (").S(arpOpcodes.Text(uint64(op), "unknown"))
			if same && op <= 2 {
				b.S("/gratuitous ARP")
			}
			b.C(')')
		}
	}
	arpInfo(c, op, same, announce, probe, ipv4, ether, src, sip, dst, dip)
	c.U16(arpHWType)
	c.U16(arpProType)
	c.U8(arpHWSize)
	c.U8(arpProSize)
	c.U16(arpOpcode)
	if same && op <= 2 && !announce {
		c.Gen(arpGratuit, at, 0, 1)
	}
	if probe {
		c.Gen(arpProbe, at, 0, 1)
	}
	if announce {
		c.Gen(arpGratuit, at, 0, 1)
		c.Gen(arpAnnounce, at, 0, 1)
	}
	arpEnd(c, ether, ipv4, arpSrcMAC, arpSrcHW, arpSrcIPv4, arpSrcProto, src, hl, pl)
	arpEnd(c, ether, ipv4, arpDstMAC, arpDstHW, arpDstIPv4, arpDstProto, dst, hl, pl)
	if probe && c.UintAt(dst, 6) != 0 {
		c.Expert(c.Last(), eiArpDst)
	}
	if ether && ipv4 && op <= 2 {
		arpDuplicates(c, op, src, sip, dst, dip)
	}
}

func arpEnd(c *Cursor, ether, ipv4 bool, mac, raw, ip, proto field.ID, pos, hl, pl int) {
	if hl > 0 {
		if ether {
			c.FieldAt(mac, pos, hl)
		} else {
			c.FieldAt(raw, pos, hl)
		}
	}
	if pl > 0 {
		if ipv4 {
			c.FieldAt(ip, pos+hl, pl)
		} else {
			c.FieldAt(proto, pos+hl, pl)
		}
	}
}

func arpInfo(c *Cursor, op uint16, same, announce, probe, ipv4, ether bool, src, sip, dst, dip int) {
	b := c.SetInfo()
	if b == nil {
		return
	}
	if !ipv4 || !ether {
		b.S(arpOpcodes.Text(uint64(op), "Unknown"))
		return
	}
	switch {
	case announce:
		b.S("ARP Announcement for ").IPv4(c.BytesAt(dip, 4))
	case probe:
		b.S("Who has ").IPv4(c.BytesAt(dip, 4)).S("? (ARP Probe)")
	case op == 1 && same:
		b.S("Gratuitous ARP for ").IPv4(c.BytesAt(dip, 4)).S(" (Request)")
	case op == 1:
		b.S("Who has ").IPv4(c.BytesAt(dip, 4)).S("? Tell ").IPv4(c.BytesAt(sip, 4))
	case op == 2 && same:
		b.S("Gratuitous ARP for ").IPv4(c.BytesAt(sip, 4)).S(" (Reply)")
	case op == 2:
		b.IPv4(c.BytesAt(sip, 4)).S(" is at ").MAC(c.BytesAt(src, 6))
	case op == 3 || op == 8:
		b.S("Who is ").MAC(c.BytesAt(dst, 6)).S("? Tell ").MAC(c.BytesAt(src, 6))
	case op == 4:
		b.MAC(c.BytesAt(dst, 6)).S(" is at ").IPv4(c.BytesAt(dip, 4))
	case op == 9:
		b.MAC(c.BytesAt(src, 6)).S(" is at ").IPv4(c.BytesAt(sip, 4))
	default:
		b.S(arpOpcodes.Text(uint64(op), "Unknown ARP opcode"))
	}
}

// arpDuplicates tells when an address was last seen with another hardware
// address.
func arpDuplicates(c *Cursor, op uint16, src, sip, dst, dip int) {
	st, fr := c.Flow(), c.Frame()
	if c.Learning() {
		t := arpUses.Global(st)
		if t.byIP == nil {
			t.byIP = map[uint32]arpUse{}
		}
		check := func(mac, ip int, replace bool) bool {
			addr := uint32(c.UintAt(ip, 4))
			m := [6]byte(c.BytesAt(mac, 6))
			if addr == 0 || m == [6]byte{} || m[0]&1 != 0 {
				return false
			}
			old, ok := t.byIP[addr]
			dup := false
			if ok && old.mac != m {
				*arpFacts.Put(st, fr.Number, c.Layer()) = arpFact{addr, old.mac, old.frame, uint32((fr.Time - old.time) / 1e9)}
				dup = true
			}
			t.byIP[addr] = arpUse{m, fr.Number, fr.Time}
			return dup
		}
		if !check(src, sip, true) && op == 2 {
			check(dst, dip, false)
		}
	}
	f := arpFacts.Get(st, fr.Number, c.Layer())
	if f == nil {
		return
	}
	r := dissect.None
	if b := c.GenTextLine(0, 0); b != nil {
		b.S("Duplicate IP address detected for ").IPv4n(f.ip).S(" (").MAC(macOf(c, f, src, sip, dst)).S(") - also in use by ").MAC(f.mac[:]).
			S(" (frame ").U(uint64(f.frame)).S(")")
		r = c.Last()
	}
	old := c.Push(r)
	n := c.Gen(arpDupFrame, 0, 0, uint64(f.frame))
	c.Expert(n, eiArpDup)
	c.Gen(arpDupSecs, 0, 0, uint64(f.secs))
	c.Pop(old)
	if b := c.Info(); b != nil {
		b.S(" (duplicate use of ").IPv4n(f.ip).S(" detected!)")
	}
}

func macOf(c *Cursor, f *arpFact, src, sip, dst int) []byte {
	if uint32(c.UintAt(sip, 4)) == f.ip {
		return c.BytesAt(src, 6)
	}
	return c.BytesAt(dst, 6)
}
