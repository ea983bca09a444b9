package session

import (
	"context"

	"sonde/capture/dfilter"
)

// Complete proposes how a filter's text may go on at a byte position.
func (l *Library) Complete(ctx context.Context, id, text string, at int) ([]Completion, error) {
	if _, err := l.get(id); err != nil {
		return nil, err
	}
	out := []Completion{}
	for _, c := range dfilter.Complete(text, at) {
		out = append(out, Completion{Text: c.Text, At: c.From, To: c.To, Label: c.Label, Type: c.Type, Kind: c.Kind})
	}
	return out, nil
}
