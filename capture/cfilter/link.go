package cfilter

import (
	"fmt"

	"sonde/capture/frame"
)

// Link types beyond those that package frame names
// (https://www.tcpdump.org/linktypes.html).
const (
	linkIEEE802   frame.LinkType = 6 // token ring
	linkSLIP      frame.LinkType = 8
	linkFDDI      frame.LinkType = 10
	linkRawBSD    frame.LinkType = 12
	linkRawOpen   frame.LinkType = 14
	linkPPPSerial frame.LinkType = 50
	linkPPPEther  frame.LinkType = 51
	linkRFC1483   frame.LinkType = 100
	linkCHDLC     frame.LinkType = 104
	linkClip      frame.LinkType = 106
	linkFrameRel  frame.LinkType = 107
	linkEnc       frame.LinkType = 109
	linkPFLog     frame.LinkType = 117
	linkPrism     frame.LinkType = 119
	linkFC        frame.LinkType = 122
	linkArcnetLin frame.LinkType = 129
	linkApple1394 frame.LinkType = 138
	linkAVS       frame.LinkType = 163
	linkPPPPPPD   frame.LinkType = 166
	linkPPI       frame.LinkType = 192
)

// Ethernet types (IEEE 802 numbers) and LLC service access points.
const (
	etherIP     = 0x0800
	etherARP    = 0x0806
	etherRARP   = 0x8035
	etherIP6    = 0x86dd
	etherVLAN   = 0x8100
	etherQinQ   = 0x9100
	etherAD     = 0x88a8
	etherMPLS   = 0x8847
	etherPPPoED = 0x8863
	etherPPPoES = 0x8864
	etherATalk  = 0x809b
	etherAARP   = 0x80f3
	etherIPX    = 0x8137
	etherTEB    = 0x6558
	sapIP       = 0x06
	sapSTP      = 0x42
	sapIPX      = 0xe0
	sapNetBEUI  = 0xf0
	sapISO      = 0xfe
	maxLLC      = 1500 // greater values of the Ethernet length field are types
)

// comp is the state of one compilation: where the headers lie for what comes
// next in the expression. Encapsulations ("vlan", "mpls") move them on.
type comp struct {
	opt  Options
	link frame.LinkType

	linkHdr, linkType, linkPl base
	nl, nlNoSnap              uint32

	labels  int  // MPLS labels so far
	chained bool // protochain was used

	cost   int    // tests so far, about
	words  int    // scratch words taken by bases
	used   uint16 // bases that something loads from
	stable uint16 // scratch words set once, by the prologue
	wlan   bool   // linkPl is computed by the 802.11 prologue
	vlanAt int    // scratch word + 1 of the live VLAN correction
}

// setLink places the headers for a link type; the text of a fault is for the user.
func (c *comp) setLink(l frame.LinkType) string {
	c.link = l
	at := func(typ, pl, nl, noSnap uint32) {
		c.linkType, c.linkPl, c.nl, c.nlNoSnap = base{k: typ}, base{k: pl}, nl, noSnap
	}
	switch l {
	case frame.LinkEthernet:
		at(12, 14, 0, 3)
	case frame.LinkNull, frame.LinkLoop:
		at(0, 4, 0, 0)
	case linkEnc:
		at(0, 12, 0, 0)
	case frame.LinkRaw, linkRawBSD, linkRawOpen, frame.LinkIPv4, frame.LinkIPv6:
		at(unset, 0, 0, 0)
		if l == linkRawBSD || l == linkRawOpen {
			c.link = frame.LinkRaw
		}
	case frame.LinkLinuxSLL:
		at(14, 16, 0, 0)
	case frame.LinkLinuxSLL2:
		at(0, 20, 0, 0)
	case frame.LinkPPP, linkPPPPPPD, linkPPPSerial, linkCHDLC:
		at(2, 4, 0, 0)
	case linkPPPEther:
		at(6, 8, 0, 0)
	case linkSLIP:
		at(unset, 16, 0, 0)
	case linkFDDI:
		at(13, 13, 8, 3)
	case linkIEEE802:
		at(14, 14, 8, 3)
	case linkRFC1483, linkClip:
		at(0, 0, 8, 3)
	case linkFC:
		at(16, 16, 8, 3)
	case linkFrameRel:
		at(unset, 0, 0, 0)
	case linkApple1394:
		at(16, 18, 0, 0)
	case linkArcnetLin:
		at(4, 8, 0, 0)
	case linkPFLog:
		at(0, 0, 0, 0)
		c.linkPl.reg = c.word(true)
	case frame.LinkIEEE80211, frame.LinkRadiotap, linkPrism, linkAVS, linkPPI:
		at(0, 0, 8, 3)
		c.wlan = true
		if l != frame.LinkIEEE80211 {
			c.linkHdr.reg = c.word(true)
			c.linkType = c.linkHdr
		}
		c.linkPl.reg = c.word(true)
	default:
		if l < 104 || l > 400 {
			return fmt.Sprintf("capture filters do not know the link type %s (%d)", l.Name(), l)
		}
		// Only link[n] and len work on these.
		at(unset, unset, unset, unset)
	}
	return ""
}

// word takes a scratch word for a base and gives its index + 1.
func (c *comp) word(stable bool) int {
	c.words++
	if c.words > 6 {
		panic(&Error{Message: "too many headers of varying length one in another"})
	}
	if stable {
		c.stable |= 1 << (c.words - 1)
	}
	return c.words
}

// weigh counts the tests that a primitive adds, to bound what text can cost.
func (c *comp) weigh(tests int) {
	if c.cost += tests; c.cost > maxBlocks {
		fail("the filter is too large")
	}
}

func (c *comp) use(reg int) { c.used |= 1 << (reg - 1) }

// volatile says whether code reads scratch words that change within a program.
func (c *comp) volatile(code []ins) bool {
	for _, s := range code {
		if (s.Op == opLdxMem || s.Op == opLdMem) && int(s.K) < c.words && c.stable>>s.K&1 == 0 {
			return true
		}
	}
	return false
}

// prologue sets the scratch words that bases need before the first test.
func (c *comp) prologue() []ins {
	var p []ins
	for i := range c.words {
		if c.used>>i&1 != 0 && c.stable>>i&1 == 0 {
			// A step sets it on the way; the kernel wants it set on every way.
			p = append(p, ins{Op: opLdImm}, ins{Op: opSt, K: uint32(i)})
		}
	}
	if r := c.vlanAt; r != 0 && c.used>>(r-1)&1 != 0 {
		// The tag is either beside the packet or 4 bytes in it.
		p = append(p, ins{Op: opLdB, K: adVlanTagPresent}, ins{Op: opXor, K: 1}, ins{Op: opLsh, K: 2}, ins{Op: opSt, K: uint32(r - 1)})
	}
	switch {
	case c.wlan:
		p = append(p, c.wlanPrologue()...)
	case c.opt.Link == linkPFLog && c.used&1 != 0:
		p = append(p, ins{Op: opLdB, K: 0}, ins{Op: opAdd, K: 3}, ins{Op: opAnd, K: 0xfffffffc}, ins{Op: opSt, K: 0})
	}
	return p
}

// proto tests what the link layer says of its payload: an Ethernet type, or
// an LLC service access point where v is at most 1500.
func (c *comp) proto(v uint32) *node {
	if c.labels > 0 {
		return c.labelled(v)
	}
	switch c.link {
	case frame.LinkEthernet:
		return c.etherType(v)
	case linkCHDLC:
		if v == sapISO {
			v = v<<8 | sapISO
		}
		return c.eq(atLinkType, 0, 2, v)
	case frame.LinkIEEE80211, frame.LinkRadiotap, linkPrism, linkAVS, linkPPI:
		return and(c.wlanData(), c.llcType(v))
	case linkFDDI, linkIEEE802, linkRFC1483, linkClip, linkFC:
		return c.llcType(v)
	case frame.LinkLinuxSLL:
		return c.sllType(v)
	case frame.LinkRaw, linkSLIP:
		switch v {
		case etherIP:
			return c.masked(atLink, 0, 1, 0x40, 0xf0)
		case etherIP6:
			return c.masked(atLink, 0, 1, 0x60, 0xf0)
		}
		return truth(false)
	case frame.LinkIPv4:
		return truth(v == etherIP)
	case frame.LinkIPv6:
		return truth(v == etherIP6)
	case frame.LinkPPP, linkPPPPPPD, linkPPPSerial, linkPPPEther:
		return c.eq(atLinkType, 0, 2, pppType(v))
	case frame.LinkNull, frame.LinkLoop, linkEnc:
		return c.family(v)
	case linkPFLog:
		switch v {
		case etherIP:
			return c.eq(atLink, 1, 1, 2)
		case etherIP6:
			return c.eq(atLink, 1, 1, 10)
		}
		return truth(false)
	case linkFrameRel:
		switch v {
		case etherIP:
			return c.eq(atLink, 2, 1, 0xcc)
		case etherIP6:
			return c.eq(atLink, 2, 1, 0x8e)
		case sapISO:
			return anyOf(c.eq(atLink, 2, 1, 0x81), c.eq(atLink, 2, 1, 0x82), c.eq(atLink, 2, 1, 0x83))
		}
		return truth(false)
	case linkArcnetLin:
		return c.arcnet(v)
	}
	if c.linkType.k == unset {
		panic(&Error{Message: "captures of type " + c.opt.Link.String() + " have no protocol field to test",
			Remedy: "only link[n] and len work on them"})
	}
	return c.eq(atLinkType, 0, 2, v)
}

// family is the address family of BSD loopback headers: network order in
// LOOP, in NULL that of the machine which captured, either here. AF_INET6 is
// Linux's.
func (c *comp) family(v uint32) *node {
	switch v {
	case etherIP:
		v = 2
	case etherIP6:
		v = 10
	default:
		return truth(false)
	}
	if c.link != frame.LinkNull {
		return c.eq(atLink, 0, 4, v)
	}
	return or(c.eq(atLink, 0, 4, v<<24), c.eq(atLink, 0, 4, v))
}

func pppType(v uint32) uint32 {
	switch v {
	case etherIP:
		return 0x21
	case etherIP6:
		return 0x57
	case 0x6003: // DECnet
		return 0x27
	case etherATalk:
		return 0x29
	case 0x0600: // XNS
		return 0x25
	case sapISO:
		return 0x23
	case sapSTP:
		return 0x31
	case sapIPX:
		return 0x2b
	}
	return v
}

func (c *comp) arcnet(v uint32) *node {
	switch v {
	case etherIP:
		return or(c.eq(atLinkType, 0, 1, 212), c.eq(atLinkType, 0, 1, 240))
	case etherIP6:
		return c.eq(atLinkType, 0, 1, 196)
	case etherARP:
		return or(c.eq(atLinkType, 0, 1, 213), c.eq(atLinkType, 0, 1, 241))
	case etherRARP:
		return c.eq(atLinkType, 0, 1, 214)
	case etherATalk:
		return c.eq(atLinkType, 0, 1, 221)
	}
	return truth(false)
}

// is8023 is true where the Ethernet type field is a length.
func (c *comp) is8023() *node { return c.le(atLinkType, 0, 2, maxLLC) }

func (c *comp) snap(org, v uint32) *node {
	return c.bytes(atLLC, 0, []byte{0xaa, 0xaa, 3, byte(org >> 16), byte(org >> 8), byte(org), byte(v >> 8), byte(v)})
}

func (c *comp) etherType(v uint32) *node {
	switch v {
	case sapISO, sapIP, sapNetBEUI:
		return and(c.is8023(), c.eq(atLLC, 0, 2, v<<8|v))
	case sapIPX: // four framings of Novell
		llc := anyOf(c.snap(0, etherIPX), c.eq(atLLC, 0, 1, sapIPX), c.eq(atLLC, 0, 2, 0xffff))
		return or(c.eq(atLinkType, 0, 2, etherIPX), and(c.is8023(), llc))
	case etherATalk:
		return or(c.eq(atLinkType, 0, 2, v), and(c.is8023(), c.snap(0x080007, v)))
	case etherAARP:
		return or(c.eq(atLinkType, 0, 2, v), and(c.is8023(), c.snap(0, v)))
	}
	if v <= maxLLC {
		return and(c.is8023(), c.eq(atLLC, 0, 1, v))
	}
	return c.eq(atLinkType, 0, 2, v)
}

func (c *comp) llcType(v uint32) *node {
	switch v {
	case sapISO, sapIP, sapNetBEUI:
		return c.eq(atLLC, 0, 2, v<<8|v)
	case sapIPX:
		return c.eq(atLLC, 0, 1, v)
	case etherATalk:
		return c.snap(0x080007, v)
	}
	if v <= maxLLC {
		return c.eq(atLLC, 0, 1, v)
	}
	return c.eq(atLLC, 6, 2, v) // the type in a SNAP header
}

// sllType is the protocol field of Linux cooked headers: 1 is raw 802.3, 4 is 802.2.
func (c *comp) sllType(v uint32) *node {
	llc := func() *node { return c.eq(atLinkType, 0, 2, 4) }
	switch v {
	case sapISO, sapIP, sapNetBEUI:
		return and(llc(), c.eq(atLLC, 0, 2, v<<8|v))
	case sapIPX:
		return anyOf(c.eq(atLinkType, 0, 2, etherIPX), c.eq(atLinkType, 0, 2, 1),
			and(llc(), or(c.snap(0, etherIPX), c.eq(atLLC, 0, 1, sapIPX))))
	case etherATalk:
		return or(c.eq(atLinkType, 0, 2, v), and(llc(), c.snap(0x080007, v)))
	case etherAARP:
		return or(c.eq(atLinkType, 0, 2, v), and(llc(), c.snap(0, v)))
	}
	if v <= maxLLC {
		return and(llc(), c.eq(atLLC, 0, 1, v))
	}
	return c.eq(atLinkType, 0, 2, v)
}
