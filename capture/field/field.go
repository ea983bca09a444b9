// Package field holds what the program knows of protocols and their fields:
// names, labels, types, display bases and value texts, and how a value becomes
// text. Names, labels and bases are Wireshark's: one word is display-filter
// name, export key and label.
//
// Fields are declared once, by package-level variables of capture/proto, and
// never change afterwards; every function here may be called from any
// goroutine once init is over.
package field

import (
	"fmt"
	"math/bits"
	"sort"
)

// ID names a field. It is small, so that a set of wanted fields is a bitmap.
type ID uint16

// None is no field.
const None ID = 0

// Type is a field's type; the names are Wireshark's FT_ types.
type Type uint8

// Field types.
const (
	TNone Type = iota
	TProtocol
	TBool
	TChar
	TUint8
	TUint16
	TUint24
	TUint32
	TUint40
	TUint48
	TUint56
	TUint64
	TInt8
	TInt16
	TInt24
	TInt32
	TInt40
	TInt48
	TInt56
	TInt64
	TFloat
	TDouble
	TFrameNum
	TString     // fixed or given length
	TStringz    // ends with NUL
	TUintString // a length, then the text
	TStringzPad
	TStringzTrunc
	TBytes
	TUintBytes
	TEther
	TIPv4
	TIPv6
	TEUI64
	TIPXNet
	TFCWWN
	TVINES
	TGUID
	TOID
	TRelOID
	TSystemID
	TAbsTime // Value.Word: nanoseconds since 1970
	TRelTime // Value.Word: nanoseconds
)

var typeNames = [...]string{
	"FT_NONE", "FT_PROTOCOL", "FT_BOOLEAN", "FT_CHAR", "FT_UINT8", "FT_UINT16", "FT_UINT24", "FT_UINT32", "FT_UINT40", "FT_UINT48",
	"FT_UINT56", "FT_UINT64", "FT_INT8", "FT_INT16", "FT_INT24", "FT_INT32", "FT_INT40", "FT_INT48", "FT_INT56", "FT_INT64",
	"FT_FLOAT", "FT_DOUBLE", "FT_FRAMENUM", "FT_STRING", "FT_STRINGZ", "FT_UINT_STRING", "FT_STRINGZPAD", "FT_STRINGZTRUNC",
	"FT_BYTES", "FT_UINT_BYTES", "FT_ETHER", "FT_IPv4", "FT_IPv6", "FT_EUI64", "FT_IPXNET", "FT_FCWWN", "FT_VINES", "FT_GUID",
	"FT_OID", "FT_REL_OID", "FT_SYSTEM_ID", "FT_ABSOLUTE_TIME", "FT_RELATIVE_TIME",
}

func (t Type) String() string { return typeNames[t] }

// IsUint reports an unsigned integer (not a boolean or a character).
func (t Type) IsUint() bool { return t >= TUint8 && t <= TUint64 || t == TFrameNum }

// IsInt reports a signed integer.
func (t Type) IsInt() bool { return t >= TInt8 && t <= TInt64 }

// IsString reports a text type.
func (t Type) IsString() bool { return t >= TString && t <= TStringzTrunc }

// IsBytes reports a type whose value is its bytes, shown as hex.
func (t Type) IsBytes() bool { return t == TBytes || t == TUintBytes }

// Width is the number of bits of a number type, 0 for others.
func (t Type) Width() int {
	switch {
	case t == TChar || t == TUint8 || t == TInt8:
		return 8
	case t == TFrameNum:
		return 32
	case t >= TUint8 && t <= TUint64:
		return [...]int{8, 16, 24, 32, 40, 48, 56, 64}[t-TUint8]
	case t >= TInt8 && t <= TInt64:
		return [...]int{8, 16, 24, 32, 40, 48, 56, 64}[t-TInt8]
	}
	return 0
}

// Base is how a value is displayed.
type Base uint8

// Display bases, as Wireshark's BASE_ and SEP_ constants.
const (
	BaseNone Base = iota
	Dec
	Hex
	Oct
	DecHex
	HexDec
	SepDot
	SepColon
	SepDash
	SepSpace
	Local  // absolute time in local time
	UTC    // absolute time in UTC
	Epoch  // absolute time as seconds since 1970
	DOYUTC // day of year
	NTP    // absolute time of NTP in UTC; 0 is NULL
	PortUDP
	PortTCP
	PortSCTP
	Custom  // Field.Format writes the value
	OUI     // 24-bit organisation
	Netmask // IPv4 mask
)

// Field is one declared field. Protocols are fields of type TProtocol.
type Field struct {
	ID    ID
	Name  string // display-filter name
	Label string // Wireshark's label
	Type  Type
	Base  Base
	// Bits is the width of the bit pattern shown for booleans and masked fields.
	Bits uint8
	// Mask selects the bits of a masked field; 0 = the whole value.
	Mask uint64
	// Enum has the value texts, nil if none.
	Enum *Enum
	// True and False are a boolean's value texts ("" = True, False).
	True, False string
	// Unit follows the number: " bytes". UnitOne is the singular when it differs.
	Unit, UnitOne string
	// Proto is the protocol that declared it; of a protocol, itself.
	Proto ID
	// Short is a protocol's column text: "DNS".
	Short string
	// Format writes a Custom value.
	Format func(t *Text, v uint64)
	// Severity and Group are set for expert fields.
	Severity Severity
	Group    ExpertGroup
	// EnumOnly shows only the value text, without the number in parentheses.
	EnumOnly bool
	// Full: text values are shown as they are, without quoting or cutting.
	Hidden bool
}

// Shift is how far a masked value is moved right.
func (f *Field) Shift() int {
	if f.Mask == 0 {
		return 0
	}
	return bits.TrailingZeros64(f.Mask)
}

var (
	all    = []*Field{{Name: "", Label: "", Type: TNone}} // index 0 is None
	byName = map[string][]ID{}
)

// TextOnly is the field of a line that has no name, only text.
var TextOnly = Register(Field{Name: "", Label: "Text", Type: TNone})

// Register adds a field and gives its ID. It panics when a name is declared
// again with an incompatible type: that is a mistake found at start.
func Register(f Field) ID {
	if len(all) > 0xfff0 {
		panic("field: too many fields")
	}
	f.ID = ID(len(all))
	if f.Type == TProtocol {
		f.Proto = f.ID
	}
	if f.Bits == 0 {
		f.Bits = uint8(f.Type.Width())
		if f.Type == TBool && f.Mask != 0 {
			f.Bits = uint8((bits.Len64(f.Mask) + 7) / 8 * 8)
		}
	}
	if f.Name != "" {
		for _, o := range byName[f.Name] {
			if !compatible(all[o].Type, f.Type) {
				panic(fmt.Sprintf("field: %s declared as %v and as %v", f.Name, all[o].Type, f.Type))
			}
		}
	}
	all = append(all, &f)
	if f.Name != "" {
		byName[f.Name] = append(byName[f.Name], f.ID)
	}
	return f.ID
}

func compatible(a, b Type) bool {
	if a == b || a.IsString() && b.IsString() || a.IsBytes() && b.IsBytes() {
		return true
	}
	num := func(t Type) bool { return t.IsUint() || t.IsInt() || t == TBool || t == TChar }
	return num(a) && num(b) || a == TNone || b == TNone
}

// Get is the field of an ID.
func Get(id ID) *Field { return all[id] }

// Len is one more than the highest ID.
func Len() int { return len(all) }

// ByName gives the fields of a display-filter name; several when protocols
// share a name.
func ByName(name string) []ID { return byName[name] }

// Names gives every name once, sorted.
func Names() []string {
	out := make([]string, 0, len(byName))
	for n := range byName {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// Set is a set of fields as a bitmap.
type Set []uint64

// NewSet makes a set that holds ids.
func NewSet(ids ...ID) Set {
	s := make(Set, (Len()+63)/64)
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Add puts id into the set.
func (s Set) Add(id ID) { s[id>>6] |= 1 << (id & 63) }

// Has reports whether id is in the set.
func (s Set) Has(id ID) bool { return s[id>>6]&(1<<(id&63)) != 0 }

// Severity of expert information; the values are Wireshark's PI_ constants.
type Severity uint32

// Severities.
const (
	SevComment Severity = 0x00100000
	Chat       Severity = 0x00200000
	Note       Severity = 0x00400000
	Warn       Severity = 0x00600000
	Error      Severity = 0x00800000
)

func (s Severity) String() string {
	switch s {
	case SevComment:
		return "Comment"
	case Chat:
		return "Chat"
	case Note:
		return "Note"
	case Warn:
		return "Warning"
	case Error:
		return "Error"
	}
	return ""
}

// ExpertGroup is the group of an expert information; Wireshark's PI_ constants.
type ExpertGroup uint32

// Expert groups.
const (
	Checksum      ExpertGroup = 0x01000000
	Sequence      ExpertGroup = 0x02000000
	ResponseCode  ExpertGroup = 0x03000000
	RequestCode   ExpertGroup = 0x04000000
	Undecoded     ExpertGroup = 0x05000000
	Reassemble    ExpertGroup = 0x06000000
	Malformed     ExpertGroup = 0x07000000
	Debug         ExpertGroup = 0x08000000
	Protocol      ExpertGroup = 0x09000000
	Security      ExpertGroup = 0x0a000000
	CommentsGroup ExpertGroup = 0x0b000000
	Decryption    ExpertGroup = 0x0c000000
	Assumption    ExpertGroup = 0x0d000000
	Deprecated    ExpertGroup = 0x0e000000
	Receive       ExpertGroup = 0x0f000000
	Interface     ExpertGroup = 0x10000000
	DissectorBug  ExpertGroup = 0x11000000
)

var groupNames = [...]string{"", "Checksum", "Sequence", "Response", "Request", "Undecoded", "Reassemble", "Malformed", "Debug",
	"Protocol", "Security", "Comment", "Decryption", "Assumption", "Deprecated", "Receive", "Interface", "Dissector bug"}

func (g ExpertGroup) String() string {
	if i := int(g >> 24); i < len(groupNames) {
		return groupNames[i]
	}
	return ""
}
