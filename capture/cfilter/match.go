package cfilter

// Match says whether the program accepts a packet: data is what was captured,
// wirelen its length on the wire ("len", "greater"). It allocates nothing.
// Loads of kernel facts give 0.
func (p *Program) Match(data []byte, wirelen int) bool {
	return run(p.ins, data, uint32(wirelen)) != 0
}

func run(prog []ins, d []byte, wirelen uint32) uint32 {
	var a, x uint32
	var mem [16]uint32
	for pc := 0; pc < len(prog); pc++ {
		s := &prog[pc]
		switch s.Op {
		case opLdW:
			if s.K >= adOff {
				a = 0
				continue
			}
			if uint64(s.K)+4 > uint64(len(d)) {
				return 0
			}
			a = word(d[s.K:])
		case opLdH:
			if s.K >= adOff {
				a = 0
				continue
			}
			if uint64(s.K)+2 > uint64(len(d)) {
				return 0
			}
			a = uint32(d[s.K])<<8 | uint32(d[s.K+1])
		case opLdB:
			if s.K >= adOff {
				a = 0
				continue
			}
			if uint64(s.K) >= uint64(len(d)) {
				return 0
			}
			a = uint32(d[s.K])
		case opLdIndW:
			k := x + s.K
			if uint64(k)+4 > uint64(len(d)) {
				return 0
			}
			a = word(d[k:])
		case opLdIndH:
			k := x + s.K
			if uint64(k)+2 > uint64(len(d)) {
				return 0
			}
			a = uint32(d[k])<<8 | uint32(d[k+1])
		case opLdIndB:
			k := x + s.K
			if uint64(k) >= uint64(len(d)) {
				return 0
			}
			a = uint32(d[k])
		case opLdxMsh:
			if uint64(s.K) >= uint64(len(d)) {
				return 0
			}
			x = 4 * uint32(d[s.K]&0xf)
		case opLdImm:
			a = s.K
		case opLdMem:
			a = mem[s.K&15]
		case opLdLen:
			a = wirelen
		case opLdxImm:
			x = s.K
		case opLdxMem:
			x = mem[s.K&15]
		case opSt:
			mem[s.K&15] = a
		case opStx:
			mem[s.K&15] = x
		case opTax:
			x = a
		case opTxa:
			a = x
		case opRet:
			return s.K
		case opJa:
			pc += int(s.K)
		case opNeg:
			a = -a
		default:
			k := s.K
			if s.Op&opX != 0 {
				k = x
			}
			if s.Op&7 == 5 {
				if compare(s.Op&^opX, a, k) {
					pc += int(s.Jt)
				} else {
					pc += int(s.Jf)
				}
				continue
			}
			switch s.Op &^ opX {
			case opDiv, opMod:
				if k == 0 {
					return 0
				}
				if s.Op&^opX == opDiv {
					a /= k
				} else {
					a %= k
				}
			default:
				a = alu(s.Op&^opX, a, k)
			}
		}
	}
	return 0
}

func word(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func compare(op uint16, a, k uint32) bool {
	switch op {
	case opJeq:
		return a == k
	case opJgt:
		return a > k
	case opJge:
		return a >= k
	}
	return a&k != 0
}

// alu is every operation but division. Shifts count modulo 32, as the
// kernel's do (kernel/bpf/core.c, ALU_LSH_X).
func alu(op uint16, a, k uint32) uint32 {
	switch op {
	case opAdd:
		return a + k
	case opSub:
		return a - k
	case opMul:
		return a * k
	case opOr:
		return a | k
	case opAnd:
		return a & k
	case opLsh:
		return a << (k & 31)
	case opRsh:
		return a >> (k & 31)
	}
	return a ^ k
}
