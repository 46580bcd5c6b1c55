package lmzcodec_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
)

// vector is a case that was generated with the npm package.
type vector struct {
	JS     string // the input, as a JavaScript expression
	Wire   string // empty: the package throws
	Throws string
}

func readVectors(t *testing.T) map[string]vector {
	t.Helper()
	data, err := os.ReadFile("testdata/lmz-0.26.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]vector
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// rewritten are the vectors whose wire form has lost what we would have kept, and
// what is read in its place.
var rewritten = map[string]string{
	"Float32Array": `{"json":{"$type":"arraybuffer","subtype":"Float32Array","data":[1.5,0.10000000149011612,0,0,0]},"meta":{}}`,
	"Float64Array": `{"json":{"$type":"arraybuffer","subtype":"Float64Array","data":[0.1,0,0,0]},"meta":{}}`,
}

// TestVectors_Reencode: whatever the npm package wrote comes back as it was, both
// as nodes and as Go values.
func TestVectors_Reencode(t *testing.T) {
	t.Parallel()
	c := lmzcodec.New()
	for name, v := range readVectors(t) {
		if v.Wire == "" {
			continue
		}
		want := v.Wire
		if w, ok := rewritten[name]; ok {
			want = w
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := c.Parse([]byte(v.Wire), clone.ParseOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Encode(nil, d.Root(), clone.EncodeOptions{}); err != nil || string(got) != want {
				t.Errorf("Encode(node) = %s, %v\nwant %s", got, err, want)
			}
			var x any
			if err := d.Build(d.Root(), &x, clone.BuildOptions{}); err != nil {
				t.Fatal(err)
			}
			if got, err := c.Encode(nil, x, clone.EncodeOptions{}); err != nil || string(got) != want {
				t.Errorf("Encode(value) = %s, %v\nwant %s", got, err, want)
			}
		})
	}
}
