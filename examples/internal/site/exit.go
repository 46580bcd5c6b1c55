package site

import (
	"errors"

	"github.com/millrace/millrace/internal/webserver"
)

// The exit codes of the example servers, as their help documents them.
const (
	ExitOK       = 0
	ExitFailed   = 1 // the server failed
	ExitUsage    = 2 // the command line is wrong
	ExitNotBegun = 3 // could not start
)

// errNotBegun marks why clients could never come.
type errNotBegun struct{ error }

func (e errNotBegun) Unwrap() error { return e.error }

// ExitCode is the exit code for what [Site.Run] returned.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	if errors.Is(err, webserver.ErrAddress) || errors.Is(err, webserver.ErrNotLoopback) {
		return ExitUsage
	}
	if _, ok := errors.AsType[errNotBegun](err); ok {
		return ExitNotBegun
	}
	return ExitFailed
}
