package cfilter

import (
	be "encoding/binary"
	"net/netip"

	"sonde/capture/frame"
)

// dirQual is the direction part of a qualifier.
type dirQual uint8

const (
	dirDefault dirQual = iota
	dirSrc
	dirDst
	dirOr
	dirAnd
	dirAddr1
	dirAddr2
	dirAddr3
	dirAddr4
	dirRA
	dirTA
)

// addrQual is the kind part of a qualifier.
type addrQual uint8

const (
	adDefault addrQual = iota
	adHost
	adNet
	adPort
	adPortRange
	adGateway
	adProto
	adChain
)

// qual is what stands before an identifier; it carries over to the next one
// ("port 80 or 443").
type qual struct {
	proto protoQual
	dir   dirQual
	addr  addrQual
}

var noQual = qual{proto: prUndef}

// ways joins a source and a destination test as the direction says.
func (c *comp) ways(dir dirQual, src, dst func() *node) *node {
	switch dir {
	case dirSrc:
		return src()
	case dirDst:
		return dst()
	case dirAnd:
		return and(src(), dst())
	case dirDefault, dirOr:
		return or(src(), dst())
	}
	fail("addr1-addr4, ra and ta are for 802.11 addresses only")
	return nil
}

// host4 tests IPv4 addresses under a mask, in IP and, without a protocol
// word, in ARP and RARP.
func (c *comp) host4(v, mask uint32, q qual) *node {
	in := func(proto, src, dst uint32) *node {
		at := func(off uint32) func() *node {
			return func() *node { return and(c.proto(proto), c.masked(atNet, off, 4, v, mask)) }
		}
		return c.ways(q.dir, at(src), at(dst))
	}
	switch q.proto {
	case prDefault:
		c.weigh(6)
		if c.labels > 0 {
			return in(etherIP, 12, 16)
		}
		return anyOf(in(etherIP, 12, 16), in(etherARP, 14, 24), in(etherRARP, 14, 24))
	case prIP:
		return in(etherIP, 12, 16)
	case prARP:
		return in(etherARP, 14, 24)
	case prRARP:
		return in(etherRARP, 14, 24)
	case prLink:
		fail("link-layer modifier applied to an IPv4 address")
	}
	fail("'%s' modifier applied to an IPv4 address", protoNames[q.proto])
	return nil
}

// host6 tests IPv6 addresses of which bits count.
func (c *comp) host6(a netip.Addr, bits int, q qual) *node {
	switch q.proto {
	case prDefault, prIP6:
	case prLink:
		fail("link-layer modifier applied to an IPv6 address")
	default:
		fail("'%s' modifier applied to an IPv6 address", protoNames[q.proto])
	}
	raw := a.As16()
	at := func(off uint32) func() *node {
		return func() *node {
			n := c.proto(etherIP6)
			for i := range 4 {
				v := be.BigEndian.Uint32(raw[4*i:])
				n = and(n, c.masked(atNet, off+uint32(4*i), 4, v, prefix(bits-32*i)))
			}
			return n
		}
	}
	return c.ways(q.dir, at(8), at(24))
}

// prefix is a mask of n leading ones.
func prefix(n int) uint32 {
	if n <= 0 {
		return 0
	}
	if n >= 32 {
		return 0xffffffff
	}
	return 0xffffffff << (32 - n)
}

// mac tests a link-layer address.
func (c *comp) mac(addr []byte, q qual) *node {
	if q.proto != prLink || q.addr != adHost && q.addr != adDefault {
		panic(&Error{Message: "ethernet address used in non-ether expression", Remedy: "write ether host before the address"})
	}
	switch c.link {
	case frame.LinkEthernet:
		return c.ways(q.dir, func() *node { return c.bytes(atLink, 6, addr) }, func() *node { return c.bytes(atLink, 0, addr) })
	case linkFDDI:
		return c.ways(q.dir, func() *node { return c.bytes(atLink, 7, addr) }, func() *node { return c.bytes(atLink, 1, addr) })
	case linkIEEE802:
		return c.ways(q.dir, func() *node { return c.bytes(atLink, 8, addr) }, func() *node { return c.bytes(atLink, 2, addr) })
	case linkFC:
		return c.ways(q.dir, func() *node { return c.bytes(atLink, 10, addr) }, func() *node { return c.bytes(atLink, 2, addr) })
	case frame.LinkIEEE80211, frame.LinkRadiotap, linkPrism, linkAVS, linkPPI:
		return c.wlanHost(addr, q.dir)
	}
	fail("captures of type %s have no ethernet addresses", c.link)
	return nil
}

var allOnes = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func (c *comp) broadcast(p protoQual) *node {
	switch p {
	case prDefault, prLink:
		switch c.link {
		case frame.LinkEthernet, linkFDDI, linkIEEE802, linkFC, frame.LinkIEEE80211, frame.LinkRadiotap, linkPrism, linkAVS, linkPPI:
			return c.mac(allOnes, qual{prLink, dirDst, adHost})
		case linkArcnetLin:
			return c.eq(atLink, 2, 1, 0)
		}
		fail("not a broadcast link")
	case prIP:
		if !c.opt.HasNetmask {
			panic(&Error{Message: "netmask not known, so 'ip broadcast' not supported",
				Remedy: "write the broadcast address: ip dst host 10.0.0.255"})
		}
		host := ^c.opt.Netmask
		return and(c.proto(etherIP), or(c.masked(atNet, 16, 4, 0, host), c.masked(atNet, 16, 4, host, host)))
	}
	fail("only link-layer/IP broadcast filters supported")
	return nil
}

func (c *comp) multicast(p protoQual) *node {
	switch p {
	case prDefault, prLink:
		switch c.link {
		case frame.LinkEthernet:
			return c.test(c.load(atLink, 0, 1), opJset, 1)
		case linkFDDI:
			return c.test(c.load(atLink, 1, 1), opJset, 1)
		case linkIEEE802, linkFC:
			return c.test(c.load(atLink, 2, 1), opJset, 1)
		case frame.LinkIEEE80211, frame.LinkRadiotap, linkPrism, linkAVS, linkPPI:
			return c.wlanGroup()
		case linkArcnetLin:
			return c.eq(atLink, 2, 1, 0)
		}
	case prIP:
		return and(c.proto(etherIP), c.ge(atNet, 16, 1, 224))
	case prIP6:
		return and(c.proto(etherIP6), c.eq(atNet, 24, 1, 255))
	}
	fail("link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/Fibre Channel")
	return nil
}

// outgoing is true for packets that this machine sent.
func (c *comp) outgoing() *node {
	switch c.link {
	case frame.LinkLinuxSLL:
		return c.eq(atLink, 0, 2, 4)
	case frame.LinkLinuxSLL2:
		return c.eq(atLink, 10, 1, 4)
	case linkSLIP, linkPPPPPPD:
		return c.eq(atLink, 0, 1, 1)
	case linkPFLog:
		return c.eq(atLink, 60, 1, 2)
	}
	if !c.opt.Live {
		fail("inbound/outbound not supported on %s when reading savefiles", c.opt.Link)
	}
	return &node{kind: kTest, code: []ins{{Op: opLdH, K: adPktType}}, jump: opJeq, k: 4}
}

// ifIndex is true for packets of one interface of the capturing machine.
func (c *comp) ifIndex(i uint32) *node {
	switch {
	case c.link == frame.LinkLinuxSLL2:
		return c.eq(atLink, 4, 4, i)
	case c.opt.Live:
		return &node{kind: kTest, code: []ins{{Op: opLdW, K: adIfIndex}}, jump: opJeq, k: i}
	}
	fail("ifindex not supported on %s when reading savefiles", c.opt.Link)
	return nil
}
