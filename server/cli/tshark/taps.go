package tshark

import (
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/tap"
)

// tapUse is one -z with its own filter.
type tapUse struct {
	tap    tap.Tap
	filter *filterUse
	needs  tap.Needs
}

func (t *tapUse) add(p *dissect.Packet) {
	if t.filter.match(p) {
		t.tap.Add(p)
	}
}

func (j *job) makeTaps() error {
	for _, z := range j.o.stats {
		spec, err := tap.Parse(z)
		if err != nil {
			return usagef("Invalid -z argument %q; it must be one of:\n%s", z, statistics())
		}
		t, err := spec.New()
		if err != nil {
			return usagef("%v", err)
		}
		f, err := compileFilter(spec.Filter)
		if err != nil {
			text, _, _ := strings.Cut(err.Error(), "\n")
			return usagef("Couldn't register %s tap: Filter %q is invalid - %s", spec.Kind.Name, spec.Filter, text)
		}
		j.taps = append(j.taps, &tapUse{tap: t, filter: f, needs: t.Needs()})
	}
	return nil
}

// writeTaps prints the statistics, the last asked for first, as tshark does.
func (j *job) writeTaps() error {
	for i := len(j.taps) - 1; i >= 0; i-- {
		if err := j.taps[i].tap.WriteText(j.out); err != nil {
			return err
		}
	}
	return nil
}

// joined is what all parts together need of a frame.
func (j *job) joined() dissect.Request {
	if j.plannedOK {
		return j.planned
	}
	r := j.request
	for _, f := range []*filterUse{j.filter, j.read} {
		r.Want, r.Columns = r.Want.Or(f.wanted()), r.Columns || f.columns()
	}
	for _, t := range j.taps {
		r.Want = r.Want.Or(t.needs.Want).Or(t.filter.wanted())
		r.Columns = r.Columns || t.needs.Columns || t.filter.columns()
		r.Tree = r.Tree || t.needs.Tree
		r.Hops = r.Hops || t.needs.Hops
	}
	j.planned, j.plannedOK = r, true
	return r
}
