package dfilter

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestOracleList compares with verdicts that tshark gave: SONDE_FILTER_ORACLE
// is a file of lines "OK<TAB>filter<TAB>frame numbers" and
// "E<TAB>filter<TAB>message<TAB>offset+length", SONDE_FILTER_PCAP the capture.
func TestOracleList(t *testing.T) {
	path, capture := os.Getenv("SONDE_FILTER_ORACLE"), os.Getenv("SONDE_FILTER_PCAP")
	if path == "" || capture == "" {
		t.Skip("SONDE_FILTER_ORACLE or SONDE_FILTER_PCAP is not set")
	}
	time.Local = time.UTC
	frames, engine := readFrames(t, capture)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var good, missing, verdict, words, framesDiffer int
	for sc := bufio.NewScanner(file); sc.Scan(); {
		cols := strings.Split(sc.Text(), "\t")
		if len(cols) < 3 {
			continue
		}
		f, err := Compile(cols[1], Options{})
		var e *Error
		isErr := errors.As(err, &e)
		switch {
		case isErr && cols[0] == "E":
			at := fmt.Sprintf("%d+%d", e.At, e.Length)
			if e.Length == 0 {
				at = "-4+0"
			}
			if e.Message != cols[2] || at != cols[3] {
				words++
				t.Logf("WORDS %s\n\tgot  %s %s\n\twant %s %s", cols[1], at, e.Message, cols[3], cols[2])
			} else {
				good++
			}
		case isErr:
			if undeclared.MatchString(e.Message) {
				missing++
				continue
			}
			verdict++
			t.Logf("VERDICT %s\n\trejected: %v", cols[1], err)
		case cols[0] == "E":
			verdict++
			t.Logf("VERDICT %s\n\taccepted; want %s", cols[1], cols[2])
		default:
			want := strings.Join(strings.Fields(cols[2]), " ")
			if got := numbers(matchingFrames(f, frames, engine)); got != want {
				framesDiffer++
				t.Logf("FRAMES %s\n\tgot  %s\n\twant %s", cols[1], got, want)
			} else {
				good++
			}
		}
	}
	t.Logf("%d equal, %d wait for fields, %d other verdict, %d other frames, %d other words or place", good, missing, verdict, framesDiffer, words)
}

// numbers spells ranges out: "1-3,5" is "1 2 3 5".
func numbers(s string) string {
	if s == "(none)" {
		return ""
	}
	var out []string
	for _, r := range strings.Split(s, ",") {
		a, b := 0, 0
		if n, _ := fmt.Sscanf(r, "%d-%d", &a, &b); n == 1 {
			b = a
		}
		for ; a <= b; a++ {
			out = append(out, fmt.Sprint(a))
		}
	}
	return strings.Join(out, " ")
}
