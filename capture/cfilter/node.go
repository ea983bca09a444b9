package cfilter

import "golang.org/x/net/bpf"

// Classic BPF opcodes (include/uapi/linux/bpf_common.h).
const (
	opLdW    = 0x20 // A = packet[k:4]
	opLdH    = 0x28
	opLdB    = 0x30
	opLdIndW = 0x40 // A = packet[X+k:4]
	opLdIndH = 0x48
	opLdIndB = 0x50
	opLdImm  = 0x00
	opLdMem  = 0x60
	opLdLen  = 0x80
	opLdxImm = 0x01
	opLdxMem = 0x61
	opLdxMsh = 0xb1 // X = 4*(packet[k]&0xf)
	opSt     = 0x02
	opStx    = 0x03
	opAdd    = 0x04
	opSub    = 0x14
	opMul    = 0x24
	opDiv    = 0x34
	opOr     = 0x44
	opAnd    = 0x54
	opLsh    = 0x64
	opRsh    = 0x74
	opNeg    = 0x84
	opMod    = 0x94
	opXor    = 0xa4
	opX      = 0x08 // the operand is X, for ALU and jumps
	opJa     = 0x05
	opJeq    = 0x15
	opJgt    = 0x25
	opJge    = 0x35
	opJset   = 0x45
	opRet    = 0x06
	opTax    = 0x07
	opTxa    = 0x87
)

// Ancillary loads: offsets from SKF_AD_OFF (include/uapi/linux/filter.h).
const (
	adOff            = 0xfffff000
	adPktType        = adOff + 4
	adIfIndex        = adOff + 8
	adVlanTag        = adOff + 44
	adVlanTagPresent = adOff + 48
)

// noLoad lies past every packet: a load from it refuses the packet, as a
// load at an absurd offset must.
const noLoad = 0x7fffffff

type ins = bpf.RawInstruction

type kind uint8

const (
	kTest kind = iota // code leaves a value in A, then jump
	kStep             // code leaves values in scratch memory, always true
	kAnd
	kOr
	kNot
	kTrue
	kFalse
)

// node is an expression as a tree. A test stands alone: it loads all that it
// compares, so that the tree may be reshaped freely.
type node struct {
	kind kind
	a, b *node
	code []ins
	jump uint16
	k    uint32
	// own is set where code reads scratch memory that a step wrote: its value
	// is not a function of the packet alone.
	own bool
	// dirty is set where something in the tree reads or writes such memory:
	// its place among others matters.
	dirty bool
}

func and(a, b *node) *node {
	if a == nil {
		return b
	}
	return &node{kind: kAnd, a: a, b: b, dirty: a.dirty || b.dirty}
}

func or(a, b *node) *node { return &node{kind: kOr, a: a, b: b, dirty: a.dirty || b.dirty} }
func not(a *node) *node   { return &node{kind: kNot, a: a, dirty: a.dirty} }
func truth(v bool) *node {
	if v {
		return &node{kind: kTrue}
	}
	return &node{kind: kFalse}
}

// anyOf is true where one of the nodes is, tried in order.
func anyOf(n ...*node) *node {
	r := n[0]
	for _, m := range n[1:] {
		r = or(r, m)
	}
	return r
}

// allOf is true where all nodes are, tried in order.
func allOf(n ...*node) *node {
	r := n[0]
	for _, m := range n[1:] {
		r = and(r, m)
	}
	return r
}

// base is what an offset counts from: a constant, plus a scratch word where
// headers before it vary in length.
type base struct {
	reg int // index of the scratch word + 1; 0 = none
	k   uint32
}

// unset marks a base that the link type does not have.
const unset = 0xffffffff

type place uint8

// Places that loads count from.
const (
	atLink     place = iota // link-layer header
	atLinkType              // protocol field of the link layer
	atLLC                   // what follows the link layer: an LLC header
	atNet                   // network layer
	atNoSnap                // network layer over plain LLC (ISO)
	atLabel                 // previous MPLS label
	atTran4                 // behind the IPv4 header
	atTran6                 // behind the fixed IPv6 header
)

// where is the base of a place and the constant to add.
func (c *comp) where(p place) (base, uint32) {
	switch p {
	case atLink:
		return c.linkHdr, 0
	case atLinkType:
		return c.linkType, 0
	case atLLC:
		return c.linkPl, 0
	case atNoSnap:
		return c.linkPl, c.nlNoSnap
	case atLabel:
		return c.linkPl, c.nl - 4
	case atTran6:
		return c.linkPl, c.nl + 40
	}
	return c.linkPl, c.nl
}

func sized(op uint16, size int) uint16 {
	switch size {
	case 1:
		return op | 0x10
	case 2:
		return op | 0x08
	}
	return op
}

// load gives code that puts size bytes at a place into A; X is lost.
func (c *comp) load(p place, off uint32, size int) []ins {
	b, add := c.where(p)
	k := b.k + add + off
	if p == atTran4 {
		return append(c.ipHeaderLen(), ins{Op: sized(opLdIndW, size), K: k})
	}
	if b.reg != 0 {
		c.use(b.reg)
		return []ins{{Op: opLdxMem, K: uint32(b.reg - 1)}, {Op: sized(opLdIndW, size), K: k}}
	}
	if k >= noLoad {
		k = noLoad // never an ancillary load by accident
	}
	return []ins{{Op: sized(opLdW, size), K: k}}
}

// ipHeaderLen gives code for X = length of the IPv4 header, plus the scratch
// word of the base where it has one.
func (c *comp) ipHeaderLen() []ins {
	b, add := c.where(atNet)
	k := b.k + add
	if b.reg == 0 {
		return []ins{{Op: opLdxMsh, K: min(k, noLoad)}}
	}
	c.use(b.reg)
	return []ins{
		{Op: opLdxMem, K: uint32(b.reg - 1)}, {Op: opLdIndB, K: k},
		{Op: opAnd, K: 0xf}, {Op: opLsh, K: 2}, {Op: opAdd | opX}, {Op: opTax},
	}
}

// test is a comparison of loaded code with a constant.
func (c *comp) test(code []ins, jump uint16, k uint32) *node {
	n := &node{kind: kTest, code: code, jump: jump, k: k, own: c.volatile(code)}
	n.dirty = n.own
	// A & m == 0 is "no bit of m set"; one instruction less, and equal values
	// show as equal.
	if l := len(code) - 1; l > 0 && jump == opJeq && k == 0 && code[l].Op == opAnd {
		n.code, n.jump, n.k = code[:l:l], opJset, code[l].K
		return not(n)
	}
	return n
}

func (c *comp) eq(p place, off uint32, size int, v uint32) *node {
	return c.test(c.load(p, off, size), opJeq, v)
}

// masked compares the bits of mask with v.
func (c *comp) masked(p place, off uint32, size int, v, mask uint32) *node {
	code := c.load(p, off, size)
	if mask != 0xffffffff {
		code = append(code, ins{Op: opAnd, K: mask})
	}
	return c.test(code, opJeq, v)
}

func (c *comp) gt(p place, off uint32, size int, v uint32) *node {
	return c.test(c.load(p, off, size), opJgt, v)
}

func (c *comp) ge(p place, off uint32, size int, v uint32) *node {
	return c.test(c.load(p, off, size), opJge, v)
}

func (c *comp) le(p place, off uint32, size int, v uint32) *node { return not(c.gt(p, off, size, v)) }

// bytes compares a run of bytes, the last word first, as libpcap does: which
// of them lies past the end of a short packet decides its verdict under "not".
func (c *comp) bytes(p place, off uint32, v []byte) *node {
	var n *node
	for len(v) > 0 {
		size := 4
		if len(v) < 4 {
			size = 2
		}
		if len(v) < 2 {
			size = 1
		}
		at := len(v) - size
		var x uint32
		for _, b := range v[at:] {
			x = x<<8 | uint32(b)
		}
		n = and(n, c.eq(p, off+uint32(at), size, x))
		v = v[:at]
	}
	return n
}

// step is code with an effect on scratch memory.
func step(code ...ins) *node { return &node{kind: kStep, code: code, own: true, dirty: true} }
