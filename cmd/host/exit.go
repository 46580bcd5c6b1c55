package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// The exit codes, as the help documents them.
const (
	exitOK          = 0
	exitFailed      = 1 // the call failed: the server or the method said so
	exitUsage       = 2 // the command line or the configuration is wrong
	exitUnreachable = 3 // could not connect, or could not start
	exitUnknown     = 4 // no answer came: the call ran once or not at all
)

// exitHelp is the part of the help about exit codes.
const exitHelp = `Exit codes:
  0  done
  1  the call failed: the server or the method said so
  2  the command line or the configuration is wrong
  3  could not connect, or could not start
  4  no answer came (timeout, lost connection): the call ran once or not at all`

// failure is an error that knows its exit code.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usage(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode is the exit code for what a command returned. What the command line
// parser itself reports is a usage error.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return exitUsage
}

// callFailure sorts the error of a call.
func callFailure(err error) error {
	if err == nil {
		return nil
	}
	code := exitFailed
	if e, ok := errors.AsType[*core.Error](err); ok {
		switch e.Code {
		case core.CodeOutcomeUnknown, core.CodeTimeout, core.CodeCanceled, core.CodeClosed:
			code = exitUnknown
		case core.CodeUnreachable:
			code = exitUnreachable
		case core.CodeUnencodable, core.CodeConfig:
			if e.Origin == fault.Local {
				code = exitUsage
			}
		}
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = exitUnknown
	}
	return &failure{code, err}
}
