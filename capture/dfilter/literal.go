package dfilter

import (
	"math"
	"strconv"
	"strings"

	"sonde/capture/field"
)

// literal gives a constant the type of what it stands beside. whole is false
// where a part of a value will do ("contains"). texts allows the field's value
// texts.
func (c *checker) literal(e *expr, t etype, whole, texts bool) error {
	tok := &e.tok
	bad := func(format string, args ...any) error { return errAt(tok.at, len(tok.text), format, args...) }
	word := typeWord(t.ft)
	e.typ = t
	e.typ.fld = nil
	switch tok.kind {
	case tkInt:
		return c.intLiteral(e, t, whole)
	case tkFloat:
		switch t.fam {
		case famFloat:
			e.val = floatVal(tok.real)
			return nil
		case famAbs, famRel:
			ns, ok := seconds(tok.val)
			if !ok {
				return bad("\"%s\" cannot be converted to %s.", tok.val, word)
			}
			e.val = intVal(ns)
			return nil
		}
		return bad("Double %s cannot be converted to %s.", strconv.FormatFloat(tok.real, 'g', 6, 64), word)
	case tkChar:
		switch {
		case t.fam == famInt:
			e.val = val{w: tok.num}
			return nil
		case t.fam == famBool:
			e.val = boolVal(tok.num != 0)
			return nil
		case t.fam == famString || t.fam == famProto || freeBytes(t):
			e.val = val{b: []byte(tok.val)}
			return nil
		}
		return bad("Character constant %s (0x%02x) cannot be converted to %s.", tok.text, tok.num, word)
	}
	quoted := tok.kind == tkString
	switch t.fam {
	case famString:
		e.val = val{b: []byte(tok.val)}
		return nil
	case famInt, famBool:
		return c.valueText(e, t, texts)
	case famProto:
		return c.bytesLiteral(e, t, whole)
	case famBytes:
		if quoted && !freeBytes(t) {
			return bad("%s cannot be converted from a string (%s).", word, tok.text)
		}
		return c.bytesLiteral(e, t, whole)
	case famIPv4, famIPv6:
		if quoted {
			return bad("%s cannot be converted from a string (%s).", word, tok.text)
		}
		return c.address(e, t)
	case famAbs:
		ns, msg := absTime(tok.val, c.opt.Location)
		if msg != "" {
			return bad("%s", msg)
		}
		e.val = intVal(ns)
		return nil
	case famFloat:
		if v, err := strconv.ParseFloat(tok.val, 64); err == nil && !quoted {
			e.val = floatVal(v)
			return nil
		}
	}
	if quoted {
		return bad("%s cannot be converted from a string (%s).", word, tok.text)
	}
	return bad("\"%s\" cannot be converted to %s.", tok.val, word)
}

// freeBytes: byte strings of any length, which text can stand for.
func freeBytes(t etype) bool { return t.fam == famBytes && t.ft.IsBytes() }

func (c *checker) intLiteral(e *expr, t etype, whole bool) error {
	tok := &e.tok
	bad := func(format string, args ...any) error { return errAt(tok.at, len(tok.text), format, args...) }
	v := tok.num
	switch t.fam {
	case famInt:
		w := t.ft.Width()
		if t.ft == field.TIPXNet {
			w = 32
		}
		limit := uint64(math.MaxUint64)
		if t.ft.IsInt() {
			limit = 1<<(w-1) - 1
			if c.minus && v == limit+1 {
				e.val = val{w: v} // the smallest number, behind its sign
				return nil
			}
		} else if w < 64 && w > 0 {
			limit = 1<<w - 1
		}
		if v > limit {
			return bad("\"%s\" too big for this field, maximum %d.", tok.val, limit)
		}
		e.val = val{w: v, signed: t.ft.IsInt()}
		return nil
	case famBool:
		e.val = boolVal(v != 0)
		return nil
	case famFloat:
		e.val = floatVal(float64(v))
		return nil
	case famAbs, famRel:
		if v > maxSeconds {
			return bad("\"%s\" is too large for a time.", tok.val)
		}
		e.val = val{w: v * 1e9}
		return nil
	}
	if freeBytes(t) {
		if v > 255 {
			return bad("%s is too large for a byte value", tok.val)
		}
		e.val = val{b: []byte{byte(v)}}
		return nil
	}
	return bad("Unsigned integer %d cannot be converted to %s.", v, typeWord(t.ft))
}

// valueText turns a text into the number that it stands for, in any letter case.
func (c *checker) valueText(e *expr, t etype, texts bool) error {
	tok := &e.tok
	bad := func(format string, args ...any) error { return errAt(tok.at, len(tok.text), format, args...) }
	quoted := tok.kind == tkString
	if t.fam == famBool {
		yes, no := "True", "False"
		if t.fld != nil {
			yes, no = t.fld.BoolText(true), t.fld.BoolText(false)
		}
		switch {
		case strings.EqualFold(tok.val, yes) || !quoted && strings.EqualFold(tok.val, "true"):
			e.val = boolVal(true)
		case strings.EqualFold(tok.val, no) || !quoted && strings.EqualFold(tok.val, "false"):
			e.val = boolVal(false)
		case t.fld != nil:
			return bad("expected \"%s\" or \"%s\", not \"%s\" for %s.", yes, no, tok.val, t.fld.Name)
		default:
			return bad("expected \"%s\" or \"%s\", not \"%s\".", yes, no, tok.val)
		}
		return nil
	}
	if texts && t.fld != nil && hasTexts(t.fld) {
		for _, id := range field.ByName(t.fld.Name) {
			if v, ok := enumNumber(field.Get(id).Enum, tok.val); ok {
				e.val = val{w: v, neg: t.ft.IsInt() && int64(v) < 0, signed: t.ft.IsInt()}
				return nil
			}
		}
		return bad("\"%s\" cannot be found among the possible values for %s.", tok.val, t.fld.Name)
	}
	if quoted {
		return bad("%s cannot be converted from a string (%s).", typeWord(t.ft), tok.text)
	}
	return bad("\"%s\" cannot be converted to %s.", tok.val, typeWord(t.ft))
}

// hasTexts reports that a field's numbers have value texts, under any of the
// declarations of its name.
func hasTexts(f *field.Field) bool {
	for _, id := range field.ByName(f.Name) {
		if field.Get(id).Enum != nil {
			return true
		}
	}
	return false
}

func enumNumber(en *field.Enum, text string) (uint64, bool) {
	if en == nil {
		return 0, false
	}
	for _, v := range en.All() {
		if strings.EqualFold(v.Text, text) {
			return v.Val, true
		}
	}
	for _, r := range en.AllRanges() {
		if strings.EqualFold(r.Text, text) {
			return r.Lo, true
		}
	}
	return 0, false
}

// widths of types whose values have one length, and what a message calls them.
var fixedBytes = map[field.Type]struct {
	n    int
	name string
}{
	field.TEther: {6, "Ethernet"}, field.TEUI64: {8, "EUI-64"}, field.TFCWWN: {8, "FCWWN"}, field.TVINES: {6, "Vines"}, field.TGUID: {16, "GUID"},
}

func (c *checker) bytesLiteral(e *expr, t etype, whole bool) error {
	tok := &e.tok
	bad := func(format string, args ...any) error { return errAt(tok.at, len(tok.text), format, args...) }
	if tok.kind == tkString {
		e.val = val{b: []byte(tok.val)}
		return nil
	}
	fixed, isFixed := fixedBytes[t.ft]
	text := tok.val
	switch t.ft {
	case field.TGUID:
		text = strings.ReplaceAll(text, "-", "")
	case field.TOID, field.TRelOID:
		if b, ok := oidBytes(text, t.ft == field.TRelOID); ok {
			e.val = val{b: b}
			return nil
		}
		return bad("\"%s\" is not a valid OBJECT IDENTIFIER.", tok.val)
	}
	b, ok := hexBytes(text)
	switch {
	case !ok && isFixed:
		return bad("\"%s\" is not a valid %s address.", tok.val, fixed.name)
	case !ok:
		return bad("\"%s\" is not a valid byte string.", tok.val)
	case isFixed && whole && len(b) < fixed.n:
		return bad("\"%s\" contains too few bytes to be a valid %s address.", tok.val, fixed.name)
	case isFixed && len(b) > fixed.n:
		return bad("\"%s\" contains too many bytes to be a valid %s address.", tok.val, fixed.name)
	}
	e.val = val{b: b}
	return nil
}

// hexBytes reads pairs of hex digits joined by : - or ., groups of four too,
// pairs without anything between, and a single digit as one byte.
func hexBytes(s string) ([]byte, bool) {
	if len(s) == 1 {
		v := hexValue(s[0])
		return []byte{byte(v)}, v >= 0
	}
	var b []byte
	var sep byte
	for i := 0; i < len(s); {
		n := 0
		for i+n < len(s) && hexValue(s[i+n]) >= 0 {
			n++
		}
		if n == 0 || n == 1 && sep == 0 && i+n == len(s) || n > 2 && n%2 != 0 {
			return nil, false
		}
		if n == 1 {
			b = append(b, byte(hexValue(s[i])))
		}
		for j := 0; j+1 < n; j += 2 {
			b = append(b, byte(hexValue(s[i+j])<<4|hexValue(s[i+j+1])))
		}
		if i += n; i == len(s) {
			break
		}
		if c := s[i]; c != ':' && c != '-' && c != '.' || sep != 0 && c != sep {
			return nil, false
		}
		sep = s[i]
		i++
	}
	return b, len(b) > 0
}

// oidBytes encodes a dotted object identifier, X.690 section 8.19.
func oidBytes(s string, relative bool) ([]byte, bool) {
	if b, ok := hexBytes(s); ok && strings.ContainsAny(s, ":-") {
		return b, true
	}
	var out []byte
	var first uint64
	parts := strings.Split(s, ".")
	if !relative && len(parts) < 2 {
		return nil, false
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 56)
		if err != nil {
			return nil, false
		}
		if !relative {
			if i == 0 {
				if v > 2 {
					return nil, false
				}
				first = v * 40
				continue
			}
			if i == 1 {
				if first < 80 && v > 39 {
					return nil, false
				}
				v += first
			}
		}
		var tmp [10]byte
		k := len(tmp) - 1
		tmp[k] = byte(v & 0x7f)
		for v >>= 7; v > 0; v >>= 7 {
			k--
			tmp[k] = byte(v&0x7f) | 0x80
		}
		out = append(out, tmp[k:]...)
	}
	return out, true
}

// seconds reads decimal seconds exactly, as nanoseconds; digits beyond the
// ninth are dropped.
func seconds(s string) (int64, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if !digits(whole) || frac != "" && (!digits(frac) || strings.Contains(frac, ".")) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Abs(v) > maxSeconds {
			return 0, false
		}
		return int64(math.Round(v * 1e9)), true
	}
	sec, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || sec >= maxSeconds {
		return 0, false
	}
	ns, _ := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
	return int64(sec)*1e9 + ns, true
}

// maxSeconds is the longest time that nanoseconds in 63 bits can hold.
const maxSeconds = 9223372036
