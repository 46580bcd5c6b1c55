// Package lmzcodec is the wire format of the npm package
// @lumenize/structured-clone 0.26: a JSON document {"json": ..., "meta": {...}} in
// which tagged objects carry what JSON lacks.
//
//	data, err := lmzcodec.New().Encode(nil, map[string]any{"at": time.Now()}, clone.EncodeOptions{})
//	// {"json":{"at":{"$type":"date","iso":"2025-01-02T03:04:05.678Z"}},"meta":{}}
//
// It writes byte for byte what the package writes, except where the package loses
// a value or throws: there it writes something that the package still reads and
// that this codec reads back whole. docs/spec/values.md has the table of both. What
// it reads is taken strictly: one document, in UTF-8, every tag in its shape,
// no key twice, within the limits; nothing is ever constructed by a name that a
// message holds.
//
// A Codec has no state and is safe for concurrent use.
package lmzcodec

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

// Name is "lmz".
func (*Codec) Name() string { return "lmz" }

// Binary is false: messages are UTF-8 text.
func (*Codec) Binary() bool { return false }

// Encode appends the document for v to dst. The errors are those of
// [clone.Walk]; besides, keys that JavaScript readers would act on are refused
// with [fault.CodeUnencodable], and more bytes than MessageBytes with
// [fault.CodeLimit].
func (*Codec) Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error) {
	w := writers.Get().(*writer)
	w.start(&o.Limits)
	err := clone.Walk(v, w, o)
	if err == nil {
		err = w.finish()
	}
	if err == nil {
		dst = append(dst, w.out.Buffer()...)
	}
	w.release()
	return dst, err
}

// Parse reads one document. The errors are [fault.CodeMalformed], with the byte at
// which the data goes wrong where one can be told, and [fault.CodeLimit]. A
// document without "meta", or with null for it, is read as one with an empty one.
func (*Codec) Parse(data []byte, o clone.ParseOptions) (*clone.Document, error) {
	if limit := cmp.Or(o.Limits.MessageBytes, defaults.MessageBytes); fault.Over(len(data), limit) {
		return nil, fault.Exceeded("lmzcodec: bytes of a message", int64(len(data)), int64(limit), "MessageBytes")
	}
	p := parsers.Get().(*parser)
	defer p.release()
	return p.parse(data, &o.Limits)
}

var (
	writers = sync.Pool{New: func() any { return newWriter() }}
	parsers = sync.Pool{New: func() any { return new(parser) }}
)
