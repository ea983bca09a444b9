package main

import "testing"

func TestCheckCapture(t *testing.T) {
	for _, text := range []string{"port 53", "host db.example and tcp", "", "tcp[tcpflags] & tcp-syn != 0"} {
		if c := checkCapture(text); !c.OK {
			t.Errorf("%q: %+v", text, c.Error)
		}
	}
	for _, text := range []string{"port 53 and", "tcp.port == 53", "prot 53"} {
		if c := checkCapture(text); c.OK || c.Error == nil || c.Error.Message == "" {
			t.Errorf("%q: %+v", text, c)
		}
	}
}
