package dfilter

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/source"

	_ "sonde/capture/proto"
)

// readFrames reads a capture into memory and lets dissectors learn from it.
func readFrames(t testing.TB, path string) ([]frame.Frame, *dissect.Engine) {
	t.Helper()
	s, err := source.Open(path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out []frame.Frame
	for {
		var f frame.Frame
		if err := s.Next(&f); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		f.Data = append([]byte(nil), f.Data...)
		out = append(out, f)
	}
	e := dissect.New(dissect.NewConfig(), flow.NewState())
	for i := range out {
		e.Dissect(&out[i], dissect.Request{Learn: true})
	}
	return out, e
}

// matchingFrames gives the numbers of the frames that pass, as ranges.
func matchingFrames(f *Filter, frames []frame.Frame, e *dissect.Engine) string {
	var out []string
	first, last := 0, 0
	env := dissect.Env{First: frames[0].Time, HasFirst: true}
	flush := func() {
		switch {
		case first == 0:
		case first == last:
			out = append(out, strconv.Itoa(first))
		default:
			out = append(out, strconv.Itoa(first)+"-"+strconv.Itoa(last))
		}
	}
	for i := range frames {
		p := e.Dissect(&frames[i], dissect.Request{Want: f.Wanted(), Columns: f.NeedsColumns(), Env: env})
		env.Prev, env.HasPrev = frames[i].Time, true
		if !f.Match(p) {
			continue
		}
		env.PrevShown, env.HasPrevShown = frames[i].Time, true
		if n := i + 1; first != 0 && last == n-1 {
			last = n
		} else {
			flush()
			first, last = n, n
		}
	}
	flush()
	if len(out) == 0 {
		return "(none)"
	}
	return strings.Join(out, ",")
}

var undeclared = regexp.MustCompile(`^"([^"]*)" is not a valid protocol or protocol field`)

// apart are filters that find other frames than tshark's, and why.
var apart = map[string]string{
	`_ws.col.info contains "GET"`:       "columns can be filtered without being shown",
	`_ws.col.protocol == "HTTP"`:        "columns can be filtered without being shown",
	`_ws.expert.severity == "Warning"`:  "a DNS query without a response is not marked yet",
	`_ws.expert.severity == Warning`:    "a DNS query without a response is not marked yet",
	`_ws.expert.severity >= 0x00400000`: "a DNS query without a response is not marked yet",
	`_ws.expert.severity >= note`:       "a DNS query without a response is not marked yet",
}

// TestFilterList runs a list of filters with verdicts and frames, as tshark
// gave them: SONDE_FILTERS is the table's path; mix.pcap lies beside it.
func TestFilterList(t *testing.T) {
	path := os.Getenv("SONDE_FILTERS")
	if path == "" {
		t.Skip("SONDE_FILTERS is not set")
	}
	time.Local = time.UTC
	frames, engine := readFrames(t, filepath.Join(filepath.Dir(path), "mix.pcap"))
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var good, missing, wrong int
	for sc := bufio.NewScanner(file); sc.Scan(); {
		cols := strings.SplitN(sc.Text(), "\t", 3)
		if len(cols) != 3 || cols[0] == "verdict" {
			continue
		}
		f, err := Compile(cols[2], Options{})
		var fe *Error
		if errors.As(err, &fe) {
			if cols[0] == "reject" {
				good++
				continue
			}
			if m := undeclared.FindStringSubmatch(fe.Message); m != nil {
				missing++
				t.Logf("undeclared %s: %s", m[1], cols[2])
				continue
			}
			wrong++
			t.Errorf("%s\n\trejected: %v at %d+%d", cols[2], err, fe.At, fe.Length)
			continue
		}
		if cols[0] == "reject" {
			wrong++
			t.Errorf("%s\n\taccepted", cols[2])
			continue
		}
		if got := matchingFrames(f, frames, engine); got != cols[1] {
			wrong++
			if why := apart[cols[2]]; why != "" {
				t.Logf("%s: %s", cols[2], why)
				continue
			}
			t.Errorf("%s\n\tgot  %s\n\twant %s", cols[2], got, cols[1])
			continue
		}
		good++
	}
	t.Logf("%d as expected, %d wait for fields, %d wrong", good, missing, wrong)
}
