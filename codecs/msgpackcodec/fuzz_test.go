package msgpackcodec_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// FuzzCodec: what is accepted is MessagePack to the library, comes to rest after one encoding,
// and can be built.
func FuzzCodec(f *testing.F) {
	for _, s := range readVectors(f) {
		f.Add(unhex(f, s))
	}
	for _, h := range hostiles() {
		if len(h.wire) < 1000 {
			f.Add(unhex(f, strings.ReplaceAll(h.wire, " ", "")))
		}
	}
	c := msgpackcodec.New()
	limits := fault.Limits{MessageBytes: 1 << 16, ValueDepth: 64, ValueNodes: 4096}
	f.Fuzz(func(t *testing.T, wire []byte) {
		d, err := c.Parse(wire, clone.ParseOptions{Limits: limits})
		if err != nil {
			if code := fault.CodeOf(err); code != fault.CodeMalformed && code != fault.CodeLimit {
				t.Fatalf("Parse(%x) = %v, want code malformed or limit", wire, err)
			}
			return
		}
		wantObjects(t, wire)
		// What is written can be longer than what was read, for floats become float 64.
		first, err := c.Encode(nil, d.Root(), clone.EncodeOptions{})
		if err != nil {
			t.Fatalf("%x is read and not written: %v", wire, err)
		}
		d2, err := c.Parse(first, clone.ParseOptions{})
		if err != nil {
			t.Fatalf("%x is written as %x, which is refused: %v", wire, first, err)
		}
		second, err := c.Encode(nil, d2.Root(), clone.EncodeOptions{})
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%x is written as %x and then as %x, %v", wire, first, second, err)
		}
		var v any
		if err := d2.Build(d2.Root(), &v, clone.BuildOptions{}); err != nil {
			t.Fatalf("%x is read, but not built: %v", first, err)
		}
		built, err := c.Encode(nil, v, clone.EncodeOptions{})
		if err != nil || !bytes.Equal(first, built) && !reorders(first) {
			t.Fatalf("%x is written as %x when it was built, %v", first, built, err)
		}
	})
}

// reorders reports whether building could change what a node keeps: JavaScript's order of
// keys, keys of Maps and members of Sets that are the same, and values of headers, which it trims.
func reorders(wire []byte) bool {
	for _, tag := range []byte{1, 2, 7} {
		if bytes.Contains(wire, []byte{0xd4, 2, tag}) {
			return true
		}
	}
	return bytes.ContainsAny(wire, "0123456789")
}
