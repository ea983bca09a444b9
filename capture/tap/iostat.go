package tap

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"sonde/capture/dissect"
	"sonde/probes/table"
)

// Filter is a compiled display filter.
type Filter interface {
	Match(p *dissect.Packet) bool
	Wanted() *dissect.Wanted
	NeedsColumns() bool
}

var compileFilter func(text string) (Filter, error)

// UseFilters gives statistics with filters of their own (io,stat) what makes
// one from its text; call it when the program starts.
func UseFilters(compile func(text string) (Filter, error)) bool {
	compileFilter = compile
	return true
}

var _ = register(Kind{Name: "io,stat", Title: "I/O Statistics", New: newIOStat, Args: math.MaxInt32})

// maxIntervals bounds the rows; what comes later than them is counted in the last.
const maxIntervals = 1 << 20

// ioColumn is one filter's frames and bytes in each interval.
type ioColumn struct {
	text   string
	filter Filter // nil = all
	rows   []ioCell
}

type ioCell struct{ frames, bytes uint64 }

// ioStat counts frames and bytes in intervals of time.
type ioStat struct {
	interval    int64 // ns, 0 = one for all
	digits      int   // after the point
	columns     []ioColumn
	start, last int64
	began       bool
}

// newIOStat reads INTERVAL[,FILTER]...
func newIOStat(args []string, _ string) (Tap, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("io,stat: an interval in seconds is missing")
	}
	sec, err := strconv.ParseFloat(args[0], 64)
	if err != nil || !(sec >= 0) || sec > 1e9 || sec != 0 && sec < 1e-6 {
		return nil, fmt.Errorf("io,stat: %q is no interval of 0 or of 0.000001 to 1000000000 seconds", args[0])
	}
	x := &ioStat{interval: int64(math.Round(sec * 1e9))}
	if _, frac, ok := strings.Cut(args[0], "."); ok {
		x.digits = min(len(strings.TrimRight(frac, "0")), 6)
	}
	texts := args[1:]
	if len(texts) == 0 {
		texts = []string{""}
	}
	for _, text := range texts {
		c := ioColumn{text: text}
		if text != "" {
			if compileFilter == nil {
				return nil, fmt.Errorf("io,stat: filters are not available here")
			}
			if c.filter, err = compileFilter(text); err != nil {
				return nil, fmt.Errorf("io,stat: filter %q: %w", text, err)
			}
		}
		x.columns = append(x.columns, c)
	}
	return x, nil
}

func (x *ioStat) Needs() Needs {
	var n Needs
	for i := range x.columns {
		if f := x.columns[i].filter; f != nil {
			n.Want = n.Want.Or(f.Wanted())
			n.Columns = n.Columns || f.NeedsColumns()
		}
	}
	return n
}

func (x *ioStat) Add(p *dissect.Packet) {
	if !p.Frame.HasTime {
		return
	}
	if !x.began {
		x.start, x.began = p.Frame.Time, true
		if p.Env.HasFirst {
			x.start = p.Env.First
		}
	}
	at := max(0, p.Frame.Time-x.start)
	x.last = max(x.last, at)
	row := int64(0)
	if x.interval > 0 {
		row = min(at/x.interval, maxIntervals-1)
	}
	for i := range x.columns {
		c := &x.columns[i]
		if c.filter != nil && !c.filter.Match(p) {
			continue
		}
		for int64(len(c.rows)) <= row {
			c.rows = append(c.rows, ioCell{})
		}
		c.rows[row].frames++
		c.rows[row].bytes += uint64(p.Frame.Len)
	}
}

func (c *ioColumn) cell(row int) ioCell {
	if row < len(c.rows) {
		return c.rows[row]
	}
	return ioCell{}
}

// intervals is how many rows there are and how long each is.
func (x *ioStat) intervals() (n int, each int64) {
	each = x.interval
	if each == 0 || each > x.last {
		return 1, x.last
	}
	n = int(min((x.last+each-1)/each, maxIntervals))
	for i := range x.columns { // a frame at the very end of the last
		n = max(n, len(x.columns[i].rows))
	}
	return max(n, 1), each
}

func (x *ioStat) Table() *table.Table {
	t := &table.Table{Columns: []table.Column{{ID: "start", Title: "Start", Type: table.Duration}}}
	for i := range x.columns {
		name := x.columns[i].text
		if name == "" {
			name = "all"
		}
		t.Columns = append(t.Columns, table.Column{ID: fmt.Sprintf("frames%d", i+1), Title: "Frames: " + name, Type: table.Int},
			table.Column{ID: fmt.Sprintf("bytes%d", i+1), Title: "Bytes: " + name, Type: table.Bytes})
	}
	n, each := x.intervals()
	for row := range n {
		cells := []table.Cell{int64(row) * each}
		for i := range x.columns {
			c := x.columns[i].cell(row)
			cells = append(cells, int64(c.frames), int64(c.bytes))
		}
		t.Rows = append(t.Rows, table.Row{Key: strconv.Itoa(row), Cells: cells})
	}
	return t
}

func (x *ioStat) WriteText(w io.Writer) error {
	n, each := x.intervals()
	digits, durDigits := x.digits, x.digits
	switch {
	case each != x.interval: // one row for all: four digits
		digits = 3
		for most := int64(10e9); digits > 0 && x.last >= most; most *= 10 {
			digits--
		}
		durDigits = digits
	case digits == 0:
		durDigits = 6
	}
	seconds := func(ns float64, digits int) string { return strconv.FormatFloat(ns/1e9, 'f', digits, 64) }
	duration, length := seconds(float64(x.last), durDigits), seconds(float64(each), digits)
	whole, _, _ := strings.Cut(duration, ".")
	timeWidth := len(whole)
	if digits > 0 {
		timeWidth += 1 + digits
	}
	var b strings.Builder
	labelWidth := timeWidth
	timeWidth = max(timeWidth, 2) // room for "Dur"
	first := 2*timeWidth + 6      // "a <> b" with a blank at either side
	widths := make([][2]int, len(x.columns))
	total := first + 1
	for i := range x.columns {
		fr, by := uint64(0), uint64(0)
		for _, c := range x.columns[i].rows {
			fr, by = max(fr, c.frames), max(by, c.bytes)
		}
		widths[i] = [2]int{max(6, len(strconv.FormatUint(fr, 10))), max(5, len(strconv.FormatUint(by, 10)))}
		total += widths[i][0] + widths[i][1] + 6
	}
	inner := total - 1
	lines := []string{" IO Statistics", "", " Duration: " + duration + " secs", fmt.Sprintf(" Interval: %*s secs", labelWidth, length), ""}
	for i := range x.columns {
		text := x.columns[i].text
		if text == "" {
			text = "Frames and bytes"
		}
		if i == 0 {
			lines = append(lines, fmt.Sprintf(" Col %2d: %s", 1, text))
		} else {
			lines = append(lines, fmt.Sprintf("     %2d: %s", i+1, text))
		}
	}
	for _, l := range lines {
		if k := len(l) + 1 - inner; k > 0 {
			inner += k
		}
	}
	rule := func(c string) string { return strings.Repeat(c, inner) }
	fmt.Fprintf(&b, "\n=%s=\n", rule("="))
	for _, l := range lines {
		fmt.Fprintf(&b, "|%-*s|\n", inner, l)
	}
	fmt.Fprintf(&b, "|%s|\n|%*s|", rule("-"), first, "")
	for i := range x.columns {
		fmt.Fprintf(&b, "%-*d|", widths[i][0]+widths[i][1]+5, i+1)
	}
	fmt.Fprintf(&b, "\n| %-*s|", first-1, "Interval")
	for i := range x.columns {
		fmt.Fprintf(&b, " %-*s | %-*s |", widths[i][0], "Frames", widths[i][1], "Bytes")
	}
	fmt.Fprintf(&b, "\n|%s|\n", rule("-"))
	for row := range n {
		from, to := seconds(float64(each)*float64(row), digits), seconds(float64(each)*float64(row+1), digits)
		if digits == 0 && each*int64(row+1) > x.last {
			to = "Dur"
		}
		fmt.Fprintf(&b, "| %*s <> %-*s|", timeWidth, from, timeWidth+1, to)
		for i := range x.columns {
			c := x.columns[i].cell(row)
			fmt.Fprintf(&b, " %*d | %*d |", widths[i][0], c.frames, widths[i][1], c.bytes)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "=%s=\n", rule("="))
	_, err := io.WriteString(w, b.String())
	return err
}
