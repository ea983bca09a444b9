package api

import (
	"sonde/capture/session"
	"sonde/server/hub"
)

// library is a session.Library as Captures.
type library struct{ *session.Library }

// FromLibrary gives a capture library the form the routes want.
func FromLibrary(l *session.Library) Captures { return library{l} }

func (l library) Subscribe(topic string, args map[string]string) (hub.Feed, error) {
	f, err := l.Library.Subscribe(topic, args)
	if err != nil {
		return nil, err // not a nil *Feed in an interface
	}
	return f, nil
}
