package lmzcodec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// FuzzCodec: what is accepted is JSON, and comes to rest after one encoding; what
// encoding/json calls plain JSON is accepted unless a rule of ours says no.
func FuzzCodec(f *testing.F) {
	data, err := os.ReadFile("testdata/lmz-0.26.json")
	if err != nil {
		f.Fatal(err)
	}
	var all map[string]vector
	if err := json.Unmarshal(data, &all); err != nil {
		f.Fatal(err)
	}
	for _, v := range all {
		f.Add([]byte(v.Wire))
	}
	for _, r := range rows() {
		if r.ours != "" {
			f.Add([]byte(`{"json":` + r.ours + `,"meta":{}}`))
		}
	}
	c := lmzcodec.New()
	limits := fault.Limits{MessageBytes: 1 << 16, ValueDepth: 64, ValueNodes: 4096}
	f.Fuzz(func(t *testing.T, wire []byte) {
		d, err := c.Parse(wire, clone.ParseOptions{Limits: limits})
		if err != nil {
			if code := fault.CodeOf(err); code != fault.CodeMalformed && code != fault.CodeLimit {
				t.Fatalf("Parse(%q) = %v, want code malformed or limit", wire, err)
			}
			return
		}
		if !json.Valid(wire) {
			t.Fatalf("%q is accepted, encoding/json refuses it", wire)
		}
		first, err := c.Encode(nil, d.Root(), clone.EncodeOptions{Limits: limits})
		if err != nil {
			// Aliases can be deeper than their text; "__proto__" and such are read, never written.
			if code := fault.CodeOf(err); code != fault.CodeLimit && code != fault.CodeUnencodable {
				t.Fatalf("Encode of %q = %v", wire, err)
			}
			return
		}
		// What is written may be longer than what was read, and is read all the same.
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
		built, err := c.Encode(nil, v, clone.EncodeOptions{})
		if err != nil || !bytes.Equal(first, built) && !reorders(first) {
			t.Fatalf("%q is written as %q when it was built, %v", first, built, err)
		}
	})
}

// reorders reports whether building could change what a node keeps: JavaScript's
// order of keys, and keys of Maps and members of Sets that are the same.
func reorders(wire []byte) bool {
	if bytes.Contains(wire, []byte(`"map"`)) || bytes.Contains(wire, []byte(`"set"`)) {
		return true
	}
	return strings.ContainsAny(string(wire), "0123456789")
}

// FuzzPlain: a document of plain JSON is accepted exactly when encoding/json accepts it,
// apart from the differences that are on purpose, and read as json-iterator reads it.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{`1`, `"a\u00e9"`, `[1,{"b":null}]`, `{"a":1,"a":2}`, `-0.0e-5`, `[]]`, `{"$type":"x"}`} {
		f.Add([]byte(seed))
	}
	c := lmzcodec.New()
	f.Fuzz(func(t *testing.T, node []byte) {
		wire := append(append([]byte(`{"json":`), node...), `,"meta":{}}`...)
		d, err := c.Parse(wire, clone.ParseOptions{})
		var want any
		std := json.Unmarshal(wire, &want)
		if err != nil {
			text := err.Error()
			onPurpose := fault.CodeOf(err) == fault.CodeLimit || bytes.Contains(node, []byte(`$`)) ||
				strings.Contains(text, "UTF-8") || strings.Contains(text, "twice") || strings.Contains(text, "in a document") ||
				bytes.Contains(node, []byte(`\u`)) || strings.Contains(text, "in meta")
			if std == nil && !onPurpose {
				t.Fatalf("%q is refused (%v), encoding/json accepts it", wire, err)
			}
			return
		}
		if std != nil && !strings.Contains(std.Error(), "max depth") {
			t.Fatalf("%q is accepted, encoding/json says %v", wire, std)
		}
		if !hasTags(wire) {
			iterate(t, wire, d)
		}
		if _, err := c.Encode(nil, d.Root(), clone.EncodeOptions{}); err != nil && fault.CodeOf(err) != fault.CodeUnencodable {
			t.Fatalf("Encode of %q = %v", wire, err)
		}
	})
}
