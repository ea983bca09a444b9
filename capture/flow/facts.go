package flow

// Facts keeps one T per frame (and, where a protocol occurs several times in a
// frame, per occurrence). Declare it as a package-level variable. The learn
// pass puts; everyone reads.
type Facts[T any] struct{ key int }

var factCount int

// NewFacts makes a kind of fact; call it at package level only.
func NewFacts[T any]() Facts[T] { factCount++; return Facts[T]{factCount - 1} }

const chunkBits = 8

// perFrame holds the first occurrence of a frame in chunks of 256 frames, made
// when first needed, and the rare further ones in a map.
type perFrame[T any] struct {
	chunks []*factChunk[T]
	more   map[uint64]*T
}

type factChunk[T any] struct {
	has [1 << chunkBits / 64]uint64
	val [1 << chunkBits]T
}

func (f Facts[T]) table(st *State) *perFrame[T] {
	if f.key < len(st.facts) && st.facts[f.key] != nil {
		return st.facts[f.key].(*perFrame[T])
	}
	return nil
}

// Get gives the fact of occurrence occ (from 1) in frame n, or nil.
func (f Facts[T]) Get(st *State, n uint32, occ uint8) *T {
	t := f.table(st)
	if t == nil {
		return nil
	}
	if occ > 1 {
		return t.more[uint64(n)<<8|uint64(occ)]
	}
	i := int(n >> chunkBits)
	if i >= len(t.chunks) || t.chunks[i] == nil {
		return nil
	}
	c, j := t.chunks[i], n&(1<<chunkBits-1)
	if c.has[j>>6]&(1<<(j&63)) == 0 {
		return nil
	}
	return &c.val[j]
}

// Put gives the fact of occurrence occ in frame n, created zero when absent.
// The pointer stays valid. Learn pass only.
func (f Facts[T]) Put(st *State, n uint32, occ uint8) *T {
	t := f.table(st)
	if t == nil {
		for len(st.facts) < factCount {
			st.facts = append(st.facts, nil)
		}
		t = &perFrame[T]{more: map[uint64]*T{}}
		st.facts[f.key] = t
	}
	if occ > 1 {
		k := uint64(n)<<8 | uint64(occ)
		v := t.more[k]
		if v == nil {
			v = new(T)
			t.more[k] = v
		}
		return v
	}
	i := int(n >> chunkBits)
	for i >= len(t.chunks) {
		t.chunks = append(t.chunks, nil)
	}
	if t.chunks[i] == nil {
		t.chunks[i] = new(factChunk[T])
	}
	c, j := t.chunks[i], n&(1<<chunkBits-1)
	c.has[j>>6] |= 1 << (j & 63)
	return &c.val[j]
}
