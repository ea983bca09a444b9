package dfilter

import (
	"strings"

	"sonde/capture/field"
)

// Explain reads the filter in plain words: "packets whose TCP port (source or
// destination) is 80".
func (f *Filter) Explain() string {
	if f.root == nil {
		return "every packet"
	}
	return "packets " + f.root.explain()
}

func (n *node) explain() string {
	switch n.kind {
	case ndAnd, ndOr, ndXor:
		parts := make([]string, len(n.sub))
		for i, s := range n.sub {
			parts[i] = s.explain()
			if s.isList() {
				parts[i] = "(" + parts[i] + ")"
			}
		}
		switch n.kind {
		case ndAnd:
			return strings.ReplaceAll(strings.Join(parts, " and "), " and except those ", ", except those ")
		case ndOr:
			return strings.Join(parts, " or ")
		}
		if len(parts) == 2 {
			return "either " + strings.Join(parts, " or ") + ", not both"
		}
		return "for which an odd number holds of: " + strings.Join(parts, ", ")
	case ndNot:
		s := n.sub[0]
		if s.isList() {
			return "except those (" + s.explain() + ")"
		}
		return "except those " + s.explain()
	case ndExists:
		return n.left.explainBare()
	case ndIn:
		return "whose " + n.left.words() + n.explainSet()
	}
	rel := n.explainRelation()
	if n.left.plural() {
		rel = strings.Replace(rel, " is ", " are ", 1)
	}
	if n.left.kind == exField && n.left.typ.fam == famProto && !n.left.raw {
		if n.left.name == "frame" && n.op == "contains" {
			return "that contain " + n.right.words()
		}
		return "whose " + n.left.words() + " data" + rel
	}
	return "whose " + n.left.words() + rel
}

// plural: bytes and bits are, a field is.
func (e *expr) plural() bool { return e.kind == exSlice || e.kind == exArith && e.op == "&" }

func (e *expr) explainBare() string {
	switch {
	case e.kind == exField && e.typ.fam == famProto && !e.raw && e.layers == nil:
		return "with " + e.words()
	case e.kind == exField && e.typ.fam == famNone:
		return "marked \"" + e.typ.fld.Label + "\""
	case e.kind == exField || e.kind == exColumn:
		return "that have " + article(e.words())
	case e.kind == exSlice:
		return "that have the " + e.words()
	case e.typ.fam == famString:
		return "whose " + e.words() + " is not empty"
	case e.typ.fam == famBool:
		return "for which this is true: " + e.words()
	case e.plural():
		return "with any of the " + e.words() + " set"
	}
	return "whose " + e.words() + " is not zero"
}

func article(s string) string {
	if strings.ContainsRune("aeiouAEIOU", rune(s[0])) {
		return "an " + s
	}
	return "a " + s
}

func (n *node) explainSet() string {
	items := make([]string, len(n.set))
	for i, it := range n.set {
		items[i] = it.lo.words()
		if it.hi != nil {
			items[i] += " to " + it.hi.words()
		}
	}
	list := strings.Join(items, ", ")
	if i := strings.LastIndex(list, ", "); i >= 0 {
		list = list[:i] + " or " + list[i+2:]
	}
	switch {
	case n.negated && n.quant == quantAll:
		return " is not always " + list
	case n.negated:
		return " is never " + list
	case n.quant == quantAll:
		return " is always " + list
	}
	return " is " + list
}

var relationWords = map[string][2]string{ // for some value, for every value
	"==": {" is ", " is always "}, "!=": {" is in one place not ", " is never "},
	"<": {" is less than ", " is always less than "}, "<=": {" is at most ", " is always at most "},
	">": {" is more than ", " is always more than "}, ">=": {" is at least ", " is always at least "},
	"contains": {" contains ", " always contains "}, "matches": {" matches the pattern ", " always matches the pattern "},
}

func (n *node) explainRelation() string {
	op := n.op
	switch op {
	case "===":
		op = "=="
	case "!==":
		op = "!="
	}
	i := 0
	if n.everyPair() {
		i = 1
	}
	return relationWords[op][i] + n.right.words()
}

// phrases read a function of %.
var phrases = map[string]string{
	"len": "length of the %", "count": "number of % fields", "upper": "% in capitals", "lower": "% in small letters", "string": "text of the %",
	"max": "largest of: %", "min": "smallest of: %", "abs": "% without its sign", "vals": "value text of the %", "dec": "decimal text of the %",
	"hex": "hexadecimal text of the %", "float": "%", "double": "%", "ip_special_name": "special-purpose name of the %",
}

// spoken are fields whose label alone would not tell which end is meant.
var spoken = map[string]string{
	"ip.addr": "IPv4 address (source or destination)", "ipv6.addr": "IPv6 address (source or destination)",
	"eth.addr": "Ethernet address (source or destination)", "tcp.port": "TCP port (source or destination)",
	"udp.port": "UDP port (source or destination)", "sctp.port": "SCTP port (source or destination)",
	"ip.src": "IPv4 source address", "ip.dst": "IPv4 destination address", "ipv6.src": "IPv6 source address", "ipv6.dst": "IPv6 destination address",
	"tcp.srcport": "TCP source port", "tcp.dstport": "TCP destination port", "udp.srcport": "UDP source port", "udp.dstport": "UDP destination port",
	"frame": "packet", "frame.len": "length on the wire", "frame.cap_len": "captured length", "frame.number": "packet number",
	"frame.time": "time", "frame.time_relative": "time since the first packet", "frame.time_delta": "time since the packet before",
}

// words is an expr in words.
func (e *expr) words() string {
	switch e.kind {
	case exConst:
		return e.tok.text
	case exColumn:
		return e.column.label + " column"
	case exField:
		return e.fieldWords()
	case exSlice:
		parts := make([]string, len(e.spans))
		for i, s := range e.spans {
			parts[i] = s.text
		}
		unit := "bytes "
		if e.left.typ.fam == famString {
			unit = "characters "
		}
		return unit + strings.Join(parts, ",") + " of the " + e.left.words()
	case exNeg:
		return e.op + e.left.words()
	case exArith:
		if e.op == "&" {
			return "bits " + e.right.words() + " of the " + e.left.words()
		}
		return e.left.words() + " " + e.op + " " + e.right.words()
	}
	parts := make([]string, len(e.args))
	for i, a := range e.args {
		parts[i] = a.words()
	}
	list := strings.Join(parts, ", ")
	if p := phrases[e.name]; p != "" {
		return strings.Replace(p, "%", list, 1)
	}
	return list + ": " + e.fn.label
}

func (e *expr) fieldWords() string {
	s := spoken[e.name]
	if s == "" {
		f := field.Get(e.ids[0])
		switch p := field.Get(f.Proto); {
		case e.ids[0] == field.None:
			s = e.name
		case f.Type == field.TProtocol && f.Short != "":
			s = f.Short
		case p.Short != "" && !strings.HasPrefix(f.Label, p.Short):
			s = p.Short + " " + f.Label
		default:
			s = f.Label
		}
	}
	if e.text && e.typ.fam == famString {
		s += " text"
	}
	if e.raw {
		s = "bytes of the " + s
	}
	if e.layers != nil {
		parts := make([]string, len(e.layers))
		for i, l := range e.layers {
			parts[i] = l.text
		}
		s += " of layer " + strings.Join(parts, ",")
	}
	if e.ref {
		s = "selected packet's " + s
	}
	return s
}
