// Package ungapcodec is the wire format of the npm package
// @ungap/structured-clone/json: a JSON array of records, the first of which is the
// root, and each of which names its parts by their places in the array.
//
//	data, err := ungapcodec.New().Encode(nil, map[string]any{"at": time.Now()}, clone.EncodeOptions{})
//	// [[2,[[1,2]]],[0,"at"],[3,"2025-01-02T03:04:05.678Z"]]
//
// By default it writes what versions 1.3 and 1.4 of the package both read. What the
// format lacks travels as the marker objects of Lumenize RPC 0.14, such as
// {__isSpecialNumber: true, value: "NaN"}, or in a further part of a record, which
// the package does not look at. docs/spec/values.md has the table of what is kept.
// What it reads is taken strictly: every record in its shape, every place within the
// array, within the limits; nothing is ever constructed by a name that a message holds.
//
// A Codec does not change and is safe for concurrent use.
package ungapcodec

import (
	"cmp"
	"math"
	"sync"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Codec implements [core.Codec].
type Codec struct{ config config }

var _ core.Codec = (*Codec)(nil)

// New returns the codec.
func New(options ...Option) *Codec {
	c := new(Codec)
	for _, o := range options {
		o.apply(&c.config)
	}
	return c
}

// Name is "ungap".
func (*Codec) Name() string { return "ungap" }

// Binary is false: messages are UTF-8 text.
func (*Codec) Binary() bool { return false }

// Encode appends the document for v to dst. The errors are those of
// [clone.Walk]; besides, what readers would act on or could not construct is refused
// with [fault.CodeUnencodable], and more bytes than MessageBytes with
// [fault.CodeLimit].
func (c *Codec) Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error) {
	w := writers.Get().(*writer)
	w.start(c.config, &o.Limits)
	err := clone.Walk(v, w, o)
	if err == nil {
		dst, err = w.finish(dst)
	}
	w.release()
	return dst, err
}

// Parse reads one document. The errors are [fault.CodeMalformed], with the byte at
// which the data goes wrong, and [fault.CodeLimit].
func (c *Codec) Parse(data []byte, o clone.ParseOptions) (*clone.Document, error) {
	limit := cmp.Or(o.Limits.MessageBytes, defaults.MessageBytes)
	if fault.Over(len(data), limit) {
		return nil, fault.Exceeded(prefix+": bytes of a message", int64(len(data)), int64(limit), "MessageBytes")
	}
	if len(data) > math.MaxInt32 {
		return nil, fault.Exceeded(prefix+": bytes of a message", int64(len(data)), math.MaxInt32, "MessageBytes")
	}
	p := parsers.Get().(*parser)
	defer p.release()
	return p.parse(data, c.config, &o.Limits)
}

// prefix is how failures begin.
const prefix = "ungapcodec"

// defaults are what zero limits mean.
var defaults = fault.Limits{}.WithDefaults()

var (
	writers = sync.Pool{New: func() any { return newWriter() }}
	parsers = sync.Pool{New: func() any { return new(parser) }}
)
