package dfilter

import (
	"errors"
	"strings"
	"testing"
)

// FuzzCompile: no text panics or is refused without a place; what compiles
// means the same when printed, and "!(f)" is the rest of all packets.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"zz", "zz.port == 80", "!(zz.ip != 10.0.0.0/8) and zz.kind#[-1] in {1, 2..5}", "all zz.name[1:3] matches \"r.\" or zz.data[0,-1] contains 61",
		"{zz.port + 1} * 2 & 0xff != -3", "upper(zz.name) == \"A\" xor max(zz.port, 5) > count(zz)", "zz.time > \"2023-11-14 22:13:21\" && zz.delta*2 < 1.5",
		"@zz.port == 00:50", "${zz.port} == zz.port", "$private_ipv4(zz.ip)", "1 < zz.port <= 5 == zz.kind", "zz.flag == \"Set\" not in {", "zz[0:2][1] == \"\\x41\"",
		"zz.name matches \"[^\\\\x80]\\\\xff$\"", "zz.big - 1 / 0 % -2", "ip_special_name(zz.ip6) contains 'a'", "zz.mac & ff:00:00:00:00:00", "_ws.col.info ~ \"x\"",
		"(((zz)))", "\"\\u00f6\" < zz.name", "${", "zz.port == 'A' || zz.kind contains six", "zz.ip in {zz.ip, 1.1.1.1 .. zz.ip#2}",
	} {
		f.Add(s)
	}
	packets := []*made{newPacket(), {Packet: *full()}, newPacket().add(zzPort, 1, 1, []byte{0, 1}).add(zzName, 1, 0, []byte("\xff\x00")).ip(1, "1.2.3.4")}
	f.Fuzz(func(t *testing.T, text string) {
		opt := utc
		opt.Selected = &packets[1].Packet
		opt.Macros = map[string]string{"m": "$1 == $2", "n": "$m($1, 1) or $n"}
		p, err := Compile(text, opt)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Message == "" || e.At < 0 || e.Length < 0 || e.At+e.Length > len(text)+1 {
				t.Fatalf("%q: error %#v", text, err)
			}
			return
		}
		printed := p.String()
		q, err := Compile(printed, opt)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", text, printed, err)
		}
		if q.String() != printed {
			t.Fatalf("%q printed as %q, then as %q", text, printed, q.String())
		}
		if p.Explain() == "" {
			t.Fatal("no explanation")
		}
		var not *Filter
		if printed != "" && !strings.HasPrefix(printed, "!!!!!!!!!!!") {
			if not, err = Compile("!("+printed+")", opt); err != nil {
				t.Fatalf("!(%s): %v", printed, err)
			}
		}
		for i, pk := range packets {
			m := p.Match(&pk.Packet)
			if q.Match(&pk.Packet) != m {
				t.Fatalf("%q printed as %q differs on packet %d", text, printed, i)
			}
			if not != nil && not.Match(&pk.Packet) == m {
				t.Fatalf("!(%q) is not the rest of packet %d", text, i)
			}
			if plan := p.Plan(); plan != nil && plan.Match(&pk.Packet) != m {
				t.Fatalf("%q: plan differs", text)
			}
		}
	})
}

// FuzzComplete: any text and place gives completions inside the text.
func FuzzComplete(f *testing.F) {
	for _, s := range []string{"zz.ki", "zz.kind == \"S", "zz.kind in {1, ", "len(", "zz and !zz.", "zz.name matches \"", "..", "zz.kind#[1"} {
		f.Add(s, len(s))
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		for _, c := range Complete(text, at) {
			if c.From < 0 || c.To < c.From || c.To > len(text) || c.Text == "" {
				t.Fatalf("%q at %d: %+v", text, at, c)
			}
		}
	})
}
