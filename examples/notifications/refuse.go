package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// The codes of the errors that the methods throw, as their own property "code".
const (
	codeNoClientID  = "NO_CLIENT_ID"
	codeUnknownKind = "UNKNOWN_KIND"
	codeBadJob      = "BAD_JOB"
	codeTooMany     = "TOO_MANY_JOBS"
	codeBadUser     = "BAD_USER"
	codeBadText     = "BAD_TEXT"
	codeFailed      = "FAILED"   // the job itself
	codeCanceled    = "CANCELED" // the job was given up
	codeTooLong     = "TOO_LONG" // the job ran into the call's deadline
)

// refuse is an Error with a code that programs can look at and a sentence for people.
func refuse(code, format string, args ...any) error {
	e := value.NewError("Error", fmt.Sprintf(format, args...))
	e.Props.Set("code", code)
	return e
}

// sentence is what an error says to people.
func sentence(err error) string {
	if e, ok := errors.AsType[*value.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// caller is the client id of who is calling.
func caller(ctx context.Context) (string, error) {
	if id := core.HandshakeFrom(ctx).ClientID; id != "" {
		return id, nil
	}
	return "", refuse(codeNoClientID, "messages go to client ids, and this call came without one")
}

// printable reports whether text has 1 to limit bytes, all of them of characters that can be shown.
func printable(text string, limit int) bool {
	return text != "" && len(text) <= limit && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// cut shortens what a client said, for a sentence about it.
func cut(text string) string {
	if len(text) > 40 {
		return text[:40] + "..."
	}
	return text
}
