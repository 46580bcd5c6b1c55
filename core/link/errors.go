package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// ctxError is the typed error for a context that ended while something was awaited.
func ctxError(ctx context.Context, what string) error {
	code := fault.CodeCanceled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		code = fault.CodeTimeout
	}
	return fault.Wrap(code, what, ctx.Err())
}

// errClosed is the error of everything after Close.
func errClosed(name string) error { return fault.New(fault.CodeClosed, "%s: closed", name) }

// unreachable gives an error without a code the code unreachable.
func unreachable(name string, err error) error {
	if fault.CodeOf(err) != "" {
		return err
	}
	return fault.Wrap(fault.CodeUnreachable, name+": connect", err)
}

// RefusedError is what a [Dialer] returns when the peer said no. It carries the
// typed error that callers see and when to come back, if the peer said so.
type RefusedError struct {
	Err        error
	RetryAfter time.Duration // zero: not said
}

// Error returns the text of the refusal.
func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the typed error.
func (e *RefusedError) Unwrap() error { return e.Err }

// Refused returns the [RefusedError] for an HTTP status and the text that came with
// it: 401 is unauthenticated, 403 forbidden, 429 rate limited, anything else
// unreachable. The text is data from outside and cut to 1 KiB.
func Refused(name string, status int, text string, retryAfter time.Duration) *RefusedError {
	code := fault.CodeUnreachable
	switch status {
	case 401:
		code = fault.CodeUnauthenticated
	case 403:
		code = fault.CodeForbidden
	case 429:
		code = fault.CodeRateLimited
	}
	const most = 1 << 10
	if len(text) > most {
		text = text[:most] + "..."
	}
	msg := fmt.Sprintf("%s: connect: refused with status %d", name, status)
	if text != "" {
		msg += ": " + text
	}
	return &RefusedError{Err: fault.FromPeer(code, msg), RetryAfter: retryAfter}
}

// RetryAfter reads the Retry-After header in its form of seconds; zero when there
// is none.
func RetryAfter(h http.Header) time.Duration {
	n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// tooBig is the error for a message that is larger than this side may send.
func tooBig(name string, n int, l *core.Limits) error {
	return fault.Exceeded(name+": bytes of a message", int64(n), int64(l.MessageBytes), "MessageBytes")
}
