package print

import (
	"fmt"
	"io"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// FieldsOptions are tshark's -e and -E.
type FieldsOptions struct {
	Names      []string
	Header     bool
	Separator  string // default tab
	Occurrence byte   // 'a', 'f' or 'l'
	Aggregator string // default comma
	Quote      byte   // 0, '"' or '\''
	Escape     bool   // escape tab, newline and backslash in values
	BOM        bool
	// Time writes the Time column; nil is RelativeTime.
	Time func(t *field.Text, p *dissect.Packet)
}

// DefaultFields gives the options that tshark starts with.
func DefaultFields() FieldsOptions {
	return FieldsOptions{Separator: "\t", Occurrence: 'a', Aggregator: ",", Escape: true}
}

// Set takes one -E argument, such as "header=y" or "separator=,".
func (o *FieldsOptions) Set(arg string) error {
	k, v, ok := strings.Cut(arg, "=")
	if !ok || v == "" {
		return fmt.Errorf("%q is not OPTION=VALUE", arg)
	}
	yes := func(dst *bool) error {
		switch v[0] {
		case 'y', 'Y', '1', 't', 'T':
			*dst = true
		case 'n', 'N', '0', 'f', 'F':
			*dst = false
		default:
			return fmt.Errorf("%s takes y or n, not %q", k, v)
		}
		return nil
	}
	char := func(dst *string) {
		switch v {
		case "/t", `\t`:
			*dst = "\t"
		case "/s", `\s`:
			*dst = " "
		default:
			*dst = v[:1]
		}
	}
	switch k {
	case "header":
		return yes(&o.Header)
	case "bom":
		return yes(&o.BOM)
	case "escape":
		return yes(&o.Escape)
	case "separator":
		char(&o.Separator)
	case "aggregator":
		char(&o.Aggregator)
	case "occurrence":
		if v != "f" && v != "l" && v != "a" {
			return fmt.Errorf("occurrence takes f, l or a, not %q", v)
		}
		o.Occurrence = v[0]
	case "quote":
		switch v {
		case "d":
			o.Quote = '"'
		case "s":
			o.Quote = '\''
		case "n":
			o.Quote = 0
		default:
			return fmt.Errorf("quote takes d, s or n, not %q", v)
		}
	default:
		return fmt.Errorf("there is no option %q", k)
	}
	return nil
}

// Fields writes chosen fields as a table.
type Fields struct {
	buffer
	*picker
	opt FieldsOptions
	esc *escapes
}

// NewFields makes a field printer. Names must exist: see Unknown.
func NewFields(w io.Writer, opt FieldsOptions) *Fields {
	return &Fields{buffer: buffer{w: w}, picker: newPicker(opt.Names, opt.Time), opt: opt, esc: cellEscapes(opt)}
}

// cellEscapes is what stands for control characters in a cell. A packet's
// bytes must not drive the terminal that shows them, nor break its line.
func cellEscapes(o FieldsOptions) *escapes {
	e := controls(func(c byte) string {
		switch c {
		case '\t', '\n', '\r':
			if o.Escape {
				return `\` + string("tn  r"[c-'\t'])
			}
			return ""
		case '\a', '\b', '\v', '\f':
			return `\` + string("ab  vf"[c-'\a'])
		case 0:
			return `\0`
		}
		return `\x` + hex2(c)
	})
	if o.Escape {
		e['\\'] = `\\`
	}
	// Inside quotes the quote is doubled, without them the separator is escaped.
	if o.Quote != 0 {
		e[o.Quote] = string([]byte{o.Quote, o.Quote})
	} else if c := o.Separator; o.Escape && len(c) == 1 && c[0] < 0x80 && e[c[0]] == "" {
		e[c[0]] = `\` + c
	}
	return e
}

// Begin writes the header if asked for.
func (x *Fields) Begin() error {
	if x.opt.BOM {
		x.t.S("\uFEFF")
	}
	if x.opt.Header {
		for i, n := range x.opt.Names {
			if i > 0 {
				x.t.S(x.opt.Separator)
			}
			x.t.S(n)
		}
		x.t.C('\n')
	}
	return nil
}

// End writes what is left.
func (x *Fields) End() error { return x.flush(true) }

// Packet writes one line.
func (x *Fields) Packet(p *dissect.Packet) error {
	x.gather(p, x.opt.Occurrence)
	t := &x.t
	for i, vs := range x.values {
		if i > 0 {
			t.S(x.opt.Separator)
		}
		if len(vs) == 0 {
			continue
		}
		if x.opt.Quote != 0 {
			t.C(x.opt.Quote)
		}
		for k, v := range vs {
			if k > 0 {
				t.S(x.opt.Aggregator)
			}
			clean(t, x.bytes(v), x.esc, wideBytes)
		}
		if x.opt.Quote != 0 {
			t.C(x.opt.Quote)
		}
	}
	t.C('\n')
	return x.flush(false)
}

// FieldObjects writes chosen fields (-e) as JSON, EK or PDML: only these,
// without the tree.
type FieldObjects struct {
	buffer
	*picker
	form  string
	pdml  *PDML
	day   day
	count int
}

// NewFieldObjects makes such a printer; form is "json", "ek" or "pdml", whose
// head and file name come from pdml.
func NewFieldObjects(w io.Writer, form string, opt FieldsOptions, pdml *PDML) *FieldObjects {
	return &FieldObjects{buffer: buffer{w: w}, picker: newPicker(opt.Names, opt.Time), form: form, pdml: pdml}
}

// Begin opens the document.
func (x *FieldObjects) Begin() error {
	switch x.form {
	case "json":
		x.t.C('[')
	case "pdml":
		x.pdml.head(&x.t)
	}
	return nil
}

// End closes it.
func (x *FieldObjects) End() error {
	switch x.form {
	case "json":
		jsonEnd(&x.t, x.count)
	case "pdml":
		x.t.S(pdmlEnd)
	}
	return x.flush(true)
}

// Packet writes one packet's values.
func (x *FieldObjects) Packet(p *dissect.Packet) error {
	x.gather(p, 'a')
	switch x.form {
	case "json":
		x.json(p)
	case "ek":
		x.ek(p)
	default:
		x.t.S("<packet>\n")
		geninfo(&x.t, p)
		for i, vs := range x.values {
			for _, v := range vs {
				x.t.S(`  <field name="`).S(x.names[i]).S(`" value="`)
				xmlText(&x.t, x.bytes(v))
				x.t.S("\"/>\n")
			}
		}
		x.t.S("</packet>\n\n\n")
	}
	return x.flush(false)
}

func (x *FieldObjects) json(p *dissect.Packet) {
	t := &x.t
	jsonHead(t, p, x.count, &x.day)
	x.count++
	t.C('{')
	first := true
	for i, vs := range x.values {
		if len(vs) == 0 {
			continue
		}
		if !first {
			t.C(',')
		}
		first = false
		newline(t, 4)
		t.C('"').S(x.names[i]).S(`": [`)
		for k, v := range vs {
			if k > 0 {
				t.C(',')
			}
			newline(t, 5)
			jsonString(t, x.bytes(v))
		}
		newline(t, 4)
		t.C(']')
	}
	if !first {
		newline(t, 3)
	}
	t.S("}\n    }\n  }")
}

func (x *FieldObjects) ek(p *dissect.Packet) {
	t := &x.t
	ekHead(t, p, &x.day)
	t.S(`,"layers":{`)
	first := true
	for i, vs := range x.values {
		if len(vs) == 0 {
			continue
		}
		if !first {
			t.C(',')
		}
		first = false
		t.C('"')
		ekName(t, x.names[i])
		t.S(`":[`)
		for k, v := range vs {
			if k > 0 {
				t.C(',')
			}
			jsonString(t, x.bytes(v))
		}
		t.C(']')
	}
	t.S("}}\n")
}
