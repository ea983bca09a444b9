package tshark

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sonde/capture/sample"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

func TestMain(m *testing.M) {
	if os.Getenv("SONDE_TEST_TSHARK") != "" { // the live tests run themselves as tshark
		os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"tshark": func() { os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command lines of testdata. Beside testscript's own
// commands there are:
//
//	sample FILE PACKETS SEED   a capture of package sample
//	pcap FILE HEX              a pcap file of the packets in HEX (one a line)
//	cut FILE BYTES             shortens a file
//	exit CODE tshark ...       runs a command whose exit code is CODE
func TestScripts(t *testing.T) {
	time.Local = time.UTC
	testscript.Run(t, testscript.Params{Dir: "testdata", UpdateScripts: *update, Setup: func(e *testscript.Env) error {
		e.Setenv("TZ", "UTC")
		return nil
	}, Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"sample": func(ts *testscript.TestScript, _ bool, args []string) {
			f, err := os.Create(ts.MkAbs(args[0]))
			ts.Check(err)
			defer f.Close()
			ts.Check(sample.Write(f, sample.Options{Packets: atoi(ts, args[1]), Seed: uint64(atoi(ts, args[2]))}))
		},
		"pcap": func(ts *testscript.TestScript, _ bool, args []string) {
			b := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00")
			for i, line := range strings.Fields(ts.ReadFile(args[1])) {
				p, err := hex.DecodeString(line)
				ts.Check(err)
				b = append(b, 0x80, 0xf1, 0x53, 0x65, byte(i), 0, 0, 0, byte(len(p)), byte(len(p)>>8), 0, 0, byte(len(p)), byte(len(p)>>8), 0, 0)
				b = append(b, p...)
			}
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
		},
		"cut": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(atoi(ts, args[1]))))
		},
		"exit": func(ts *testscript.TestScript, _ bool, args []string) {
			err := ts.Exec(args[1], args[2:]...)
			code := 0
			if err != nil {
				code = -1
				if _, e := fmt.Sscanf(err.Error(), "exit status %d", &code); e != nil {
					ts.Fatalf("%v", err)
				}
			}
			if code != atoi(ts, args[0]) {
				ts.Fatalf("exit code %d, not %s", code, args[0])
			}
		},
	}})
}

func atoi(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}
