// Package msgpackcodec is Millrace's own binary wire: structured-clone values on
// MessagePack, compact, and without any loss.
//
//	data, err := msgpackcodec.New().Encode(nil, []any{1, "two", time.UnixMilli(3)}, clone.EncodeOptions{})
//	// d4 4d 10  93 01 a3 74776f d7 05 4008000000000000
//
// A message is three bytes of head and one value. null, booleans, numbers, strings, arrays, objects
// and Uint8Arrays are MessagePack's own; extensions carry the rest. Values that occur
// once cost nothing for identity: those that can be shared are numbered by their places, and
// a reference names the number. docs/spec/msgpack.md is the format, byte by byte.
//
// What is read is taken strictly, within the limits, and without recursion: every length is
// held against the bytes that are left before anything is made of it, and nothing is ever
// constructed by a name that a message holds.
//
// The heads of extensions and of bytes are written and read by vmihailenco/msgpack. Numbers, strings, keys,
// and the heads of arrays and objects are written and read here, because the library goes through an
// interface for every byte of them and knows no offsets; the tests hold the two against each other.
//
// A Codec has no state and is safe for concurrent use.
package msgpackcodec

import (
	"cmp"
	"sync"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Codec implements [core.Codec].
type Codec struct{}

var _ core.Codec = (*Codec)(nil)

// New returns the codec.
func New() *Codec { return &Codec{} }

// Name is "msgpack".
func (*Codec) Name() string { return "msgpack" }

// Binary is true: messages are bytes.
func (*Codec) Binary() bool { return true }

// Encode appends the message for v to dst. The errors are those of [clone.Walk]; besides,
// a response's status that no JavaScript reader has is refused with
// [fault.CodeUnencodable], and more bytes than MessageBytes with [fault.CodeLimit].
func (*Codec) Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error) {
	w := writers.Get().(*writer)
	w.start(&o.Limits)
	err := clone.Walk(v, w, o)
	if err == nil {
		err = w.finish()
	}
	if err == nil {
		dst = append(dst, w.out...)
	}
	w.release()
	return dst, err
}

// Parse reads one message. The errors are [fault.CodeMalformed], with the byte at
// which the data goes wrong, and [fault.CodeLimit].
func (*Codec) Parse(data []byte, o clone.ParseOptions) (*clone.Document, error) {
	if limit := cmp.Or(o.Limits.MessageBytes, defaults.MessageBytes); fault.Over(len(data), limit) {
		return nil, fault.Exceeded(prefix+": bytes of a message", int64(len(data)), int64(limit), "MessageBytes")
	}
	p := parsers.Get().(*parser)
	defer p.release()
	return p.parse(data, &o.Limits)
}

var (
	writers = sync.Pool{New: func() any { return newWriter() }}
	parsers = sync.Pool{New: func() any { return newParser() }}
)

// defaults are what zero limits mean.
var defaults = fault.Limits{}.WithDefaults()

// prefix is how failures begin.
const prefix = "msgpackcodec"
