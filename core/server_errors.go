package core

import (
	"context"
	"errors"

	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// thrownError marks what user code returned as an error, apart from what the server found.
type thrownError struct{ err error }

func (t *thrownError) Error() string { return t.err.Error() }
func (t *thrownError) Unwrap() error { return t.err }

// panicError is a panic whose text and stack the server was told to expose.
type panicError struct {
	err   *Error
	stack string
}

func (p *panicError) Error() string { return p.err.Message }
func (p *panicError) Unwrap() error { return p.err }

func isContextError(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

var errGetters = fault.New(CodeUnencodable, "core: getters that yield getters, too many times over")

// maxCauses bounds how deep the causes of one error go on the wire, and maxErrors how many
// errors it leads to.
const (
	maxCauses = 16
	maxErrors = 256
)

// wireError is an error as it travels: what the server itself found is an Error with its
// code as an own property, and nothing else ever has that property.
func (s *Server) wireError(err error) any {
	if thrown, ok := errors.AsType[*thrownError](err); ok {
		return wireThrown(thrown.err) // also where an encoder met it
	}
	w := &value.Error{Name: "Error", Message: err.Error()}
	if p, ok := errors.AsType[*panicError](err); ok {
		w.Stack = &p.stack
	}
	w.Props.Set(propCode, string(codeOr(err, CodeInternal)))
	return w
}

func codeOr(err error, other Code) Code {
	if c := CodeOf(err); c != "" {
		return c
	}
	return other
}

// wireThrown is what user code threw, as it travels. An error's methods are user code too, and those of a nil
// pointer in an error often panic: what can be said of it remains.
func wireThrown(err error) any {
	left := maxErrors
	return wireCause(err, maxCauses, &left)
}

// wireCause is one error of a tree of causes. What lies deeper than depth is left out, and so is
// what comes after as many errors as are left.
func wireCause(err error, depth int, left *int) any {
	*left--
	switch e := err.(type) {
	case *Thrown:
		if e != nil {
			return stripped(e.Value)
		}
	case *value.Error:
		return strippedError(e)
	}
	w := &value.Error{Name: errorName(err), Message: errorText(err)}
	if depth == 0 || *left <= 0 {
		return w
	}
	all, several, cause := causesOf(err)
	if cause != nil {
		w.Props.Set("cause", wireCause(cause, depth-1, left))
	}
	if several {
		errs := make([]any, 0, min(len(all), *left))
		for _, one := range all {
			if *left <= 0 {
				break
			}
			errs = append(errs, wireCause(one, depth-1, left))
		}
		w.Name = "AggregateError"
		w.Props.Set("errors", &value.Array{Elems: errs})
	}
	return w
}

// causesOf is what an error wraps: one error, or several. A type whose Unwrap fails, as it
// mostly does on a nil pointer, wraps nothing.
func causesOf(err error) (all []error, several bool, cause error) {
	defer func() {
		if recover() != nil {
			all, several, cause = nil, false, nil
		}
	}()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return nil, false, e.Unwrap()
	case interface{ Unwrap() []error }:
		return e.Unwrap(), true, nil
	}
	return nil, false, nil
}

// errorName is the name that an error type gives itself by a Name method, else "Error".
func errorName(err error) (name string) {
	defer func() {
		if recover() != nil || name == "" {
			name = "Error"
		}
	}()
	if n, ok := err.(interface{ Name() string }); ok {
		return n.Name()
	}
	return ""
}

func errorText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = "an error whose Error method failed"
		}
	}()
	return err.Error()
}

func stripped(v any) any {
	if e, ok := v.(*value.Error); ok {
		return strippedError(e)
	}
	return v
}

// strippedError is e without the property that only the server sets, in it and its causes.
func strippedError(e *value.Error) *value.Error {
	return stripErrors(e, map[*value.Error]*value.Error{})
}

func stripErrors(e *value.Error, done map[*value.Error]*value.Error) *value.Error {
	if e == nil {
		return &value.Error{Name: "Error"}
	}
	if c := done[e]; c != nil {
		return c
	}
	if !forged(e) {
		return e
	}
	c := &value.Error{Name: e.Name, Message: e.Message, Stack: e.Stack}
	done[e] = c
	for k, v := range e.Props.All() {
		if k == propCode {
			continue
		}
		if inner, ok := v.(*value.Error); ok {
			v = stripErrors(inner, done)
		}
		c.Props.Set(k, v)
	}
	return c
}

// forged reports whether the error or one of its causes has the property.
func forged(e *value.Error) bool {
	for range maxCauses {
		if e == nil {
			return false
		}
		if e.Props.Has(propCode) {
			return true
		}
		cause, _ := e.Props.Get("cause")
		e, _ = cause.(*value.Error)
	}
	return true
}
