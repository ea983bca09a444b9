package field

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Value is one value of a field, as it stands in a dissected packet. Word
// holds numbers, booleans, IPv4 addresses (host order), times (nanoseconds)
// and floats (IEEE bits); Bytes holds text, byte strings and the other
// addresses. Bytes are lent by the packet.
type Value struct {
	Word  uint64
	Bytes []byte
}

// Show appends the value as exports print it (-T fields, PDML's show). raw
// keeps text as it is on the wire; otherwise control characters are escaped.
func (f *Field) Show(t *Text, v Value) {
	switch {
	case f.Type == TBool:
		if v.Word != 0 {
			t.S("True")
		} else {
			t.S("False")
		}
	case f.Type == TChar:
		f.char(t, byte(v.Word))
	case f.Type == TFrameNum:
		t.U(v.Word)
	case f.Type.IsUint():
		switch f.Base {
		case Hex, HexDec:
			t.X(v.Word, (f.Type.Width()+3)/4)
		case Oct:
			f.oct(t, v.Word)
		default:
			t.U(v.Word)
		}
	case f.Type.IsInt():
		if f.Base == Hex || f.Base == HexDec {
			w := f.Type.Width()
			t.X(v.Word&(^uint64(0)>>(64-uint(w))), w/4)
			return
		}
		t.I(int64(v.Word))
	case f.Type == TFloat || f.Type == TDouble:
		f.float(t, v.Word)
	case f.Type == TIPv4:
		t.IPv4n(uint32(v.Word))
	case f.Type == TIPv6:
		t.IPv6(v.Bytes)
	case f.Type == TEther || f.Type == TFCWWN:
		t.MAC(v.Bytes)
	case f.Type == TEUI64:
		t.Hex(v.Bytes, ':')
	case f.Type == TIPXNet:
		t.X(v.Word, 8)
	case f.Type == TGUID:
		t.GUID(v.Bytes, false)
	case f.Type == TOID || f.Type == TRelOID:
		OIDText(t, v.Bytes, f.Type == TRelOID)
	case f.Type.IsString():
		t.Raw(v.Bytes)
	case f.Type.IsBytes() || f.Type == TSystemID:
		t.Hex(v.Bytes, ':')
	case f.Type == TAbsTime:
		f.absShow(t, int64(v.Word))
	case f.Type == TRelTime:
		Seconds(t, int64(v.Word), 9)
	}
}

// LabelValue appends the value as the detail pane shows it after the label.
func (f *Field) LabelValue(t *Text, v Value) {
	switch {
	case f.Type == TBool:
		t.S(f.BoolText(v.Word != 0))
	case f.Base == Custom && f.Format != nil:
		f.Format(t, v.Word)
	case f.Type == TChar:
		if s, ok := f.Enum.Lookup(v.Word); ok {
			t.S(s).S(" (")
			f.char(t, byte(v.Word))
			t.C(')')
			return
		}
		f.char(t, byte(v.Word))
	case f.Type == TFrameNum:
		t.U(v.Word)
	case f.Type.IsUint() || f.Type.IsInt():
		f.labelNumber(t, v.Word)
	case f.Type.IsString():
		labelString(t, v.Bytes)
	case f.Type == TBytes || f.Type == TUintBytes:
		f.labelBytes(t, v.Bytes)
	case f.Type == TAbsTime:
		f.absLabel(t, int64(v.Word))
	case f.Type == TRelTime:
		Interval(t, int64(v.Word))
	case f.Type == TIPv4 && f.Base == Netmask:
		t.IPv4n(uint32(v.Word))
	case f.Type == TFloat || f.Type == TDouble:
		f.float(t, v.Word)
		t.S(f.unit(2))
	default:
		f.Show(t, v)
	}
}

// Label appends the whole line of the detail pane: bit pattern, label, value.
func (f *Field) LabelLine(t *Text, v Value) {
	from := len(t.B)
	if f.Mask != 0 {
		f.BitPattern(t, v.Word)
	}
	t.S(f.Label)
	if f.Type == TNone || f.Type == TProtocol {
		return
	}
	name := len(t.B) - from
	t.S(": ")
	f.LabelValue(t, v)
	CutLabel(t, from, name)
}

// BitPattern appends ".... ..1. = " for the masked value v (already shifted).
func (f *Field) BitPattern(t *Text, v uint64) {
	w := int(f.Bits)
	raw := v << uint(f.Shift())
	for i := w - 1; i >= 0; i-- {
		switch {
		case f.Mask&(1<<uint(i)) == 0:
			t.C('.')
		case raw&(1<<uint(i)) != 0:
			t.C('1')
		default:
			t.C('0')
		}
		if i%4 == 0 && i > 0 {
			t.C(' ')
		}
	}
	t.S(" = ")
}

// BoolText is the text of a boolean.
func (f *Field) BoolText(v bool) string {
	if v {
		if f.True != "" {
			return f.True
		}
		return "True"
	}
	if f.False != "" {
		return f.False
	}
	return "False"
}

func (f *Field) unit(n uint64) string {
	if n == 1 && f.UnitOne != "" {
		return f.UnitOne
	}
	return f.Unit
}

func (f *Field) labelNumber(t *Text, v uint64) {
	if f.Enum != nil {
		s, ok := f.Enum.Lookup(v)
		if !ok {
			s = f.Enum.Unknown
			if s == "" {
				s = "Unknown"
			}
		}
		t.S(s)
		if f.EnumOnly {
			return
		}
		t.S(" (")
		f.number(t, v)
		t.C(')')
		return
	}
	f.number(t, v)
	t.S(f.unit(v))
}

// Number appends the number in the field's base, without value text.
func (f *Field) number(t *Text, v uint64) {
	digits := (f.Type.Width() + 3) / 4
	dec := func() {
		if f.Type.IsInt() {
			t.I(int64(v))
		} else {
			t.U(v)
		}
	}
	hex := func() {
		if f.Mask != 0 {
			digits = (64 - leadingZeros(f.Mask>>uint(f.Shift())) + 3) / 4
		}
		if w := f.Type.Width(); f.Type.IsInt() && w < 64 {
			t.X(v&(1<<uint(w)-1), digits)
			return
		}
		t.X(v, digits)
	}
	switch f.Base {
	case Hex:
		hex()
	case Oct:
		f.oct(t, v)
	case DecHex:
		dec()
		t.S(" (")
		hex()
		t.C(')')
	case HexDec:
		hex()
		t.S(" (")
		dec()
		t.C(')')
	case OUI:
		t.H(v>>16&0xff, 2).C(':').H(v>>8&0xff, 2).C(':').H(v&0xff, 2)
	default:
		dec()
	}
}

func leadingZeros(v uint64) int {
	n := 0
	for i := 63; i >= 0 && v&(1<<uint(i)) == 0; i-- {
		n++
	}
	return n
}

func (f *Field) oct(t *Text, v uint64) {
	t.C('0')
	if v == 0 {
		return
	}
	var tmp [22]byte
	i := len(tmp)
	for v > 0 {
		i--
		tmp[i] = byte('0' + v&7)
		v >>= 3
	}
	t.Raw(tmp[i:])
}

func (f *Field) char(t *Text, c byte) {
	t.C('\'')
	switch {
	case c == '\'' || c == '\\':
		t.C('\\').C(c)
	case c >= 0x20 && c < 0x7f:
		t.C(c)
	case c == 0:
		t.S(`\0`)
	case c >= 7 && c <= 13:
		t.C('\\').C("abtnvfr"[c-7])
	default:
		t.S(`\x`).H(uint64(c), 2)
	}
	t.C('\'')
}

func (f *Field) float(t *Text, w uint64) {
	v, prec := math.Float64frombits(w), 17
	if f.Type == TFloat {
		v, prec = float64(math.Float32frombits(uint32(w))), 9
	}
	if f.Type == TDouble && !math.IsNaN(v) {
		// The shortest text that reads back as the same number.
		for prec = 15; prec < 17; prec++ {
			if back, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', prec, 64), 64); err == nil && back == v {
				break
			}
		}
	}
	FloatG(t, v, prec)
}

// FloatG appends v as C's %.<prec>g does.
func FloatG(t *Text, v float64, prec int) {
	switch {
	case math.IsNaN(v):
		if math.Signbit(v) {
			t.C('-')
		}
		t.S("nan")
		return
	case math.IsInf(v, 1):
		t.S("inf")
		return
	case math.IsInf(v, -1):
		t.S("-inf")
		return
	}
	t.S(appendG(v, prec))
}

// stringLimit is how long the detail pane lets one line grow (Wireshark's
// ITEM_LABEL_LENGTH), in bytes.
const stringLimit = 240

// labelString appends a text value: control characters as C's letters or two
// hex digits, backslashes as they are.
func labelString(t *Text, b []byte) {
	for len(b) > 0 {
		n := 0
		for n < len(b) && b[n] != '\\' && (b[n] >= 0x20 && b[n] < 0x7f || b[n] >= 0x80 || b[n] == 0 || b[n] >= '\a' && b[n] <= '\r') {
			n++
		}
		t.Printable(b[:n])
		if n == len(b) {
			return
		}
		if x := b[n]; x == '\\' {
			t.C(x)
		} else {
			t.S(`\x`).C("0123456789ABCDEF"[x>>4]).C("0123456789ABCDEF"[x&15])
		}
		b = b[n+1:]
	}
}

func (f *Field) labelBytes(t *Text, b []byte) {
	if len(b) == 0 {
		t.S("<MISSING>")
		return
	}
	var sep byte
	switch f.Base {
	case SepDot:
		sep = '.'
	case SepColon:
		sep = ':'
	case SepDash:
		sep = '-'
	case SepSpace:
		sep = ' '
	}
	t.Hex(b, sep)
}

// CutLabel shortens the line that stands in t from the given offset on the way
// Wireshark does: when it is longer than 239 bytes, " […]" is set behind its
// first nameLen bytes (the field's name), or "[…] " in front when that is 0,
// and the end is cut, never inside a character.
func CutLabel(t *Text, from, nameLen int) {
	if len(t.B)-from < stringLimit {
		return
	}
	const mark = len(" […]")
	if nameLen >= stringLimit-mark {
		nameLen = 0
	}
	end := from + stringLimit - 1
	tail := append([]byte(nil), t.B[from+nameLen:end]...)
	t.B = t.B[:from+nameLen]
	if nameLen > 0 {
		t.S(" […]")
	} else {
		t.S("[…] ")
	}
	t.Raw(tail)
	for end > from && t.B[end]&0xc0 == 0x80 {
		end--
	}
	t.B = t.B[:end]
}

// Seconds appends nanoseconds as seconds with n digits (0..9) after the point.
func Seconds(t *Text, ns int64, digits int) {
	u := uint64(ns)
	if ns < 0 {
		t.C('-')
		u = uint64(-ns)
	}
	t.U(u / 1e9)
	if digits == 0 {
		return
	}
	t.C('.')
	frac := u % 1e9
	for i := digits; i < 9; i++ {
		frac /= 10
	}
	t.UPad(frac, digits)
}

// Interval appends a time difference in words: "10.000000 milliseconds",
// "1 minute, 33 seconds", as the detail pane does.
func Interval(t *Text, ns int64) {
	u := uint64(ns)
	if ns < 0 {
		t.C('-')
		u = uint64(-ns)
	}
	sec, frac := u/1e9, u%1e9
	if sec == 0 && frac == 0 {
		t.S("0.000000000 seconds")
		return
	}
	if sec == 0 {
		small(t, frac)
		return
	}
	if sec < 60 {
		plainSeconds(t, sec, frac)
		return
	}
	first := true
	part := func(n uint64, one string) {
		if n == 0 {
			return
		}
		if !first {
			t.S(", ")
		}
		first = false
		t.U(n).C(' ').S(one)
		if n != 1 {
			t.C('s')
		}
	}
	part(sec/86400, "day")
	part(sec/3600%24, "hour")
	part(sec/60%60, "minute")
	s := sec % 60
	if s != 0 || frac != 0 {
		if !first {
			t.S(", ")
		}
		if s == 0 {
			small(t, frac)
		} else {
			plainSeconds(t, s, frac)
		}
	}
}

func small(t *Text, frac uint64) {
	switch {
	case frac >= 1e6:
		t.U(frac/1e6).C('.').UPad(frac%1e6, 6).S(" milliseconds")
	case frac >= 1e3:
		t.U(frac/1e3).C('.').UPad(frac%1e3, 3).S(" microseconds")
	default:
		t.U(frac).S(" nanosecond")
		if frac != 1 {
			t.C('s')
		}
	}
}

func plainSeconds(t *Text, s, frac uint64) {
	t.U(s)
	if frac != 0 {
		t.C('.').UPad(frac, 9)
	}
	t.S(" second")
	if s != 1 || frac != 0 {
		t.C('s')
	}
}

var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// absLabel: "Nov 14, 2023 22:13:20.070000000 UTC".
func (f *Field) absLabel(t *Text, ns int64) {
	if f.Base == Epoch {
		Seconds(t, ns, 9)
		return
	}
	if f.Base == NTP && ns == 0 {
		t.S("NULL")
		return
	}
	AbsTime(t, ns, f.Base == Local)
}

// AbsTime appends "Nov 14, 2023 22:13:20.070000000 UTC".
func AbsTime(t *Text, ns int64, local bool) {
	tm := time.Unix(0, ns).UTC()
	if local {
		tm = time.Unix(0, ns).Local()
	}
	t.S(months[tm.Month()-1]).C(' ')
	if d := tm.Day(); d < 10 {
		t.C(' ')
	}
	t.U(uint64(tm.Day())).S(", ").I(int64(tm.Year())).C(' ')
	clock(t, tm)
	t.C('.').UPad(uint64(tm.Nanosecond()), 9).C(' ')
	if local {
		z, _ := tm.Zone()
		t.S(z)
	} else {
		t.S("UTC")
	}
}

func clock(t *Text, tm time.Time) {
	t.UPad(uint64(tm.Hour()), 2).C(':').UPad(uint64(tm.Minute()), 2).C(':').UPad(uint64(tm.Second()), 2)
}

// absShow: ISO 8601, with +0000 for local and Z for UTC fields.
func (f *Field) absShow(t *Text, ns int64) {
	if f.Base == Epoch {
		Seconds(t, ns, 9)
		return
	}
	if f.Base == NTP && ns == 0 {
		t.S("NULL")
		return
	}
	tm := time.Unix(0, ns).UTC()
	if f.Base == Local {
		tm = time.Unix(0, ns).Local()
	}
	t.UPad(uint64(tm.Year()), 4).C('-').UPad(uint64(tm.Month()), 2).C('-').UPad(uint64(tm.Day()), 2).C('T')
	clock(t, tm)
	t.C('.').UPad(uint64(tm.Nanosecond()), 9)
	if f.Base != Local {
		t.C('Z')
		return
	}
	_, off := tm.Zone()
	if off < 0 {
		t.C('-')
		off = -off
	} else {
		t.C('+')
	}
	t.UPad(uint64(off/3600), 2).UPad(uint64(off/60%60), 2)
}

// OIDText appends a BER-encoded object identifier in dotted form.
func OIDText(t *Text, b []byte, relative bool) {
	var v uint64
	first := !relative
	started := false
	for _, c := range b {
		v = v<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			a := v / 40
			if a > 2 {
				a = 2
			}
			t.U(a).C('.').U(v - a*40)
			first = false
		} else {
			if started || !relative {
				t.C('.')
			}
			t.U(v)
		}
		started = true
		v = 0
	}
}

// ValueText gives the value's text alone ("Set", "TCP"), "" when the field has none.
func (f *Field) ValueText(v uint64) string {
	if f.Type == TBool {
		return f.BoolText(v != 0)
	}
	s, _ := f.Enum.Lookup(v)
	return s
}

func trimZeros(s string) string {
	if strings.IndexByte(s, '.') < 0 {
		return s
	}
	s = strings.TrimRight(s, "0")
	return strings.TrimSuffix(s, ".")
}
