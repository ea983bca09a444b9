package wire

import "net/http"

// Code names one kind of failure. Scripts and pages branch on it, so a code is
// never renamed; the message beside it is for people and may change.
type Code string

// Error codes, each with the HTTP status of Status.
const (
	BadRequest      Code = "bad-request"        // 400: malformed parameter or body
	BadFilter       Code = "bad-filter"         // 400: a filter does not compile; At and Length say where
	NoSession       Code = "no-session"         // 401: no credential, or half of one
	Forbidden       Code = "forbidden"          // 403: the role does not allow it
	BadHost         Code = "bad-host"           // 403: Host is not on the allow-list
	BadOrigin       Code = "bad-origin"         // 403: another site's page asks
	ReadOnly        Code = "read-only"          // 403: the server was started with --read-only
	NoPermission    Code = "no-permission"      // 403: the operating system refuses; the remedy names the capability
	NotFound        Code = "not-found"          // 404
	NoMethod        Code = "method-not-allowed" // 405
	Timeout         Code = "timeout"            // 408: the body came too slowly
	Conflict        Code = "conflict"           // 409: the thing changed since it was seen (pid reuse, upload offset)
	Gone            Code = "gone"               // 410: the process or capture has ended
	TooLarge        Code = "too-large"          // 413
	BadType         Code = "bad-type"           // 415: content type, or not a capture file
	NotCapture      Code = "not-a-capture"      // 415: the bytes are no capture file
	Checksum        Code = "checksum-mismatch"  // 460: as the tus checksum extension says
	TooMany         Code = "too-many"           // 429: wait Retry-After seconds
	Internal        Code = "internal"           // 500
	Unsupported     Code = "unsupported"        // 501: this system lacks it
	Busy            Code = "busy"               // 503: at a limit; try again
	AuditFailed     Code = "audit-unavailable"  // 503: an act that cannot be recorded is not done
	DeadlineReached Code = "deadline"           // 504
	NoSpace         Code = "no-space"           // 507
	Lagging         Code = "lagging"            // websocket only: the client does not read
	Ended           Code = "ended"              // websocket only: the topic's producer ended
)

// Codes lists every code, for the generated types and the tests.
var Codes = []Code{
	BadRequest, BadFilter, NoSession, Forbidden, BadHost, BadOrigin, ReadOnly, NoPermission, NotFound, NoMethod,
	Timeout, Conflict, Gone, TooLarge, BadType, NotCapture, Checksum, TooMany, Internal, Unsupported, Busy,
	AuditFailed, DeadlineReached, NoSpace, Lagging, Ended,
}

var statuses = map[Code]int{
	BadRequest: http.StatusBadRequest, BadFilter: http.StatusBadRequest, NoSession: http.StatusUnauthorized,
	Forbidden: http.StatusForbidden, BadHost: http.StatusForbidden, BadOrigin: http.StatusForbidden,
	ReadOnly: http.StatusForbidden, NoPermission: http.StatusForbidden, NotFound: http.StatusNotFound,
	NoMethod: http.StatusMethodNotAllowed, Timeout: http.StatusRequestTimeout, Conflict: http.StatusConflict, Gone: http.StatusGone,
	TooLarge: http.StatusRequestEntityTooLarge, BadType: http.StatusUnsupportedMediaType,
	NotCapture: http.StatusUnsupportedMediaType, Checksum: 460, TooMany: http.StatusTooManyRequests,
	Internal: http.StatusInternalServerError, Unsupported: http.StatusNotImplemented,
	Busy: http.StatusServiceUnavailable, AuditFailed: http.StatusServiceUnavailable,
	DeadlineReached: http.StatusGatewayTimeout, NoSpace: http.StatusInsufficientStorage,
	Lagging: http.StatusServiceUnavailable, Ended: http.StatusGone,
}

// Status is the HTTP status of a code; 500 for a code nobody declared.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Error is a failure as it leaves the program. It is an error value, so that a
// source on the other side of a process border can return it as it is.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Remedy is what to do about it, an exact command where there is one.
	Remedy string `json:"remedy,omitempty"`
	// At and Length mark the wrong part of a filter's text, in bytes.
	At     *int `json:"at,omitempty"`
	Length *int `json:"length,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// Fail makes an Error without a remedy.
func Fail(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// Body is the JSON body of every failed HTTP request.
type Body struct {
	Error *Error `json:"error"`
}
