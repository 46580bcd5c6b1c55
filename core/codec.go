package core

import "github.com/millrace/millrace/core/clone"

// Codec turns structured-clone values into bytes and back. Implementations are
// safe for concurrent use.
type Codec interface {
	// Name is the codec's name on the wire and in configuration: [a-z][a-z0-9-]*.
	Name() string
	// Binary reports whether messages are bytes rather than UTF-8 text.
	Binary() bool
	// Encode appends the message for v to dst, which is returned as it was
	// together with an error. v may be, or contain, a [clone.Node], which is written as
	// it was received.
	Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error)
	// Parse reads one whole message: strictly, within the limits, without trailing
	// bytes. The document keeps data, which must not change while it is in use.
	Parse(data []byte, o clone.ParseOptions) (*clone.Document, error)
}
