package session

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"sonde/capture/dfilter"
	"sonde/capture/dissect"
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
	"sonde/capture/source"
)

func TestExportFormats(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, mix())
	export := func(filter, format string) []byte {
		var b bytes.Buffer
		if err := l.Export(context.Background(), id, filter, format, &b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, format := range []string{"pcap", "pcapng"} {
		r, err := source.NewReader(bytes.NewReader(export("udp", format)), source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var f frame.Frame
		for ; r.Next(&f) == nil; n++ {
		}
		if n != 3 {
			t.Errorf("%s: %d packets of 3", format, n)
		}
	}
	rec, err := csv.NewReader(bytes.NewReader(export("", "csv"))).ReadAll()
	if err != nil || len(rec) != 1+len(mix()) || len(rec[0]) != len(DefaultColumns) {
		t.Errorf("csv: %d records, %v", len(rec), err)
	}
	var list []any
	if err := json.Unmarshal(export("dns", "json"), &list); err != nil || len(list) != 2 {
		t.Errorf("json: %d packets, %v", len(list), err)
	}
	var doc struct {
		Packets []struct{} `xml:"packet"`
	}
	if err := xml.Unmarshal(export("arp", "pdml"), &doc); err != nil || len(doc.Packets) != 1 {
		t.Errorf("pdml: %d packets, %v", len(doc.Packets), err)
	}
	if err := l.Export(context.Background(), id, "", "doc", io.Discard); err == nil {
		t.Error("an unknown format")
	}
	if err := l.Export(context.Background(), id, "tcp.port ==", "csv", io.Discard); err == nil {
		t.Error("a bad filter")
	}
}

func TestSpreadsheetsRunNothing(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@x", "\tx", "\rx"} {
		if guard(s) == s {
			t.Errorf("%q can be run", s)
		}
	}
}

// segments are one TCP stream's, as given: relative sequence number and text.
func stream(parts ...any) [][]byte {
	out := [][]byte{
		prototest.Ether(0x0800, prototest.IPv4(false, 6, prototest.TCP(50000, 7, 1000, 0, prototest.SYN, nil))),
		prototest.Ether(0x0800, prototest.IPv4(true, 6, prototest.TCP(7, 50000, 5000, 1001, prototest.SYN|prototest.ACK, nil))),
	}
	for i := 0; i < len(parts); i += 2 {
		out = append(out, prototest.Ether(0x0800, prototest.IPv4(false, 6, prototest.TCP(50000, 7, 1001+uint32(parts[i].(int)), 5001, prototest.ACK, []byte(parts[i+1].(string))))))
	}
	return out
}

func TestFollow(t *testing.T) {
	for _, c := range []struct {
		name    string
		frames  [][]byte
		want    string
		missing int64
	}{
		{"in order", stream(0, "abc", 3, "def"), "abcdef", 0},
		{"out of order", stream(0, "abc", 6, "ghi", 3, "def"), "abcdefghi", 0},
		{"retransmission", stream(0, "abc", 0, "abc", 3, "def", 0, "abcdef"), "abcdef", 0},
		{"overlap", stream(0, "abcd", 2, "cdef"), "abcdef", 0},
		{"gap", stream(0, "abc", 10, "xyz"), "abcxyz", 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLib(t, Options{})
			id := ready(t, l, c.frames)
			st, err := l.Follow(context.Background(), id, "tcp", 0, "")
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, k := range st.Chunks {
				got += string(k.Data)
			}
			if got != c.want || st.Missing != c.missing {
				t.Errorf("got %q, %d missing; want %q, %d", got, st.Missing, c.want, c.missing)
			}
			if st.Nodes != [2]string{"10.0.0.1:50000", "10.0.0.2:7"} {
				t.Errorf("nodes %v", st.Nodes)
			}
		})
	}
}

func TestFollowOfWhatCannotBeFollowed(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, mix())
	if _, err := l.Follow(context.Background(), id, "sctp", 0, ""); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("said %v", err)
	}
	st, err := l.Follow(context.Background(), id, "udp", 1, "")
	if err != nil || len(st.Chunks) != 1 || string(st.Chunks[0].Data) != "discard" {
		t.Errorf("%+v %v", st, err)
	}
}

// Every ready-made filter of the detail pane compiles and selects its packet.
func TestDetailFiltersSelectTheirPacket(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, mix())
	c, _ := l.get(id)
	for n := 1; n <= len(mix()); n++ {
		d, err := l.Packet(context.Background(), id, uint32(n))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		var walk func(list []*Node)
		walk = func(list []*Node) {
			for _, x := range list {
				if x.Filter != "" && !seen[x.Filter] {
					seen[x.Filter] = true
					f, err := dfilter.Compile(x.Filter, dfilter.Options{})
					if err != nil {
						t.Errorf("packet %d: %s: %v", n, x.Filter, err)
						continue
					}
					err = c.dissect(uint32(n), uint32(n-1), dissect.Request{Want: f.Wanted(), Columns: f.NeedsColumns()}, func(p *dissect.Packet) {
						if !f.Match(p) {
							t.Errorf("packet %d: %s does not select it", n, x.Filter)
						}
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				walk(x.Children)
			}
		}
		walk(d.Tree)
		if len(seen) < 20 {
			t.Errorf("packet %d: only %d filters", n, len(seen))
		}
	}
	if _, err := l.Packet(context.Background(), id, 0); !errors.Is(err, ErrNoPacket) {
		t.Errorf("packet 0: %v", err)
	}
	if _, err := l.Packet(context.Background(), id, 1000); !errors.Is(err, ErrNoPacket) {
		t.Errorf("packet 1000: %v", err)
	}
}

// The names are those that tshark --color shows on the same packets.
func TestColouringRules(t *testing.T) {
	l := newLib(t, Options{})
	frames := append(mix(), stream(0, "abc", 0, "abc")...)
	frames = append(frames, prototest.Ether(0x0800, prototest.IPv4(true, 6, prototest.TCP(7, 50000, 5001, 1004, prototest.RST|prototest.ACK, nil))))
	id := ready(t, l, frames)
	want := map[int]string{1: "ARP", 2: "UDP", 4: "TCP SYN/FIN", 6: "TCP", 11: "TCP SYN/FIN", 14: "UDP", 18: "Bad TCP", 19: "TCP RST"}
	for _, r := range rows(t, l, id, "", 0, 100).Rows {
		if w, ok := want[int(r.No)]; ok && r.Rule != w {
			t.Errorf("packet %d (%s): %q, want %q", r.No, r.Cells[6], r.Rule, w)
		}
		if r.Rule != "" && (len(r.FG) != 7 || len(r.BG) != 7) {
			t.Errorf("packet %d: colours %q %q", r.No, r.FG, r.BG)
		}
	}
	for _, k := range colours().rules {
		if k.match == nil {
			t.Errorf("%s: not compiled", k.name)
		}
	}
}

func TestCompletionOffersFrequentValues(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, append(mix(), mix()...))
	ask := func(text string) []Completion {
		list, err := l.Complete(context.Background(), id, text, len(text))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	got := ask("udp.dstport == ")
	if len(got) < 3 || got[0].Kind != "value" || got[0].Count != 2 {
		t.Fatalf("%+v", got)
	}
	texts := map[string]int{}
	for _, g := range got {
		texts[g.Text] = g.Count
	}
	if texts["53"] != 2 || texts["9"] != 2 || texts["40000"] != 2 {
		t.Errorf("%v", texts)
	}
	got = ask("tcp || udp.dstport == 4")
	if len(got) != 1 || got[0].Text != "40000" || got[0].At != len("tcp || udp.dstport == ") {
		t.Errorf("%+v", got)
	}
	got = ask(`dns.qry.name == "w`)
	if len(got) == 0 || got[0].Text != `"www.example.com"` || got[0].Count != 4 {
		t.Errorf("%+v", got)
	}
	if got = ask("tcp.fla"); len(got) == 0 || got[0].Kind == "value" {
		t.Errorf("%+v", got)
	}
}

func FuzzComparing(f *testing.F) {
	for _, s := range []string{"udp.port == ", `dns.qry.name == "w`, "tcp.port eq 8", "a == \"b\" && c != ", "==", "\"", ""} {
		f.Add(s, len(s))
	}
	f.Fuzz(func(t *testing.T, s string, at int) {
		if at < 0 || at > len(s) {
			return
		}
		_, from, to := comparing(s, at)
		if from < 0 || from > at || to < at || to > len(s) {
			t.Errorf("%q at %d: %d..%d", s, at, from, to)
		}
	})
}

// Deciding from outside the frame gives what dissection gives.
func TestPrunedFiltersSelectTheSame(t *testing.T) {
	l := newLib(t, Options{})
	icmp := prototest.Ether(0x0800, prototest.IPv4(true, 1, append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, prototest.IPv4(false, 6, prototest.TCP(50000, 7, 1, 0, prototest.SYN, nil))...)))
	inner := prototest.Ether(0x0800, prototest.IPv4(false, 4, prototest.IPv4(false, 17, prototest.UDP(1, 2, nil))))
	id := ready(t, l, append(append(mix(), icmp, inner), stream(0, "abc")...))
	c, _ := l.get(id)
	decided := 0
	for _, text := range []string{
		"tcp", "udp", "!tcp", "tcp || udp", "tcp && udp", "!(tcp || arp)", "tcp.stream == 0", "tcp.stream != 0", "tcp.stream", "udp.stream >= 1", "udp.stream in {1, 3..9}",
		"tcp.stream == 1 || udp.stream == 1", "!(tcp.stream == 0)", "frame.number == 3", "frame.number > 3 && frame.number < 9 && udp", "frame.len < 60", "frame.cap_len > 60 || dns",
		"frame.number in {1..3, 7}", "frame.number not in {1..3, 7}", "tcp.flags.syn == 1", "not tcp.flags.syn", "tcp.port == 7", "udp.port != 53", "ip.addr == 10.0.0.1 && !udp", "tcp.len > 0 and frame.len > 60",
		"all udp.port > 52", "tcp.stream == 1 xor udp", "tcp.payload contains \"hello\"", "tcp.stream > 5000000000", "icmp && tcp", "ip.proto == 6 or frame.number == 1",
	} {
		f, err := dfilter.Compile(text, dfilter.Options{})
		if err != nil {
			t.Logf("%s: %v", text, err)
			continue
		}
		fast := &filterJob{c: c, f: f, known: prune(f.Plan())}
		slow := &filterJob{c: c, f: f}
		if fast.known != nil {
			decided++
		}
		for _, j := range []*filterJob{fast, slow} {
			if err := j.advance(context.Background(), math.MaxInt); err != nil {
				t.Fatal(err)
			}
		}
		if fmt.Sprint(fast.matches) != fmt.Sprint(slow.matches) {
			t.Errorf("%s: pruned %v, dissected %v", text, fast.matches, slow.matches)
		}
	}
	if decided < 20 {
		t.Errorf("only %d filters can be decided in part", decided)
	}
}
