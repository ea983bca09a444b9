package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"sonde/server/wire"
)

// readJSON reads a JSON body of bounded size and depth. An empty body is an
// empty object.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // what follows is our own work
	if len(b) == 0 {
		return nil
	}
	if !utf8.Valid(b) {
		return wire.Fail(wire.BadRequest, "read body: not UTF-8")
	}
	if err := wire.CheckDepth(b, maxDepth); err != nil {
		return wire.Fail(wire.BadRequest, "read body: "+err.Error())
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	if err := d.Decode(v); err != nil {
		return wire.Fail(wire.BadRequest, "read body: "+strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return wire.Fail(wire.BadRequest, "read body: more than one JSON value")
	}
	return nil
}

// number reads a whole number from the query; a missing one gives def.
func number(q url.Values, name string, def, low, high int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return def, nil
	}
	return whole(name, text, low, high)
}

func pathNumber(r *http.Request, name string, low, high int) (int, error) {
	return whole(name, chi.URLParam(r, name), low, high)
}

func whole(name, text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high || text[0] == '+' {
		return 0, wire.Fail(wire.BadRequest, fmt.Sprintf("%s must be a whole number from %d to %d", name, low, high))
	}
	return n, nil
}

// values reads the query strictly: a malformed one is an error, not a guess.
func values(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, wire.Fail(wire.BadRequest, "malformed query: "+err.Error())
	}
	for k, v := range q {
		for _, x := range v {
			if !utf8.ValidString(x) || !utf8.ValidString(k) {
				return nil, wire.Fail(wire.BadRequest, "malformed query: not UTF-8")
			}
			if len(x) > wire.MaxArg || len(k) > wire.MaxTopic {
				return nil, wire.Fail(wire.BadRequest, fmt.Sprintf("malformed query: %s is longer than %d bytes", clip(k, 32), wire.MaxArg))
			}
		}
	}
	return q, nil
}

// identifier reads an id of a path. Ids are made by the server from these
// characters only; whatever else is asked for does not exist.
func identifier(r *http.Request, name string) (string, error) {
	id := chi.URLParam(r, name)
	if !validID(id) {
		return "", wire.Fail(wire.NotFound, "no such "+map[string]string{"id": "capture", "upload": "upload", "session": "session"}[name])
	}
	return id, nil
}

func validID(id string) bool {
	if id == "" || len(id) > 64 || id[0] == '.' {
		return false
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}

// displayName makes a file's name from outside fit to be stored as text. It is
// never used as a path.
func displayName(s, fallback string) string {
	s = strings.Map(func(r rune) rune {
		if r == 0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if len(s) > 255 {
		s = strings.ToValidUTF8(s[:255], "")
	}
	if strings.TrimSpace(s) == "" {
		return fallback
	}
	return s
}

// attachment makes a Content-Disposition that no name can break out of: the
// plain form keeps harmless characters, the RFC 5987 form holds all of it.
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
	var b strings.Builder
	fmt.Fprintf(&b, `attachment; filename="%s"; filename*=UTF-8''`, plain)
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

var errNoStart = &wire.Error{Code: wire.BadRequest, Message: "start is missing: the start time that the process list showed, so that no other process is hit",
	Remedy: "read it from GET /api/processes, column start"}
