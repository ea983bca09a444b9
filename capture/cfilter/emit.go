package cfilter

import (
	"sort"
	"strconv"
)

// block is one test of the program as a graph: all edges point to blocks of
// smaller index, 0 rejects and 1 accepts.
type block struct {
	*node
	t, f int
	val  int // equal numbers mean equal A; 0 = unknown
}

const (
	reject = 0
	accept = 1
)

// emit turns a tree into a program. The text of a fault is for the user.
func (c *comp) emit(root *node, snaplen uint32) ([]ins, string) {
	g := &graph{blocks: make([]block, 2, 64)}
	entry := accept
	if root != nil {
		entry = g.build(tidy(root), accept, reject)
	}
	if len(g.blocks) > maxBlocks {
		return nil, "the filter is too large: " + strconv.Itoa(len(g.blocks)) + " tests"
	}
	g.number()
	// protochain goes without, as in libpcap.
	if !c.chained {
		for range 50 {
			e, changed := g.thread(entry)
			entry = g.share(e)
			if !changed {
				break
			}
		}
	}
	if entry == reject && !c.chained {
		return nil, "expression rejects all packets"
	}
	if entry == reject {
		return []ins{{Op: opRet}}, ""
	}
	order := g.reachable(entry)
	// The kernel's check of scratch memory (check_load_and_stores in
	// net/core/filter.c) runs on behind a return, so words set before an
	// island would count as unset behind it.
	g.islands = c.used == 0 && !c.chained
	return g.layout(entry, order, c.prologue(), snaplen), ""
}

// maxSteps bounds the work on a filter made to cost much; what is not decided
// then is tested again.
const maxSteps = 4 << 20

type graph struct {
	blocks  []block
	uses    []int // how many blocks have a value
	steps   int   // looks at dominating edges so far
	islands bool  // copies of the returns may stand between blocks
}

// build adds the blocks of n, whose verdict leads to t or f, and gives its entry.
func (g *graph) build(n *node, t, f int) int {
	for {
		switch n.kind {
		case kAnd:
			t = g.build(n.b, t, f)
			n = n.a
			continue
		case kOr:
			f = g.build(n.b, t, f)
			n = n.a
			continue
		case kNot:
			t, f = f, t
			n = n.a
			continue
		case kTrue:
			return t
		case kFalse:
			return f
		case kStep:
			f = t
		case kTest:
			if v, ok := n.constant(); ok {
				if v {
					return t
				}
				return f
			}
		}
		if len(g.blocks) > maxBlocks {
			return reject // emit refuses the result
		}
		g.blocks = append(g.blocks, block{node: n, t: t, f: f})
		return len(g.blocks) - 1
	}
}

// constant decides tests that no packet can change.
func (n *node) constant() (v, ok bool) {
	if n.jump == opJset && n.k == 0 {
		return false, true
	}
	if len(n.code) != 1 || n.code[0].Op != opLdImm {
		return false, false
	}
	a := n.code[0].K
	switch n.jump {
	case opJeq:
		return a == n.k, true
	case opJgt:
		return a > n.k, true
	case opJge:
		return a >= n.k, true
	case opJset:
		return a&n.k != 0, true
	}
	return false, false
}

// share makes one of blocks that test alike and lead alike, as ARP and RARP
// do, whose addresses stand in one place.
func (g *graph) share(entry int) int {
	type same struct {
		val, t, f int
		jump      uint16
		k         uint32
	}
	seen := map[same]int{}
	to := make([]int, len(g.blocks))
	to[accept] = accept
	for i := 2; i < len(g.blocks); i++ {
		b := &g.blocks[i]
		b.t, b.f = to[b.t], to[b.f]
		to[i] = i
		if b.val == 0 || b.kind != kTest {
			continue
		}
		s := same{b.val, b.t, b.f, b.jump, b.k}
		if j, ok := seen[s]; ok {
			to[i] = j
		} else {
			seen[s] = i
		}
	}
	return to[entry]
}

// number gives equal values equal numbers.
func (g *graph) number() {
	seen := map[string]int{}
	for i := 2; i < len(g.blocks); i++ {
		b := &g.blocks[i]
		if b.own {
			continue
		}
		k := key(b.code)
		v, ok := seen[k]
		if !ok {
			v = len(seen) + 1
			seen[k] = v
		}
		b.val = v
	}
	g.uses = make([]int, len(seen)+1)
	for _, b := range g.blocks {
		g.uses[b.val]++
	}
}

// Edges are numbered 2*block for true and 2*block+1 for false.

// thread leads every edge past the tests that the edges before it already
// decide (a test may be skipped only where all ways to it pass the deciding
// edge, so that the same load has been done). It gives the new entry.
func (g *graph) thread(entry int) (int, bool) {
	order := g.reachable(entry)
	n := len(g.blocks)
	// idom of an edge: the nearest edge that all ways to it pass; -1 = entry.
	idom := make([]int32, 2*n)
	depth := make([]int32, 2*n)
	into := make([]int32, n) // common dominator of the edges into a block; -2 = none yet
	for i := range into {
		into[i] = -2
	}
	into[entry] = -1
	up := func(e int32) int32 {
		if e < 0 {
			return 0
		}
		return depth[e]
	}
	meet := func(a, b int32) int32 {
		for a != b {
			if up(a) >= up(b) {
				a = idom[a]
			} else {
				b = idom[b]
			}
		}
		return a
	}
	changed := false
	edge := func(e int32, to int) int {
		for to > accept {
			next, ok := g.decide(e, to, idom)
			if !ok {
				break
			}
			to = next
			changed = true
		}
		if into[to] == -2 {
			into[to] = e
		} else {
			into[to] = meet(into[to], e)
		}
		return to
	}
	for _, i := range order { // from the entry down: every way into i is known
		b := &g.blocks[i]
		if into[i] == -2 {
			continue // threaded away in this very pass
		}
		for s := range 2 {
			e := int32(2*i + s)
			idom[e] = into[i]
			depth[e] = up(into[i]) + 1
		}
		if b.kind == kStep {
			b.t = edge(int32(2*i), b.t)
			b.f = b.t
			continue
		}
		b.t = edge(int32(2*i), b.t)
		b.f = edge(int32(2*i+1), b.f)
	}
	// A test whose outcomes lead to one place decides nothing; its load may
	// still refuse short packets, but libpcap drops it too.
	for {
		b := &g.blocks[entry]
		if entry <= accept || b.kind == kStep || b.t != b.f {
			break
		}
		entry, changed = b.t, true
	}
	for _, i := range order {
		b := &g.blocks[i]
		for b.t > accept && g.blocks[b.t].kind == kTest && g.blocks[b.t].t == g.blocks[b.t].f {
			b.t, changed = g.blocks[b.t].t, true
		}
		for b.f > accept && g.blocks[b.f].kind == kTest && g.blocks[b.f].t == g.blocks[b.f].f {
			b.f, changed = g.blocks[b.f].f, true
		}
	}
	return entry, changed
}

// decide says where block i leads when reached over edge e, if e or an edge
// that dominates it settles the test.
func (g *graph) decide(e int32, i int, idom []int32) (int, bool) {
	b := &g.blocks[i]
	if b.val == 0 || b.kind != kTest || g.uses[b.val] < 2 {
		return 0, false
	}
	for ; e >= 0 && g.steps < maxSteps; e = idom[e] {
		g.steps++
		p := &g.blocks[e/2]
		if p.val != b.val || p.jump != b.jump {
			continue
		}
		taken := e&1 == 0
		if p.k == b.k {
			if taken {
				return b.t, true
			}
			return b.f, true
		}
		if taken && b.jump == opJeq {
			return b.f, true
		}
	}
	return 0, false
}

// reachable lists the blocks in the order of the program: indices fall along
// every edge.
func (g *graph) reachable(entry int) []int {
	live := make([]bool, len(g.blocks))
	live[entry] = true
	var order []int
	for i := entry; i > accept; i-- {
		if !live[i] {
			continue
		}
		order = append(order, i)
		live[g.blocks[i].t] = true
		live[g.blocks[i].f] = true
	}
	return order
}

// island is how many instructions may pass between copies of the two returns;
// tests in long lists would need a jump of their own each to reach the end.
const island = 200

// layout writes the blocks one after another. Conditional jumps reach 255
// instructions; farther ones go over an unconditional jump behind the test.
func (g *graph) layout(entry int, order []int, prologue []ins, snaplen uint32) []ins {
	skip := g.loaded(entry, order)
	// farT and farF say which outcomes need a jump of their own. Adding one
	// moves others apart, so repeat until none is added.
	farT := make([]bool, len(g.blocks))
	farF := make([]bool, len(g.blocks))
	pos := make([]int, len(g.blocks))
	isle := make([]bool, len(g.blocks)) // before which blocks copies stand
	var isles []int                     // where they stand
	// final is the nearest copy of a return behind an instruction.
	final := func(target, at int) int {
		if target > accept {
			return pos[target]
		}
		n := sort.SearchInts(isles, at+1)
		if n < len(isles) {
			return isles[n] + 1 - target
		}
		return pos[target]
	}
	for {
		at := len(prologue)
		last := at
		isles = isles[:0]
		for n, i := range order {
			if isle[i] = g.islands && n > 0 && at-last > island; isle[i] {
				last = at
				isles = append(isles, at+1) // behind the jump over it
				at += 3
			}
			pos[i] = at
			b := &g.blocks[i]
			if !skip[i] {
				at += len(b.code)
			}
			if b.kind == kTest {
				at++
				if farT[i] {
					at++
				}
				if farF[i] {
					at++
				}
			} else if farT[i] {
				at++
			}
		}
		pos[accept] = at
		pos[reject] = at + 1
		again := false
		for n, i := range order {
			b := &g.blocks[i]
			end := pos[accept]
			if n+1 < len(order) {
				end = pos[order[n+1]]
				if isle[order[n+1]] {
					end -= 3
				}
			}
			if b.kind == kStep {
				// A step falls through or jumps.
				if !farT[i] && (n+1 == len(order) || b.t != order[n+1]) {
					farT[i], again = true, true
				}
				continue
			}
			// Distances from the test; its own jumps lie in between.
			jmp := end - 1
			if farT[i] {
				jmp--
			}
			if farF[i] {
				jmp--
			}
			if !farT[i] && final(b.t, jmp)-jmp-1 > 250 {
				farT[i], again = true, true
			}
			if !farF[i] && final(b.f, jmp)-jmp-1 > 250 {
				farF[i], again = true, true
			}
		}
		if !again {
			break
		}
	}
	out := append(make([]ins, 0, pos[reject]+1), prologue...)
	for _, i := range order {
		b := &g.blocks[i]
		if isle[i] {
			out = append(out, ins{Op: opJa, K: 2}, ins{Op: opRet, K: snaplen}, ins{Op: opRet})
		}
		if !skip[i] {
			out = append(out, b.code...)
		}
		if b.kind == kStep {
			if farT[i] {
				out = append(out, ins{Op: opJa, K: uint32(pos[b.t] - len(out) - 1)})
			}
			continue
		}
		j := ins{Op: b.jump, K: b.k}
		at := len(out)
		far := 0
		if farT[i] {
			j.Jt = uint8(far)
			far++
		} else {
			j.Jt = uint8(final(b.t, at) - at - 1)
		}
		if farF[i] {
			j.Jf = uint8(far)
		} else {
			j.Jf = uint8(final(b.f, at) - at - 1)
		}
		out = append(out, j)
		if farT[i] {
			out = append(out, ins{Op: opJa, K: uint32(pos[b.t] - len(out) - 1)})
		}
		if farF[i] {
			out = append(out, ins{Op: opJa, K: uint32(pos[b.f] - len(out) - 1)})
		}
	}
	return append(out, ins{Op: opRet, K: snaplen}, ins{Op: opRet})
}

// loaded finds the blocks that need not load: A holds their value on every
// way to them.
func (g *graph) loaded(entry int, order []int) []bool {
	const mixed = -1
	in := make([]int, len(g.blocks))
	in[entry] = mixed
	meet := func(i, v int) {
		if v == 0 || in[i] != 0 && in[i] != v {
			v = mixed
		}
		in[i] = v
	}
	skip := make([]bool, len(g.blocks))
	for _, i := range order {
		b := &g.blocks[i]
		skip[i] = b.val != 0 && in[i] == b.val
		meet(b.t, b.val)
		meet(b.f, b.val)
	}
	return skip
}
