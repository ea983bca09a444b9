package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

var cols = []Column{
	{ID: "pid", Title: "PID", Type: Int},
	{ID: "res", Title: "RES", Type: Bytes},
	{ID: "cpu", Title: "%CPU", Type: Ratio},
	{ID: "time", Title: "TIME+", Type: Duration},
	{ID: "cmd", Title: "COMMAND", Type: Text},
}

func row(key string, cells ...Cell) Row { return Row{Key: key, Cells: cells} }

func TestTextAlignsAndEscapes(t *testing.T) {
	tab := &Table{Columns: cols, Rows: []Row{
		row("1", int64(1), int64(1536), 0.125, int64(83_450_000_000), "a\x1b[31m)\nb"),
		row("2", int64(31999), int64(5<<30), nil, int64(0), "rtl \u202egnp"),
	}, Notes: []Note{{Text: "owners hidden", Remedy: "sudo setcap x"}}}
	var b bytes.Buffer
	if err := WriteText(&b, tab); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"  PID  RES %CPU   TIME+ COMMAND\n" +
		"    1 1.5K 12.5 1:23.45 a\\x1b[31m)\\nb\n" +
		"31999 5.0G    -       0 rtl \\u{202e}gnp\n" +
		"note: owners hidden (sudo setcap x)\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		col  Column
		v    Cell
		want string
	}{
		{Column{Type: Bytes}, int64(1023), "1023"},
		{Column{Type: Bytes}, int64(1 << 20), "1.0M"},
		{Column{Type: Bytes}, int64(200 << 30), "200G"},
		{Column{Type: Rate, Unit: "B"}, 2048.0, "2.0K/s"},
		{Column{Type: Rate}, 12.34, "12.3/s"},
		{Column{Type: Ratio}, 1.427, "142.7"},
		{Column{Type: Duration}, int64(96_400_000), "96.4ms"},
		{Column{Type: Duration}, int64(3_661_000_000_000), "1:01:01"},
		{Column{Type: Duration}, int64(-1 << 63), "-106751d 23:47"},
		{Column{Type: Bool}, true, "yes"},
		{Column{Type: Int}, nil, "-"},
	} {
		if got := Format(c.col, c.v); got != c.want {
			t.Errorf("Format(%s, %v) = %q, want %q", c.col.Type, c.v, got, c.want)
		}
	}
}

func TestCSVCannotRunInASpreadsheet(t *testing.T) {
	nasty := []string{"=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "\n=x", `say "hi", ok`, "a\nb", " pad ", "\x00=1", ""}
	tab := &Table{Columns: []Column{{ID: "n", Type: Int}, {ID: "text", Type: Text}}}
	for i, s := range nasty {
		tab.Rows = append(tab.Rows, row(fmt.Sprint(i), int64(-i), s))
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, tab); err != nil {
		t.Fatal(err)
	}
	recs, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(recs) != len(nasty)+1 {
		t.Fatalf("%d records, want %d", len(recs), len(nasty)+1)
	}
	for i, r := range recs[1:] {
		if len(r) != 2 {
			t.Errorf("row %d has %d cells", i, len(r))
		}
		if r[1] != "" && strings.ContainsRune("=+-@\t\r\n", rune(r[1][0])) {
			t.Errorf("cell %q is live", r[1])
		}
		if r[0] != fmt.Sprint(-i) {
			t.Errorf("number %q, want %d", r[0], -i)
		}
	}
}

func TestJSONIsOneObjectARow(t *testing.T) {
	tab := &Table{Columns: cols[:2], Rows: []Row{row("1", int64(1), nil), row("2", int64(2), int64(7))}}
	var b bytes.Buffer
	if err := WriteJSON(&b, tab); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"pid": 1.0, "res": nil}, {"pid": 2.0, "res": 7.0}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestSortPutsEmptyLastAndKeepsTies(t *testing.T) {
	tab := &Table{Columns: cols, Rows: []Row{
		row("a", int64(3), int64(1), 0.1, nil, "b"),
		row("b", int64(1), int64(1), nil, nil, "B"),
		row("c", int64(2), int64(1), 0.5, nil, "a"),
	}}
	order := func(t *Table) (s string) {
		for _, r := range t.Rows {
			s += r.Key
		}
		return
	}
	for spec, want := range map[string]string{
		"pid": "bca", "-pid": "acb", "cpu": "acb", "-cpu": "cab", "res": "abc", "cmd": "cba", "-res,pid": "bca", "nosuch": "abc", "+pid": "bca",
	} {
		if got := order(Sort(tab, spec)); got != want {
			t.Errorf("Sort(%q) = %s, want %s", spec, got, want)
		}
	}
	if order(tab) != "abc" {
		t.Error("Sort changed the published table")
	}
}

func TestLimitSaysWhatItCut(t *testing.T) {
	tab := &Table{Rows: make([]Row, 5), Summary: map[string]Cell{"x": int64(1)}}
	got := Limit(tab, 2)
	if len(got.Rows) != 2 || got.Summary["rows.total"] != int64(5) || got.Summary["x"] != int64(1) {
		t.Errorf("got %+v", got)
	}
	if tab.Summary["rows.total"] != nil {
		t.Error("Limit changed the published table")
	}
}

func TestDiffSendsOnlyChanges(t *testing.T) {
	old := &Table{Columns: cols[:2], Version: 1, Rows: []Row{row("a", int64(1), nil), row("b", int64(2), nil), row("c", int64(3), nil)}}
	new := &Table{Columns: cols[:2], Version: 2, Rows: []Row{row("a", int64(1), nil), row("c", int64(4), nil), row("d", int64(5), nil)}}
	d := Diff(old, new)
	if len(d.Set) != 2 || d.Set[0].Key != "c" || d.Set[1].Key != "d" || !reflect.DeepEqual(d.Del, []string{"b"}) || d.Order != nil || d.Columns != nil {
		t.Errorf("got %+v", d)
	}
	if e := Diff(new, new); !e.Empty() {
		t.Errorf("equal tables differ: %+v", e)
	}
}

// Any two tables: applying the delta gives the newer one.
func TestApplyUndoesDiff(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func(v uint64) *Table {
		t := &Table{Columns: cols[:1+rnd.IntN(2)], Version: v}
		for _, k := range rnd.Perm(8)[:rnd.IntN(8)] {
			t.Rows = append(t.Rows, row(fmt.Sprint(k), int64(rnd.IntN(3))))
		}
		if rnd.IntN(2) == 0 {
			t.Summary = map[string]Cell{fmt.Sprint(rnd.IntN(3)): int64(rnd.IntN(2))}
		}
		if rnd.IntN(2) == 0 {
			t.Notes = []Note{{Code: fmt.Sprint(rnd.IntN(2))}}
		}
		return t
	}
	for i := range 5000 {
		a, b := random(1), random(2)
		d := Diff(a, b)
		wire, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		_ = wire
		got := Apply(a, d)
		if fmt.Sprint(got.Rows) != fmt.Sprint(b.Rows) || !reflect.DeepEqual(got.Columns, b.Columns) ||
			fmt.Sprint(got.Summary) != fmt.Sprint(b.Summary) && len(b.Summary)+len(got.Summary) > 0 ||
			fmt.Sprint(got.Notes) != fmt.Sprint(b.Notes) || got.Version != 2 {
			t.Fatalf("%d: from %+v\nto   %+v\nby   %s\ngave %+v", i, a, b, wire, got)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("plain", int64(1), 0.5)
	f.Add("=1+1\x1b\u202e\"\r\n", int64(-1<<63), -1.5)
	f.Fuzz(func(t *testing.T, s string, n int64, x float64) {
		tab := &Table{Columns: cols, Rows: []Row{row("k", n, n, x, n, s)}}
		var b bytes.Buffer
		if err := WriteText(&b, tab); err != nil {
			t.Fatal(err)
		}
		if c := strings.Count(b.String(), "\n"); c != 2 {
			t.Fatalf("%d lines: %q", c, b.String())
		}
		if bytes.ContainsAny(b.Bytes(), "\x00\x07\x1b\u009b") || !utf8.Valid(b.Bytes()) {
			t.Fatalf("raw control bytes: %q", b.String())
		}
		b.Reset()
		if err := WriteCSV(&b, tab); err != nil {
			t.Fatal(err)
		}
		recs, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(recs) != 2 || len(recs[1]) != 5 {
			t.Fatalf("csv %v %q", err, recs)
		}
		b.Reset()
		if err := WriteJSON(&b, tab); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b.Bytes()) {
			t.Fatalf("bad json %q", b.String())
		}
	})
}
