// Package flow is what a capture's packets know of each other: conversations
// and their stream numbers, facts kept per frame, and reassembled bytes.
//
// A State is written by the learn pass alone, frame by frame in file order;
// later passes only read it, so they may run in any order and on any core.
// Whoever runs both at once (a growing capture) holds a lock around the learn
// pass's batches; State itself does not lock.
package flow

import "hash/maphash"

// Addr is a network or link address.
type Addr struct {
	Kind AddrKind
	N    uint8 // bytes used
	B    [16]byte
}

// AddrKind tells families apart.
type AddrKind uint8

// Families of addresses.
const (
	NoAddr AddrKind = iota
	Ether
	IPv4
	IPv6
	Other
)

// NewAddr copies b into an Addr.
func NewAddr(k AddrKind, b []byte) Addr {
	a := Addr{Kind: k, N: uint8(min(len(b), 16))}
	copy(a.B[:], b)
	return a
}

// Bytes gives the address's bytes.
func (a *Addr) Bytes() []byte { return a.B[:a.N] }

// Less orders addresses: by family, then by bytes.
func (a *Addr) Less(b *Addr) bool {
	if a.Kind != b.Kind {
		return a.Kind < b.Kind
	}
	for i := range a.B {
		if a.B[i] != b.B[i] {
			return a.B[i] < b.B[i]
		}
	}
	return false
}

// Kind is a kind of conversation; each kind numbers its own streams.
type Kind uint8

// Kinds of conversations.
const (
	KEther Kind = iota
	KIPv4
	KIPv6
	KTCP
	KUDP
	KSCTP
	KDCCP
	KOther
	kinds
)

// Key is a direction-blind conversation key.
type Key struct {
	Kind         Kind
	A, B         Addr
	APort, BPort uint32
}

// Conv is one conversation. A is the sender of its first packet.
type Conv struct {
	Kind         Kind
	Index        uint32 // stream number within the kind
	First        uint32 // first frame
	Last         uint32 // last frame learned so far
	Packets      uint32 // frames learned so far
	A, B         Addr
	APort, BPort uint32
	FirstTime    int64
	LastTime     int64
	// Upper is the protocol that was found inside (a *dissect.Proto), from
	// frame UpperFrom on; nil while unknown.
	Upper     any
	UpperFrom uint32
	slots     []slot
	older     *Conv // the conversation before this one under the same hash: mostly of the same ports, reused
}

type slot struct {
	key uint32
	val any
}

// Dir tells whether (src, sport) is side A of the conversation: 0 for A to B,
// 1 for B to A.
func (c *Conv) Dir(src *Addr, sport uint32) int {
	if c.APort == sport && c.A == *src {
		return 0
	}
	return 1
}

// State is everything that packets of one capture know of each other.
type State struct {
	convs  map[uint64]*Conv // by hash of the key: half the memory of a map by key
	seed   maphash.Seed
	lists  [kinds][]*Conv
	facts  []any
	cached []*Blob
	bytes  int64
	global []slot
	// Learned is the last frame that the learn pass has seen.
	Learned uint32
	// Fetch gives a frame's bytes again; nil when the source cannot go back
	// (a pipe): then reassembled data lives only while its frame is dissected.
	Fetch func(n uint32) []byte
	// Evicted counts reassemblies given up to stay inside the memory budget.
	Evicted uint64
}

// NewState makes an empty state.
func NewState() *State { return &State{convs: make(map[uint64]*Conv), seed: maphash.MakeSeed()} }

func makeKey(k Kind, src, dst *Addr, sport, dport uint32) Key {
	if src.Less(dst) || *src == *dst && sport <= dport {
		return Key{k, *src, *dst, sport, dport}
	}
	return Key{k, *dst, *src, dport, sport}
}

// is reports whether the conversation has this key.
func (c *Conv) is(k *Key) bool {
	if c.Kind != k.Kind {
		return false
	}
	return c.APort == k.APort && c.BPort == k.BPort && c.A == k.A && c.B == k.B ||
		c.APort == k.BPort && c.BPort == k.APort && c.A == k.B && c.B == k.A
}

// Find gives the conversation that was current at frame n, or nil.
func (s *State) Find(k Kind, src, dst *Addr, sport, dport uint32, n uint32) *Conv {
	key := makeKey(k, src, dst, sport, dport)
	c := s.convs[maphash.Comparable(s.seed, key)]
	for c != nil && (c.First > n || !c.is(&key)) {
		c = c.older
	}
	return c
}

// Create starts a new conversation at frame n, in front of an older one of the
// same addresses if there is one. Learn pass only.
func (s *State) Create(k Kind, src, dst *Addr, sport, dport uint32, n uint32) *Conv {
	h := maphash.Comparable(s.seed, makeKey(k, src, dst, sport, dport))
	c := &Conv{Kind: k, Index: uint32(len(s.lists[k])), First: n, A: *src, B: *dst, APort: sport, BPort: dport, older: s.convs[h]}
	s.convs[h] = c
	s.lists[k] = append(s.lists[k], c)
	return c
}

// Convs gives the conversations of a kind by stream number.
func (s *State) Convs(k Kind) []*Conv { return s.lists[k] }

// Slot is a typed place where one protocol keeps its data on conversations
// (or, with Global, on the capture). Declare it as a package-level variable.
type Slot[T any] struct{ key uint32 }

var slotCount uint32

// NewSlot makes a slot; call it at package level only.
func NewSlot[T any]() Slot[T] { slotCount++; return Slot[T]{slotCount} }

// Of gives the conversation's data, or nil.
func (s Slot[T]) Of(c *Conv) *T {
	if c == nil {
		return nil
	}
	for i := range c.slots {
		if c.slots[i].key == s.key {
			return c.slots[i].val.(*T)
		}
	}
	return nil
}

// Make gives the conversation's data, created when absent. Learn pass only.
func (s Slot[T]) Make(c *Conv) *T {
	if v := s.Of(c); v != nil {
		return v
	}
	v := new(T)
	c.slots = append(c.slots, slot{s.key, v})
	return v
}

// Global gives the capture-wide data of the slot, created when absent.
func (s Slot[T]) Global(st *State) *T {
	for i := range st.global {
		if st.global[i].key == s.key {
			return st.global[i].val.(*T)
		}
	}
	v := new(T)
	st.global = append(st.global, slot{s.key, v})
	return v
}
