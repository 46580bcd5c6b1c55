// Package value is the structured-clone data model: the values that a message
// can carry beyond Go's own bool, float64, string and *big.Int. A null is a
// nil any. Types that have an identity in JavaScript are pointers here, so that
// two references to one object stay references to one object:
//
//	Undefined, Hole                  singletons
//	*Date *RegExp *URL *Headers      leaves with identity
//	*Array *Object *Map *Set         containers
//	*Error *Request *Response        containers with named parts
//	*ArrayBuffer *TypedArray *DataView
//	*Boxed                           new Number(1) and its kin
//	*Function                        the name of a function that could not travel
//
// A string is UTF-8 in which a lone UTF-16 surrogate may stand as its three
// byte form (WTF-8), so that every JavaScript string has exactly one Go string.
//
// Values are plain data: reading one from several goroutines is safe, changing
// one is not. The package imports the standard library only.
package value

// Undefined is JavaScript's undefined.
type Undefined struct{}

// Hole stands in [Array.Elems] for an index that an array does not have.
type Hole struct{}

// Date is an instant: milliseconds since 1970 UTC, NaN for an invalid date.
// Valid dates lie within MaxDate of zero.
type Date struct{ Milliseconds float64 }

// MaxDate is the largest distance from 1970, in milliseconds, that a Date can have.
const MaxDate = 8.64e15

// RegExp is a regular expression as data. Nothing here ever compiles it.
type RegExp struct{ Source, Flags string }

// URL is an absolute URL, its text kept verbatim.
type URL struct{ Href string }

// Function stands for a function: its name is all that travels.
type Function struct{ Name string }

// Boxed is a primitive in an object's clothes: bool, float64, string or *big.Int.
type Boxed struct{ Value any }

// Array is an array; a [Hole] stands for each index it does not have.
type Array struct{ Elems []any }

// Request is a request as data: its body is nil, a string, an *ArrayBuffer, or any other value.
type Request struct {
	URL, Method string
	Headers     *Headers
	Body        any
}

// Response is a response as data: its body is nil, a string, an *ArrayBuffer, or any other value.
type Response struct {
	Status     int
	StatusText string
	Headers    *Headers
	Body       any
}

// Error is what a method threw, or an error that a payload carries. It
// satisfies the error interface; Unwrap yields its cause and the errors of an
// AggregateError as far as they are errors themselves.
type Error struct {
	Name, Message string
	Stack         *string // nil: there is none
	Props         Object  // own properties in order, "cause" and an AggregateError's "errors" among them
}

// ArrayBuffer is a run of bytes that views share.
type ArrayBuffer struct{ Bytes []byte }

// TypedArray is a view of Length elements of a buffer from byte Offset on.
type TypedArray struct {
	Kind   ArrayKind
	Buffer *ArrayBuffer
	Offset int // bytes, a multiple of the element size
	Length int // elements
}

// DataView is a view of Length bytes of a buffer from byte Offset on.
type DataView struct {
	Buffer         *ArrayBuffer
	Offset, Length int
}

// ArrayKind is the element type of a [TypedArray].
type ArrayKind uint8

// The element types, named as their JavaScript constructors without "Array".
const (
	Int8 ArrayKind = iota
	Uint8
	Uint8Clamped
	Int16
	Uint16
	Int32
	Uint32
	Float32
	Float64
	BigInt64
	BigUint64
)
