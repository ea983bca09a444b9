package cfilter

import "sonde/capture/frame"

// Encapsulations: each tests for its header and moves the places of what
// follows in the expression behind it, whatever joins the two.

func (c *comp) vlan(id uint32, has bool) *node {
	if c.labels > 0 {
		fail("no VLAN match after MPLS")
	}
	if c.link != frame.LinkEthernet && (!c.wlan || c.link == linkPPI) {
		fail("no VLAN support for %s", c.link)
	}
	if has && id > 0xfff {
		fail("VLAN tag %d greater than maximum %d", id, 0xfff)
	}
	inside := anyOf(c.proto(etherVLAN), c.proto(etherAD), c.proto(etherQinQ))
	if has {
		inside = and(inside, c.masked(atNet, 0, 2, id, 0xfff))
	}
	live := c.opt.Live && c.link == frame.LinkEthernet && c.linkPl.reg == 0 && c.linkType.k == 12
	if !live {
		c.linkPl.k += 4
		c.linkType.k += 4
		return inside
	}
	// The kernel holds the outer tag beside the packet, or it stands inside.
	beside := func() *node {
		return &node{kind: kTest, code: []ins{{Op: opLdB, K: adVlanTagPresent}}, jump: opJeq, k: 1}
	}
	tag := beside()
	if has {
		tag = and(tag, c.test([]ins{{Op: opLdH, K: adVlanTag}, {Op: opAnd, K: 0xfff}}, opJeq, id))
	}
	c.vlanAt = c.word(true)
	c.linkPl.reg = c.vlanAt
	c.linkType.reg = c.vlanAt
	return or(tag, and(not(beside()), inside))
}

func (c *comp) mpls(label uint32, has bool) *node {
	var n *node
	switch {
	case c.labels > 0:
		n = c.masked(atLabel, 2, 1, 0, 1) // the label before is not the last
	case c.link == frame.LinkEthernet, c.link == linkCHDLC:
		n = c.proto(etherMPLS)
	case c.link == frame.LinkPPP:
		n = c.eq(atLinkType, 0, 2, 0x0281)
	default:
		fail("no MPLS support for %s", c.link)
	}
	if has {
		if label > 0xfffff {
			fail("MPLS label %d greater than maximum %d", label, 0xfffff)
		}
		n = and(n, c.masked(atNet, 0, 4, label<<12, 0xfffff000))
	}
	c.nl += 4
	c.nlNoSnap += 4
	c.labels++
	return n
}

// labelled guesses what an MPLS stack carries: nothing in it says so, but the
// last label is marked and IP starts with its version.
func (c *comp) labelled(v uint32) *node {
	var nibble uint32
	switch v {
	case etherIP:
		nibble = 0x40
	case etherIP6:
		nibble = 0x60
	default:
		panic(&Error{Message: "unsupported protocol over mpls", Remedy: "only ip and ip6 can be told behind mpls"})
	}
	return and(c.masked(atLabel, 2, 1, 1, 1), c.masked(atNet, 0, 1, nibble, 0xf0))
}

func (c *comp) pppoeSession(id uint32, has bool) *node {
	n := c.proto(etherPPPoES)
	if has {
		if id > 0xffff {
			fail("PPPoE session number %d greater than maximum %d", id, 0xffff)
		}
		n = and(n, c.masked(atNet, 0, 4, id, 0xffff))
	}
	// 6 bytes of PPPoE, then a PPP protocol number of 2 and its payload.
	c.linkHdr = base{c.linkPl.reg, c.linkPl.k + c.nl + 6}
	c.linkType = c.linkHdr
	c.linkPl = base{c.linkHdr.reg, c.linkHdr.k + 2}
	c.nl, c.nlNoSnap = 0, 0
	c.link = frame.LinkPPP
	return n
}

// inGeneve follows RFC 8926: UDP port 6081, version 0, options of varying
// length, then Ethernet or what the protocol type says.
func (c *comp) inGeneve(vni uint32, has bool) *node {
	if has && vni > 0xffffff {
		fail("Geneve VNI %d greater than maximum %d", vni, 0xffffff)
	}
	header := func(p place) *node {
		n := and(c.eq(p, 2, 2, 6081), c.masked(p, 8, 1, 0, 0xc0))
		if has {
			n = and(n, c.masked(p, 12, 4, vni<<8, 0xffffff00))
		}
		return n
	}
	v4 := allOf(c.proto(etherIP), c.eq(atNet, 9, 1, 17), c.firstFragment(), header(atTran4))
	v6 := allOf(c.proto(etherIP6), c.eq(atNet, 6, 1, 17), header(atTran6))
	b, add := c.where(atNet)
	k := b.k + add
	toTran4 := append(c.ipHeaderLen(), ins{Op: opTxa})
	toTran6 := []ins{{Op: opLdImm, K: 40}}
	if b.reg != 0 {
		toTran6 = []ins{{Op: opLdMem, K: uint32(b.reg - 1)}, {Op: opAdd, K: 40}}
	}
	typ, hdr, pl := c.word(false), c.word(false), c.word(false)
	c.use(typ)
	c.use(hdr)
	c.use(pl)
	st := func(reg int) ins { return ins{Op: opSt, K: uint32(reg - 1)} }
	ld := func(reg int) ins { return ins{Op: opLdMem, K: uint32(reg - 1)} }
	ldx := func(reg int) ins { return ins{Op: opLdxMem, K: uint32(reg - 1)} }
	// typ := start of the Geneve header, for now; 8 bytes of UDP.
	start := ins{Op: opAdd, K: k + 8}
	n := or(and(v4, step(append(toTran4, start, st(typ))...)), and(v6, step(append(toTran6, start, st(typ))...)))
	n = and(n, step(ldx(typ), ins{Op: opLdIndB}, ins{Op: opAnd, K: 0x3f}, ins{Op: opMul, K: 4}, ins{Op: opAdd, K: 8},
		ins{Op: opAdd | opX}, st(hdr), st(pl), ld(typ), ins{Op: opAdd, K: 2}, st(typ)))
	ether := &node{kind: kTest, code: []ins{ldx(typ), {Op: opLdIndH}}, jump: opJeq, k: etherTEB, own: true, dirty: true}
	n = and(n, or(not(ether), step(ld(hdr), ins{Op: opAdd, K: 12}, st(typ), ins{Op: opAdd, K: 2}, st(pl))))
	c.linkType, c.linkHdr, c.linkPl = base{reg: typ}, base{reg: hdr}, base{reg: pl}
	c.nl, c.nlNoSnap = 0, 3
	c.link = frame.LinkEthernet
	c.labels = 0
	return n
}

// llcKinds are the values of the control field behind "llc NAME", with the
// mask under which they stand.
var llcKinds = map[string][2]uint32{
	"s": {0x01, 0x03}, "u": {0x03, 0x03},
	"rr": {0x01, 0x0f}, "rnr": {0x05, 0x0f}, "rej": {0x09, 0x0f},
	"ui": {0x03, 0xef}, "ua": {0x63, 0xef}, "disc": {0x43, 0xef}, "dm": {0x0f, 0xef}, "sabme": {0x6f, 0xef},
	"test": {0xe3, 0xef}, "xid": {0xaf, 0xef}, "frmr": {0x87, 0xef},
}

// llc is true for frames with an LLC header, of one kind where kind is given.
func (c *comp) llc(kind string) *node {
	var n *node
	switch {
	case c.link == frame.LinkEthernet: // a length, and not Novell's raw framing
		n = and(c.is8023(), not(c.eq(atLLC, 0, 2, 0xffff)))
	case c.wlan:
		n = c.wlanData()
	case c.link == linkFDDI, c.link == linkIEEE802, c.link == linkRFC1483:
		n = truth(true)
	default:
		fail("'llc' not supported for %s", c.link)
	}
	if kind == "" {
		return n
	}
	if kind == "i" {
		return and(n, not(c.test(c.load(atLLC, 2, 1), opJset, 1)))
	}
	k, ok := llcKinds[kind]
	if !ok {
		fail("unknown LLC type name \"%s\"", kind)
	}
	return and(n, c.masked(atLLC, 2, 1, k[0], k[1]))
}
