package keeper

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
)

// Code is the kind of an error that crosses the seam.
type Code string

// Codes of errors.
const (
	Invalid     Code = "invalid"     // the message or its values make no sense
	NotFound    Code = "not-found"   // no such topic, interface or capture
	Gone        Code = "gone"        // was there: the process has ended, the pid is another's
	Permission  Code = "permission"  // the kernel or read-only mode refuses
	ReadOnly    Code = "read-only"   // started with --read-only
	Refused     Code = "refused"     // too dangerous without a second yes, or at all
	Unsupported Code = "unsupported" // this kernel or platform cannot
	Busy        Code = "busy"        // a bound is reached
	DiskFull    Code = "disk-full"
	Canceled    Code = "canceled"
	Closed      Code = "closed" // the other side went away
	Internal    Code = "internal"
)

// Error is an error with what callers need to tell people: the kind, the words,
// and what to do about it.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// Is makes errors.Is(err, &Error{Code: NotFound}) ask for the kind.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Message == "" && t.Code == e.Code
}

// Kind is the error's kind in the words of the HTTP API, and what to do about it.
func (e *Error) Kind() (code, remedy string) {
	names := map[Code]string{Invalid: "bad-request", Permission: "no-permission", Refused: "forbidden",
		DiskFull: "no-space", Canceled: "timeout", Closed: "busy"}
	if n, ok := names[e.Code]; ok {
		return n, e.Remedy
	}
	return string(e.Code), e.Remedy
}

// errClosed is what pending calls get when the connection ends.
var errClosed = &Error{Code: Closed, Message: "the privileged part of the program has gone away"}

// CodeOf is the kind of err, looking through wrapping and errno values.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, syscall.ESRCH):
		return Gone
	case errors.Is(err, fs.ErrPermission):
		return Permission
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return NotFound
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return DiskFull
	case errors.Is(err, errors.ErrUnsupported):
		return Unsupported
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Canceled
	}
	return Internal
}

// asError gives err the form that crosses the seam.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		if err.Error() == e.Message {
			return e
		}
		return &Error{Code: e.Code, Message: err.Error(), Remedy: e.Remedy}
	}
	return &Error{Code: CodeOf(err), Message: err.Error()}
}
