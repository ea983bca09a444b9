package cfilter

// Long lists ("host a or host b or ...") repeat their first tests: tidy
// brings terms that begin alike together, so that each test is made once.
//
// Terms that begin with "X == k" for one X and several k exclude each other,
// so their order among themselves changes no verdict, not even that on packets
// too short for a load. Only in lists of at least longList plain comparisons
// are those of one X brought together too, which may accept a short packet
// that the written order refuses (libpcap's optimiser does the same).

const longList = 16

// tidy gives an equivalent tree.
func tidy(n *node) *node {
	switch n.kind {
	case kNot:
		return not(tidy(n.a))
	case kAnd:
		var factors []*node
		for _, f := range flat(n, kAnd) {
			factors = append(factors, tidy(f))
		}
		return allOf(factors...)
	case kOr:
		var terms []*node
		for _, t := range flat(n, kOr) {
			// Tidying may turn up terms of its own.
			terms = append(terms, flat(tidy(t), kOr)...)
		}
		return anyOf(group(terms)...)
	}
	return n
}

// flat lists the operands of nested nodes of one kind, in order.
func flat(n *node, k kind) []*node {
	var right []*node // in reverse
	for n.kind == k {
		if n.b.kind == k {
			// A right operand that is a list itself.
			list := flat(n.b, k)
			for i := len(list) - 1; i >= 0; i-- {
				right = append(right, list[i])
			}
		} else {
			right = append(right, n.b)
		}
		n = n.a
	}
	right = append(right, n)
	for i, j := 0, len(right)-1; i < j; i, j = i+1, j-1 {
		right[i], right[j] = right[j], right[i]
	}
	return right
}

// term is a term split behind its first test.
type term struct {
	value string // what runs have in common: the code of an equality, else the whole first test
	k     uint32
	first *node
	rest  *node // nil: nothing more
}

func split(n *node) (term, bool) {
	if n.dirty {
		return term{}, false
	}
	f := n
	var rest *node
	if n.kind == kAnd {
		list := flat(n, kAnd)
		f, rest = list[0], allOf(list[1:]...)
	}
	switch {
	case f.kind == kTest && f.jump == opJeq:
		return term{key(f.code), f.k, f, rest}, true
	case f.kind == kTest:
		return term{key(append([]ins{{Op: f.jump, K: f.k}}, f.code...)), 0, f, rest}, true
	case f.kind == kNot && f.a.kind == kTest:
		return term{"not" + key(append([]ins{{Op: f.a.jump, K: f.a.k}}, f.a.code...)), 0, f, rest}, true
	}
	return term{}, false
}

func key(code []ins) string {
	b := make([]byte, 0, 6*len(code))
	for _, s := range code {
		b = append(b, byte(s.Op), byte(s.Op>>8), byte(s.K), byte(s.K>>8), byte(s.K>>16), byte(s.K>>24))
	}
	return string(b)
}

// group merges runs of terms that begin by comparing one value.
func group(terms []*node) []*node {
	var out []*node
	for i := 0; i < len(terms); {
		t, ok := split(terms[i])
		if !ok {
			out = append(out, terms[i])
			i++
			continue
		}
		run := []term{t}
		for i += 1; i < len(terms); i++ {
			u, ok := split(terms[i])
			if !ok || u.value != t.value {
				break
			}
			run = append(run, u)
		}
		out = append(out, merge(run)...)
	}
	return byValue(out)
}

// merge brings terms of one run with one constant together.
func merge(run []term) []*node {
	if len(run) == 1 {
		return []*node{run[0].node()}
	}
	var order []uint32
	same := map[uint32][]term{}
	for _, t := range run {
		if same[t.k] == nil {
			order = append(order, t.k)
		}
		same[t.k] = append(same[t.k], t)
	}
	var out []*node
	for _, k := range order {
		g := same[k]
		if len(g) == 1 {
			out = append(out, g[0].node())
			continue
		}
		var rests []*node
		for _, t := range g {
			if t.rest == nil { // true: nothing behind it is asked
				rests = append(rests, truth(true))
				break
			}
			rests = append(rests, flat(t.rest, kOr)...)
		}
		out = append(out, and(g[0].first, anyOf(group(rests)...)))
	}
	return out
}

func (t term) node() *node { return join(t.first, t.rest) }

// byValue brings the plain comparisons of a long list together by value.
func byValue(terms []*node) []*node {
	if len(terms) < longList {
		return terms
	}
	same := map[string][]*node{}
	var order []string
	for _, t := range terms {
		if t.kind != kTest || t.jump != opJeq || t.dirty {
			return terms
		}
		v := key(t.code)
		if same[v] == nil {
			order = append(order, v)
		}
		same[v] = append(same[v], t)
	}
	out := terms[:0:0]
	for _, v := range order {
		out = append(out, same[v]...)
	}
	return out
}
