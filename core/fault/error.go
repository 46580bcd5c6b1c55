// Package fault holds what every other package needs to fail well: the one
// error type with its closed set of codes, the close codes of connections, and
// the limits with their defaults. It imports the standard library only; package
// core re-exports all of it.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Origin tells which side reported an [Error].
type Origin uint8

const (
	// Local: this process found the failure.
	Local Origin = iota
	// Remote: the peer reported it; its text is data from outside.
	Remote
)

// Error is what Millrace itself reports. What a remote method threw is a
// *value.Error instead, and the two are never converted into one another.
//
// Match on [CodeOf], or with errors.Is against another *Error that has only
// its Code set. An Error is immutable once returned.
type Error struct {
	Code    Code
	Message string // lower case, no full stop, prefixed once by the package
	Origin  Origin

	cause error
}

// New returns a local error with a formatted message. A %w verb sets its cause.
func New(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Wrap returns a local error around cause; the message is the cause's, after the prefix.
func Wrap(code Code, prefix string, cause error) *Error {
	return &Error{Code: code, Message: prefix + ": " + cause.Error(), cause: cause}
}

// FromPeer returns an error that the peer reported.
func FromPeer(code Code, message string) *Error {
	return &Error{Code: code, Message: message, Origin: Remote}
}

// Exceeded returns the error for a limit: what was too large, the value, the
// limit, and the setting that moves it.
func Exceeded(what string, got, limit int64, setting string) *Error {
	return &Error{Code: CodeLimit, Message: fmt.Sprintf("%s: %d > %d (setting: %s)", what, got, limit, setting)}
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause, nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an *Error that has the same code and no message
// of its own, or one of the standard errors that the code stands for.
func (e *Error) Is(target error) bool {
	switch target {
	case errors.ErrUnsupported:
		return e.Code == CodeUnsupported
	case context.Canceled:
		return e.Code == CodeCanceled
	case context.DeadlineExceeded:
		return e.Code == CodeTimeout
	}
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// CodeOf returns the code of the first *Error in err's tree, and "" when there
// is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
