package main

import (
	"errors"
	"testing"

	"golang.org/x/net/bpf"

	"sonde/capture/frame"
	"sonde/probes"
	"sonde/server/wire"
)

func TestFilterTravelsCompiled(t *testing.T) {
	s, err := programs("udp port 53", "tcp port 7777 and host 127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range filterLinks {
		p, err := parsePrograms(s, link)
		if err != nil || len(p) < 5 {
			t.Errorf("%s: %d instructions, %v", link, len(p), err)
		}
		if _, ok := bpf.Disassemble(p); !ok {
			t.Errorf("%s: not a program", link)
		}
	}
	if _, err := parsePrograms(s, frame.LinkUSBLinuxMem); !errors.Is(err, probes.ErrArgs) {
		t.Errorf("another link: %v", err)
	}
	if s, err := programs("", ""); s != "" || err != nil {
		t.Errorf("%q %v", s, err)
	}
	var we *wire.Error
	if _, err := programs("no such thing", "tcp port 1"); !errors.As(err, &we) || we.Code != wire.BadFilter || we.At == nil {
		t.Errorf("%v", err)
	}
}

// The keeper takes programs only, never a filter's text.
func FuzzPrograms(f *testing.F) {
	s, err := programs("tcp", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s)
	f.Add("tcp port 80")
	f.Add("bpf:1=,276=AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePrograms(s, frame.LinkEthernet)
		if err == nil && (s == "") != (p == nil) {
			t.Errorf("%q: %v", s, p)
		}
		if len(p) > 4096 {
			t.Errorf("%d instructions", len(p))
		}
	})
}

func TestOwnTrafficIsNamed(t *testing.T) {
	env := func(s string) func(string) string { return func(string) string { return s } }
	if got := ownTraffic(env(""), nil); got != "" {
		t.Error(got)
	}
	if got := ownTraffic(env("192.0.2.7 51000 192.0.2.1 22"), nil); got != "(tcp port 51000 and tcp port 22 and host 192.0.2.7 and host 192.0.2.1)" {
		t.Error(got)
	}
	for _, bad := range []string{"x", "a b c d", "192.0.2.7 99999 192.0.2.1 22", "192.0.2.7 51000) 192.0.2.1 22"} {
		if got := ownTraffic(env(bad), nil); got != "" {
			t.Errorf("%q: %s", bad, got)
		}
	}
}
