package session

import (
	"context"
	"sort"
	"strings"
	"time"

	"sonde/capture/dfilter"
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/frame"
)

// Completion is one proposal for the filter box.
type Completion struct {
	Text  string `json:"text"` // replaces the bytes from At to To
	At    int    `json:"at"`
	To    int    `json:"to"`
	Kind  string `json:"kind,omitempty"` // field, protocol, function, operator, value
	Label string `json:"label,omitempty"`
	Type  string `json:"type,omitempty"`
	Count int    `json:"count,omitempty"` // how often in this capture, for values
}

// Bounds of the values offered behind a comparison: what the first packets
// hold, within what a person waits for while typing.
const (
	valueFrames   = 50000
	valueDistinct = 4096
	valueText     = 200 // longer ones are of no use in a filter box
	valueOffered  = 20
	valuePatience = 200 * time.Millisecond
	maxValues     = 32 // fields whose values a capture keeps
)

// Complete proposes how a filter's text may go on at a byte position; behind
// a comparison, the values that the field has most often in this capture.
func (l *Library) Complete(ctx context.Context, id, text string, at int) ([]Completion, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	out := []Completion{}
	at = min(max(at, 0), len(text))
	name, from, to := comparing(text, at)
	if ids := field.ByName(name); len(ids) > 0 {
		ctx, release, err := c.use(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		seen, err := c.valuesOf(ctx, name, ids)
		if err != nil {
			return nil, err
		}
		typed := text[from:at]
		for _, v := range seen {
			if !strings.HasPrefix(v.text, typed) {
				continue
			}
			out = append(out, Completion{Text: v.text, At: from, To: to, Kind: "value", Label: v.label, Count: v.count})
			if len(out) == valueOffered {
				break
			}
		}
	}
	offered := map[string]bool{}
	for _, o := range out {
		offered[o.Text] = true
	}
	for _, c := range dfilter.Complete(text, at) {
		if !offered[c.Text] {
			out = append(out, Completion{Text: c.Text, At: c.From, To: c.To, Label: c.Label, Type: c.Type, Kind: c.Kind})
		}
	}
	return out, nil
}

// comparing finds the field that is compared with what is being typed at
// position at, and the part that a value would replace; name is "" when
// nothing is being compared.
func comparing(text string, at int) (name string, from, to int) {
	from, to = at, at
	if q := strings.LastIndexByte(text[:at], '"'); q >= 0 && strings.Count(text[:at], `"`)%2 == 1 {
		from = q
	} else {
		for from > 0 && isValueByte(text[from-1]) {
			from--
		}
	}
	if from < at && text[from] == '"' {
		if q := strings.IndexByte(text[at:], '"'); q >= 0 {
			to = at + q + 1
		}
	} else {
		for to < len(text) && isValueByte(text[to]) {
			to++
		}
	}
	left := strings.TrimRight(text[:from], " ")
	for _, op := range []string{"==", "!=", "===", "!==", " eq", " ne", " any_eq", " all_ne"} {
		if rest, ok := strings.CutSuffix(left, op); ok {
			rest = strings.TrimRight(rest, " =!")
			i := len(rest)
			for i > 0 && isNameByte(rest[i-1]) {
				i--
			}
			return rest[i:], from, to
		}
	}
	return "", at, at
}

func isNameByte(c byte) bool {
	return c == '.' || c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isValueByte(c byte) bool { return isNameByte(c) || c == ':' || c == '/' }

// seenValue is one value of a field, as a filter writes it.
type seenValue struct {
	text, label string
	count       int
}

// valueCount counts a field's values; it goes on where it stopped.
type valueCount struct {
	turn  chan struct{} // holds one token: who has it may use what follows
	done  uint32
	count map[string]*seenValue
}

// valuesOf gives the values of a field, the most frequent first.
func (c *Capture) valuesOf(ctx context.Context, name string, ids []field.ID) ([]seenValue, error) {
	switch field.Get(ids[0]).Type {
	case field.TNone, field.TProtocol:
		return nil, nil // compared with bytes, which nobody types
	}
	c.mu.Lock()
	v := c.values[name]
	if v == nil {
		if len(c.values) >= maxValues {
			clear(c.values)
		}
		v = &valueCount{turn: make(chan struct{}, 1), count: map[string]*seenValue{}}
		v.turn <- struct{}{}
		c.values[name] = v
	}
	c.mu.Unlock()
	select {
	case <-v.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { v.turn <- struct{}{} }()
	if err := c.countValues(ctx, v, ids); err != nil {
		return nil, err
	}
	out := make([]seenValue, 0, len(v.count))
	for _, s := range v.count {
		out = append(out, *s)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].count != out[j].count {
			return out[i].count > out[j].count
		}
		return out[i].text < out[j].text
	})
	return out, nil
}

func (c *Capture) countValues(ctx context.Context, v *valueCount, ids []field.ID) error {
	e := c.engines.Get().(*dissect.Engine)
	defer c.engines.Put(e)
	r := dissect.Request{Want: dissect.Want(false, ids...)}
	end := min(c.learned.Load(), valueFrames)
	until := time.Now().Add(valuePatience)
	var f frame.Frame
	for v.done < end && time.Now().Before(until) {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.flowMu.RLock()
		_ = intact(v.done, func() { // bytes that are gone have no values
			for k := 0; k < scanLock && v.done < end; k++ {
				v.done++
				if c.store.Frame(v.done, &f) != nil {
					continue
				}
				f.Number = v.done
				r.Env = c.env(v.done, 0)
				v.add(e.Dissect(&f, r), ids)
			}
		})
		c.flowMu.RUnlock()
	}
	return nil
}

func (v *valueCount) add(p *dissect.Packet, ids []field.ID) {
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if !has(ids, n.Field) {
			continue
		}
		f := field.Get(n.Field)
		text := filterText(p, n, f)
		_, text, ok := strings.Cut(text, " == ")
		if !ok || len(text) > valueText {
			continue
		}
		s := v.count[text]
		if s == nil {
			if len(v.count) >= valueDistinct {
				continue // those that are frequent came early
			}
			s = &seenValue{text: text}
			if f.Enum != nil {
				var t field.Text
				f.LabelValue(&t, p.Value(n))
				s.label = clip(t.B)
			}
			v.count[text] = s
		}
		s.count++
	}
}
