// Package dissect turns a frame's bytes into typed fields with their places.
//
// Dissectors (package proto) are plain Go over declared fields. The same code
// serves three uses: a tree (everything: detail pane, exports), a pick (a few
// fields: filters, columns, statistics) and the learn pass (what later packets
// need). An Engine belongs to one goroutine; any number of them may read one
// flow.State once it is learned.
//
//	e := dissect.New(cfg, state)
//	p := e.Dissect(&f, dissect.Request{Tree: true, Columns: true, Learn: true})
//	for i := range p.Nodes { ... }
package dissect

import (
	"fmt"
	"strconv"
	"sync"

	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

// Limits that no packet exceeds, whatever it holds.
const (
	maxDepth = 128    // protocols inside each other
	maxNodes = 100000 // recorded items
	maxSteps = 1 << 20
	maxFlaws = 64 // lines that say how a part ended
)

// Config is what a user may change about dissection. Make it with NewConfig;
// it is read-only while engines use it.
type Config struct {
	prefs    []string
	DecodeAs []DecodeAs
	// Disabled protocols are treated as unknown.
	Disabled map[string]bool
	// Owner, when set, names the process that a flow of this host belongs to.
	Owner func(kind flow.Kind, src, dst *flow.Addr, sport, dport uint32, at int64) (pid uint32, name string)
}

// DecodeAs binds numbers of a dispatch table to a protocol, as -d does.
type DecodeAs struct {
	Table  string
	Lo, Hi uint64
	Proto  *Proto // nil = no dissector
}

// NewConfig gives the defaults.
func NewConfig() *Config { return &Config{} }

// SetPref sets a preference from its text, as -o does.
func (k *Config) SetPref(name, value string) error {
	p := FindPref(name)
	if p == nil {
		return fmt.Errorf("unknown preference %q", name)
	}
	if err := p.Check(value); err != nil {
		return err
	}
	for len(k.prefs) < len(prefs) {
		k.prefs = append(k.prefs, "")
	}
	k.prefs[p.index] = value
	return nil
}

func (k *Config) strPref(p *Pref) string {
	if p.index < len(k.prefs) && k.prefs[p.index] != "" {
		return k.prefs[p.index]
	}
	return p.Default
}

func (k *Config) boolPref(p *Pref) bool {
	// Values are checked when they are set; this runs several times a packet.
	v := k.strPref(p)
	return v != "" && (v[0] == 'T' || v[0] == 't' || v[0] == '1')
}

func (k *Config) uintPref(p *Pref) uint64 {
	v, _ := strconv.ParseUint(k.strPref(p), 0, 64)
	return v
}

// Request says what one dissection is for.
type Request struct {
	// Tree records every field, with labels.
	Tree bool
	// Want records these fields only; nil with Tree false records nothing.
	Want *Wanted
	// Columns writes the packet list's row.
	Columns bool
	// Hops collects Packet.Hops.
	Hops bool
	// Learn lets dissectors write the flow state: each frame once, in order.
	Learn bool
	// Env is what the frame's own line says beside the frame.
	Env Env
}

// Env is a frame's place in its capture.
type Env struct {
	Info *frame.Info
	// First, Prev and PrevShown are the times (ns) of the first frame, of the
	// frame before, and of the frame before that passed the filter.
	First, Prev, PrevShown          int64
	HasFirst, HasPrev, HasPrevShown bool
	Marked, Ignored                 bool
}

// Wanted is a prepared set of wanted fields.
type Wanted struct {
	set   field.Set
	deep  bool      // every layer is needed, whatever it holds
	full  bool      // the whole tree is needed: texts that are made for it alone
	proto field.Set // protocols (by index) that have a wanted field
}

// Want prepares a set of fields. With deep, dissection goes to the top of
// every packet even when none of the fields can occur there (needed for
// frame.protocols and for columns).
func Want(deep bool, ids ...field.ID) *Wanted {
	w := &Wanted{set: field.NewSet(ids...), deep: deep, proto: make(field.Set, (len(protos)+63)/64)}
	for _, id := range ids {
		w.full = w.full || id == expertMessage
		p := protoByID[field.Get(id).Proto]
		if p == nil || deepProtos[p.Name] || deepFields[id] {
			w.deep = true
			continue
		}
		w.proto.Add(field.ID(p.index))
	}
	return w
}

// deepProtos are those whose fields may be added by any layer.
var deepProtos = map[string]bool{"_ws.expert": true, "_ws.malformed": true, "_ws.short": true, "_ws.unreassembled": true, "_ws.dissector_bug": true, "frame": false}

// Packet is the result of one dissection, valid until the engine's next.
type Packet struct {
	Frame *frame.Frame
	Tree
	Cols Columns
	// Network and link addresses of the innermost layer that has them.
	Src, Dst     flow.Addr
	DLSrc, DLDst flow.Addr
	SrcPort      uint32
	DstPort      uint32
	PortKind     flow.Kind
	// Conv is the innermost transport conversation.
	Conv *flow.Conv
	// IPProto is the protocol number of the innermost IP header.
	IPProto uint8
	// TTL is its time to live or hop limit, -1 without an IP header.
	TTL int16
	// Used is the position behind the network packet inside its frame, when its
	// header says so (the rest is padding or a trailer); -1 unknown.
	Used int
	// Layers are the protocols in order, as frame.protocols shows them.
	Layers []field.ID
	// Hops are the address pairs of every layer, outermost first, without those
	// of packets quoted in errors. Only with Request.Hops.
	Hops []Hop
	// Content is what the enclosing message says of the data that the protocol
	// being called reads: for those of table "media_type".
	Content Content
	// StreamEnd is set while the last segment of a stream's direction is read.
	StreamEnd bool
	// Streams holds the stream numbers by kind, -1 for none.
	Streams [8]int32
	Env     Env
	// Bug is set when a dissector crashed: a mistake of ours.
	Bug string
	// Malformed and Short tell how dissection ended.
	Malformed, Short bool
	// Limited: the packet holds more layers, items or work than one packet may;
	// what was found so far is there.
	Limited bool
	// Quotes: a part of the packet is quoted, not sent (an ICMP error).
	Quotes bool
	// Gone: bytes vanished from the file while they were read.
	Gone   bool
	flaws  int
	stream Stream
}

// Content is a media type as a message's headers give it.
type Content struct {
	Type   string // lower case, without parameters: "text/html"
	Params string // "charset=utf-8; boundary=x"
}

// Hop is one layer's pair of addresses.
type Hop struct {
	Kind         flow.Kind
	Src, Dst     flow.Addr
	SPort, DPort uint32
	Stream       int32 // -1 unknown
}

// Engine dissects frames.
type Engine struct {
	cfg      *Config
	flow     *flow.State
	want     field.Set
	wanted   *Wanted
	all      bool
	labels   bool
	learn    bool
	hops     bool
	maxNodes int
	reach    []field.Set // by protocol index: itself and what may lie above it
	above    []field.Set // the same without itself, unless it can nest
	state    field.Set   // protocols from which a stateful one can be reached
	decode   map[string][]DecodeAs
	c        Cursor
	pkt      Packet
	counts   []uint8 // occurrences by protocol index
	counted  []int
	none     field.Set
	noneWant *Wanted
	disabled []bool
}

var (
	reachOnce sync.Once
	reachSets []field.Set
	aboveSets []field.Set
	stateSet  field.Set
)

// New makes an engine over a flow state.
func New(cfg *Config, st *flow.State) *Engine {
	reachOnce.Do(func() {
		reachSets, aboveSets = reachable()
		stateSet = make(field.Set, (len(protos)+63)/64)
		for i := range protos {
			for j, q := range protos {
				if q.stateful && reachSets[i].Has(field.ID(j)) {
					stateSet.Add(field.ID(i))
				}
			}
		}
	})
	e := &Engine{cfg: cfg, flow: st, maxNodes: maxNodes, reach: reachSets, above: aboveSets, state: stateSet, counts: make([]uint8, len(protos)),
		none: field.NewSet(), disabled: make([]bool, len(protos))}
	e.noneWant = &Wanted{set: e.none, proto: make(field.Set, (len(protos)+63)/64)}
	e.c.e = e
	e.decode = map[string][]DecodeAs{}
	for _, d := range cfg.DecodeAs {
		e.decode[d.Table] = append(e.decode[d.Table], d)
	}
	for i, p := range protos {
		e.disabled[i] = cfg.Disabled[p.Name]
	}
	return e
}

// Flow is the state the engine reads and, learning, writes.
func (e *Engine) Flow() *flow.State { return e.flow }

// frameProto is set by package proto: the protocol every dissection starts with.
var frameProto *Proto

// SetFrameProto names the protocol that every dissection starts with.
func SetFrameProto(p *Proto) *Proto { frameProto = p; return p }

// Dissect dissects one frame. The result is valid until the next call.
func (e *Engine) Dissect(f *frame.Frame, r Request) *Packet {
	p := &e.pkt
	p.Tree.reset()
	p.Frame, p.Env = f, r.Env
	p.Cols.reset(r.Columns)
	p.Src, p.Dst, p.DLSrc, p.DLDst = flow.Addr{}, flow.Addr{}, flow.Addr{}, flow.Addr{}
	p.SrcPort, p.DstPort, p.PortKind, p.Conv, p.IPProto = 0, 0, 0, nil, 0
	p.TTL = -1
	p.Layers, p.Hops = p.Layers[:0], p.Hops[:0]
	p.Streams = [8]int32{-1, -1, -1, -1, -1, -1, -1, -1}
	p.Bug, p.Malformed, p.Short, p.Limited, p.Gone, p.Quotes, p.flaws = "", false, false, false, false, false, 0
	p.Content, p.StreamEnd = Content{}, false
	p.stream = Stream{node: None}
	for _, i := range e.counted {
		e.counts[i] = 0
	}
	e.counted = e.counted[:0]
	e.all, e.labels, e.learn, e.hops = r.Tree, r.Tree, r.Learn, r.Hops
	e.wanted = r.Want
	if e.wanted == nil {
		e.wanted = e.noneWant
	}
	e.want = e.wanted.set
	e.all = e.all || e.wanted.full
	p.Sources = append(p.Sources, Source{Name: "Frame", Data: f.Data})
	c := &e.c
	c.st = st{buf: f.Data, cap: len(f.Data), end: max(int(f.Len), len(f.Data)), parent: None, root: None, protoNode: None}
	c.rejected = false
	c.steps, c.depth, c.last = maxSteps+64*len(f.Data), 0, None
	if frameProto != nil {
		c.whole()
	}
	if e.learn {
		e.flow.Learned = f.Number
	}
	p.Tree.closeLabel()
	p.Tree.fit(f)
	return p
}

// whole runs the frame's own dissector. It guards its parts itself; what
// leaves it all the same must not leave the engine.
func (c *Cursor) whole() {
	saved := c.st
	defer func() {
		if r := recover(); r != nil {
			c.caught(r, saved, 0)
		}
	}()
	c.run(frameProto, frameProto.parse, 0, -1)
}

// ---- calling the next protocol ----

// skip reports that nothing is wanted of p or of what may lie above it.
func (e *Engine) skip(p *Proto) bool {
	return !(e.learn && e.state.Has(field.ID(p.index))) && e.unwanted(e.reach[p.index])
}

// idle reports that nothing is wanted of what may lie above p.
func (e *Engine) idle(p *Proto) bool {
	return !(e.learn && e.state.Has(field.ID(p.index))) && e.unwanted(e.above[p.index])
}

func (e *Engine) unwanted(r field.Set) bool {
	if e.all || e.pkt.Cols.on || e.wanted.deep {
		return false
	}
	for i, w := range e.wanted.proto {
		if r[i]&w != 0 {
			return false
		}
	}
	return true
}

// enter pushes a layer; its data is [c.start, c.end).
func (c *Cursor) enter(p *Proto) {
	e := c.e
	if len(e.pkt.Layers) < 512 {
		e.pkt.Layers = append(e.pkt.Layers, p.ID)
	}
	if e.counts[p.index] == 0 {
		e.counted = append(e.counted, p.index)
	}
	if e.counts[p.index] < 255 {
		e.counts[p.index]++
	}
	c.proto, c.layer = p, e.counts[p.index]
	c.parent = c.root
	c.protoNode = None
	if !p.noNode && (e.all || e.want.Has(p.ID)) {
		// Value is where the protocol's data ends: its node may be cut to the
		// header, while tests of content mean what the header carries, too.
		c.protoNode = c.put(p.ID, c.start, max(0, min(c.end, c.cap)-c.start), uint64(min(c.end, c.cap)), toEnd)
		c.parent = c.protoNode
	}
}

// Sub runs a protocol over [pos, pos+n) on the wire, cut to what was captured
// and to the current data's end; its line goes beside the current protocol's.
// n < 0 is the rest. The cursor's own position stays.
func (c *Cursor) Sub(p *Proto, pos, n int) {
	if p.parse == nil || c.e.disabled[p.index] || c.e.skip(p) {
		return
	}
	c.run(p, p.parse, pos, n)
}

// SubUnder is Sub with the called protocol's line below node r.
func (c *Cursor) SubUnder(r Ref, p *Proto, pos, n int) {
	old := c.st.root
	if r != None {
		c.st.root = r
	}
	c.Sub(p, pos, n)
	c.st.root = old
}

// Under makes the lines of protocols called from here go below r until the
// returned value is given back to Under.
func (c *Cursor) Under(r Ref) Ref {
	old := c.root
	if r != None {
		c.root = r
	}
	return old
}

// SetRoot restores what Under gave.
func (c *Cursor) SetRoot(r Ref) { c.root = r }

// Fragment marks the data from here on as an unfinished first fragment: what
// ends too early in it is not malformed.
func (c *Cursor) Fragment(on bool) { c.fragment = on }

// SubSource runs a protocol over other bytes (reassembled, decrypted): they
// become a data source of their own.
func (c *Cursor) SubSource(p *Proto, name string, data []byte) {
	if p.parse == nil || c.e.disabled[p.index] || c.e.skip(p) {
		return
	}
	saved := c.st
	c.UseSource(name, data)
	c.run(p, p.parse, 0, -1)
	c.st = saved
}

// UseSource moves the cursor to the start of other bytes, added as a data
// source. Save and Restore the place around it.
func (c *Cursor) UseSource(name string, data []byte) {
	t := &c.e.pkt.Tree
	c.src = uint8(min(len(t.Sources), 255))
	if len(t.Sources) < 255 {
		t.Sources = append(t.Sources, Source{Name: name, Data: data})
	}
	c.buf, c.off, c.start, c.end, c.cap = data, 0, 0, len(data), len(data)
	c.fragment = false
}

// Place is a saved position with its data.
type Place struct{ st st }

// Save gives the present place, its data and parent.
func (c *Cursor) Save() Place { return Place{c.st} }

// Restore goes back to a saved place.
func (c *Cursor) Restore(p Place) { c.st = p.st }

// Lookup gives the protocol of a number, with Decode As rules first.
func (c *Cursor) Lookup(t *Table, key uint64) *Proto {
	if len(c.e.decode) != 0 {
		for _, d := range c.e.decode[t.Name] {
			if key >= d.Lo && key <= d.Hi {
				return d.Proto
			}
		}
	}
	p := t.byKey[key]
	if p != nil && c.e.disabled[p.index] {
		return nil
	}
	return p
}

// LookupName gives the protocol of a word.
func (c *Cursor) LookupName(t *Table, key string) *Proto { return t.byName[key] }

// DecodedAs reports whether a Decode As rule covers the number.
func (c *Cursor) DecodedAs(t *Table, key uint64) bool {
	for _, d := range c.e.decode[t.Name] {
		if key >= d.Lo && key <= d.Hi {
			return true
		}
	}
	return false
}

// Next runs the protocol that the table has for key over [pos, pos+n); false
// when there is none.
func (c *Cursor) Next(t *Table, key uint64, pos, n int) bool {
	p := c.Lookup(t, key)
	if p == nil {
		return false
	}
	c.Sub(p, pos, n)
	return true
}

// Layered adds a protocol to the packet's layers without running it.
func (c *Cursor) Layered(p *Proto) {
	if len(c.e.pkt.Layers) < 512 {
		c.e.pkt.Layers = append(c.e.pkt.Layers, p.ID)
	}
}

// Or joins two sets of wanted fields; nil is the empty set.
func (w *Wanted) Or(o *Wanted) *Wanted {
	if w == nil {
		return o
	}
	if o == nil {
		return w
	}
	r := &Wanted{set: make(field.Set, len(w.set)), deep: w.deep || o.deep, full: w.full || o.full, proto: make(field.Set, len(w.proto))}
	for i := range r.set {
		r.set[i] = w.set[i] | o.set[i]
	}
	for i := range r.proto {
		r.proto[i] = w.proto[i] | o.proto[i]
	}
	return r
}

// Hop tells the layer's addresses and stream to statistics, and notes the
// stream's number on the packet.
func (c *Cursor) Hop(k flow.Kind, src, dst *flow.Addr, sport, dport uint32, stream uint32) {
	p := &c.e.pkt
	if p.Cols.frozen > 0 { // quoted in an error: not sent by these
		return
	}
	p.Streams[k] = int32(stream)
	if c.e.hops {
		p.Hops = append(p.Hops, Hop{Kind: k, Src: *src, Dst: *dst, SPort: sport, DPort: dport, Stream: int32(stream)})
	}
}
