package codectest

import (
	"math/big"

	"github.com/millrace/millrace/core/value"
)

// Graph makes a graph in place.
func Graph(f func() any) any { return f() }

// Object is an object of keys and values in turn.
func Object(keysAndValues ...any) *value.Object {
	o := value.NewObject()
	for i := 0; i < len(keysAndValues); i += 2 {
		o.Set(keysAndValues[i].(string), keysAndValues[i+1])
	}
	return o
}

// Array is an array of these elements.
func Array(elems ...any) *value.Array { return &value.Array{Elems: elems} }

// ErrorAs is an error with own properties, keys and values in turn; without a stack when that is empty.
func ErrorAs(name, message, stack string, props ...any) *value.Error {
	e := value.NewError(name, message)
	if stack != "" {
		e.Stack = &stack
	}
	e.Props = *Object(props...)
	return e
}

// PlainError is an error with the stack that the vectors have.
func PlainError(name, message string, props ...any) *value.Error {
	return ErrorAs(name, message, name+": "+message+"\n    at x.js:1:1", props...)
}

// Headers are names and values in turn; it panics where Fetch refuses one.
func Headers(namesAndValues ...string) *value.Headers {
	var entries []value.HeaderEntry
	for i := 0; i < len(namesAndValues); i += 2 {
		entries = append(entries, value.HeaderEntry{Name: namesAndValues[i], Value: namesAndValues[i+1]})
	}
	h, err := value.NewHeaders(entries...)
	if err != nil {
		panic(err)
	}
	return h
}

// View is a typed array over all of a buffer of its own.
func View(kind value.ArrayKind, buffer ...byte) *value.TypedArray {
	return &value.TypedArray{Kind: kind, Buffer: &value.ArrayBuffer{Bytes: buffer}, Length: len(buffer) / kind.Size()}
}

// BigInt reads decimal digits.
func BigInt(digits string) *big.Int {
	i, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		panic(digits)
	}
	return i
}

// Request has these parts.
func Request(url, method string, h *value.Headers, body any) *value.Request {
	return &value.Request{URL: url, Method: method, Headers: h, Body: body}
}

// Response has these parts.
func Response(status int, text string, h *value.Headers, body any) *value.Response {
	return &value.Response{Status: status, StatusText: text, Headers: h, Body: body}
}
