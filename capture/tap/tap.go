// Package tap is one statistic per file: a tap is fed dissected packets and
// gives a table (for pages and scripts) and the text that tshark prints for it
// with -z. A file declares its tap with register; menus, -z and the API are
// built from All.
package tap

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"sonde/capture/dissect"
	"sonde/probes/table"
)

// Needs says how packets must be dissected for a tap.
type Needs struct {
	Want    *dissect.Wanted
	Columns bool
	Tree    bool
	Hops    bool
}

// Tap is one running statistic. It belongs to one goroutine.
type Tap interface {
	Needs() Needs
	// Add counts one packet; only those that pass the tap's filter come here.
	Add(p *dissect.Packet)
	// Table gives the figures so far; immutable.
	Table() *table.Table
	// WriteText writes tshark's layout.
	WriteText(w io.Writer) error
}

// Kind is a declared statistic.
type Kind struct {
	// Name is what stands before the optional filter in -z: "conv,tcp".
	Name  string
	Title string // in menus
	// New makes the tap; args are the comma-separated words behind the name,
	// filter is the display filter's text for the heading ("" = none).
	New func(args []string, filter string) (Tap, error)
	// Args is how many words behind the name belong to the tap before the filter.
	Args int
}

var kinds []Kind

func register(k Kind) Kind {
	for _, o := range kinds {
		if o.Name == k.Name {
			panic("tap: declared twice: " + k.Name)
		}
	}
	kinds = append(kinds, k)
	return k
}

// All gives the declared statistics by name.
func All() []Kind {
	out := append([]Kind(nil), kinds...)
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Spec is one -z argument taken apart.
type Spec struct {
	Kind   Kind
	Args   []string
	Filter string
}

// Parse reads a -z argument: the longest declared name, its arguments, and the
// rest as a display filter.
func Parse(arg string) (*Spec, error) {
	var best *Kind
	for i := range kinds {
		k := &kinds[i]
		if (arg == k.Name || strings.HasPrefix(arg, k.Name+",")) && (best == nil || len(k.Name) > len(best.Name)) {
			best = k
		}
	}
	if best == nil {
		return nil, fmt.Errorf("invalid -z argument %q", arg)
	}
	s := &Spec{Kind: *best}
	rest := strings.TrimPrefix(strings.TrimPrefix(arg, best.Name), ",")
	for range best.Args {
		if rest == "" {
			break
		}
		word, more, _ := strings.Cut(rest, ",")
		s.Args = append(s.Args, word)
		rest = more
	}
	s.Filter = rest
	return s, nil
}

// New makes the tap of a parsed argument.
func (s *Spec) New() (Tap, error) { return s.Kind.New(s.Args, s.Filter) }
