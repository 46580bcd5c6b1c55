package clone

import (
	"encoding"
	"reflect"
	"runtime/debug"
	"strings"
	"unsafe"

	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// guard calls code of the user's types; its panic becomes the walk's failure.
func (w *walker) guard(t reflect.Type, method string, call func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			w.err = &refusal{code: fault.CodeUnencodable, cause: &PanicError{Type: t, Method: method, Value: r, Stack: debug.Stack()}}
			ok = false
		}
	}()
	call()
	return true
}

// textEncoder writes encoding.TextMarshalers as strings.
func textEncoder(t reflect.Type) encodeFunc {
	byPointer := !t.Implements(textMarshalerType)
	return func(w *walker, p unsafe.Pointer) bool {
		v := reflect.NewAt(t, p)
		if !byPointer {
			v = v.Elem()
		}
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return w.null()
		}
		var text []byte
		var err error
		m := v.Interface().(encoding.TextMarshaler)
		if !w.guard(t, "MarshalText", func() { text, err = m.MarshalText() }) {
			return false
		}
		if err != nil {
			w.err = &refusal{code: fault.CodeUnencodable, text: "MarshalText of " + t.String(), cause: err}
			return false
		}
		return w.text(string(text))
	}
}

// funcEncoder writes what replace gives for a function, and its name without one.
func funcEncoder(t reflect.Type, name string) encodeFunc {
	return func(w *walker, p unsafe.Pointer) bool {
		if *(*unsafe.Pointer)(p) == nil {
			return w.null()
		}
		if w.replace == nil {
			w.w.Function(name)
			return w.count()
		}
		return w.replaced(reflect.NewAt(t, p).Elem().Interface())
	}
}

// replaceEncoder writes what replace gives for a Special.
func replaceEncoder(t reflect.Type) encodeFunc {
	return func(w *walker, p unsafe.Pointer) bool {
		v := reflect.NewAt(t, p).Elem()
		switch {
		case v.Kind() == reflect.Pointer && v.IsNil():
			return w.null()
		case w.replace == nil:
			return w.refuse("cannot encode a %s here", t)
		}
		return w.replaced(v.Interface())
	}
}

// replaced writes what replace gives for v.
func (w *walker) replaced(v any) bool {
	if !w.hop() {
		return false
	}
	r, err := w.replace(v, Path(w.path))
	if err != nil {
		w.err = err
		return false
	}
	ok := w.value(r)
	w.hops--
	return ok
}

func encodeFunction(w *walker, p unsafe.Pointer) bool {
	name := (*value.Function)(p).Name
	if !value.ValidText(name) {
		return w.refuse("a function's name is not UTF-8: %+q", shorten(name))
	}
	w.w.Function(name)
	return w.count()
}

// errorEncoder writes Go errors: an AggregateError when there are several
// wrapped ones, else an Error, whose cause is the wrapped one.
func errorEncoder(t reflect.Type) encodeFunc {
	isPointer := t.Kind() == reflect.Pointer
	nilable := isPointer || t.Kind() == reflect.Map || t.Kind() == reflect.Slice || t.Kind() == reflect.Func
	word := typeWord(t)
	return func(w *walker, p unsafe.Pointer) bool {
		v := reflect.NewAt(t, p).Elem()
		if nilable && v.IsNil() {
			return w.null()
		}
		if isPointer && w.again(v.UnsafePointer(), word, 0) {
			return w.count()
		}
		return w.goError(t, v.Interface().(error))
	}
}

func (w *walker) goError(t reflect.Type, err error) bool {
	if !w.enter() {
		return false
	}
	name, message, n := "Error", "", 0
	var cause error
	var causes []error
	if !w.guard(t, "Error", func() { message = err.Error() }) {
		return false
	}
	if !w.guard(t, "Unwrap", func() {
		switch u := err.(type) {
		case interface{ Unwrap() []error }:
			name, n = "AggregateError", 1
			causes = u.Unwrap()
		case interface{ Unwrap() error }:
			if cause = u.Unwrap(); cause != nil {
				n = 1
			}
		}
	}) {
		return false
	}
	// What an error says must not keep it from being reported.
	w.w.BeginError(name, strings.ToValidUTF8(message, "\ufffd"), nil, n)
	if n == 1 {
		key, v := "errors", any(causes)
		if cause != nil {
			key, v = "cause", cause
		} else if causes == nil {
			v = []error{}
		}
		if !w.member(KindError, key, v) {
			return false
		}
	}
	w.leave()
	return true
}

// member writes a key, which is known to be text, and its value.
func (w *walker) member(in Kind, key string, v any) bool {
	w.w.Key(key)
	return w.part(Step{Key: key, Kind: in}, v)
}

// part writes v as the part of a container that s tells.
func (w *walker) part(s Step, v any) bool {
	keep := w.replace != nil
	if keep {
		w.push(s)
	}
	if !w.value(v) {
		return w.out(s)
	}
	if keep {
		w.pop()
	}
	return true
}
