package proto

import (
	"strings"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// dhcpPacket is a message with the given options; names go into the server and
// file fields.
func dhcpPacket(op byte, opts string, sname, file string) []byte {
	b := make([]byte, 240)
	b[0], b[1], b[2] = op, 1, 6
	copy(b[4:], "\x12\x34\x56\x78\x05\x00\x80\x00")
	copy(b[28:], "\x00\xaa\xbb\xcc\xdd\xee")
	copy(b[44:108], sname)
	copy(b[108:236], file)
	copy(b[236:], "\x63\x82\x53\x63")
	return append(b, opts...)
}

func dhcpFrame(op byte, opts, sname, file string) []byte {
	return prototest.UDPFrame(op == 2, 68, 67, dhcpPacket(op, opts, sname, file))
}

// opt is one option.
func opt(code byte, value string) string { return string([]byte{code, byte(len(value))}) + value }

var (
	dhcpSample = prototest.Sample("dhcp", frame.LinkEthernet,
		dhcpFrame(1, opt(53, "\x01")+opt(61, "\x01\x00\xaa\xbb\xcc\xdd\xee")+opt(12, "host")+opt(55, "\x01\x03\x06\x0f")+opt(60, "PXEClient:Arch:00007")+opt(93, "\x00\x07\x00\x09")+
			opt(43, "\x06\x01\x08\x08\x07\x00\x00\x01\x0a\x00\x00\x01\xff")+opt(81, "\x05\x00\x00\x03foo\x03com\x00")+opt(77, "\x04iPXE")+"\x00\x00\xff", "", ""),
		dhcpFrame(2, opt(53, "\x02")+opt(1, "\xff\xff\xff\x00")+opt(3, "\x0a\x00\x00\x01\x0a\x00\x00\x02")+opt(51, "\x00\x00\x0e\x10")+opt(58, "\xff\xff\xff\xff")+opt(2, "\xff\xff\xb9\xb0")+
			opt(119, "\x03abc\x03com\x00\x01x\xc0\x04")+opt(121, "\x18\x0a\x01\x02\x0a\x00\x00\x01\x00\x0a\x00\x00\x01")+
			opt(82, "\x01\x04eth0\x05\x04\x0a\x00\x00\x05\x09\x0a\x00\x00\x00\x09\x05\x01\x03abc")+opt(124, "\x00\x00\x0d\xe9\x04\x03abc")+
			opt(125, "\x00\x00\x0d\xe9\x08\x05\x02S1\x06\x02PC")+opt(90, "\x01\x01\x00\x00\x01\x02\x03\x04\x05\x06\x07abcdefghijklmnopqrst")+
			opt(52, "\x03")+"\xff\x00\x00", opt(12, "inname")+"\xff", opt(15, "infile")+"\xff"),
		dhcpFrame(1, opt(1, "\xff\x00\x00\x00")+"\xff", "server", "file"),
		dhcpFrame(1, opt(53, "\x03")+opt(12, "abc")+opt(3, "\x0a\x00\x00")+opt(12, "def")+opt(61, "\xff\x11\x22\x33\x44\x00\x01\x00\x01\x12\x34\x56\x78\xaa\xbb\xcc\xdd\xee\xff"), "", "")).MayAllocate(dhcpMemory)
	_ = prototest.Sample("dhcp-vendors", frame.LinkEthernet,
		dhcpFrame(1, opt(53, "\x01")+opt(60, "AAPLBSDPC/i386")+opt(43, "\x01\x01\x01\x09\x08\x81\x00\x00\x01\x03abc\x0b\x00")+"\xff", "", ""),
		dhcpFrame(1, opt(53, "\x01")+opt(60, "docsis3.0")+opt(43, "\x02\x02CM\x00\xff")+"\xff", "", ""),
		dhcpFrame(1, opt(53, "\x01")+opt(60, "ArubaInstantAP")+opt(43, "org,10.0.0.1,key")+"\xff", "", ""),
		dhcpFrame(1, opt(53, "\x01")+opt(60, "cisco")+opt(43, "\x09\x03abc\x04\x04\x00\x00\x00\x07")+"\xff", "", ""),
		dhcpFrame(1, opt(53, "\x01")+opt(43, "\x01\x04\x00\x00\x00\x02\xdc\x00")+opt(63, "\x05\x01\x01\x06\x04\x0a\x00\x00\x01")+opt(120, "\x00\x03com\x00")+opt(212, "\x08\x20\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x01")+"\xff", "", "")).MayAllocate(dhcpMemory)
)

// dhcpMemory: messages are rare, and what their options share lives on the heap.
const dhcpMemory = "what a message's options share"

// treeOf gives the lines of a capture's trees and its columns.
func treeOf(t *testing.T, frames ...[]byte) string {
	t.Helper()
	c := prototest.Make(frame.LinkEthernet, frames...)
	e := dissect.New(dissect.NewConfig(), flow.NewState())
	var out strings.Builder
	for i := range c.Frames {
		p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Learn: true})
		if p.Bug != "" {
			t.Fatal(p.Bug)
		}
		out.WriteString(prototest.Dump(p))
	}
	return out.String()
}

// holds checks that the lines stand in a dump, in this order.
func holds(t *testing.T, dump string, lines ...string) {
	t.Helper()
	rest := dump
	for _, l := range lines {
		i := strings.Index(rest, l)
		if i < 0 {
			t.Errorf("no %q in (the rest of)\n%s", l, dump)
			return
		}
		rest = rest[i+len(l):]
	}
}

func TestDHCPLines(t *testing.T) {
	dump := treeOf(t, dhcpSample.Frames[0].Data, dhcpSample.Frames[1].Data, dhcpSample.Frames[2].Data, dhcpSample.Frames[3].Data)
	holds(t, dump, "Dynamic Host Configuration Protocol (Discover)", "Seconds elapsed: 5", "little-endian", "Bootp flags: 0x8000, Broadcast flag (Broadcast)",
		"Option: (61) Client identifier", "Client MAC address: 00:aa:bb:cc:dd:ee", "Parameter Request List Item: (3) Router", "Client System Architecture: EFI BC (9)",
		"Option: (43) Vendor-Specific Information (PXEClient)", "discovery control: 0x08, Bootstrap override", "Flags: 0x05, Encoding, Server", "Client name: foo.com",
		"Server name option overloaded by DHCP", "Host Name: inname", "Option End (Overload): 255", "Domain Name: infile",
		"Option: (1) Subnet Mask (255.255.255.0)", "IP Address Lease Time: 1 hour (3600)", "Renewal Time Value: infinity (-1)", "Time Offset: -5 hours (-18000)", "FQDN: x.com",
		" 10.1.2.0/24-10.0.0.1", " default-10.0.0.1", "Option 82 Suboption: (5) Link selection (10.0.0.5)", "Enterprise: ciscoSystems (9)", "GatewaySerialNumber: S1", "Secret ID: 0x61626364",
		"Boot Request from 00:aa:bb:cc:dd:ee (00:aa:bb:cc:dd:ee)", "Server host name: server",
		"please refer to the last option 12, 2/2", "Option length isn't a multiple of 4", "Host Name: abcdef", "End option missing")
}

// An option that is too short must not read what stands behind it.
func TestDHCPOptionEndsAtItsLength(t *testing.T) {
	dump := treeOf(t, dhcpFrame(1, opt(53, "\x01")+opt(61, "\xff\x11\x22")+opt(12, "next")+"\xff", "", ""))
	if strings.Contains(dump, "IAID: 11220c04") || !strings.Contains(dump, "Malformed") {
		t.Errorf("an identifier of three bytes was read beyond its end:\n%s", dump)
	}
}

func FuzzDHCP(f *testing.F) {
	for i := range dhcpSample.Frames {
		f.Add(dhcpSample.Frames[i].Data[42:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1400 {
			b = b[:1400]
		}
		treeOf(t, prototest.UDPFrame(false, 68, 67, b))
	})
}
