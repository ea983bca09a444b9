package wire

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sonde/probes/table"
)

func TestEveryCodeHasItsStatus(t *testing.T) {
	seen := map[Code]bool{}
	for _, c := range Codes {
		if seen[c] {
			t.Errorf("%s is listed twice", c)
		}
		seen[c] = true
		if _, ok := statuses[c]; !ok {
			t.Errorf("%s has no status", c)
		}
	}
	if len(statuses) != len(Codes) {
		t.Errorf("%d statuses for %d codes", len(statuses), len(Codes))
	}
	if Code("nobody").Status() != 500 {
		t.Error("an undeclared code must be 500")
	}
}

func TestParseRequest(t *testing.T) {
	good := map[string]Request{
		`{"op":"hello","half":"abc"}`: {Op: Hello, Half: "abc"},
		`{"op":"sub","topic":"probe/processes","args":{"pid":7,"tree":true},"id":1}`: {Op: Sub, Topic: "probe/processes", ID: 1, Args: map[string]string{"pid": "7", "tree": "true"}},
		`{"op":"unsub","id":3,"later":{"addition":[1]}}`:                             {Op: Unsub, ID: 3},
		` {"op":"ping"} `: {Op: Ping},
	}
	for in, want := range good {
		got, err := ParseRequest([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if d := cmp.Diff(&want, got); d != "" {
			t.Errorf("%s: %s", in, d)
		}
	}
	bad := []string{
		``, `null`, `[]`, `{`, `{"op":"sub"}`, `{"op":"sub","id":1}`, `{"op":"sub","id":-1,"topic":"x"}`,
		`{"op":"sub","id":1e30,"topic":"x"}`, `{"op":"sub","id":99999999999999999999999,"topic":"x"}`, `{"op":"sub","id":1.5,"topic":"x"}`,
		`{"op":"kill","id":1}`, `{"op":"ping"}{"op":"ping"}`, `{"op":"sub","id":1,"topic":"x","args":{"a":[1]}}`,
		`{"op":"sub","id":1,"topic":"x","args":{"a":null}}`,
		`{"op":"sub","id":1,"topic":"` + strings.Repeat("x", MaxTopic+1) + `"}`,
		`{"op":"ping","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		`{"op":"hello","half":"` + strings.Repeat("x", 300) + `"}`,
	}
	for _, in := range bad {
		if r, err := ParseRequest([]byte(in)); err == nil {
			t.Errorf("%.80s: accepted as %+v", in, r)
		}
	}
	if _, err := ParseRequest([]byte("{\"op\":\"\xff\"}")); !errors.Is(err, ErrUTF8) {
		t.Errorf("invalid UTF-8: %v", err)
	}
}

func TestAppendTableIsWhatEncodingJSONReads(t *testing.T) {
	in := &table.Table{
		Columns: []table.Column{{ID: "pid", Title: "PID", Type: table.Int}, {ID: "cmd", Title: "COMMAND", Type: table.Text, Help: "a <b>"}},
		Rows: []table.Row{
			{Key: "1:2", Cells: []table.Cell{int64(1), "a\"b\\c\n\x1b\x7f<script>&\u2028\u2029é\xff"}},
			{Key: "k", Cells: []table.Cell{math.NaN(), math.Inf(1)}},
			{Key: "f", Cells: []table.Cell{0.1, 1e-9}},
			{Key: "b", Cells: []table.Cell{true, nil}},
			{Key: "big", Cells: []table.Cell{int64(math.MaxInt64), 1e300}},
		},
		Summary: map[string]table.Cell{"total": int64(3)},
		Notes:   []table.Note{{Code: "partial", Text: "x"}},
	}
	b := AppendTable(nil, in, 9)
	var out struct {
		Columns []table.Column
		Rows    []struct {
			Key   string
			Cells []any
		}
		Version uint64
		Summary map[string]any
		Notes   []table.Note
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if out.Version != 9 || len(out.Rows) != 5 || len(out.Columns) != 2 || out.Notes[0].Code != "partial" {
		t.Errorf("%+v", out)
	}
	if got := out.Rows[0].Cells[1]; got != "a\"b\\c\n\x1b\x7f<script>&\u2028\u2029é\ufffd" {
		t.Errorf("text came back as %q", got)
	}
	if out.Rows[1].Cells[0] != nil || out.Rows[1].Cells[1] != nil {
		t.Error("NaN and infinity must be null")
	}
	if out.Rows[2].Cells[1] != 1e-9 || out.Rows[4].Cells[1] != 1e300 {
		t.Errorf("floats: %v %v", out.Rows[2].Cells[1], out.Rows[4].Cells[1])
	}
	if strings.ContainsAny(string(b), "<>&\u2028\x1b") {
		t.Errorf("dangerous characters left as they are: %s", b)
	}
}

func TestEmptyTableAndDeltaHaveLists(t *testing.T) {
	if got := string(AppendTable(nil, &table.Table{}, 1)); got != `{"columns":[],"rows":[],"version":1}` {
		t.Error(got)
	}
	if got := string(AppendDelta(nil, &table.Delta{})); got != `{"from":0,"to":0,"set":[],"del":[]}` {
		t.Error(got)
	}
}

func TestStartTakesNumberOrString(t *testing.T) {
	var r SignalRequest
	for _, in := range []string{`{"start":18446744073709551615}`, `{"start":"18446744073709551615"}`} {
		r = SignalRequest{}
		if err := json.Unmarshal([]byte(in), &r); err != nil || uint64(r.Start) != math.MaxUint64 {
			t.Errorf("%s: %v %v", in, r.Start, err)
		}
	}
	for _, in := range []string{`{"start":-1}`, `{"start":1.5}`, `{"start":""}`, `{"start":{}}`} {
		if json.Unmarshal([]byte(in), &r) == nil {
			t.Errorf("%s accepted", in)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{`{"op":"hello","half":"abc"}`, `{"op":"sub","topic":"probe/processes","args":{"pid":7},"id":1}`, `{"op":"unsub","id":1}`, `{"op":"ping","x":[[[]]]}`, "{\"op\":\"\xff\"}", `{"op":"sub","id":1e9,"topic":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRequest(b)
		if (r == nil) == (err == nil) {
			t.Fatal("neither or both of request and error")
		}
		if err != nil {
			return
		}
		if r.Op == Sub && (r.ID <= 0 || r.Topic == "" || len(r.Topic) > MaxTopic) {
			t.Fatalf("bad sub let through: %+v", r)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) <= MaxMessage {
			if r2, err := ParseRequest(again); err != nil || !cmp.Equal(r, r2) && len(r.Args) > 0 {
				t.Fatalf("not stable: %s: %v", again, err)
			}
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\x00\xff\u2028<")
	f.Fuzz(func(t *testing.T, s string) {
		b := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); got != want && !strings.Contains(s, "\ufffd") && strings.Count(got, "\ufffd") == 0 {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}
