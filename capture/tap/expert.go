package tap

import (
	"fmt"
	"io"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/probes/table"
)

var _ = register(Kind{Name: "expert", Title: "Expert Information", New: func(args []string, filter string) (Tap, error) {
	x := &experts{filter: filter, rows: map[expertKey]*expertRow{}}
	if len(args) > 0 && args[0] != "" {
		least, ok := expertLevels[strings.ToLower(args[0])]
		if !ok {
			return nil, fmt.Errorf("expert: no level %q: error, warn, note, chat or comment", args[0])
		}
		x.least = least
	}
	return x, nil
}, Args: 1})

var expertLevels = map[string]field.Severity{"error": field.Error, "warn": field.Warn, "note": field.Note, "chat": field.Chat, "comment": field.SevComment}

type expertKey struct {
	severity field.Severity
	group    field.ExpertGroup
	proto    string
	text     string
}

type expertRow struct {
	expertKey
	count uint64
	first uint32 // frame
}

// experts counts expert information by severity, group, protocol and text.
type experts struct {
	filter string
	least  field.Severity
	rows   map[expertKey]*expertRow
	order  []*expertRow
	text   field.Text
}

// Needs the tree: expert information may hang on any field.
func (x *experts) Needs() Needs { return Needs{Tree: true} }

func (x *experts) Add(p *dissect.Packet) {
	for i := range p.Nodes {
		n := &p.Nodes[i]
		f := field.Get(n.Field)
		if f.Severity == 0 || f.Severity < x.least {
			continue
		}
		x.text.Reset()
		p.Label(&x.text, n)
		k := expertKey{f.Severity, f.Group, field.Get(f.Proto).Short, x.text.String()}
		r := x.rows[k]
		if r == nil {
			r = &expertRow{expertKey: k, first: p.Frame.Number}
			x.rows[k] = r
			x.order = append(x.order, r)
		}
		r.count++
	}
}

func (x *experts) Table() *table.Table {
	t := &table.Table{Columns: []table.Column{
		{ID: "severity", Title: "Severity", Type: table.Text}, {ID: "summary", Title: "Summary", Type: table.Text},
		{ID: "group", Title: "Group", Type: table.Text}, {ID: "protocol", Title: "Protocol", Type: table.Text},
		{ID: "count", Title: "Count", Type: table.Int}, {ID: "first", Title: "First Packet", Type: table.Int},
	}}
	t.Rows = make([]table.Row, 0, len(x.order))
	for _, r := range x.order {
		t.Rows = append(t.Rows, table.Row{Key: fmt.Sprintf("%x/%x/%s/%s", uint32(r.severity), uint32(r.group), r.proto, r.text),
			Cells: []table.Cell{r.severity.String(), r.text, r.group.String(), r.proto, int64(r.count), int64(r.first)}})
	}
	return t
}

func (x *experts) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, s := range [...]struct {
		severity field.Severity
		title    string
	}{{field.Error, "Errors"}, {field.Warn, "Warns"}, {field.Note, "Notes"}, {field.Chat, "Chats"}, {field.SevComment, "Comments"}} {
		var total uint64
		for _, r := range x.order {
			if r.severity == s.severity {
				total += r.count
			}
		}
		if total == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s (%d)\n=============\n   Frequency      Group           Protocol  Summary\n", s.title, total)
		for _, r := range x.order {
			if r.severity == s.severity {
				fmt.Fprintf(&b, "%12d %10s %18s  %s\n", r.count, r.group, r.proto, r.text)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
