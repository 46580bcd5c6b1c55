package ungapcodec_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// FuzzCodec: what is accepted is JSON, read as encoding/json reads it, and comes to rest
// after one encoding.
func FuzzCodec(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add([]byte(v.Wire))
	}
	for _, wire := range readOurs(f) {
		f.Add([]byte(wire))
	}
	f.Add([]byte(frame14))
	c := ungapcodec.New(ungapcodec.Profile14())
	limits := fault.Limits{MessageBytes: 1 << 16, ValueDepth: 64, ValueNodes: 4096}
	f.Fuzz(func(t *testing.T, wire []byte) {
		d, err := c.Parse(wire, clone.ParseOptions{Limits: limits})
		if err != nil {
			if code := fault.CodeOf(err); code != fault.CodeMalformed && code != fault.CodeLimit {
				t.Fatalf("Parse(%q) = %v, want code malformed or limit", wire, err)
			}
			return
		}
		oracle(t, wire, d)
		first, err := c.Encode(nil, d.Root(), clone.EncodeOptions{})
		if err != nil {
			// An error's "__proto__" and such are read, never written.
			if code := fault.CodeOf(err); code != fault.CodeLimit && code != fault.CodeUnencodable {
				t.Fatalf("Encode of %q = %v", wire, err)
			}
			return
		}
		if !json.Valid(first) {
			t.Fatalf("%q is written as %q, which is not JSON", wire, first)
		}
		if bytes.Contains(first, []byte("__isSerializedHeaders")) {
			// Fetch joins values by ", ", and trims what is set: two empty ones are ", " and then ",".
			again, err := c.Parse(first, clone.ParseOptions{})
			if err != nil {
				t.Fatalf("%q is written as %q, which is refused: %v", wire, first, err)
			}
			if first, err = c.Encode(nil, again.Root(), clone.EncodeOptions{}); err != nil {
				t.Fatalf("%q is read, and not written: %v", wire, err)
			}
		}
		d2, err := c.Parse(first, clone.ParseOptions{})
		if err != nil {
			t.Fatalf("%q is written as %q, which is refused: %v", wire, first, err)
		}
		second, err := c.Encode(nil, d2.Root(), clone.EncodeOptions{})
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%q is written as %q and then as %q, %v", wire, first, second, err)
		}
		var v any
		if err := d2.Build(d2.Root(), &v, clone.BuildOptions{}); err != nil {
			t.Fatalf("%q is read, but not built: %v", first, err)
		}
		if _, err := c.Encode(nil, v, clone.EncodeOptions{}); err != nil {
			t.Fatalf("%q is not written when it was built: %v", first, err)
		}
	})
}
