// EDNS, RFC 6891, and its options.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	dnsUDPSize  = dnsP.U16("rr.udp_payload_size", "UDP payload size", dec)
	dnsUDPSizeM = dnsP.U16("rr.udp_payload_size", "UDP payload size", hex, mask(16, 0x7fff))
	dnsExtRcode = dnsP.U8("resp.ext_rcode", "Higher bits in extended RCODE", hex)
	dnsEDNSVer  = dnsP.U8("resp.edns0_version", "EDNS0 version", dec)
	dnsEZ       = dnsP.U16("resp.z", "Z", hex)
	dnsDO       = dnsP.Bool("resp.z.do", "DO bit", mask(16, 0x8000), tf("Accepts DNSSEC security RRs", "Cannot handle DNSSEC security RRs"))
	dnsZRes     = dnsP.U16("resp.z.reserved", "Reserved", hex, mask(16, 0x7fff))

	dnsOpt       = dnsP.None("opt", "Option")
	dnsOptCode   = dnsP.U16("opt.code", "Option Code", dec, enum(dnsOptCodes))
	dnsOptLen    = dnsP.U16("opt.len", "Option Length", dec)
	dnsOptData   = dnsP.Bytes("opt.data", "Option Data")
	dnsECSFam    = dnsP.U16("opt.client.family", "Family", dec, enum(addressFamilies))
	dnsECSMask   = dnsP.U8("opt.client.netmask", "Source Netmask", dec)
	dnsECSScope  = dnsP.U8("opt.client.scope", "Scope Netmask", dec)
	dnsECSAddr   = dnsP.Bytes("opt.client.addr", "Client Subnet")
	dnsECSAddr4  = dnsP.IPv4("opt.client.addr4", "Client Subnet")
	dnsECSAddr6  = dnsP.IPv6("opt.client.addr6", "Client Subnet")
	dnsCookieC   = dnsP.Bytes("opt.cookie.client", "Client Cookie")
	dnsCookieS   = dnsP.Bytes("opt.cookie.server", "Server Cookie")
	dnsKeepalive = dnsP.U16("opt.edns_tcp_keepalive.timeout", "Timeout", dec)
	dnsPadding   = dnsP.Bytes("opt.padding", "Padding")
	dnsChain     = dnsP.Str("opt.chain.fqdn", "Closest Trust Point")
	dnsDAU       = dnsP.U8("opt.dau", "DAU", dec, enum(dnssecAlgorithms))
	dnsDHU       = dnsP.U8("opt.dhu", "DHU", dec, enum(dnsDigests))
	dnsN3U       = dnsP.U8("opt.n3u", "N3U", dec, enum(nsec3Algos))
	dnsErrCode   = dnsP.U16("opt.ext_error.info_code", "Info Code", dec, enum(dnsExtErrors))
	dnsErrText   = dnsP.Str("opt.ext_error.extra_text", "Extra Text")

	dnsAgentDom = dnsP.Str("opt.agent_domain", "Agent Domain")
	dnsZVLabels = dnsP.U8("opt.zoneversion.labelcount", "Labelcount", dec)
	dnsZVType   = dnsP.U8("opt.zoneversion.type", "Type", dec, enum(dnsZVTypes))
	dnsZVSOA    = dnsP.U32("opt.zoneversion.soa", "SOA-SERIAL", dec)
	dnsZVBytes  = dnsP.Bytes("opt.zoneversion.version", "Version")
	dnsZVTypes  = ranges(span(0, 0, "SOA-SERIAL"), span(1, 245, "Unassigned"), span(246, 254, "Private Use"), span(255, 255, "Reserved"))

	eiDNSOptLen = dnsP.Expert("rr.opt.bad_length", field.Malformed, field.Error, "Length too long for any type of IP address.")
)

// dnsOptHead is what an OPT record has in place of class and time to live.
func dnsOptHead(c *Cursor, m *dnsMsg) {
	if m.kind == multicastDNS {
		c.FieldAt(dnsUDPSizeM, c.Pos(), 2)
		c.FieldAt(dnsFlush, c.Pos(), 2)
		c.Skip(2)
	} else {
		c.U16(dnsUDPSize)
	}
	c.U8(dnsExtRcode)
	c.U8(dnsEDNSVer)
	c.Word(dnsEZ, 2, dnsDO, dnsZRes)
}

func dnsOptions(c *Cursor, m *dnsMsg, r *dnsRR) {
	for c.Pos() < r.end {
		at := c.Pos()
		code, n := c.Peek16(0), int(c.Peek16(2))
		ref := c.Put(dnsOpt, at, 4+n, 0)
		if b := c.Label(ref); b != nil {
			b.S("Option: ").S(dnsOptCodes.Text(uint64(code), "Unknown"))
			if _, ok := dnsOptCodes.Lookup(uint64(code)); !ok {
				b.S(" (").U(uint64(code)).C(')')
			}
		}
		old := c.Push(ref)
		c.U16(dnsOptCode)
		c.U16(dnsOptLen)
		end := c.Pos() + n
		c.FieldAt(dnsOptData, c.Pos(), n)
		dnsOption(c, m, code, n, ref)
		c.Pop(old)
		c.Seek(end)
	}
}

func dnsOption(c *Cursor, m *dnsMsg, code uint16, n int, ref dissect.Ref) {
	at := c.Pos()
	end := at + n
	switch code {
	case 5, 6, 7:
		f := map[uint16]field.ID{5: dnsDAU, 6: dnsDHU, 7: dnsN3U}[code]
		for c.Pos() < end {
			c.U8(f)
		}
	case 8:
		fam := c.U16(dnsECSFam)
		c.U8(dnsECSMask)
		c.U8(dnsECSScope)
		k := end - c.Pos()
		var addr [16]byte
		if k > 16 {
			c.Expert(ref, eiDNSOptLen)
			return
		}
		copy(addr[:], c.BytesAt(c.Pos(), k))
		switch fam {
		case 1:
			c.Put(dnsECSAddr4, c.Pos(), k, uint64(addr[0])<<24|uint64(addr[1])<<16|uint64(addr[2])<<8|uint64(addr[3]))
		case 2:
			c.PutBytes(dnsECSAddr6, c.Pos(), k, addr[:])
		default:
			c.FieldAt(dnsECSAddr, c.Pos(), k)
		}
	case 10:
		c.FieldAt(dnsCookieC, at, 8)
		c.FieldAt(dnsCookieS, at+8, max(0, n-8))
	case 11:
		if n == 2 {
			c.U16(dnsKeepalive)
		}
	case 12:
		c.FieldAt(dnsPadding, at, n)
	case 13:
		var name dnsName
		k := name.read(c, m.base, at)
		c.PutBytes(dnsChain, at, k, name.text())
	case 15:
		c.U16(dnsErrCode)
		if n > 2 {
			c.FieldAt(dnsErrText, at+2, n-2)
		}
	case 18:
		var name dnsName
		k := name.read(c, m.base, at)
		c.PutBytes(dnsAgentDom, at, k, name.text())
	case 19:
		if n == 0 {
			return
		}
		c.U8(dnsZVLabels)
		if c.U8(dnsZVType) == 0 {
			c.U32(dnsZVSOA)
		} else if k := end - c.Pos(); k > 0 {
			c.Bytes(dnsZVBytes, k)
		}
	}
}
