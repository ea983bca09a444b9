package print

import (
	"io"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// EK writes newline-delimited JSON for the Elasticsearch bulk interface: two
// lines per packet, field names with their protocol in front, repeated values
// as arrays.
type EK struct {
	buffer
	tree
	filter Protocols
	// per layer object: names in order, and their values as JSON text
	names  []string
	values map[string][]string
}

// NewEK makes an EK printer.
func NewEK(w io.Writer, f Protocols) *EK { return &EK{buffer: buffer{w: w}, filter: f} }

// Begin writes nothing.
func (x *EK) Begin() error { return nil }

// End writes what is left.
func (x *EK) End() error { return x.flush(true) }

// Packet writes the two lines of one packet.
func (x *EK) Packet(p *dissect.Packet) error {
	x.build(p)
	t := &x.t
	t.S(`{"index":{"_index":"packets-`)
	day(t, p.Frame.Time)
	t.S("\"}}\n{\"timestamp\":\"").I(p.Frame.Time / 1e6).S(`","layers":{`)
	// layers of one name become an array, in order of first appearance
	type layer struct {
		name string
		at   []int32
	}
	var layers []layer
next:
	for i := x.top; i >= 0; i = x.next[i] {
		name := field.Get(x.node(i).Field).Name
		for k := range layers {
			if layers[k].name == name {
				layers[k].at = append(layers[k].at, i)
				continue next
			}
		}
		layers = append(layers, layer{name, []int32{i}})
	}
	for k, l := range layers {
		if k > 0 {
			t.C(',')
		}
		t.C('"').S(ekName(l.name)).S(`":`)
		if len(l.at) > 1 {
			t.C('[')
		}
		for j, i := range l.at {
			if j > 0 {
				t.C(',')
			}
			if x.filter.skips(l.name) {
				t.S(`{"filtered":`)
				jsonString(t, []byte(l.name))
				t.C('}')
				continue
			}
			x.object(i, ekName(l.name))
		}
		if len(l.at) > 1 {
			t.C(']')
		}
	}
	t.S("}}\n")
	return x.flush(false)
}

// object writes a layer: everything below it, flattened.
func (x *EK) object(i int32, proto string) {
	names, values := x.names, x.values
	x.names, x.values = nil, map[string][]string{}
	if x.first[i] < 0 {
		x.collect(i, proto)
	} else {
		for k := x.first[i]; k >= 0; k = x.next[k] {
			x.collect(k, proto)
		}
	}
	t := &x.t
	t.C('{')
	for k, n := range x.names {
		if k > 0 {
			t.C(',')
		}
		t.C('"').S(n).S(`":`)
		vs := x.values[n]
		if len(vs) > 1 {
			t.C('[')
		}
		for j, v := range vs {
			if j > 0 {
				t.C(',')
			}
			t.S(v)
		}
		if len(vs) > 1 {
			t.C(']')
		}
	}
	t.C('}')
	x.names, x.values = names, values
}

func (x *EK) add(name, value string) {
	if _, ok := x.values[name]; !ok {
		x.names = append(x.names, name)
	}
	x.values[name] = append(x.values[name], value)
}

func (x *EK) collect(i int32, proto string) {
	n := x.node(i)
	f := field.Get(n.Field)
	if f.Type == field.TProtocol && f.Name != "_ws.expert" && x.first[i] >= 0 {
		// a protocol inside a field: an object of its own
		at := len(x.t.B)
		x.object(i, ekName(f.Name))
		v := string(x.t.B[at:])
		x.t.B = x.t.B[:at]
		x.add(ekName(f.Name), v)
		return
	}
	name := proto + "_" + ekName(f.Name)
	if n.Field == field.TextOnly {
		name = "text"
	}
	var v field.Text
	switch {
	case n.Field == field.TextOnly:
		jsonString(&v, x.label(x.p, n))
	case f.Type == field.TBool:
		if n.Value != 0 {
			v.S("true")
		} else {
			v.S("false")
		}
	case f.Type == field.TNone || f.Type == field.TProtocol:
		if f.Name == "_ws.expert" {
			jsonString(&v, x.label(x.p, n))
		} else {
			v.S("null")
		}
	case f.Type == field.TAbsTime:
		v.C('"')
		isoUTC(&v, int64(n.Value))
		v.C('"')
	case f.Type.IsUint():
		v.C('"').U(n.Value).C('"')
	default:
		jsonString(&v, x.show(x.p, n))
	}
	x.add(name, v.String())
	for k := x.first[i]; k >= 0; k = x.next[k] {
		x.collect(k, proto)
	}
}

func ekName(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '.' {
			b[i] = '_'
		}
	}
	return string(b)
}
