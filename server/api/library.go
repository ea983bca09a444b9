package api

import (
	"context"
	"errors"
	"strings"

	"sonde/capture/session"
	"sonde/probes/table"
	"sonde/server/hub"
	"sonde/server/wire"
)

// library is a session.Library as Captures.
type library struct{ *session.Library }

// FromLibrary gives a capture library the form the routes want.
func FromLibrary(l *session.Library) Captures { return library{l} }

func (l library) Subscribe(topic string, args map[string]string) (hub.Feed, error) {
	if topic != "captures" && !strings.HasPrefix(topic, "tap/") && !(strings.HasPrefix(topic, "capture/") && strings.HasSuffix(topic, "/status")) {
		return nil, hub.ErrNoTopic
	}
	f, err := l.Library.Subscribe(topic, args)
	if err != nil {
		return nil, err // not a nil *Feed in an interface
	}
	return f, nil
}

func (l library) Stat(ctx context.Context, id string, q session.StatQuery) (*table.Table, error) {
	t, err := l.Library.Stat(ctx, id, q)
	if errors.Is(err, session.ErrNoStat) {
		err = wire.Fail(wire.NotFound, err.Error())
	}
	return t, err
}
