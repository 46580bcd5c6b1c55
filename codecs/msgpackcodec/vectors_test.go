package msgpackcodec_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors.json: a change of the wire")

const vectorFile = "testdata/vectors.json"

// readVectors has the wire of each of values, by its name, in hexadecimal.
func readVectors(tb testing.TB) map[string]string {
	tb.Helper()
	data, err := os.ReadFile(vectorFile)
	if err != nil {
		tb.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		tb.Fatal(err)
	}
	return all
}

func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	data, err := msgpackcodec.New().Encode(nil, v, clone.EncodeOptions{})
	if err != nil {
		tb.Fatalf("Encode(%v) = %v", v, err)
	}
	return data
}

func parse(tb testing.TB, wire []byte) *clone.Document {
	tb.Helper()
	d, err := msgpackcodec.New().Parse(wire, clone.ParseOptions{})
	if err != nil {
		tb.Fatalf("Parse(%x) = %v", wire, err)
	}
	return d
}

func decode(tb testing.TB, wire []byte) any {
	tb.Helper()
	d := parse(tb, wire)
	var v any
	if err := d.Build(d.Root(), &v, clone.BuildOptions{}); err != nil {
		tb.Fatalf("Build(%x) = %v", wire, err)
	}
	return v
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatalf("%q: %v", s, err)
	}
	return b
}

// TestVectors: each value has one encoding, the same as ever, and comes back whole from it: as Go
// values, with what is shared in them, and as nodes.
func TestVectors(t *testing.T) {
	t.Parallel()
	if *update {
		all := map[string]string{}
		for name, v := range values() {
			all[name] = hex.EncodeToString(encode(t, v))
		}
		data, err := json.MarshalIndent(all, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorFile, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vectors, table := readVectors(t), values()
	for name := range vectors {
		if _, ok := table[name]; !ok {
			t.Errorf("vector %q is of no value", name)
		}
	}
	for name, v := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := encode(t, v)
			if got := hex.EncodeToString(wire); got != vectors[name] {
				t.Errorf("Encode(%v) =\n     %s\nwant %s", v, got, vectors[name])
			}
			got := decode(t, wire)
			if gotTold, wantTold := codectest.Told(t, got), codectest.Told(t, v); gotTold != wantTold || !value.Equal(got, v) {
				t.Errorf("%x decodes to\n     %s\nwant %s", wire, gotTold, wantTold)
			}
			if again := encode(t, parse(t, wire).Root()); !bytes.Equal(again, wire) {
				t.Errorf("its node is written as\n     %x\nwant %x", again, wire)
			}
		})
	}
	if len(table) < 169 {
		t.Errorf("%d values, want at least 169", len(table))
	}
}

// TestVectors_LMZ: what came as lmz and goes through this wire is the same lmz afterwards.
func TestVectors_LMZ(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../lmzcodec/testdata/lmz-0.26.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct{ Wire string }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	// Written anew, lmz has 0 where these have null.
	rewritten := map[string]bool{"Float32Array": true, "Float64Array": true}
	lmz, checked := lmzcodec.New(), 0
	for name, v := range all {
		if v.Wire == "" {
			continue // the npm package throws
		}
		checked++
		d, err := lmz.Parse([]byte(v.Wire), clone.ParseOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := lmz.Encode(nil, d.Root(), clone.EncodeOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(want) != v.Wire && !rewritten[name] {
			t.Errorf("%s: lmz itself writes %s, want %s", name, want, v.Wire)
		}
		wire := encode(t, d.Root())
		got, err := lmz.Encode(nil, parse(t, wire).Root(), clone.EncodeOptions{})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: through %x: %s, %v\nwant %s", name, wire, got, err, want)
		}
	}
	if checked < 119 {
		t.Errorf("%d vectors, want at least 119", checked)
	}
}
