package cfilter

import "sonde/capture/frame"

// IEEE 802.11: headers of varying length, and the frame kinds.

// wlanData is true for data frames, whose second type bit is clear.
func (c *comp) wlanData() *node {
	return and(not(c.test(c.load(atLink, 0, 1), opJset, 0x04)), c.test(c.load(atLink, 0, 1), opJset, 0x08))
}

// wlanPrologue computes the length of the header before 802.11 (radiotap,
// PPI: little-endian in bytes 2-3; AVS: a word; Prism: an AVS header or 144)
// and that of the 802.11 header: 24, 2 more with QoS, padded to 4 where
// radiotap says so (flag 0x20).
func (c *comp) wlanPrologue() []ins {
	if c.used == 0 {
		return nil
	}
	var p []ins
	hdr := uint32(c.linkHdr.reg - 1)
	switch c.link {
	case frame.LinkRadiotap, linkPPI:
		p = []ins{{Op: opLdB, K: 3}, {Op: opLsh, K: 8}, {Op: opTax}, {Op: opLdB, K: 2}, {Op: opOr | opX}, {Op: opSt, K: hdr}, {Op: opTax}}
	case linkAVS:
		p = []ins{{Op: opLdW, K: 4}, {Op: opSt, K: hdr}, {Op: opTax}}
	case linkPrism:
		p = []ins{{Op: opLdW}, {Op: opAnd, K: 0xfffff000}, {Op: opJeq, K: 0x80211000, Jf: 2},
			{Op: opLdW, K: 4}, {Op: opJa, K: 1}, {Op: opLdImm, K: 144}, {Op: opSt, K: hdr}, {Op: opTax}}
	default:
		p = []ins{{Op: opLdxImm}}
	}
	pl := uint32(1)
	if c.link == frame.LinkIEEE80211 {
		pl = 0
	}
	if c.used>>pl&1 == 0 {
		return p
	}
	body := []ins{{Op: opTxa}, {Op: opAdd, K: 24}, {Op: opSt, K: pl}, {Op: opLdIndB}}
	qos := []ins{{Op: opLdMem, K: pl}, {Op: opAdd, K: 2}, {Op: opSt, K: pl}}
	var pad []ins
	if c.link == frame.LinkRadiotap {
		// Flags follow the bit map, behind a TSFT of 8 bytes where present;
		// with a second bit map nothing is assumed.
		pad = []ins{
			{Op: opLdW, K: 4}, {Op: opJset, K: 0x02000000, Jf: 10}, {Op: opJset, K: 0x80, Jt: 9},
			{Op: opJset, K: 0x01000000, Jf: 2},
			{Op: opLdB, K: 16}, {Op: opJset, K: 0x20, Jt: 2, Jf: 6},
			{Op: opLdB, K: 8}, {Op: opJset, K: 0x20, Jf: 4},
			{Op: opLdMem, K: pl}, {Op: opAdd, K: 3}, {Op: opAnd, K: 0xfffffffc}, {Op: opSt, K: pl},
		}
	}
	past := uint8(len(qos) + len(pad))
	body = append(body,
		ins{Op: opJset, K: 0x08, Jf: past + 2},
		ins{Op: opJset, K: 0x04, Jt: past + 1},
		ins{Op: opJset, K: 0x80, Jf: uint8(len(qos))})
	body = append(body, qos...)
	return append(append(p, body...), pad...)
}

// wlanHost tests a station's address: where source and destination stand
// depends on the To DS and From DS bits (IEEE 802.11, table 9-30).
func (c *comp) wlanHost(addr []byte, dir dirQual) *node {
	fc := func(off uint32, bit uint32) *node { return c.test(c.load(atLink, off, 1), opJset, bit) }
	mac := func(off uint32) *node { return c.bytes(atLink, off, addr) }
	toDS := func() *node { return fc(1, 1) }
	fromDS := func() *node { return fc(1, 2) }
	data := func() *node { return fc(0, 8) }
	control := func() *node { return fc(0, 4) }
	switch dir {
	case dirSrc:
		d := anyOf(
			and(toDS(), or(and(fromDS(), mac(24)), and(not(fromDS()), mac(10)))),
			and(not(toDS()), or(and(fromDS(), mac(16)), and(not(fromDS()), mac(10)))))
		return and(not(control()), or(and(data(), d), and(not(data()), mac(10))))
	case dirDst:
		d := or(and(toDS(), mac(16)), and(not(toDS()), mac(4)))
		return and(not(control()), or(and(data(), d), and(not(data()), mac(4))))
	case dirAnd:
		return and(c.wlanHost(addr, dirSrc), c.wlanHost(addr, dirDst))
	case dirAddr1:
		return mac(4)
	case dirAddr2: // clear-to-send and acknowledgements end behind the first address
		return allOf(not(c.masked(atLink, 0, 1, 0xc4, 0xfc)), not(c.masked(atLink, 0, 1, 0xd4, 0xfc)), mac(10))
	case dirAddr3:
		return and(not(control()), mac(16))
	case dirAddr4:
		return allOf(fromDS(), toDS(), mac(24))
	case dirRA:
		return and(data(), mac(4))
	case dirTA:
		return and(data(), mac(10))
	}
	return or(c.wlanHost(addr, dirSrc), c.wlanHost(addr, dirDst))
}

// wlanGroup is true where the destination is a group address.
func (c *comp) wlanGroup() *node {
	fc := func(off uint32, bit uint32) *node { return c.test(c.load(atLink, off, 1), opJset, bit) }
	group := func(off uint32) *node { return fc(off, 1) }
	d := or(and(fc(1, 1), group(16)), and(not(fc(1, 1)), group(4)))
	return and(not(fc(0, 4)), or(and(fc(0, 8), d), and(not(fc(0, 8)), group(4))))
}

var wlanTypes = map[string]uint32{"mgt": 0, "management": 0, "ctl": 4, "control": 4, "data": 8}

// wlanSubtypes is type and subtype as they stand in the first byte.
var wlanSubtypes = map[string]uint32{
	"assocreq": 0x00, "assoc-req": 0x00, "assocresp": 0x10, "assoc-resp": 0x10,
	"reassocreq": 0x20, "reassoc-req": 0x20, "reassocresp": 0x30, "reassoc-resp": 0x30,
	"probereq": 0x40, "probe-req": 0x40, "proberesp": 0x50, "probe-resp": 0x50,
	"beacon": 0x80, "atim": 0x90, "disassoc": 0xa0, "disassociation": 0xa0,
	"auth": 0xb0, "authentication": 0xb0, "deauth": 0xc0, "deauthentication": 0xc0,
	"ps-poll": 0xa4, "pspoll": 0xa4, "rts": 0xb4, "cts": 0xc4, "ack": 0xd4, "cf-end": 0xe4, "cf-end-ack": 0xf4,
	"data": 0x08, "data-cf-ack": 0x18, "data-cf-poll": 0x28, "data-cf-ack-poll": 0x38,
	"null": 0x48, "cf-ack": 0x58, "cf-poll": 0x68, "cf-ack-poll": 0x78,
	"qos-data": 0x88, "qos-data-cf-ack": 0x98, "qos-data-cf-poll": 0xa8, "qos-data-cf-ack-poll": 0xb8,
	"qos": 0xc8, "qos-cf-poll": 0xe8, "qos-cf-ack-poll": 0xf8,
}

var wlanDirs = map[string]uint32{"nods": 0, "tods": 1, "fromds": 2, "dstods": 3}

// wlanOnly refuses frame kinds on other link types.
func (c *comp) wlanOnly() {
	if !c.wlan {
		panic(&Error{Message: "802.11 frame types need an 802.11 capture, this is " + c.opt.Link.String()})
	}
}
