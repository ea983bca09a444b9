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
		var terms [][]*node
		for _, t := range flat(n, kOr) {
			// Tidying may turn up terms of its own.
			for _, u := range flat(tidy(t), kOr) {
				terms = append(terms, flat(u, kAnd))
			}
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

// opening says what a term may be merged with: terms of equal start, and k where
// the first test is an equality.
type opening struct {
	start string
	k     uint32
}

// begins looks at the first test of a term, a list of factors.
func begins(factors []*node) (opening, bool) {
	f := factors[0]
	exact := func(n *node) string { return key(append([]ins{{Op: n.jump, K: n.k}}, n.code...)) }
	switch {
	case f.kind == kTest && f.jump == opJeq:
		return opening{key(f.code), f.k}, true
	case f.kind == kTest:
		return opening{exact(f), 0}, true
	case f.kind == kNot && f.a.kind == kTest:
		return opening{"not" + exact(f.a), 0}, true
	}
	return opening{}, false
}

func key(code []ins) string {
	b := make([]byte, 0, 6*len(code))
	for _, s := range code {
		b = append(b, byte(s.Op), byte(s.Op>>8), byte(s.K), byte(s.K>>8), byte(s.K>>16), byte(s.K>>24))
	}
	return string(b)
}

// dirty says whether a term must stay where it is.
func dirty(factors []*node) bool {
	for _, n := range factors {
		if n.dirty {
			return true
		}
	}
	return false
}

// group merges runs of terms that begin by comparing one value.
func group(terms [][]*node) []*node {
	var out []*node
	for i := 0; i < len(terms); {
		first, ok := begins(terms[i])
		if !ok || dirty(terms[i]) {
			out = append(out, allOf(terms[i]...))
			i++
			continue
		}
		from, ks := i, []uint32{first.k}
		for i++; i < len(terms); i++ {
			r, ok := begins(terms[i])
			if !ok || r.start != first.start || dirty(terms[i]) {
				break
			}
			ks = append(ks, r.k)
		}
		out = append(out, merge(terms[from:i], ks)...)
	}
	return byValue(out)
}

// merge brings terms of one run with one constant together.
func merge(terms [][]*node, ks []uint32) []*node {
	if len(terms) == 1 {
		return []*node{allOf(terms[0]...)}
	}
	var order []uint32
	same := map[uint32][][]*node{}
	for i, k := range ks {
		if same[k] == nil {
			order = append(order, k)
		}
		same[k] = append(same[k], terms[i])
	}
	var out []*node
	for _, k := range order {
		g := same[k]
		if len(g) == 1 {
			out = append(out, allOf(g[0]...))
			continue
		}
		var rests [][]*node
		for _, t := range g {
			if len(t) == 1 { // true: nothing behind it is asked
				rests = append(rests, []*node{truth(true)})
				break
			}
			if len(t) > 2 {
				rests = append(rests, t[1:])
				continue
			}
			for _, u := range flat(t[1], kOr) {
				rests = append(rests, flat(u, kAnd))
			}
		}
		out = append(out, and(g[0][0], anyOf(group(rests)...)))
	}
	return out
}

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
