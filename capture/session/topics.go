package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sonde/probes/table"
)

// Feed gives the newest version of a topic's table; see Subscribe.
type Feed struct {
	ch     chan *table.Table
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// C gives tables, the newest only; it is closed at the end.
func (f *Feed) C() <-chan *table.Table { return f.ch }

// Err says why the feed ended, nil after Close.
func (f *Feed) Err() error { <-f.done; return f.err }

// Close ends the feed and waits for it.
func (f *Feed) Close() {
	f.cancel()
	<-f.done
}

// pace is how often a topic may change.
const pace = 250 * time.Millisecond

// Subscribe follows "captures", "capture/{id}/status" or "tap/{name}" (with
// args capture and filter).
func (l *Library) Subscribe(topic string, args map[string]string) (*Feed, error) {
	var make func(ctx context.Context) (*table.Table, error)
	watch := l.watch
	switch {
	case topic == "captures":
		make = func(context.Context) (*table.Table, error) { return statusTable(l.List()), nil }
	case strings.HasPrefix(topic, "capture/") && strings.HasSuffix(topic, "/status"):
		c, err := l.get(strings.TrimSuffix(strings.TrimPrefix(topic, "capture/"), "/status"))
		if err != nil {
			return nil, err
		}
		watch = c.watch
		make = func(context.Context) (*table.Table, error) {
			if _, err := l.get(c.id); err != nil {
				return nil, err
			}
			return statusTable([]Status{c.Status()}), nil
		}
	case strings.HasPrefix(topic, "tap/"):
		c, err := l.get(args["capture"])
		if err != nil {
			return nil, err
		}
		q := StatQuery{Name: strings.TrimPrefix(topic, "tap/"), Filter: args["filter"]}
		if _, err := compileIf(q.Filter); err != nil {
			return nil, err
		}
		watch = c.watch
		make = func(ctx context.Context) (*table.Table, error) { return l.Stat(ctx, c.id, q) }
	default:
		return nil, fmt.Errorf("no such topic: %q", topic)
	}
	ctx, cancel := context.WithCancel(l.ctx)
	f := &Feed{ch: chanOf(), cancel: cancel, done: doneOf()}
	if !l.enter() {
		cancel()
		return nil, fmt.Errorf("subscribe to %s: the library is closed", topic)
	}
	go func() {
		defer l.wg.Done()
		f.run(ctx, watch, make)
	}()
	return f, nil
}

func chanOf() chan *table.Table { return make(chan *table.Table, 1) }
func doneOf() chan struct{}     { return make(chan struct{}) }

func compileIf(text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	return compile(text)
}

func (f *Feed) run(ctx context.Context, watch func() (uint64, <-chan struct{}), make func(context.Context) (*table.Table, error)) {
	defer close(f.done)
	defer close(f.ch)
	for {
		version, changed := watch()
		t, err := make(ctx)
		if err != nil {
			if ctx.Err() == nil {
				f.err = err
			}
			return
		}
		if t.Version == 0 {
			t.Version = version + 1
		}
		select { // the newest only
		case <-f.ch:
		default:
		}
		f.ch <- t
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(pace):
		case <-ctx.Done():
			return
		}
	}
}

var statusColumns = []table.Column{
	{ID: "name", Title: "Name", Type: table.Text},
	{ID: "state", Title: "State", Type: table.Text},
	{ID: "source", Title: "Source", Type: table.Text},
	{ID: "filter", Title: "Filter", Type: table.Text, Help: "capture filter"},
	{ID: "packets", Title: "Packets", Type: table.Int},
	{ID: "bytes", Title: "Bytes", Type: table.Bytes, Help: "on the wire"},
	{ID: "size", Title: "Size", Type: table.Bytes, Help: "on disk"},
	{ID: "length", Title: "Length", Type: table.Duration, Help: "from the first packet to the last"},
	{ID: "progress", Title: "Progress", Type: table.Ratio},
	{ID: "started", Title: "Started", Type: table.Time},
	{ID: "first", Title: "First packet", Type: table.Time},
	{ID: "dropped", Title: "Dropped", Type: table.Int, Help: "packets lost while capturing"},
	{ID: "format", Title: "Format", Type: table.Text},
	{ID: "link", Title: "Encapsulation", Type: table.Text},
	{ID: "damage", Title: "Damage", Type: table.Text, Help: "where the file is not whole"},
	{ID: "error", Title: "Error", Type: table.Text},
}

func statusTable(list []Status) *table.Table {
	t := &table.Table{Columns: statusColumns, Rows: make([]table.Row, 0, len(list))}
	for _, s := range list {
		var dropped, damage, problem table.Cell
		if s.Dropped >= 0 {
			dropped = s.Dropped
		}
		if s.Damage != nil {
			damage = fmt.Sprintf("%s at byte %d, behind packet %d", s.Damage.Message, s.Damage.Offset, s.Damage.Packet)
		}
		if s.Error != "" {
			problem = s.Error
		}
		t.Rows = append(t.Rows, table.Row{Key: s.ID, Cells: []table.Cell{s.Name, string(s.State), s.Source, s.Filter, int64(s.Packets), s.Bytes, s.FileSize,
			s.Last - s.First, s.Progress, s.Started, s.First, dropped, s.Format, s.Link, damage, problem}})
	}
	return t
}
