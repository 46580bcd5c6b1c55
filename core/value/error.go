package value

import "iter"

// Names of the properties of an error that mean something.
const (
	keyCause  = "cause"
	keyErrors = "errors"
)

// NewError returns an error without a stack, such as NewError("TypeError", "not a function").
func NewError(name, message string) *Error { return &Error{Name: name, Message: message} }

// WithCause sets the cause and returns the error.
func (e *Error) WithCause(cause any) *Error {
	e.Props.Set(keyCause, cause)
	return e
}

// NewAggregateError returns an AggregateError that holds errs.
func NewAggregateError(message string, errs ...any) *Error {
	e := NewError("AggregateError", message)
	e.Props.Set(keyErrors, &Array{Elems: errs})
	return e
}

// Error is "Name: message", or the one of the two that there is, as JavaScript's toString.
func (e *Error) Error() string {
	switch {
	case e == nil:
		return "<nil>"
	case e.Message == "":
		return e.Name
	case e.Name == "":
		return e.Message
	}
	return e.Name + ": " + e.Message
}

// Cause is the error's cause, any value; false when there is none.
func (e *Error) Cause() (any, bool) {
	if e == nil {
		return nil, false
	}
	return e.Props.Get(keyCause)
}

// Errors is what an AggregateError holds: the elements of its property "errors" when that
// is an array, holes left out, whatever the error's name.
func (e *Error) Errors() []any {
	if e == nil {
		return nil
	}
	v, _ := e.Props.Get(keyErrors)
	a, ok := v.(*Array)
	if !ok || a == nil {
		return nil
	}
	errs := make([]any, 0, len(a.Elems))
	for _, v := range a.Elems {
		if _, hole := v.(Hole); !hole {
			errs = append(errs, v)
		}
	}
	return errs
}

// Unwrap returns the cause and the elements of "errors" as far as they are errors
// and no path of causes and elements leads from them to e or to themselves: package errors
// follows what Unwrap returns without looking for cycles.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
	if !e.acyclic() {
		return nil
	}
	var errs []error
	for v := range e.inner() {
		if err, ok := v.(error); ok {
			errs = append(errs, err)
		}
	}
	return errs
}

// inner yields the cause and the errors. Nothing is copied: a thousand errors of a small message
// can all hold one long list.
func (e *Error) inner() iter.Seq[any] {
	return func(yield func(any) bool) {
		if c, ok := e.Cause(); ok && !yield(c) {
			return
		}
		v, _ := e.Props.Get(keyErrors)
		a, ok := v.(*Array)
		if !ok || a == nil {
			return
		}
		for _, v := range a.Elems {
			if _, hole := v.(Hole); !hole && !yield(v) {
				return
			}
		}
	}
}

// maxUnwrap bounds the paths that errors.Is may have to follow: a small graph
// of shared errors can have more of them than there is time.
const maxUnwrap = 1000

// acyclic reports whether following causes and errors from e ends, and soon.
func (e *Error) acyclic() bool {
	budget := maxUnwrap
	var ends func(e *Error) bool
	ends = func(e *Error) bool {
		for v := range e.inner() {
			if budget--; budget < 0 {
				return false
			}
			if x, ok := v.(*Error); ok && x != nil && !ends(x) {
				return false
			}
		}
		return true
	}
	return ends(e)
}
