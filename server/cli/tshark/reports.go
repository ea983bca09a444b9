package tshark

import (
	"bufio"
	"fmt"
	"sort"
	"strconv"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// writeReport is -G: what the engine knows, one record a line.
func writeReport(o *options, w *bufio.Writer) error {
	switch o.report {
	case "", "fields":
		reportFields(w)
	case "protocols":
		for _, p := range sortedProtocols() {
			fmt.Fprintf(w, "%s\t%s\t%s\n", p.Label, p.Short, p.Name)
		}
	case "values":
		reportValues(w)
	case "ftypes":
		for t := field.TNone; t <= field.TRelTime; t++ {
			fmt.Fprintf(w, "%s\t%s\n", t, ftypeText[t])
		}
	case "decodes":
		reportDecodes(w)
	case "dissector-tables":
		for _, n := range tableNames() {
			fmt.Fprintf(w, "%s\n", n)
		}
	case "heuristic-decodes":
		for _, n := range tableNames() {
			for _, h := range dissect.Tables()[n].Heuristics() {
				state := "T"
				if h.Off {
					state = "F"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", n, h.Proto.Name, state, h.Name)
			}
		}
	case "defaultprefs", "currentprefs":
		for _, p := range dissect.Prefs() {
			fmt.Fprintf(w, "# %s\n#%s: %s\n\n", p.Help, p.Name, p.Default)
		}
	case "column-formats":
		for _, c := range [...][2]string{{"%m", "Number"}, {"%t", "Time (format as specified)"}, {"%s", "Source address"}, {"%d", "Destination address"}, {"%p", "Protocol"}, {"%L", "Packet length (bytes)"}, {"%i", "Information"}} {
			fmt.Fprintf(w, "%s\t%s\n", c[0], c[1])
		}
	case "fieldcount":
		n := 0
		for i := 1; i < field.Len(); i++ {
			if field.Get(field.ID(i)).Name != "" {
				n++
			}
		}
		fmt.Fprintf(w, "There are %d header fields registered\n", n)
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
				fmt.Fprintf(w, "R\t%s\t0x%x\t0x%x\t%s\n", f.Name, r.Lo, r.Hi, r.Text)
			}
			for _, v := range f.Enum.All() {
				fmt.Fprintf(w, "V\t%s\t0x%x\t%s\n", f.Name, v.Val, v.Text)
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
			fmt.Fprintf(w, "%s\t%d\t%s\n", n, k, t.Keys()[k].Name)
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

// ftypeText says what each field type is.
var ftypeText = [...]string{"Label", "Protocol", "Boolean", "Character, 1 byte", "Unsigned integer, 1 byte", "Unsigned integer, 2 bytes", "Unsigned integer, 3 bytes",
	"Unsigned integer, 4 bytes", "Unsigned integer, 5 bytes", "Unsigned integer, 6 bytes", "Unsigned integer, 7 bytes", "Unsigned integer, 8 bytes",
	"Signed integer, 1 byte", "Signed integer, 2 bytes", "Signed integer, 3 bytes", "Signed integer, 4 bytes", "Signed integer, 5 bytes", "Signed integer, 6 bytes",
	"Signed integer, 7 bytes", "Signed integer, 8 bytes", "Floating point (single-precision)", "Floating point (double-precision)", "Frame number",
	"Character string", "Character string", "Character string", "Character string", "Character string", "Byte sequence", "Byte sequence",
	"Ethernet or other MAC address", "IPv4 address", "IPv6 address", "EUI64 address", "IPX network number", "Fibre Channel WWN", "VINES address",
	"Globally Unique Identifier", "ASN.1 object identifier", "ASN.1 relative object identifier", "OSI System-ID", "Date and time", "Time offset"}
