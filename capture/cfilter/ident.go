package cfilter

import (
	"net/netip"
	"strings"
)

// Identifiers under qualifiers: numbers, addresses, names.

func (c *comp) transport(p protoQual, what string) uint32 {
	switch p {
	case prDefault:
		return 0
	case prTCP:
		return 6
	case prUDP:
		return 17
	case prSCTP:
		return 132
	}
	fail("illegal qualifier of '%s'", what)
	return 0
}

// numbered is a plain number: "port 80", "ip proto 6", "host 10", "net 10".
func (c *comp) numbered(v uint32, q qual) *node {
	if q.proto == prUndef {
		fail("syntax error: the number %d needs a word before it", v)
	}
	switch q.addr {
	case adPort, adPortRange:
		what := "port"
		if q.addr == adPortRange {
			what = "portrange"
		}
		t := c.transport(q.proto, what)
		if v > 65535 {
			fail("illegal port number %d > 65535", v)
		}
		return c.ports(v, v, t, q.dir)
	case adProto:
		return c.carried(v, q.proto, q.dir)
	case adChain:
		return c.chain(v, q.proto)
	case adGateway:
		c.gateway()
	}
	if q.proto == prLink {
		fail("illegal link layer address")
	}
	c.noDECnet(q)
	mask := uint32(0xffffffff)
	if q.addr == adNet { // "net 10" is 10.0.0.0/8
		for v != 0 && v&0xff000000 == 0 {
			v <<= 8
			mask <<= 8
		}
	}
	return c.host4(v, mask, q)
}

func (c *comp) gateway() {
	panic(&Error{Message: "'gateway' is not supported", Remedy: "write ether host with the gateway's MAC address and not host with its IP address"})
}

func (c *comp) noDECnet(q qual) {
	if q.proto == prDECnet {
		fail("DECnet addresses are not supported")
	}
}

// parseDotted reads one to four numbers with dots, giving how many bits they fill.
func parseDotted(s string) (v uint32, bits int) {
	for part := range strings.SplitSeq(s, ".") {
		n, fault := parseAny(part)
		if fault || n > 255 {
			fail("invalid IPv4 address '%s'", clip(s))
		}
		v = v<<8 | n
		bits += 8
	}
	return v, bits
}

// parseAny reads a part of a dotted address, which is decimal whatever zeros
// it starts with.
func parseAny(s string) (uint32, bool) {
	var n uint32
	for i := range len(s) {
		if !isDigit(s[i]) || n > 1000 {
			return 0, true
		}
		n = n*10 + uint32(s[i]-'0')
	}
	return n, s == ""
}

// dotted is an IPv4 address or its leading part ("net 10.1").
func (c *comp) dotted(s string, q qual) *node {
	v, bits := parseDotted(s)
	switch q.addr {
	case adPort, adPortRange, adProto, adChain:
		fail("an IP address stands where a %s is expected", map[addrQual]string{
			adPort: "port", adPortRange: "range of ports", adProto: "protocol", adChain: "protocol"}[q.addr])
	case adGateway:
		c.gateway()
	}
	if q.proto == prLink {
		fail("illegal link layer address")
	}
	c.noDECnet(q)
	shift := 32 - bits
	return c.host4(v<<shift, 0xffffffff<<shift, q)
}

func (c *comp) maskedNet(s, m string, q qual) *node {
	v, bits := parseDotted(s)
	v <<= 32 - bits
	mask, bits := parseDotted(m)
	mask <<= 32 - bits
	if v&^mask != 0 {
		panic(&Error{Message: "non-network bits set in \"" + s + " mask " + m + "\"", Remedy: "net " + addr4(v&mask) + " mask " + m})
	}
	c.netsOnly(q)
	return c.host4(v, mask, q)
}

func (c *comp) prefixNet(s string, n uint32, q qual) *node {
	v, bits := parseDotted(s)
	v <<= 32 - bits
	if n > 32 {
		fail("mask length must be <= 32")
	}
	mask := prefix(int(n))
	if v&^mask != 0 {
		p, _ := netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).Prefix(int(n))
		panic(&Error{Message: "non-network bits set in \"" + s + "/" + itoa(n) + "\"", Remedy: "net " + p.String()})
	}
	c.netsOnly(q)
	return c.host4(v, mask, q)
}

func (c *comp) netsOnly(q qual) {
	if q.addr != adNet {
		panic(&Error{Message: "Mask syntax for networks only", Remedy: "write net before the address"})
	}
}

func addr4(v uint32) string {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String()
}

// literal6 is an IPv6 address or network.
func (c *comp) literal6(a netip.Addr, bits uint32, has bool, q qual) *node {
	if bits > 128 {
		fail("mask length must be <= 128")
	}
	p, _ := a.Prefix(int(bits))
	if p.Addr() != a {
		panic(&Error{Message: "non-network bits set in \"" + a.String() + "/" + itoa(bits) + "\"", Remedy: "net " + p.String()})
	}
	switch q.addr {
	case adDefault, adHost:
		if bits != 128 {
			c.netsOnly(q)
		}
	case adNet:
	default:
		fail("invalid qualifier against IPv6 address")
	}
	return c.host6(a, int(bits), q)
}

// parseMAC reads what the scanner took for a MAC address.
func parseMAC(s string) []byte {
	var out []byte
	fill := func(group string) {
		if len(group)%2 == 1 {
			group = "0" + group
		}
		for i := 0; i < len(group); i += 2 {
			v, _ := parseNumber("0x" + group[i:i+2])
			out = append(out, byte(v))
		}
	}
	for g := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ':' || r == '-' || r == '.' }) {
		fill(g)
	}
	return out
}

// arcHost is an ARCnet address, $xx.
func (c *comp) arcHost(s string, q qual) *node {
	if q.proto != prLink || q.addr != adHost && q.addr != adDefault || c.link != linkArcnetLin {
		fail("ARCnet address used in non-arc expression")
	}
	v, _ := parseNumber("0x" + s[1:])
	return c.ways(q.dir, func() *node { return c.eq(atLink, 0, 1, v) }, func() *node { return c.eq(atLink, 1, 1, v) })
}

// name is a word that stands for a host, a port, a range or a protocol.
func (c *comp) name(s string, q qual) *node {
	switch q.addr {
	case adNet:
		panic(&Error{Message: "unknown network '" + clip(s) + "'", Remedy: "write its address, as in net 10.0.0.0/8"})
	case adDefault, adHost:
		return c.hostName(s, q)
	case adPort:
		t := c.transport(q.proto, "port")
		lo, named := portNumber(s)
		return c.ports(lo, lo, belongs(s, named, t), q.dir)
	case adPortRange:
		t := c.transport(q.proto, "portrange")
		a, b, ok := strings.Cut(s, "-")
		if !ok {
			panic(&Error{Message: "unknown port in range '" + clip(s) + "'", Remedy: "write both ends, as in portrange 8000-8100"})
		}
		lo, named := portNumber(a)
		hi, other := portNumber(b)
		if named != other {
			named = 0
		}
		return c.ports(lo, hi, belongs(s, named, t), q.dir)
	case adGateway:
		c.gateway()
	case adProto, adChain:
		var v uint32
		var ok bool
		switch q.proto {
		case prDefault, prIP, prIP6:
			v, ok = protocolNumber(s)
		case prISO:
			v, ok = isoNames[s]
		case prLink:
			if v, ok = etherNames[s]; !ok {
				v, ok = sapNames[s]
			}
		}
		if !ok {
			fail("unknown protocol: %s", clip(s))
		}
		if q.addr == adChain {
			return c.chain(v, q.proto)
		}
		return c.carried(v, q.proto, q.dir)
	}
	fail("syntax error at %s", clip(s))
	return nil
}

func (c *comp) hostName(s string, q qual) *node {
	if q.proto == prLink {
		panic(&Error{Message: "unknown ether host '" + clip(s) + "'", Remedy: "write its address, as in ether host 00:11:22:33:44:55"})
	}
	c.noDECnet(q)
	if c.opt.Resolve == nil {
		panic(&Error{Message: "unknown host '" + clip(s) + "'", Remedy: "write its address, as in host 10.0.0.1"})
	}
	addrs, err := c.opt.Resolve(s)
	if err != nil || len(addrs) == 0 {
		panic(&Error{Message: "unknown host '" + clip(s) + "'", Remedy: "write its address, as in host 10.0.0.1"})
	}
	var n *node
	for _, a := range addrs {
		a = a.Unmap()
		var m *node
		switch {
		case a.Is4() && q.proto != prIP6:
			b := a.As4()
			m = c.host4(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), 0xffffffff, q)
		case a.Is6() && (q.proto == prDefault || q.proto == prIP6):
			m = c.host6(a, 128, q)
		default:
			continue
		}
		if n == nil {
			n = m
		} else {
			n = or(n, m)
		}
	}
	if n == nil {
		fail("host '%s' has no address of the kind asked for", clip(s))
	}
	return n
}
