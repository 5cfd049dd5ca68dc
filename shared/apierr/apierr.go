// Package apierr holds the errors that Tutti tells its clients about.
//
// There are few codes. Each has one HTTP status and one WebSocket close code,
// and this package is the only place that maps them. Whatever is not an *Error
// is a bug or a fault of ours: clients read "internal error", the log has the rest.
package apierr

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
)

// Code is the machine-readable kind of an error. Clients may rely on it.
type Code string

// The codes, and when each is used.
const (
	BadRequest       Code = "bad_request"        // the message cannot be understood at all
	Invalid          Code = "invalid"            // understood, but a field breaks a rule
	Forbidden        Code = "forbidden"          // the caller's origin is not allowed
	NotFound         Code = "not_found"          // no such room, path or suggestion
	MethodNotAllowed Code = "method_not_allowed" // the path exists, the method does not
	NotAcceptable    Code = "not_acceptable"     // no representation that the client accepts
	Timeout          Code = "timeout"            // the client took too long to send its request
	TooLarge         Code = "too_large"          // a body, frame or text above its limit
	UnsupportedMedia Code = "unsupported_media"  // the body is not of a type that is read here
	UpgradeRequired  Code = "upgrade_required"   // a WebSocket path was called with plain HTTP
	RateLimited      Code = "rate_limited"       // too many calls from one address
	RoomFull         Code = "room_full"          // the room has all the people it can hold
	NotImplemented   Code = "not_implemented"    // promised, but not part of this version
	Unavailable      Code = "unavailable"        // a dependency is away, or the process is full or stopping
	Internal         Code = "internal"           // our fault
)

var kinds = map[Code]struct {
	status int
	close  int
}{
	BadRequest:       {http.StatusBadRequest, protocol.ClosePolicyViolation},
	Invalid:          {http.StatusUnprocessableEntity, protocol.ClosePolicyViolation},
	Forbidden:        {http.StatusForbidden, protocol.CloseForbidden},
	NotFound:         {http.StatusNotFound, protocol.CloseRoomNotFound},
	MethodNotAllowed: {http.StatusMethodNotAllowed, protocol.ClosePolicyViolation},
	NotAcceptable:    {http.StatusNotAcceptable, protocol.ClosePolicyViolation},
	Timeout:          {http.StatusRequestTimeout, protocol.ClosePolicyViolation},
	TooLarge:         {http.StatusRequestEntityTooLarge, protocol.CloseMessageTooBig},
	UnsupportedMedia: {http.StatusUnsupportedMediaType, protocol.ClosePolicyViolation},
	UpgradeRequired:  {http.StatusUpgradeRequired, protocol.ClosePolicyViolation},
	RateLimited:      {http.StatusTooManyRequests, protocol.CloseTryAgainLater},
	RoomFull:         {http.StatusServiceUnavailable, protocol.CloseRoomFull},
	NotImplemented:   {http.StatusNotImplemented, protocol.CloseInternal},
	Unavailable:      {http.StatusServiceUnavailable, protocol.CloseTryAgainLater},
	Internal:         {http.StatusInternalServerError, protocol.CloseInternal},
}

// Error is an error that a client may read. As JSON it is an RFC 9457 problem.
type Error struct {
	Code    Code
	Detail  string        // one sentence for a person
	Retry   time.Duration // when to try again; 0: not said
	Allowed []string      // for MethodNotAllowed: the methods there are
	Cause   error         // for the log only
}

// New makes an Error. The detail is formatted as by fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error whose detail says nothing of its cause.
func Wrap(code Code, cause error, detail string) *Error {
	return &Error{Code: code, Detail: detail, Cause: cause}
}

// After says when to try again, and returns e.
func (e *Error) After(d time.Duration) *Error {
	e.Retry = d
	return e
}

// Error gives the detail and, for the log, the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Detail
	}
	return e.Detail + ": " + e.Cause.Error()
}

// LogValue is what Error gives, cause and all: a log is not for clients.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// From returns err as an *Error. What is not one becomes an Internal error
// with err as its cause.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Wrap(Internal, err, "internal error")
}

// FromStatus returns the code whose HTTP status this is. An unknown 4xx is a
// BadRequest, anything else Internal.
func FromStatus(status int) Code {
	if status == http.StatusServiceUnavailable { // a full room has it too
		return Unavailable
	}
	for code, kind := range kinds {
		if kind.status == status {
			return code
		}
	}
	if status >= 400 && status < 500 {
		return BadRequest
	}
	return Internal
}

// GetStatus returns the HTTP status.
func (e *Error) GetStatus() int { return kinds[e.Code].status }

// CloseCode returns the WebSocket close code.
func (e *Error) CloseCode() int { return kinds[e.Code].close }

// GetHeaders returns the headers that go with the error: Retry-After in whole
// seconds, rounded up, and Allow.
func (e *Error) GetHeaders() http.Header {
	h := http.Header{}
	if e.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.Retry.Seconds()))))
	}
	if len(e.Allowed) > 0 {
		h.Set("Allow", strings.Join(e.Allowed, ", "))
	}
	return h
}
