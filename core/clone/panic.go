package clone

import (
	"reflect"
	"runtime/debug"

	"github.com/millrace/millrace/core/fault"
)

// PanicError is the cause of a walk's or a build's error when a method of the user's type
// panicked. What the method said and where are fields and no part of the text, because the
// text of an error may travel to a peer.
type PanicError struct {
	Type   reflect.Type
	Method string
	Value  any    // what it panicked with
	Stack  []byte // of the goroutine, at that moment
}

// Error names the method and the type.
func (p *PanicError) Error() string { return p.Method + " of " + p.Type.String() + " panicked" }

// guard runs code of the user and makes a panic an error.
func guard(t reflect.Type, method string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			p := &PanicError{Type: t, Method: method, Value: r, Stack: debug.Stack()}
			err = &hookError{fault.New(fault.CodeInternal, "%w", p)}
		}
	}()
	return f()
}
