// Package core gives messages their meaning: calls on named objects, and messages
// that the server sends unasked ("downstream").
//
// A [Transport] moves opaque messages, a [Codec] turns values into bytes, and this
// package does the rest. A server registers objects and is given to listeners; a
// client is made from a transport and a codec.
//
// Everything that comes from outside is bounded by [Limits], whose zero value
// means the documented defaults. Every failure that Millrace itself reports is an
// [Error]; what a remote method threw is a *value.Error.
package core
