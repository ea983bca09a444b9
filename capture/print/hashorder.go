package print

// hashOrder gives the order in which tshark writes the members of an EK
// object: that of a GLib hash table keyed by their names. The order carries no
// meaning, but whoever compares outputs byte for byte sees it. It doubles as
// the index of names while members are gathered.
type hashOrder struct {
	shift  uint
	slots  []int32 // member + 1, 0 = free
	spare  []int32
	hashes []uint32 // by member
}

// tableMods are the primes below the powers of two, as GLib picks them.
var tableMods = [...]uint32{1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071}

const minShift = 3

func (h *hashOrder) reset() {
	h.shift = minShift
	h.slots = zeroed(h.slots, 1<<minShift)
	h.hashes = h.hashes[:0]
}

func zeroed(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n, 2*n)
	}
	s = s[:n]
	clear(s)
	return s
}

// nameHash is Bernstein's hash; 0 and 1 mark free slots in the table.
func nameHash(s string) uint32 {
	v := uint32(5381)
	for i := range len(s) {
		v = v*33 + uint32(int32(int8(s[i])))
	}
	return max(v, 2)
}

// find gives the member of a name, or -1 and where it would go. same tells
// whether a member has the name.
func (h *hashOrder) find(name string, same func(member int) bool) (member int, hash, slot uint32) {
	hash = nameHash(name)
	mask := uint32(1)<<h.shift - 1
	slot = hash * 11 % tableMods[h.shift]
	for step := uint32(1); h.slots[slot] != 0; step++ {
		if m := int(h.slots[slot] - 1); h.hashes[m] == hash && same(m) {
			return m, hash, slot
		}
		slot = (slot + step) & mask
	}
	return -1, hash, slot
}

// add puts the next member where find said.
func (h *hashOrder) add(hash, slot uint32) {
	h.hashes = append(h.hashes, hash)
	n := len(h.hashes)
	h.slots[slot] = int32(n)
	if size := len(h.slots); size > n+n/16 || int(h.shift)+1 >= len(tableMods) {
		return
	}
	shift := uint(0)
	for want := n * 1333 / 1000; want != 0; want >>= 1 {
		shift++
	}
	h.grow(min(max(shift, minShift), uint(len(tableMods)-1)))
}

// grow moves the members to their places in a larger table. It goes through
// the old slots in order and lets each member push out who stands in its
// place, as GLib does within one array.
func (h *hashOrder) grow(shift uint) {
	old := len(h.slots)
	h.shift = shift
	mask := uint32(1)<<shift - 1
	at := zeroed(h.spare, 1<<shift)
	copy(at, h.slots)
	placed := make([]bool, 1<<shift)
	for i := range old {
		if placed[i] || at[i] == 0 {
			continue
		}
		m := at[i]
		at[i] = 0
		for m != 0 {
			v := h.hashes[m-1] * 11 % tableMods[shift]
			for step := uint32(1); placed[v]; step++ {
				v = (v + step) & mask
			}
			placed[v] = true
			m, at[v] = at[v], m
		}
	}
	h.spare, h.slots = h.slots, at
}

// each visits the members in order.
func (h *hashOrder) each(visit func(member int)) {
	for _, m := range h.slots {
		if m != 0 {
			visit(int(m - 1))
		}
	}
}
