package dissect

import (
	"fmt"

	"sonde/capture/field"
)

// Parse is a dissector: it reads the bytes of one protocol through a Cursor.
type Parse func(c *Cursor)

// Heuristic looks at bytes whose protocol is not known from a number; it
// returns false to leave them to the next. Whatever it recorded is then undone.
type Heuristic func(c *Cursor) bool

// Proto is a declared protocol.
type Proto struct {
	*field.Field
	parse    Parse
	stateful bool
	noNode   bool
	rejects  bool
	calls    []field.ID
	index    int
}

var (
	protos    []*Proto
	protoByID = map[field.ID]*Proto{}
)

// Protocol declares a protocol: its display-filter name, its long name, and
// the text of the Protocol column.
func Protocol(name, label, short string) *Proto {
	id := field.Register(field.Field{Name: name, Label: label, Type: field.TProtocol, Short: short})
	p := &Proto{Field: field.Get(id), index: len(protos)}
	protos = append(protos, p)
	protoByID[id] = p
	return p
}

// Protocols gives every declared protocol.
func Protocols() []*Proto { return protos }

// Find gives the protocol of a name, or nil.
func Find(name string) *Proto {
	for _, id := range field.ByName(name) {
		if p := protoByID[id]; p != nil {
			return p
		}
	}
	return nil
}

// Parse sets the dissector.
func (p *Proto) Parse(f Parse) *Proto { p.parse = f; return p }

// Runs reports that the protocol has a dissector; others are only names.
func (p *Proto) Runs() bool { return p.parse != nil }

// Stateful says that the learn pass must see this protocol: it numbers
// streams, reassembles, or links requests and responses.
func (p *Proto) Stateful() *Proto { p.stateful = true; return p }

// NoNode says that the protocol is only a layer name ("ethertype") and adds
// no line to the tree.
func (p *Proto) NoNode() *Proto { p.noNode = true; return p }

// Rejects says that the dissector may refuse its data with Reject, so that
// something else must be tried.
func (p *Proto) Rejects() *Proto { p.rejects = true; return p }

// Calls names protocols that the dissector calls directly, without a table.
func (p *Proto) Calls(qs ...*Proto) *Proto {
	for _, q := range qs {
		p.calls = append(p.calls, q.ID)
	}
	return p
}

// On registers the protocol under numbers of a dispatch table.
func (p *Proto) On(table string, keys ...uint64) *Proto {
	t := tableOf(table)
	for _, k := range keys {
		if q := t.byKey[k]; q != nil && q != p {
			panic(fmt.Sprintf("dissect: %s %d is claimed by %s and %s", table, k, q.Name, p.Name))
		}
		t.byKey[k] = p
	}
	return p
}

// OnName registers the protocol under words of a dispatch table (media types).
func (p *Proto) OnName(table string, keys ...string) *Proto {
	t := tableOf(table)
	for _, k := range keys {
		t.byName[k] = p
	}
	return p
}

// Heur adds a heuristic to a table ("tcp", "udp"), tried in order of rank,
// then of declaration.
func (p *Proto) Heur(table, name string, h Heuristic) *Proto {
	t := tableOf(table)
	t.heur = append(t.heur, heurEntry{name: name, proto: p, run: h})
	return p
}

// HeurOff is Heur for a heuristic that is off unless asked for.
func (p *Proto) HeurOff(table, name string, h Heuristic) *Proto {
	t := tableOf(table)
	t.heur = append(t.heur, heurEntry{name: name, proto: p, run: h, off: true})
	return p
}

type heurEntry struct {
	name  string
	proto *Proto
	run   Heuristic
	off   bool
}

// Table is a dispatch table: which protocol follows a number or a word.
type Table struct {
	Name   string
	byKey  map[uint64]*Proto
	byName map[string]*Proto
	heur   []heurEntry
	owner  []field.ID
}

var tables = map[string]*Table{}

func tableOf(name string) *Table {
	t := tables[name]
	if t == nil {
		t = &Table{Name: name, byKey: map[uint64]*Proto{}, byName: map[string]*Proto{}}
		tables[name] = t
	}
	return t
}

// Table declares that the protocol dispatches through a table, and gives it.
func (p *Proto) Table(name string) *Table {
	t := tableOf(name)
	t.owner = append(t.owner, p.ID)
	return t
}

// Tables gives every dispatch table by name.
func Tables() map[string]*Table { return tables }

// Keys gives the table's numbers and their protocols.
func (t *Table) Keys() map[uint64]*Proto { return t.byKey }

// Words gives the table's words and their protocols.
func (t *Table) Words() map[string]*Proto { return t.byName }

// reachable computes, for each protocol, the set of protocols that may lie
// above it, itself included.
func reachable() (reach, above []field.Set) {
	n := len(protos)
	direct := make([][]int, n)
	for i, p := range protos {
		for _, q := range p.calls {
			direct[i] = append(direct[i], protoByID[q].index)
		}
	}
	for _, t := range tables {
		for _, o := range t.owner {
			i := protoByID[o].index
			for _, q := range t.byKey {
				direct[i] = append(direct[i], q.index)
			}
			for _, q := range t.byName {
				direct[i] = append(direct[i], q.index)
			}
			for _, h := range t.heur {
				direct[i] = append(direct[i], h.proto.index)
			}
		}
	}
	reach, above = make([]field.Set, n), make([]field.Set, n)
	for i := range protos {
		seen := make(field.Set, (n+63)/64)
		todo := append([]int(nil), direct[i]...)
		for len(todo) > 0 {
			j := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen.Has(field.ID(j)) {
				continue
			}
			seen.Add(field.ID(j))
			todo = append(todo, direct[j]...)
		}
		above[i] = seen
		reach[i] = append(field.Set(nil), seen...)
		reach[i].Add(field.ID(i))
	}
	return reach, above
}

// ---- declaring fields ----

// Opt changes a field being declared.
type Opt func(*field.Field)

// Enum gives the field value texts.
func Enum(e *field.Enum) Opt { return func(f *field.Field) { f.Enum = e } }

// Mask makes the field a part of a wider word: width bits, of which mask are its own.
func Mask(width uint8, mask uint64) Opt {
	return func(f *field.Field) { f.Bits, f.Mask = width, mask }
}

// TF sets a boolean's value texts.
func TF(t, f string) Opt { return func(x *field.Field) { x.True, x.False = t, f } }

// SetNotSet is TF("Set", "Not set").
func SetNotSet(f *field.Field) { f.True, f.False = "Set", "Not set" }

// Unit sets what follows the number, as " bytes"; one is the singular, "" for the same.
func Unit(unit, one string) Opt {
	return func(f *field.Field) { f.Unit, f.UnitOne = unit, one }
}

// Format makes the field's value text a function of its number.
func Format(fn func(t *field.Text, v uint64)) Opt {
	return func(f *field.Field) { f.Base, f.Format = field.Custom, fn }
}

// EnumOnly shows the value text without the number behind it.
func EnumOnly(f *field.Field) { f.EnumOnly = true }

// Add declares a field of any type; name is relative to the protocol, or
// absolute when it starts with a colon (":_ws.malformed").
func (p *Proto) Add(name, label string, t field.Type, b field.Base, opts ...Opt) field.ID {
	full := p.Name + "." + name
	if name == "" {
		full = p.Name
	} else if name[0] == ':' {
		full = name[1:]
	}
	f := field.Field{Name: full, Label: label, Type: t, Base: b, Proto: p.ID}
	for _, o := range opts {
		o(&f)
	}
	return field.Register(f)
}

// The usual kinds of field.
func (p *Proto) U8(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TUint8, b, o...)
}
func (p *Proto) U16(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TUint16, b, o...)
}
func (p *Proto) U24(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TUint24, b, o...)
}
func (p *Proto) U32(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TUint32, b, o...)
}
func (p *Proto) U64(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TUint64, b, o...)
}
func (p *Proto) I8(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TInt8, b, o...)
}
func (p *Proto) I32(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TInt32, b, o...)
}

// Bool declares a boolean; give it Mask(width, bit) when it is one bit of a word.
func (p *Proto) Bool(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TBool, field.BaseNone, o...)
}

// Flag declares a boolean bit shown as Set / Not set.
func (p *Proto) Flag(name, label string, width uint8, bit uint64) field.ID {
	return p.Add(name, label, field.TBool, field.BaseNone, Mask(width, bit), SetNotSet)
}
func (p *Proto) Str(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TString, field.BaseNone, o...)
}
func (p *Proto) Bytes(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TBytes, field.BaseNone, o...)
}
func (p *Proto) None(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TNone, field.BaseNone, o...)
}
func (p *Proto) IPv4(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TIPv4, field.BaseNone, o...)
}
func (p *Proto) IPv6(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TIPv6, field.BaseNone, o...)
}
func (p *Proto) Ether(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TEther, field.BaseNone, o...)
}
func (p *Proto) FrameNum(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TFrameNum, field.BaseNone, o...)
}
func (p *Proto) RelTime(name, label string, o ...Opt) field.ID {
	return p.Add(name, label, field.TRelTime, field.BaseNone, o...)
}
func (p *Proto) AbsTime(name, label string, b field.Base, o ...Opt) field.ID {
	return p.Add(name, label, field.TAbsTime, b, o...)
}

// Expert declares an expert information: its field name, group, severity, and
// its usual text.
func (p *Proto) Expert(name string, g field.ExpertGroup, s field.Severity, text string) field.ID {
	full := p.Name + "." + name
	if name[0] == ':' {
		full = name[1:]
	}
	return field.Register(field.Field{Name: full, Label: text, Type: field.TNone, Proto: p.ID, Severity: s, Group: g})
}

// Heuristics gives the table's heuristics in the order they are tried.
func (t *Table) Heuristics() []HeuristicInfo {
	out := make([]HeuristicInfo, len(t.heur))
	for i, h := range t.heur {
		out[i] = HeuristicInfo{Name: h.name, Proto: h.proto, Off: h.off}
	}
	return out
}

// HeuristicInfo describes a heuristic.
type HeuristicInfo struct {
	Name  string
	Proto *Proto
	Off   bool
}

// Alias is a protocol's other dissector under the same name and fields: the
// same words for messages of another form on another number.
func Alias(p *Proto) *Proto {
	q := &Proto{Field: p.Field, index: len(protos)}
	protos = append(protos, q)
	return q
}
