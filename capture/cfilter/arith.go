package cfilter

// arith is an arithmetic expression: a constant, the packet length, bytes of
// the packet, or an operation. guard is what must hold for its loads to mean
// something ("tcp[13]": IPv4, TCP, first fragment).
type arith struct {
	op    byte // 'k' constant, 'n' length, 'p' packet bytes, '-' '+' '*' ... operations, '~' negation
	k     uint32
	at    place
	size  int
	x, y  *arith
	guard *node
	depth int  // scratch words that it needs
	plain bool // a number as written
}

func number(v uint32) *arith { return &arith{op: 'k', k: v, plain: true} }

// join is a and b, either of which may be absent.
func join(a, b *node) *node {
	if b == nil {
		return a
	}
	return and(a, b)
}

var aluOps = map[byte]uint16{'+': opAdd, '-': opSub, '*': opMul, '/': opDiv, '%': opMod, '&': opAnd, '|': opOr, '^': opXor, '<': opLsh, '>': opRsh}

// operate is x op y, folded where both or the right one are known.
func operate(op byte, x, y *arith) *arith {
	// Of the guards only the left one's holds, as in libpcap: filters in use
	// lean on it, and the same text must select the same packets.
	g := x.guard
	if y.op == 'k' {
		switch {
		case (op == '/') && y.k == 0:
			fail("division by zero")
		case op == '%' && y.k == 0:
			fail("modulus by zero")
		case (op == '<' || op == '>') && y.plain && y.k > 31:
			fail("shift by more than 31 bits")
		case (op == '*' || op == '&') && y.k == 0:
			return &arith{op: 'k', guard: g}
		}
	}
	if x.op == 'k' && y.op == 'k' {
		var v uint32
		switch op {
		case '/':
			v = x.k / y.k
		case '%':
			v = x.k % y.k
		default:
			v = alu(aluOps[op], x.k, y.k)
		}
		return &arith{op: 'k', k: v, guard: g}
	}
	if x.op == 'k' && x.k == 0 {
		switch op {
		case '*', '/', '%', '&', '<', '>':
			return &arith{op: 'k', guard: g} // whatever y is, as libpcap folds it
		}
	}
	r := &arith{op: op, x: x, y: y, guard: g}
	r.depth = x.depth
	if y.op != 'k' {
		r.depth = max(y.depth, x.depth+1)
		if x.depth > y.depth {
			r.depth = max(x.depth, y.depth+1)
		}
	}
	if r.depth > 7 {
		fail("out of registers needed to evaluate expression")
	}
	return r
}

func negate(x *arith) *arith {
	if x.op == 'k' {
		return &arith{op: 'k', k: -x.k, guard: x.guard}
	}
	return &arith{op: '~', x: x, guard: x.guard, depth: x.depth}
}

// accessor is proto[index:size].
func (c *comp) accessor(p protoQual, index *arith, size int) *arith {
	r := &arith{op: 'p', x: index, size: size, depth: index.depth + 1}
	switch p {
	case prLink:
		r.at, r.guard = atLink, index.guard
	case prIP, prIP6, prARP, prRARP, prATalk, prDECnet, prLAT, prSCA, prMOPDL, prMOPRC:
		r.at, r.guard = atNet, join(index.guard, c.named(p))
	case prTCP, prUDP, prSCTP, prICMP, prIGMP, prIGRP, prPIM, prVRRP, prCARP:
		r.at = atTran4
		r.guard = and(c.proto(etherIP), join(index.guard, and(c.named(p), c.firstFragment())))
	case prICMP6:
		r.at = atTran6
		r.guard = and(join(index.guard, c.proto(etherIP6)), c.eq(atNet, 6, 1, 58))
	case prRadio:
		if !c.wlan || c.linkHdr.reg == 0 {
			fail("radio information not present in capture")
		}
		r.at, r.guard = atLink, index.guard
		r.op = 'r' // from the start of the packet
	default:
		fail("unsupported index operation: '%s' has no bytes to name", protoNames[p])
	}
	if r.depth > 7 {
		fail("out of registers needed to evaluate expression")
	}
	if b, _ := c.where(r.at); b.reg != 0 && r.op != 'r' {
		c.use(b.reg)
	}
	// The offsets as they are now; encapsulations further on move them.
	b, add := c.where(r.at)
	if r.op == 'r' {
		b, add = base{}, 0
	}
	r.k = b.k + add
	r.y = &arith{depth: b.reg}
	return r
}

// code leaves the value in A, with scratch words from d downward for parts.
func (a *arith) code(d uint32) []ins {
	switch a.op {
	case 'k':
		return []ins{{Op: opLdImm, K: a.k}}
	case 'n':
		return []ins{{Op: opLdLen}}
	case '~':
		return append(a.x.code(d), ins{Op: opNeg})
	case 'p', 'r':
		return a.loadCode(d)
	}
	op := aluOps[a.op]
	if a.y.op == 'k' {
		return append(a.x.code(d), ins{Op: op, K: a.y.k})
	}
	return append(both(a.x, a.y, d), ins{Op: op | opX})
}

// both leaves x in A and y in X. What needs more scratch words comes first.
func both(x, y *arith, d uint32) []ins {
	if x.depth > y.depth {
		c := append(x.code(d), ins{Op: opSt, K: d})
		c = append(c, y.code(d-1)...)
		return append(c, ins{Op: opTax}, ins{Op: opLdMem, K: d})
	}
	c := append(y.code(d), ins{Op: opSt, K: d})
	c = append(c, x.code(d-1)...)
	return append(c, ins{Op: opLdxMem, K: d})
}

func (a *arith) loadCode(d uint32) []ins {
	reg := uint32(a.y.depth) // scratch word + 1 of the base
	known := a.x.op == 'k'
	if known && reg == 0 && a.at != atTran4 {
		return []ins{{Op: sized(opLdW, a.size), K: min(a.x.k+a.k, noLoad)}}
	}
	var c []ins
	if !known {
		c = append(a.x.code(d-1), ins{Op: opSt, K: d})
	}
	switch {
	case a.at == atTran4 && reg == 0:
		c = append(c, ins{Op: opLdxMsh, K: a.k})
	case a.at == atTran4:
		c = append(c, ins{Op: opLdxMem, K: reg - 1}, ins{Op: opLdIndB, K: a.k}, ins{Op: opAnd, K: 0xf}, ins{Op: opLsh, K: 2}, ins{Op: opAdd | opX}, ins{Op: opTax})
	case reg != 0:
		c = append(c, ins{Op: opLdxMem, K: reg - 1})
	default:
		c = append(c, ins{Op: opLdxMem, K: d})
		return append(c, ins{Op: sized(opLdIndW, a.size), K: a.k})
	}
	if known {
		return append(c, ins{Op: sized(opLdIndW, a.size), K: a.x.k + a.k})
	}
	return append(c, ins{Op: opLdMem, K: d}, ins{Op: opAdd | opX}, ins{Op: opTax}, ins{Op: sized(opLdIndW, a.size), K: a.k})
}

// topWord is the first scratch word that arithmetic takes; 14 and 15 are protochain's.
const topWord = 13

// relation compares two expressions; op is one of = ! > < and G (>=), L (<=).
func (c *comp) relation(op byte, x, y *arith) *node {
	var jump uint16
	neg := false
	switch op {
	case '=', '!':
		jump, neg = opJeq, op == '!'
	case '>', 'L':
		jump, neg = opJgt, op == 'L'
	case 'G', '<':
		jump, neg = opJge, op == '<'
	}
	var n *node
	switch {
	case y.op == 'k':
		n = c.test(x.code(topWord), jump, y.k)
	default:
		code := both(x, y, topWord)
		if jump == opJeq {
			code = append(code, ins{Op: opSub | opX})
			n = c.test(code, opJeq, 0)
		} else {
			n = &node{kind: kTest, code: code, jump: jump | opX, own: c.volatile(code)}
			n.dirty = n.own
		}
	}
	if neg {
		n = not(n)
	}
	return and(join(x.guard, y.guard), n)
}
