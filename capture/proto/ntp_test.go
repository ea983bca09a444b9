package proto

import (
	"strings"
	"testing"

	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

const (
	ntpStampText = "\xe8\xf5\xa6\xc2\x80\x00\x00\x00"
	ntpNoStamp   = "\x00\x00\x00\x00\x00\x00\x00\x00"
)

func ntpFrame(back bool, b string) []byte { return prototest.UDPFrame(back, 50000, 123, []byte(b)) }

var ntpSample = prototest.Sample("ntp", frame.LinkEthernet,
	ntpFrame(false, "\x23\x00\x06\xec\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"+ntpNoStamp+ntpNoStamp+ntpNoStamp+ntpStampText),
	ntpFrame(true, "\x24\x01\xfa\xec\x00\x00\x80\x00\x00\x01\x00\x00GPS\x00"+ntpStampText+ntpStampText+ntpStampText+ntpStampText+"\x00\x00\x00\x01abcdefghijklmnop"),
	ntpFrame(true, "\xe4\x00\x06\xec\x00\x00\x00\x00\x00\x01\x00\x00RATE"+ntpNoStamp+ntpStampText+ntpStampText+ntpStampText),
	ntpFrame(false, "\x23\x02\x06\xec\x00\x00\x00\x00\x00\x01\x00\x00\x0a\x00\x00\x01"+ntpNoStamp+ntpNoStamp+ntpNoStamp+"\x00\x00\x00\x01\x00\x00\x00\x00"+
		"\x01\x04\x00\x10abcdefghijkl"+"\x04\x04\x00\x18\x00\x04\x00\x0cnoncciphercipher"),
	ntpFrame(false, "\x16\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
	ntpFrame(true, "\x16\x81\x00\x01\x06\x15\x00\x00\x00\x00\x00\x08\x00\x01\x96\x14\x00\x02\x94\x24"),
	ntpFrame(true, "\x16\x82\x00\x01\x06\x15\x00\x00\x00\x00\x00\x14version=\"a,b\", x=1\r\n"),
	ntpFrame(true, "\x16\xc2\x00\x01\x04\x00\x00\x05\x00\x00\x00\x00"),
	ntpFrame(false, "\x17\x00\x03\x2a\x00\x00\x00\x00"),
	ntpFrame(true, "\x97\x00\x03\x2a\x00\x01\x00\x48"+strings.Repeat("\x00\x00\x00\x07", 18)),
	ntpFrame(true, "\x97\x00\x03\x00\x00\x02\x00\x20"+strings.Repeat("\x0a\x00\x00\x01\x00\x7b\x03\x05"+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 2)))

func TestNTPLines(t *testing.T) {
	var frames [][]byte
	for i := range ntpSample.Frames {
		frames = append(frames, ntpSample.Frames[i].Data)
	}
	holds(t, treeOf(t, frames...), "NTP Version 4, client", "Peer Polling Interval: 6 (64 seconds)", "Peer Clock Precision: -20 (0.000000954 seconds)", "Root Dispersion: 1.000000 seconds",
		"Reference ID: NULL", "Reference Timestamp: NULL", "Transmit Timestamp: Nov  8, 2023 06:18:42.500000000 UTC",
		"Peer Polling Interval: -6 (0.016 seconds)", "Global Position System", "Key ID: 00000001", "Message Authentication Code: 61",
		"Rate exceeded.", "NTS", "Reference ID: 10.0.0.1", "Transmit Timestamp: Feb  7, 2036 06:28:17.000000000 UTC", "Unique Identifier (0x0104)", "Ciphertext Length: 12",
		"Opcode: read variables", "Clock Source: UDP/NTP", "AssociationID: 1", "Peer Selection: current synchronization source; max distance okay", `version="a,b"`, "x=1",
		"Error Status Word: unknown association identifier", "private, Request, MON_GETLIST_1", "Monlist item: address: 0.0.0.7:0", "PEER_LIST Item", "Flags: 0x05, Config, Burst")
}

func FuzzNTP(f *testing.F) {
	for i := range ntpSample.Frames {
		f.Add(ntpSample.Frames[i].Data[42:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1400 {
			b = b[:1400]
		}
		treeOf(t, prototest.UDPFrame(true, 50000, 123, b))
	})
}
