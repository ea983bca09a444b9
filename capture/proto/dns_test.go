package proto

import (
	"encoding/binary"
	"strings"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// dnsWire is a name on the wire.
func dnsWire(s string) string {
	out := ""
	for _, l := range strings.Split(s, ".") {
		if l != "" {
			out += string([]byte{byte(len(l))}) + l
		}
	}
	return out + "\x00"
}

func be16(v int) string { return string([]byte{byte(v >> 8), byte(v)}) }

// dnsRecordOf is a record whose owner is the question's name.
func dnsRecordOf(typ int, data string) string {
	return "\xc0\x0c" + be16(typ) + "\x00\x01\x00\x00\x01\x2c" + be16(len(data)) + data
}

func dnsMessageOf(id, flags int, question string, typ int, answers ...string) []byte {
	return []byte(be16(id) + be16(flags) + be16(1) + be16(len(answers)) + be16(0) + be16(0) + question + be16(typ) + be16(1) + strings.Join(answers, ""))
}

func dnsFrame(back bool, b []byte) []byte { return prototest.UDPFrame(back, 50000, 53, b) }

var (
	dnsQ      = dnsWire("a.example.com")
	dnsX      = dnsWire("x.example.org")
	dnsSample = prototest.Sample("dns", frame.LinkEthernet,
		dnsFrame(false, dnsMessageOf(1, 0x0100, dnsQ, 1)),
		dnsFrame(false, dnsMessageOf(1, 0x0100, dnsQ, 1)),
		dnsFrame(true, dnsMessageOf(1, 0x8180, dnsQ, 1, dnsRecordOf(5, dnsX), dnsRecordOf(1, "\x0a\x00\x00\x01"), dnsRecordOf(28, strings.Repeat("\x20", 16)), dnsRecordOf(16, "\x03abc\x00"))),
		dnsFrame(true, dnsMessageOf(1, 0x8180, dnsQ, 1, dnsRecordOf(1, "\x0a\x00\x00\x01"))),
		dnsFrame(true, dnsMessageOf(2, 0x8183, dnsQ, 6, dnsRecordOf(6, dnsX+dnsWire("host.org")+"\x00\x00\x00\x01\x00\x00\x1c\x20\x00\x00\x0e\x10\x00\x09\x3a\x80\x00\x00\x00\x3c"))),
		dnsFrame(false, append(dnsMessageOf(3, 0x0100, "\x04a\x02\\b\x00", 255), "tail"...)))
	_ = prototest.Sample("dns-records", frame.LinkEthernet,
		dnsFrame(true, dnsMessageOf(1, 0x8180, dnsQ, 255, dnsRecordOf(11, "\x01\x02\x03\x04\x06\x00\x00\x41"), dnsRecordOf(29, "\x00\x12\x16\x13\x89\x17\x2d\xd0\x70\xbe\x15\xf0\x00\x98\x8d\x20"),
			dnsRecordOf(37, "\x00\x01\x30\x39\x05cert"), dnsRecordOf(42, "\x00\x01\x15\x83\xc0\xa8\x20\x00\x02\x08\x01\xff"), dnsRecordOf(45, "\x0a\x03\x02"+dnsX+"key"),
			dnsRecordOf(55, "\x04\x02\x00\x03hit0key"+dnsX), dnsRecordOf(62, "\x00\x00\x00\x01\x00\x03\x00\x04\x60\x00\x00\x08"), dnsRecordOf(63, "\x00\x00\x00\x01\x01\x01digest"))),
		dnsFrame(true, dnsMessageOf(2, 0x8180, dnsQ, 255, dnsRecordOf(249, dnsWire("gss-tsig")+"\x65\x53\x8b\x00\x65\x53\x99\x10\x00\x03\x00\x00\x00\x02kd\x00\x02ot"),
			dnsRecordOf(250, dnsWire("hmac-sha256")+"\x00\x00\x65\x53\x8b\x00\x01\x2c\x00\x04abcd\x12\x34\x00\x12\x00\x02ot"), dnsRecordOf(38, "\x40"+strings.Repeat("\x01", 8)+dnsX),
			dnsRecordOf(65281, "\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x03\x84\x00\x00\x00\x01\x0a\x00\x00\x01"), dnsRecordOf(65422, "\x04\x11\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x35\x00\x36"),
			dnsRecordOf(25, "\x01\x00\x03\x05keykey"), dnsRecordOf(30, dnsX+"\x40\x00\x00\x82"), dnsRecordOf(256, "\x00\x0a\x00\x01ftp://x/"), dnsRecordOf(300, "abc"), dnsRecordOf(27, "\x01a\x01b\x01c"))),
		dnsFrame(true, dnsMessageOf(3, 0x8180, dnsQ, 255, dnsRecordOf(33, "\x00\x01\x00\x02\x00\x50"+dnsX), dnsRecordOf(35, "\x00\x0a\x00\x64\x01u\x07E2U+sip\x03!a!"+"\x00"),
			dnsRecordOf(48, "\x01\x01\x03\x08keykeykey"), dnsRecordOf(46, "\x00\x01\x08\x02\x00\x00\x0e\x10\x65\x53\x8b\x00\x65\x53\x8b\x00\x12\x34"+dnsX+"sig"), dnsRecordOf(47, dnsX+"\x00\x06\x40\x00\x00\x00\x00\x03"),
			dnsRecordOf(65, "\x00\x01\x00\x00\x01\x00\x03\x02h2\x00\x04\x00\x04\x01\x02\x03\x04\xff\xde\x00\x01a"), dnsRecordOf(257, "\x80\x05issueca.net"), dnsRecordOf(52, "\x03\x01\x01digest"))))
	_ = prototest.Sample("dns-tcp", frame.LinkEthernet, prototest.TCPFrames(53, 20, prototest.Talk{Data: dnsPrefixed(dnsMessageOf(7, 0x0100, dnsQ, 1), dnsMessageOf(8, 0x0100, dnsQ, 28))},
		prototest.Talk{Back: true, Data: dnsPrefixed(dnsMessageOf(7, 0x8180, dnsQ, 1, dnsRecordOf(1, "\x01\x02\x03\x04")))})...)
	_ = prototest.Sample("dns-local", frame.LinkEthernet, prototest.UDPFrame(false, 5353, 5353, dnsMessageOf(0, 0, dnsQ, 0x8001)), prototest.UDPFrame(true, 5353, 5353, dnsMessageOf(0, 0x8400, dnsQ, 1, dnsRecordOf(1, "\x01\x02\x03\x04"))),
		prototest.UDPFrame(false, 50000, 5355, dnsMessageOf(9, 0, dnsQ, 1)), prototest.UDPFrame(true, 50000, 5355, dnsMessageOf(9, 0x8000, dnsQ, 1, dnsRecordOf(1, "\x01\x02\x03\x04"))))
	_ = prototest.Sample("dns-guessed", frame.LinkEthernet, prototest.UDPFrame(false, 50000, 8053, dnsMessageOf(10, 0x0100, dnsQ, 1)),
		prototest.UDPFrame(false, 50001, 8053, dnsMessageOf(10, 0x0100, dnsQ, 999))).MayAllocate("what a heuristic may have to undo")
)

// dnsPrefixed is messages as they stand in a stream.
func dnsPrefixed(msgs ...[]byte) (out []byte) {
	for _, m := range msgs {
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(m))), m...)
	}
	return out
}

func TestDNSLines(t *testing.T) {
	var frames [][]byte
	for i := range dnsSample.Frames {
		frames = append(frames, dnsSample.Frames[i].Data)
	}
	holds(t, treeOf(t, frames...), "Standard query 0x0001 A a.example.com", "DNS query retransmission. Original request in frame 1",
		"CNAME x.example.org A 10.0.0.1", "x.example.org", "DNS response retransmission. Original response in frame 3", "No such name", "Refresh Interval: 7200 (2 hours)", `ANY a\\002\\b`, "Extraneous")
}

// hostileNames are questions that a careless reader follows for ever or far.
func hostileNames() map[string]string {
	chain := ""
	for i := range 120 { // each points at the one behind it
		chain += be16(0xc000 | 12 + 2*(i+1))
	}
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 5) + "\x00"
	return map[string]string{
		"itself": "\xc0\x0c", "through a label": "\x01a\xc0\x0c", "pair": "\xc0\x0e\xc0\x0c", "beyond": "\x01a\xff\xff", "header": "\xc0\x00",
		"chain": chain + "\x00", "long": long, "labels": strings.Repeat("\x01a", 200) + "\x00", "cut label": "\x3fabc", "cut pointer": "\xc0", "extended": "\x41abc\x00", "reserved": "\x80abc\x00",
	}
}

func TestDNSHostileNames(t *testing.T) {
	for name, q := range hostileNames() {
		t.Run(name, func(t *testing.T) {
			dump := treeOf(t, dnsFrame(false, dnsMessageOf(1, 0x0100, q, 1)))
			for line := range strings.Lines(dump) {
				if len(line) > 2000 {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
		})
	}
}

// A message of pointers to one long chain must not cost much more than its own
// length: every record's name is bounded in jumps and in text.
func TestDNSAmplification(t *testing.T) {
	var chain string
	for i := range 100 {
		chain += be16(0xc000 | (12 + 2*(i+1)))
	}
	q := chain + strings.Repeat("\x3f"+strings.Repeat("b", 63), 3) + "\x00"
	msg := []byte(be16(1) + be16(0x8180) + be16(1) + be16(60000) + be16(0) + be16(0) + q + be16(1) + be16(1))
	for len(msg) < 64000 {
		msg = append(msg, "\xc0\x0c\x00\x02\x00\x01\x00\x00\x00\x00\x00\x02\xc0\x0c"...)
	}
	c := prototest.Make(frame.LinkEthernet, prototest.UDPFrame(true, 50000, 53, msg))
	e := dissect.New(dissect.NewConfig(), flow.NewState())
	p := e.Dissect(&c.Frames[0], dissect.Request{Tree: true, Columns: true, Learn: true})
	if p.Bug != "" {
		t.Fatal(p.Bug)
	}
	if n := len(p.Nodes); n > 100100 {
		t.Errorf("%d nodes of a message of %d bytes", n, len(msg))
	}
	if n := len(p.Cols.Info()); n > 4<<20 {
		t.Errorf("an Info column of %d bytes", n)
	}
}

func FuzzDNS(f *testing.F) {
	for i := range dnsSample.Frames {
		f.Add(dnsSample.Frames[i].Data[42:])
	}
	for _, q := range hostileNames() {
		f.Add(dnsMessageOf(1, 0x8180, q, 1, dnsRecordOf(2, "\xc0\x0c")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1400 {
			b = b[:1400]
		}
		treeOf(t, dnsFrame(true, b))
	})
}
