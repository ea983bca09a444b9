package print_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/print"
	"sonde/capture/sample"
)

// forms makes each kind of printer.
var forms = map[string]func(w io.Writer) print.Printer{
	"text": func(w io.Writer) print.Printer {
		return print.NewText(w, print.TextOptions{Summary: true, Details: true, Hex: &print.HexOptions{Delimit: true}})
	},
	"details": func(w io.Writer) print.Printer {
		return print.NewText(w, print.TextOptions{Details: true, Only: map[string]bool{"dns": true}})
	},
	"fields":      func(w io.Writer) print.Printer { return print.NewFields(w, chosen()) },
	"json":        func(w io.Writer) print.Printer { return print.NewJSON(w, print.JSONOptions{}) },
	"json raw":    func(w io.Writer) print.Printer { return print.NewJSON(w, print.JSONOptions{Raw: true}) },
	"json hex":    func(w io.Writer) print.Printer { return print.NewJSON(w, print.JSONOptions{Hex: true, NoDup: true}) },
	"json only":   func(w io.Writer) print.Printer { return print.NewJSON(w, print.JSONOptions{Layers: only}) },
	"json fields": func(w io.Writer) print.Printer { return print.NewFieldObjects(w, "json", chosen(), nil) },
	"ek": func(w io.Writer) print.Printer {
		return print.NewEK(w, print.EKOptions{Tree: true, Summary: true, Hex: true})
	},
	"ek only":   func(w io.Writer) print.Printer { return print.NewEK(w, print.EKOptions{Tree: true, Layers: only}) },
	"ek fields": func(w io.Writer) print.Printer { return print.NewFieldObjects(w, "ek", chosen(), nil) },
	"pdml":      func(w io.Writer) print.Printer { return print.NewPDML(w, "a<b>.pcap", "sonde") },
	"pdml only": func(w io.Writer) print.Printer { return print.NewPDML(w, "a", "sonde").Only(only) },
	"pdml fields": func(w io.Writer) print.Printer {
		return print.NewFieldObjects(w, "pdml", chosen(), print.NewPDML(w, "a", "sonde"))
	},
	"psml": func(w io.Writer) print.Printer { return print.NewPSML(w, "sonde", nil) },
}

var only = print.Layers{Names: map[string]bool{"ip": true, "ip.flags": true}, Deep: map[string]bool{"dns": true}}

func chosen() print.FieldsOptions {
	o := print.DefaultFields()
	o.Names = []string{"frame.number", "ip.addr", "dns.qry.name", "text", "data.data", "_ws.col.info", "tcp", "http.request.uri", "_ws.expert"}
	return o
}

// sound reports what is wrong with an output, "" if nothing.
func sound(form string, out []byte) string {
	if !utf8.Valid(out) {
		return "not UTF-8"
	}
	for _, r := range string(out) {
		if r < 0x20 && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x61c {
			return fmt.Sprintf("control character %U", r)
		}
	}
	switch {
	case strings.HasPrefix(form, "json"):
		var v any
		if err := json.Unmarshal(out, &v); err != nil {
			return err.Error()
		}
	case strings.HasPrefix(form, "ek"):
		for line := range bytes.Lines(out) {
			var v any
			if err := json.Unmarshal(line, &v); err != nil {
				return fmt.Sprintf("%v in %.200s", err, line)
			}
		}
	case strings.HasPrefix(form, "pdml"), form == "psml":
		d := xml.NewDecoder(bytes.NewReader(out))
		for {
			if _, err := d.Token(); err == io.EOF {
				return ""
			} else if err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

// run prints frames in one form.
func run(tb testing.TB, form string, frames []frame.Frame) []byte {
	return runWith(tb, dissect.New(dissect.NewConfig(), flow.NewState()), form, frames)
}

func runWith(tb testing.TB, e *dissect.Engine, form string, frames []frame.Frame) []byte {
	var out bytes.Buffer
	p := forms[form](&out)
	env := dissect.Env{Info: &frame.Info{}}
	err := p.Begin()
	for i := range frames {
		f := &frames[i]
		f.Number = uint32(i + 1)
		if i == 0 {
			env.First, env.HasFirst = f.Time, true
		}
		if err == nil {
			err = p.Packet(e.Dissect(f, dissect.Request{Tree: true, Columns: true, Learn: true, Env: env}))
		}
		env.Prev, env.HasPrev = f.Time, true
	}
	if err == nil {
		err = p.End()
	}
	if err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func newFrame(at int64, data []byte) frame.Frame {
	return frame.Frame{Header: frame.Header{Time: at, HasTime: true, TimeDigits: 6, Link: frame.LinkEthernet, CapLen: uint32(len(data)), Len: uint32(len(data))}, Data: data}
}

func TestFormsAreSound(t *testing.T) {
	var frames []frame.Frame
	err := sample.Each(sample.Options{Packets: 150, Seed: 4}, func(at time.Time, data []byte) error {
		frames = append(frames, newFrame(at.UnixNano(), bytes.Clone(data)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for form := range forms {
		if msg := sound(form, run(t, form, frames)); msg != "" {
			t.Errorf("%s: %s", form, msg)
		}
	}
	for form := range forms {
		if msg := sound(form, run(t, form, nil)); msg != "" {
			t.Errorf("%s of nothing: %s", form, msg)
		}
	}
}

// Quotes are doubled, separators escaped, controls written out.
func TestCells(t *testing.T) {
	for _, c := range []struct{ option, want string }{
		{"quote=d", "\"a\"\"b'c,d e\\\\f\\t\\x1b\"\n"}, {"quote=s", "'a\"b''c,d e\\\\f\\t\\x1b'\n"}, {"separator=,", "a\"b'c\\,d e\\\\f\\t\\x1b\n"},
		{"separator=/s", "a\"b'c,d\\ e\\\\f\\t\\x1b\n"}, {"escape=n", "a\"b'c,d e\\f\t\\x1b\n"},
	} {
		o := print.DefaultFields()
		o.Names = []string{"printtest.string"}
		if err := o.Set(c.option); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		p := print.NewFields(&out, o)
		f := newFrame(0, []byte("a\"b'c,d e\\f\t\x1b"))
		packet := dissect.New(dissect.NewConfig(), flow.NewState()).Dissect(&f, dissect.Request{})
		packet.Nodes = append(packet.Nodes[:0], dissect.Node{Field: fuzzString, Len: f.Len, Parent: dissect.None})
		if p.Packet(packet) != nil || p.End() != nil || out.String() != c.want {
			t.Errorf("%s: %q, not %q", c.option, out.String(), c.want)
		}
	}
}

// -T ek follows the order of a GLib hash table, as tshark writes it.
func TestEKOrder(t *testing.T) {
	query := []byte("\x00\x00\x5e\x00\x53\x01\x02\x00\x00\x00\x00\x05\x08\x00\x45\x00\x00\x3d\x00\x01\x00\x00\x40\x11\x66\xaa\x0a\x00\x00\x05\x0a\x00\x00\x01" +
		"\x9c\x40\x00\x35\x00\x29\xf2\x90\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01")
	out := string(run(t, "ek only", []frame.Frame{newFrame(1700000000e9, query)}))
	want := []string{`"udp":`, `"ip":{"ip_ip_flags_rb":`, `"ip_ip_flags_mf"`, `"ip_ip_addr":[`, `"ip_ip_frag_offset":`, `"ip_ip_hdr_len":`, `"dns":`, `"frame":`, `"eth":`}
	at := 0
	for _, w := range want {
		i := strings.Index(out[at:], w)
		if i < 0 {
			t.Fatalf("%s does not follow in\n%s", w, out)
		}
		at += i
	}
}

// FuzzForms prints whatever a frame dissects to.
func FuzzForms(f *testing.F) {
	_ = sample.Each(sample.Options{Packets: 40, Seed: 9}, func(_ time.Time, data []byte) error {
		f.Add(bytes.Clone(data))
		return nil
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		e := dissect.New(dissect.NewConfig(), flow.NewState())
		frames := []frame.Frame{newFrame(1700000000e9, data), newFrame(1700000001e9, data)}
		for form := range forms {
			if msg := sound(form, runWith(t, e, form, frames)); msg != "" {
				t.Errorf("%s: %s", form, msg)
			}
		}
	})
}

// FuzzNodes prints arbitrary texts as labels and values.
func FuzzNodes(f *testing.F) {
	f.Add([]byte("plain"), uint8(1))
	f.Add([]byte("</x>\x1b[31m\u202e\ufffe\xff\x00\"'&\\"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, n uint8) {
		frames := []frame.Frame{newFrame(1700000000e9, text)}
		eng := dissect.New(dissect.NewConfig(), flow.NewState())
		for form := range forms {
			var out bytes.Buffer
			p := forms[form](&out)
			packet := eng.Dissect(&frames[0], dissect.Request{Tree: true, Columns: true, Learn: true, Env: dissect.Env{Info: &frame.Info{}}})
			base := len(packet.Nodes)
			for i := range int(n % 8) {
				parent := dissect.Ref(i*7%(base+i+1) - 1)
				ids := [...]field.ID{field.TextOnly, fuzzString, fuzzBytes, fuzzNone, fuzzBool}
				packet.Nodes = append(packet.Nodes, dissect.Node{Field: ids[i%len(ids)], Len: uint32(len(text)), Parent: parent})
			}
			if p.Begin() != nil || p.Packet(packet) != nil || p.End() != nil {
				t.Fatal("write failed")
			}
			if msg := sound(form, out.Bytes()); msg != "" {
				t.Errorf("%s: %s", form, msg)
			}
		}
	})
}

var (
	fuzzProto  = dissect.Protocol("printtest", "Print test", "Test")
	fuzzString = fuzzProto.Str("string", "String")
	fuzzBytes  = fuzzProto.Bytes("bytes", "Bytes")
	fuzzNone   = fuzzProto.None("none", "None")
	fuzzBool   = fuzzProto.Bool("bool", "Bool")
)
