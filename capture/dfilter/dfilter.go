// Package dfilter is the display-filter language: the words people type to
// choose packets, with Wireshark 4.6's meaning.
//
// A filter is compiled once and then asked about dissected packets:
//
//	f, err := dfilter.Compile(`tcp.port == 80 and not http`, dfilter.Options{})
//	if err != nil { ... } // *dfilter.Error: message, position, length
//	p := engine.Dissect(&fr, dissect.Request{Want: f.Wanted(), Columns: f.NeedsColumns()})
//	if f.Match(p) { ... }
//
// A Filter never changes and may be used from any number of goroutines. The
// stages are: macros (macro.go), scanner (scan.go), parser (parse.go), checker
// (check*.go, literal*.go), program (program.go, load.go).
package dfilter

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Limits on filter text. A filter written by a person is far below them; they
// keep hostile text from costing time or stack.
const (
	maxText    = 256 << 10 // bytes, macros expanded
	maxNesting = 500       // parentheses, braces, "not", signs, calls, chained arithmetic
)

// Error says what is wrong with a filter and where: At is a byte offset in the
// text given to Compile, Length how many bytes are meant. Length 0 means that
// no place is to be underlined: the filter ends too early, or it is wrong as a
// whole.
type Error struct {
	Message    string
	At, Length int
}

func (e *Error) Error() string { return e.Message }

// Options are what the meaning of a filter depends on besides its text.
type Options struct {
	// Macros are texts by name; $1..$9 in them stand for the arguments. They
	// come before the built-in ones.
	Macros map[string]string
	// Resolve gives the addresses of a host name; nil or no result makes a
	// host name an error.
	Resolve func(host string) []netip.Addr
	// Location is the zone of times written without one; nil is time.Local.
	Location *time.Location
	// Selected is the packet that ${field} refers to, dissected with at least
	// those fields; nil makes every test with a reference false.
	Selected *dissect.Packet
}

// Filter is a compiled filter.
type Filter struct {
	text     string // as given
	root     *node  // nil: the empty filter, which matches everything
	prog     test
	wanted   *dissect.Wanted
	ids      []field.ID
	columns  bool
	warnings []string
}

// Compile checks a filter and makes it ready to run. The error is an *Error.
// Text of nothing but white space is the filter that every packet passes.
func Compile(text string, opt Options) (*Filter, error) {
	src, err := expand(text, opt.Macros)
	if err != nil {
		return nil, err
	}
	f := &Filter{text: text}
	if f.root, err = parse(src.text); err == nil && f.root != nil {
		c := checker{opt: &opt, warn: func(s string) { f.warnings = append(f.warnings, s) }}
		if err = c.test(f.root); err == nil {
			f.prog = build(f.root)
			f.collect(&c)
		}
	}
	if err != nil {
		return nil, src.locate(err)
	}
	if f.wanted == nil {
		f.wanted = dissect.Want(false)
	}
	return f, nil
}

func (f *Filter) collect(c *checker) {
	deep := false
	seen := map[field.ID]bool{}
	f.root.walk(func(e *expr) {
		if e.kind == exColumn {
			f.columns = true
		}
		if e.kind != exField {
			return
		}
		deep = deep || deepFields[e.name]
		for _, id := range e.ids {
			if !seen[id] && id != field.None {
				seen[id] = true
				f.ids = append(f.ids, id)
			}
		}
	})
	f.wanted = dissect.Want(deep || f.columns, f.ids...)
}

// deepFields are filled by every layer, though the frame declares them.
var deepFields = map[string]bool{"frame.protocols": true, "frame.coloring_rule.name": true, "frame.coloring_rule.string": true}

// Wanted is what a dissection must record for Match.
func (f *Filter) Wanted() *dissect.Wanted { return f.wanted }

// Fields gives the IDs of every field the filter looks at; several for a name
// that several protocols declare.
func (f *Filter) Fields() []field.ID { return f.ids }

// NeedsColumns reports that the packet list's columns must be written.
func (f *Filter) NeedsColumns() bool { return f.columns }

// Warnings are remarks on a filter that compiles but may mean something else
// than it seems to.
func (f *Filter) Warnings() []string { return f.warnings }

// Text is the filter as it was given.
func (f *Filter) Text() string { return f.text }

// Match reports whether the packet passes the filter. The packet is dissected
// with at least Wanted, and with columns if NeedsColumns.
func (f *Filter) Match(p *dissect.Packet) bool {
	if f.prog == nil {
		return true
	}
	m := machines.Get().(*machine)
	ok := m.run(f.prog, p)
	machines.Put(m)
	return ok
}

var machines = sync.Pool{New: func() any { return new(machine) }}

func errAt(at, length int, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), At: at, Length: length}
}

// Underline gives the line of blanks and ^~~~ that goes below the filter's
// text, "" when there is no place to show. Bytes that continue a character
// take no column.
func (e *Error) Underline(text string) string {
	if e.Length <= 0 || e.At < 0 || e.At > len(text) {
		return ""
	}
	n := e.At
	b := make([]byte, 0, n+e.Length)
	for i := 0; i < n; i++ {
		if text[i]&0xc0 != 0x80 {
			b = append(b, ' ')
		}
	}
	b = append(b, '^')
	for i := n + 1; i < n+e.Length; i++ {
		if i >= len(text) || text[i]&0xc0 != 0x80 {
			b = append(b, '~')
		}
	}
	return string(b)
}
