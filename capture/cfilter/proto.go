package cfilter

import "fmt"

// protoQual is the protocol part of a qualifier, and what "tcp" alone means.
type protoQual uint8

const (
	prDefault protoQual = iota
	prUndef             // nothing to carry over: "tcp or 10.0.0.1"
	prLink
	prIP
	prIP6
	prARP
	prRARP
	prTCP
	prUDP
	prSCTP
	prICMP
	prICMP6
	prIGMP
	prIGRP
	prPIM
	prVRRP
	prCARP
	prAH
	prESP
	prATalk
	prAARP
	prDECnet
	prLAT
	prSCA
	prMOPDL
	prMOPRC
	prISO
	prESIS
	prISIS
	prCLNP
	prL1
	prL2
	prIIH
	prLSP
	prSNP
	prCSNP
	prPSNP
	prSTP
	prIPX
	prNetBEUI
	prRadio
)

var protoWords = map[string]protoQual{
	"link": prLink, "ether": prLink, "ppp": prLink, "slip": prLink, "fddi": prLink, "tr": prLink, "wlan": prLink,
	"ip": prIP, "ip6": prIP6, "arp": prARP, "rarp": prRARP, "tcp": prTCP, "udp": prUDP, "sctp": prSCTP,
	"icmp": prICMP, "icmp6": prICMP6, "igmp": prIGMP, "igrp": prIGRP, "pim": prPIM, "vrrp": prVRRP, "carp": prCARP,
	"ah": prAH, "esp": prESP, "atalk": prATalk, "aarp": prAARP, "decnet": prDECnet, "lat": prLAT, "sca": prSCA,
	"mopdl": prMOPDL, "moprc": prMOPRC, "iso": prISO, "esis": prESIS, "es-is": prESIS, "isis": prISIS, "is-is": prISIS,
	"clnp": prCLNP, "l1": prL1, "l2": prL2, "iih": prIIH, "lsp": prLSP, "snp": prSNP, "csnp": prCSNP, "psnp": prPSNP,
	"stp": prSTP, "ipx": prIPX, "netbeui": prNetBEUI, "radio": prRadio,
}

// protoNames is the word of each protocol, for messages.
var protoNames = func() map[protoQual]string {
	m := map[protoQual]string{}
	for w, p := range protoWords {
		if len(m[p]) == 0 || w < m[p] {
			m[p] = w
		}
	}
	m[prLink] = "ether"
	return m
}()

func fail(format string, a ...any) {
	panic(&Error{Message: fmt.Sprintf(format, a...)})
}

// linkProtos are protocols named by their Ethernet type or LLC access point.
var linkProtos = map[protoQual]uint32{
	prIP: etherIP, prIP6: etherIP6, prARP: etherARP, prRARP: etherRARP,
	prATalk: etherATalk, prAARP: etherAARP, prDECnet: 0x6003, prSCA: 0x6007, prLAT: 0x6004,
	prMOPDL: 0x6001, prMOPRC: 0x6002, prISO: sapISO, prSTP: sapSTP, prIPX: sapIPX, prNetBEUI: sapNetBEUI,
}

// ipProtos are protocols named by their IP protocol number, and over what.
var ipProtos = map[protoQual]struct {
	number uint32
	over   protoQual
}{
	prTCP: {6, prDefault}, prUDP: {17, prDefault}, prSCTP: {132, prDefault}, prICMP: {1, prIP}, prIGMP: {2, prIP},
	prIGRP: {9, prIP}, prPIM: {103, prDefault}, prVRRP: {112, prIP}, prCARP: {112, prIP}, prICMP6: {58, prIP6},
	prAH: {51, prDefault}, prESP: {50, prDefault}, prESIS: {0x82, prISO}, prISIS: {0x83, prISO}, prCLNP: {0x81, prISO},
}

// isisTypes are the PDU types of ISO 10589 behind the IS-IS words, in the
// order in which they are tried.
var isisTypes = map[protoQual][]uint32{
	prL1: {26, 24, 18, 15, 17}, prL2: {27, 25, 20, 16, 17}, prIIH: {17, 16, 15},
	prLSP: {20, 18}, prSNP: {27, 26, 25, 24}, prCSNP: {25, 24}, prPSNP: {27, 26},
}

// named is a protocol word alone.
func (c *comp) named(p protoQual) *node {
	if v, ok := linkProtos[p]; ok {
		return c.proto(v)
	}
	if v, ok := ipProtos[p]; ok {
		return c.carried(v.number, v.over, dirDefault)
	}
	if v, ok := isisTypes[p]; ok {
		var n []*node
		for _, t := range v {
			c.weigh(6)
			n = append(n, c.carried(t, prISIS, dirDefault))
		}
		return anyOf(n...)
	}
	if p == prRadio {
		fail("'radio' is not a valid protocol type")
	}
	fail("'%s' needs something to say of it, as in %s host", protoNames[p], protoNames[p])
	return nil
}

// carried is "proto N": protocol v inside p.
func (c *comp) carried(v uint32, p protoQual, dir dirQual) *node {
	if dir != dirDefault {
		fail("direction applied to 'proto'")
	}
	switch p {
	case prDefault:
		return or(c.carried(v, prIP, dir), c.carried(v, prIP6, dir))
	case prLink:
		return c.proto(v)
	case prIP:
		return and(c.proto(etherIP), c.eq(atNet, 9, 1, v))
	case prIP6: // also behind a fragment header, where that comes first
		return and(c.proto(etherIP6), or(c.eq(atNet, 6, 1, v), and(c.eq(atNet, 6, 1, 44), c.eq(atNet, 40, 1, v))))
	case prISO:
		switch c.link {
		case linkFrameRel:
			return c.eq(atLink, 2, 2, 0x0300|v)
		case linkCHDLC:
			return and(c.proto(sapISO<<8|sapISO), c.eq(atNoSnap, 1, 1, v))
		}
		return and(c.proto(sapISO), c.eq(atNoSnap, 0, 1, v))
	case prISIS:
		return and(c.carried(0x83, prISO, dir), c.eq(atNoSnap, 4, 1, v))
	}
	fail("'%s proto' is bogus", protoNames[p])
	return nil
}

// chainDepth bounds the headers that protochain walks; the loop of libpcap is
// one that the kernel refuses.
const chainDepth = 8

// chain is "protochain N": v anywhere in the chain of headers. Scratch words
// 14 and 15 hold the header number and where that header starts.
func (c *comp) chain(v uint32, p protoQual) *node {
	const next, pos = 14, 15
	c.chained = true
	c.weigh(8 * chainDepth)
	switch p {
	case prDefault:
		return or(c.chain(v, prIP), c.chain(v, prIP6))
	case prIP, prIP6:
	default:
		fail("bad protocol applied for 'protochain'")
	}
	b, _ := c.where(atNet)
	if b.reg != 0 {
		fail("'protochain' not supported with variable length headers")
	}
	isNext := func(n uint32) *node {
		return &node{kind: kTest, code: []ins{{Op: opLdMem, K: next}}, jump: opJeq, k: n, own: true, dirty: true}
	}
	base := c.linkPl.k + c.nl
	// advance reads the next header number, then moves by (length+add)*unit.
	advance := func(add, unit uint32) *node {
		return step(
			ins{Op: opLdxMem, K: pos}, ins{Op: opLdIndB, K: base}, ins{Op: opSt, K: next},
			ins{Op: opLdIndB, K: base + 1}, ins{Op: opAdd, K: add}, ins{Op: opMul, K: unit},
			ins{Op: opAdd | opX}, ins{Op: opSt, K: pos})
	}
	var n *node
	for range chainDepth {
		more := and(isNext(51), advance(2, 4)) // AH counts words, less 2
		if p == prIP6 {
			ext := anyOf(isNext(0), isNext(60), isNext(43), isNext(44))
			more = or(and(ext, advance(1, 8)), more)
		}
		if n == nil {
			n = isNext(v)
			continue
		}
		n = or(isNext(v), and(more, n))
	}
	if p == prIP {
		start := step(append([]ins{{Op: opLdB, K: base + 9}, {Op: opSt, K: next}, {Op: opLdxMsh, K: base}, {Op: opTxa}}, ins{Op: opSt, K: pos})...)
		return allOf(c.proto(etherIP), start, n)
	}
	start := step(ins{Op: opLdB, K: base + 6}, ins{Op: opSt, K: next}, ins{Op: opLdImm, K: 40}, ins{Op: opSt, K: pos})
	return allOf(c.proto(etherIP6), start, n)
}

// firstFragment is true where an IPv4 packet starts at its transport header.
func (c *comp) firstFragment() *node { return not(c.test(c.load(atNet, 6, 2), opJset, 0x1fff)) }

// ports tests lo..hi of transport protocol v, or of all three where v is 0.
func (c *comp) ports(lo, hi, v uint32, dir dirQual) *node {
	if lo > hi {
		lo, hi = hi, lo
	}
	one := func(p place, off uint32) *node {
		if lo == hi {
			return c.eq(p, off, 2, lo)
		}
		return and(c.ge(p, off, 2, lo), c.le(p, off, 2, hi))
	}
	c.weigh(10)
	dirs := func(p place) *node {
		return c.ways(dir, func() *node { return one(p, 0) }, func() *node { return one(p, 2) })
	}
	each := func(f func(uint32) *node) *node {
		if v != 0 {
			return f(v)
		}
		return anyOf(f(132), f(6), f(17))
	}
	v6 := and(c.proto(etherIP6), each(func(t uint32) *node {
		return and(c.eq(atNet, 6, 1, t), dirs(atTran6))
	}))
	v4 := and(c.proto(etherIP), each(func(t uint32) *node {
		return allOf(c.eq(atNet, 9, 1, t), c.firstFragment(), dirs(atTran4))
	}))
	return or(v6, v4)
}
