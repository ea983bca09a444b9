package tshark

import (
	"errors"
	"strings"

	"sonde/capture/dfilter"
	"sonde/capture/dissect"
)

// filterUse is a compiled display filter; nil passes everything.
type filterUse struct{ f *dfilter.Filter }

// compileFilter gives tshark's message with the error underlined.
func compileFilter(text string) (*filterUse, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	f, err := dfilter.Compile(text, dfilter.Options{})
	if err == nil {
		return &filterUse{f}, nil
	}
	var e *dfilter.Error
	if errors.As(err, &e) {
		if e.At >= len(text) {
			return nil, failf(exitFilter, "%s", e.Message)
		}
		return nil, failf(exitFilter, "%s\n    %s\n    %s%s", e.Message, text, strings.Repeat(" ", e.At), "^"+strings.Repeat("~", max(e.Length-1, 0)))
	}
	return nil, failf(exitFilter, "%v", err)
}

func (u *filterUse) match(p *dissect.Packet) bool { return u == nil || u.f.Match(p) }

func (u *filterUse) wanted() *dissect.Wanted {
	if u == nil {
		return nil
	}
	return u.f.Wanted()
}

func (u *filterUse) columns() bool { return u != nil && u.f.NeedsColumns() }
