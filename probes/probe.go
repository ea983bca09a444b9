// Package probes turns what the kernel tells about this host into tables: one
// file per probe, each registering itself as plain data, and a Runner that
// samples a probe only while somebody looks.
//
// A Sampler is used from one goroutine at a time; the tables it returns are
// immutable and may be kept and shared. A probe that cannot read something says
// so in the table's notes or in the column's Unavailable, with the exact
// command that would help; it never writes zeros instead.
//
//	r := probes.NewRunner(probes.Options{History: true})
//	defer r.Close()
//	sub, err := r.Subscribe("processes", probes.Args{"user": "app"})
//	for t := range sub.C() { ... }   // always the newest table, never a backlog
package probes

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"sonde/probes/table"
)

// Args are a topic's parameters, as parsed from its query ("pid" -> "42").
type Args map[string]string

// Bool is true for "1", "true", "yes" and "on".
func (a Args) Bool(name string) bool {
	switch a[name] {
	case "1", "true", "yes", "on":
		return true
	}
	return false
}

// Int reads a decimal argument; a missing one gives def.
func (a Args) Int(name string, def int) (int, error) {
	s, ok := a[name]
	if !ok || s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("argument %s=%q: %w", name, s, ErrArgs)
	}
	return n, nil
}

// Probe is one kind of table about the host.
type Probe struct {
	Name  string // topic word, "processes"
	Title string // heading, "Processes"
	// Interval is the usual time between samples.
	Interval time.Duration
	// Args names the parameters New reads. Others (a page's sort order, its
	// selection) do not make a collector of their own.
	Args []string
	// Rates says that some columns need two samples before they have values.
	Rates bool
	New   func(Args) (Sampler, error)
}

// Sampler produces the successive tables of one (probe, args).
//
// Sample's error, when errors.Is(err, ErrGone), ends the collector: the thing
// looked at is no more. Any other error is shown and the next sample tried.
type Sampler interface {
	Sample(now time.Time) (*table.Table, error)
	Close() error
}

// Kinds of error a caller may ask for with errors.Is.
var (
	ErrGone        = errors.New("no such process")
	ErrPermission  = errors.New("permission denied")
	ErrRefused     = errors.New("refused")
	ErrArgs        = errors.New("bad argument")
	ErrNoProbe     = errors.New("no such probe")
	ErrUnsupported = errors.New("not supported on this system")
	ErrClosed      = errors.New("closed")
)

var registered []Probe

// register is called by package-level declarations. A duplicate or incomplete
// probe is a mistake of this source, found at start, hence the panic.
func register(p Probe) struct{} {
	if p.Name == "" || p.New == nil || p.Interval <= 0 {
		panic("probes: incomplete probe " + strconv.Quote(p.Name))
	}
	if _, dup := find(p.Name); dup {
		panic("probes: two probes named " + p.Name)
	}
	registered = append(registered, p)
	return struct{}{}
}

func find(name string) (Probe, bool) {
	for _, p := range registered {
		if p.Name == name {
			return p, true
		}
	}
	return Probe{}, false
}

// All lists the probes of this system, by name.
func All() []Probe {
	ps := slices.Clone(registered)
	sort.Slice(ps, func(i, j int) bool { return ps[i].Name < ps[j].Name })
	return ps
}

// key names a collector: the probe and those arguments it reads, in order.
func (p Probe) key(args Args) (string, Args) {
	var b strings.Builder
	b.WriteString(p.Name)
	own := Args{}
	names := slices.Clone(p.Args)
	slices.Sort(names)
	for _, n := range names {
		if v, ok := args[n]; ok && v != "" {
			own[n] = v
			fmt.Fprintf(&b, "\x00%s=%s", n, v)
		}
	}
	return b.String(), own
}
