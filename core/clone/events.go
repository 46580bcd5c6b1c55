package clone

import (
	"math/big"

	"github.com/millrace/millrace/core/value"
)

// Kind is the kind of a value, as an event or a [Node] has it.
type Kind uint8

// The kinds. KindNone is that of the zero [Node].
const (
	KindNone Kind = iota
	KindUndefined
	KindNull
	KindHole
	KindBool
	KindNumber
	KindBigInt
	KindString
	KindDate
	KindRegExp
	KindURL
	KindFunction
	KindBoxed
	KindArrayBuffer
	KindTypedArray
	KindDataView
	KindHeaders
	KindArray
	KindObject
	KindMap
	KindSet
	KindError
	KindRequest
	KindResponse
)

// Events is the language between values and wires. A value is one leaf call, or
// a Begin call, its parts, and End. The caller guarantees the grammar; an
// implementation keeps its first failure, ignores what follows it, and returns it
// from Err, which the caller asks at times of its own choosing and at the end.
//
// Label precedes a value that has an identity (everything from Date on in the
// list of kinds, except Function); Ref stands for the value that bears the label.
// Labels are small and dense: [Walk] numbers the values with an identity 0, 1,
// 2... in the order of their first occurrence. A Ref may come before its Label's
// value is complete (a cycle) and, from a reader, before the Label itself.
//
// Counts are exact from [Walk]; a reader that cannot know one in advance passes -1,
// and End closes the container.
//
// Strings and byte slices are borrowed: an implementation copies what it keeps. The
// bytes of a View's buffer alone stay readable until the walk ends, for a later Ref
// may name the buffer by itself.
type Events interface {
	Label(id int)
	Ref(id int)

	Undefined()
	Null()
	Hole() // only as an element of an array
	Bool(v bool)
	Number(v float64)
	BigInt(v *big.Int)
	String(s string) // UTF-8, lone surrogates in their three byte form
	Date(milliseconds float64)
	RegExp(source, flags string)
	URL(href string)
	Function(name string)
	Boxed() // the next value, a bool, number, string or bigint without a label, is boxed
	ArrayBuffer(b []byte)
	View(v View)
	Headers(entries []value.HeaderEntry)

	BeginArray(n int)  // then n values
	BeginObject(n int) // then n times Key and a value
	BeginMap(n int)    // then n times a key's value and a value
	BeginSet(n int)    // then n values
	// BeginError: then n times Key and a value; the key "cause" is the error's
	// cause, and "errors" what an AggregateError holds.
	BeginError(name, message string, stack *string, n int)
	BeginRequest(url, method string)             // then the headers' value and the body's
	BeginResponse(status int, statusText string) // then the headers' value and the body's
	Key(k string)
	End()

	Err() error
}

// View is a typed array or a DataView over a buffer. A buffer has an identity of
// its own, so that several views can share one.
type View struct {
	Kind     Kind            // KindTypedArray or KindDataView
	Elem     value.ArrayKind // of a typed array
	Offset   int             // bytes
	Length   int             // elements; bytes of a DataView
	Buffer   []byte          // the whole buffer
	BufferID int             // the buffer's label
	Seen     bool            // the label's value came before
}
