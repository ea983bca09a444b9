package tshark

import (
	"bufio"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/print"
)

// writeReport is -G: what the engine knows, one record a line.
func writeReport(o *options, w *bufio.Writer) error {
	switch o.report {
	case "", "fields":
		reportFields(w)
	case "protocols":
		for _, p := range sortedProtocols() {
			toggle := "T"
			if p.Name == "frame" || strings.HasPrefix(p.Name, "_ws.") {
				toggle = "F"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\tT\tT\t%s\n", p.Label, p.Short, p.Name, toggle)
		}
	case "values":
		reportValues(w)
	case "ftypes":
		for _, t := range ftypeOrder {
			fmt.Fprintf(w, "%s\t%s\n", t, ftypeText(t))
		}
	case "decodes":
		reportDecodes(w)
	case "dissector-tables":
		for _, n := range tableNames() {
			reportTable(w, n)
		}
	case "heuristic-decodes":
		for _, n := range tableNames() {
			for _, h := range dissect.Tables()[n].Heuristics() {
				state := "T"
				if h.Off {
					state = "F"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s over %s\n", n, h.Proto.Name, state, state, h.Name, h.Proto.Short, strings.ToUpper(n))
			}
		}
	case "defaultprefs", "currentprefs":
		for _, p := range dissect.Prefs() {
			kind := ""
			switch {
			case p.Check("x") == nil:
				kind = "# A string\n"
			case p.Check("2") == nil:
				kind = "# A decimal number\n"
			default:
				kind = "# true or false (case-insensitive)\n"
			}
			fmt.Fprintf(w, "# %s\n%s#%s: %s\n\n", p.Help, kind, p.Name, p.Default)
		}
	case "column-formats":
		for _, c := range columnForms {
			fmt.Fprintf(w, "%s\t%-35s\t%s\n", c[0], c[1], c[2])
		}
	case "fieldcount":
		reportCount(w)
	default:
		return usagef("Invalid %q option for -G flag, enter -G help for more help.", o.report)
	}
	return nil
}

// reports are the reports of -G.
var reports = [...][2]string{
	{"fields", "P: protocols, F: fields with label, name, type, protocol, base, mask"}, {"protocols", "protocols"},
	{"values", "V, R, T: value texts, ranges, true and false texts of fields"}, {"ftypes", "field types"},
	{"decodes", "which number or word of a table leads to which protocol"}, {"dissector-tables", "tables"},
	{"heuristic-decodes", "heuristics, and whether they are on"}, {"defaultprefs", "preferences"}, {"currentprefs", "preferences"},
	{"column-formats", "columns"}, {"fieldcount", "how many fields there are"},
}

func sortedProtocols() []*dissect.Proto {
	ps := append([]*dissect.Proto(nil), dissect.Protocols()...)
	sort.Slice(ps, func(i, j int) bool { return ps[i].Name < ps[j].Name })
	return ps
}

func tableNames() []string {
	var out []string
	for n := range dissect.Tables() {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

func reportFields(w *bufio.Writer) {
	for _, p := range sortedProtocols() {
		fmt.Fprintf(w, "P\t%s\t%s\n", p.Label, p.Name)
	}
	for i := 1; i < field.Len(); i++ {
		f := field.Get(field.ID(i))
		if f.Name == "" || f.Type == field.TProtocol {
			continue
		}
		fmt.Fprintf(w, "F\t%s\t%s\t%s\t%s\t%s\t0x%x\t\n", f.Label, f.Name, f.Type, field.Get(f.Proto).Name, baseName(f), f.Mask)
	}
}

func baseName(f *field.Field) string {
	switch {
	case f.Type == field.TBool:
		return strconv.Itoa(int(f.Bits))
	case !f.Type.IsUint() && !f.Type.IsInt() && f.Type != field.TChar:
		return ""
	}
	switch f.Base {
	case field.Dec:
		return "BASE_DEC"
	case field.Hex:
		return "BASE_HEX"
	case field.Oct:
		return "BASE_OCT"
	case field.DecHex:
		return "BASE_DEC_HEX"
	case field.HexDec:
		return "BASE_HEX_DEC"
	case field.PortTCP:
		return "BASE_PT_TCP"
	case field.PortUDP:
		return "BASE_PT_UDP"
	case field.PortSCTP:
		return "BASE_PT_SCTP"
	case field.OUI:
		return "BASE_OUI"
	case field.Custom:
		return "BASE_CUSTOM"
	}
	return "BASE_NONE"
}

func reportValues(w *bufio.Writer) {
	for i := 1; i < field.Len(); i++ {
		f := field.Get(field.ID(i))
		switch {
		case f.Type == field.TBool && (f.True != "" || f.False != ""):
			fmt.Fprintf(w, "T\t%s\t%s\t%s\n", f.Name, f.BoolText(true), f.BoolText(false))
		case f.Enum != nil:
			for _, r := range f.Enum.AllRanges() {
				fmt.Fprintf(w, "R\t%s\t%d\t%d\t%s\n", f.Name, r.Lo, r.Hi, r.Text)
			}
			for _, v := range f.Enum.All() {
				fmt.Fprintf(w, "V\t%s\t%s\t%s\n", f.Name, inBase(f.Base, f.Type.Width(), v.Val), v.Text)
			}
		}
	}
}

func reportDecodes(w *bufio.Writer) {
	for _, n := range tableNames() {
		t := dissect.Tables()[n]
		keys := make([]uint64, 0, len(t.Keys()))
		for k := range t.Keys() {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
		for _, k := range keys {
			fmt.Fprintf(w, "%s\t%s\t%s\n", n, key(n, k), t.Keys()[k].Name)
		}
		var words []string
		for k := range t.Words() {
			words = append(words, k)
		}
		sort.Strings(words)
		for _, k := range words {
			fmt.Fprintf(w, "%s\t%s\t%s\n", n, k, t.Words()[k].Name)
		}
	}
}

// columnForms are the columns there are: form, title, field.
var columnForms = [...][3]string{
	{"%d", "Destination address", "_ws.col.def_dst"}, {"%i", "Information", "_ws.col.info"}, {"%m", "Number", "_ws.col.number"},
	{"%L", "Packet length (bytes)", "_ws.col.packet_length"}, {"%p", "Protocol", "_ws.col.protocol"}, {"%s", "Source address", "_ws.col.def_src"},
	{"%t", "Time (format as specified)", "_ws.col.cls_time"},
}

// numberTables are the tables whose numbers are shown otherwise than decimal,
// or whose width is not 16 bits: title, bits, hex, the protocol that asks.
var numberTables = map[string]struct {
	title string
	bits  int
	hex   bool
	proto string
}{
	"ethertype": {"Ethertype", 16, true, "Ethertype"}, "gre.proto": {"GRE protocol type", 16, true, "GRE"}, "ip.proto": {"IP protocol", 8, false, "IPv4"},
	"null.type": {"Null type", 32, false, "Null"}, "tcp.port": {"TCP port", 16, false, "TCP"}, "udp.port": {"UDP port", 16, false, "UDP"},
	"wtap_encap": {"Wiretap encapsulation type", 32, false, "Frame"}, "llc.dsap": {"LLC SAP", 8, true, "LLC"}, "sll.ltype": {"Linux SLL protocol type", 16, true, "SLL"},
}

// key is a number of a table.
func key(table string, v uint64) string {
	if t := numberTables[table]; t.hex {
		return fmt.Sprintf("0x%0*x", t.bits/4, v)
	}
	return strconv.FormatUint(v, 10)
}

func reportTable(w *bufio.Writer, name string) {
	t := dissect.Tables()[name]
	if len(t.Words()) > 0 {
		fmt.Fprintf(w, "%s\t%s\tFT_STRING\t(no protocol)\tDecode As not supported\n", name, name)
		return
	}
	if len(t.Keys()) == 0 {
		return // only heuristics
	}
	n, ok := numberTables[name]
	if !ok {
		n.title, n.bits, n.proto = name, 16, name
	}
	base := "BASE_DEC"
	if n.hex {
		base = "BASE_HEX"
	}
	fmt.Fprintf(w, "%s\t%s\tFT_UINT%d\t%s\t%s\tDecode As supported\n", name, n.title, n.bits, base, n.proto)
}

// inBase is a value as the field's values show it.
func inBase(b field.Base, bits int, v uint64) string {
	if b == field.Hex || b == field.HexDec {
		return fmt.Sprintf("0x%0*x", max(bits/4, 1), v)
	}
	return strconv.FormatUint(v, 10)
}

func reportCount(w *bufio.Writer) {
	all, protos, same := 0, 0, 0
	seen := map[string]bool{}
	for i := 1; i < field.Len(); i++ {
		f := field.Get(field.ID(i))
		if f.Name == "" {
			continue
		}
		all++
		if f.Type == field.TProtocol {
			protos++
		}
		if seen[f.Name] {
			same++
		}
		seen[f.Name] = true
	}
	fmt.Fprintf(w, "There are %d header fields registered, of which:\n\t%d are protocols\n\t%d have the same name as another field\n", all, protos, same)
}

// ftypeOrder is the order of Wireshark's type numbers.
var ftypeOrder = func() []field.Type {
	var out []field.Type
	for t := field.TNone; t <= field.TRelTime; t++ {
		out = append(out, t)
	}
	sort.SliceStable(out, func(i, j int) bool { return print.TypeNumber(out[i]) < print.TypeNumber(out[j]) })
	return out
}()

// ftypeText says what a field type is.
func ftypeText(t field.Type) string {
	switch {
	case t == field.TFrameNum:
		return "Frame number"
	case t == field.TChar:
		return "Character (8 bits)"
	case t.IsUint():
		return fmt.Sprintf("Unsigned integer (%d bits)", t.Width())
	case t.IsInt():
		return fmt.Sprintf("Signed integer (%d bits)", t.Width())
	case t.IsString():
		return "Character string"
	case t.IsBytes():
		return "Byte sequence"
	}
	return ftypeTexts[t]
}

var ftypeTexts = map[field.Type]string{
	field.TNone: "Label", field.TProtocol: "Protocol", field.TBool: "Boolean", field.TFloat: "Floating point (single-precision)",
	field.TDouble: "Floating point (double-precision)", field.TEther: "Ethernet or other MAC address", field.TIPv4: "IPv4 address",
	field.TIPv6: "IPv6 address", field.TEUI64: "EUI64 address", field.TIPXNet: "IPX network number", field.TFCWWN: "Fibre Channel WWN",
	field.TVINES: "VINES address", field.TGUID: "Globally Unique Identifier", field.TOID: "ASN.1 object identifier",
	field.TRelOID: "ASN.1 relative object identifier", field.TSystemID: "OSI System-ID", field.TAbsTime: "Date and time", field.TRelTime: "Time offset",
}
