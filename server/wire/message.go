// Package wire is what crosses the websocket and the HTTP API: messages, error
// codes and the small types that no other package owns. It holds shapes and
// their checks, no behaviour. web/island/wire.ts is generated from it.
//
// One websocket a tab. The client speaks first:
//
//	{"op":"hello","half":"..."}
//	{"op":"sub","topic":"probe/processes","args":{"sort":"-cpu"},"id":1}
//
// and the server answers each subscription with a snapshot, then deltas:
//
//	{"id":1,"version":7,"snapshot":{...}}
//	{"id":1,"from":7,"version":9,"delta":{"set":[...],"del":[...]}}
package wire

//go:generate go run sonde/server/wire/gen -o ../../web/island/wire.ts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sonde/probes/table"
)

// Version of the protocol, told in the answer to hello. A page built for
// another one must reload.
const Version = 1

// Limits of a client's message.
const (
	MaxMessage = 64 << 10 // bytes
	MaxDepth   = 16       // nesting; a well-formed message needs 2
	MaxTopic   = 512      // bytes of a topic
	MaxArgs    = 32
	MaxArg     = 8 << 10 // bytes of one argument: a display filter can be long
	maxID      = 1 << 31
)

// Op is what a client asks for.
type Op string

// Client operations.
const (
	Hello Op = "hello" // first message: proves the second half of a session
	Sub   Op = "sub"
	Unsub Op = "unsub"
	Ping  Op = "ping" // answered with pong; for clients that cannot send ping frames
)

// Request is a message from a client.
type Request struct {
	Op   Op     `json:"op"`
	Half string `json:"half,omitempty"` // hello
	// ID is the client's own number of a subscription, above 0.
	ID    int               `json:"id,omitempty"`
	Topic string            `json:"topic,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
}

// Reply is a message from the server. Which parts are set says what it is:
// welcome, snapshot, delta, gap, error or pong.
type Reply struct {
	ID      int    `json:"id,omitempty"`
	Version uint64 `json:"version,omitempty"`
	// From is the version that Delta applies to; another one must not be changed by it.
	From     uint64       `json:"from,omitempty"`
	Snapshot *table.Table `json:"snapshot,omitempty"`
	Delta    *table.Delta `json:"delta,omitempty"`
	// Gap counts the events that were lost before the next delta of an event topic.
	Gap     uint64   `json:"gap,omitempty"`
	Error   *Error   `json:"error,omitempty"`
	Welcome *Welcome `json:"welcome,omitempty"`
	Pong    bool     `json:"pong,omitempty"`
}

// Welcome answers hello.
type Welcome struct {
	Protocol int    `json:"protocol"`
	Build    string `json:"build"`
	Role     string `json:"role"`
}

// ErrUTF8 marks a text message that is not UTF-8 (close code 1007).
var ErrUTF8 = errors.New("read message: not UTF-8")

// ParseRequest reads one client message. Unknown members are ignored, so that
// a newer page can talk to an older server; everything that is used is checked.
func ParseRequest(b []byte) (*Request, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("read message: %d bytes, the limit is %d", len(b), MaxMessage)
	}
	if !utf8.Valid(b) {
		return nil, ErrUTF8
	}
	if err := CheckDepth(b, MaxDepth); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	var loose struct {
		Op    Op                         `json:"op"`
		Half  string                     `json:"half"`
		ID    json.Number                `json:"id"`
		Topic string                     `json:"topic"`
		Args  map[string]json.RawMessage `json:"args"`
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&loose); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("read message: more than one JSON value")
	}
	r := &Request{Op: loose.Op, Half: loose.Half, Topic: loose.Topic}
	if loose.ID != "" {
		n, err := loose.ID.Int64()
		if err != nil || n < 0 || n >= maxID {
			return nil, fmt.Errorf("read message: id must be a whole number from 1 to %d", maxID-1)
		}
		r.ID = int(n)
	}
	if len(r.Half) > 256 {
		return nil, errors.New("read message: half is too long")
	}
	if len(r.Topic) > MaxTopic {
		return nil, fmt.Errorf("read message: topic is longer than %d bytes", MaxTopic)
	}
	if len(loose.Args) > MaxArgs {
		return nil, fmt.Errorf("read message: more than %d arguments", MaxArgs)
	}
	for k, raw := range loose.Args {
		v, err := argument(raw)
		if err != nil {
			return nil, fmt.Errorf("read message: argument %q: %w", k, err)
		}
		if len(k) > MaxTopic || len(v) > MaxArg {
			return nil, fmt.Errorf("read message: an argument is longer than %d bytes", MaxArg)
		}
		if r.Args == nil {
			r.Args = make(map[string]string, len(loose.Args))
		}
		r.Args[k] = v
	}
	switch r.Op {
	case Hello, Ping:
	case Sub:
		if r.ID == 0 || r.Topic == "" {
			return nil, errors.New("read message: sub needs an id above 0 and a topic")
		}
	case Unsub:
		if r.ID == 0 {
			return nil, errors.New("read message: unsub needs an id above 0")
		}
	default:
		return nil, fmt.Errorf("read message: unknown op %q", clip(string(r.Op), 32))
	}
	return r, nil
}

// argument takes a string, number or bool as text: scripts write {"pid":7}.
func argument(raw json.RawMessage) (string, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "", errors.New("empty")
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case c == '-' || c >= '0' && c <= '9', bytes.Equal(raw, []byte("true")), bytes.Equal(raw, []byte("false")):
		return string(raw), nil
	}
	return "", errors.New("must be a string, number or bool")
}

// CheckDepth refuses JSON nested deeper than limit, before a decoder recurses
// into it. It looks at brackets outside strings only.
func CheckDepth(b []byte, limit int) error {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString:
			if c == '\\' {
				i++
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return fmt.Errorf("JSON nested deeper than %d", limit)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
