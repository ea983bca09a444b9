package api

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"sonde/capture/session"
	"sonde/server/access"
	"sonde/server/hub"
	"sonde/server/wire"
)

// failure turns any error into what people and scripts are told. This is the
// one place where kinds of error become codes.
func failure(err error) *wire.Error {
	var (
		own    *wire.Error
		filter *session.FilterError
		large  *http.MaxBytesError
		kind   interface{ Kind() (code, remedy string) }
	)
	is := func(kinds ...error) bool {
		for _, k := range kinds {
			if errors.Is(err, k) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.As(err, &own):
		if own.Message != err.Error() {
			own = &wire.Error{Code: own.Code, Message: err.Error(), Remedy: own.Remedy, At: own.At, Length: own.Length}
		}
		return own
	case errors.As(err, &filter):
		return &wire.Error{Code: wire.BadFilter, Message: filter.Message, At: &filter.At, Length: &filter.Length,
			Remedy: "correct the filter at the marked place; GET /api/filter/check explains it"}
	case errors.As(err, &kind):
		code, remedy := kind.Kind()
		return &wire.Error{Code: wire.Code(code), Message: err.Error(), Remedy: remedy}
	case errors.As(err, &large), is(session.ErrTooLarge):
		return &wire.Error{Code: wire.TooLarge, Message: err.Error(), Remedy: "cut the file first, for example: editcap -c 1000000 in.pcapng out.pcapng"}
	case is(session.ErrNotCapture):
		return &wire.Error{Code: wire.NotCapture, Message: err.Error(), Remedy: "pcap and pcapng files can be opened, plain or packed with gzip, zstd or lz4"}
	case is(session.ErrNotFound, session.ErrNoPacket, access.ErrNotFound, hub.ErrNoTopic):
		return wire.Fail(wire.NotFound, err.Error())
	case is(hub.ErrBadTopic):
		return wire.Fail(wire.BadRequest, err.Error())
	case is(hub.ErrClosed):
		return &wire.Error{Code: wire.Ended, Message: err.Error(), Remedy: "subscribe again"}
	case is(access.ErrLimited):
		return &wire.Error{Code: wire.TooMany, Message: err.Error(), Remedy: "wait a minute, or run on the host: sonde url"}
	case is(access.ErrNone, access.ErrHalf, access.ErrWrong, access.ErrNoCode):
		return &wire.Error{Code: wire.NoSession, Message: err.Error(), Remedy: "open a new link: run on the host: sonde url"}
	case is(context.DeadlineExceeded):
		return &wire.Error{Code: wire.DeadlineReached, Message: err.Error(), Remedy: "try again, or ask for less"}
	case is(os.ErrDeadlineExceeded):
		return wire.Fail(wire.Timeout, err.Error())
	case is(context.Canceled):
		return wire.Fail(wire.Timeout, "the request was given up")
	case is(syscall.ESRCH):
		return wire.Fail(wire.Gone, err.Error())
	case is(fs.ErrPermission):
		return &wire.Error{Code: wire.NoPermission, Message: err.Error(), Remedy: "sonde doctor names the capability that is missing"}
	case is(syscall.ENOSPC, syscall.EDQUOT):
		return &wire.Error{Code: wire.NoSpace, Message: err.Error(), Remedy: "free space in the data folder, or start with --data on another disk"}
	case is(syscall.EMFILE, syscall.ENFILE):
		return &wire.Error{Code: wire.Busy, Message: err.Error(), Remedy: "raise the limit of open files: ulimit -n"}
	case is(fs.ErrNotExist):
		return wire.Fail(wire.NotFound, err.Error())
	case is(errors.ErrUnsupported):
		return wire.Fail(wire.Unsupported, err.Error())
	}
	return wire.Fail(wire.Internal, err.Error())
}

// fail answers with an error. Nothing may have been written before.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := failure(err)
	status := e.Code.Status()
	h := w.Header()
	switch e.Code {
	case wire.NoSession:
		h.Set("WWW-Authenticate", `Bearer realm="sonde"`)
	case wire.TooMany:
		h.Set("Retry-After", "60")
	case wire.Busy:
		h.Set("Retry-After", "5")
	case wire.Internal:
		s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	for _, name := range []string{"Content-Disposition", "Content-Length", "Content-Encoding"} {
		h.Del(name)
	}
	writeJSON(w, status, wire.Body{Error: e})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status = http.StatusInternalServerError
		b, _ = json.Marshal(wire.Body{Error: wire.Fail(wire.Internal, "encode answer: "+err.Error())})
	}
	b = append(b, '\n')
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
