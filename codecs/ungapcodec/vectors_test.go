package ungapcodec_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

var update = flag.Bool("update", false, "rewrite testdata/ours.json: a change of the wire")

// vector is a case that was generated with the npm package.
type vector struct {
	JS     string // the input, as a JavaScript expression
	Wire   string // empty: the package throws
	Throws string
}

func readVectors(tb testing.TB) map[string]vector {
	tb.Helper()
	var all map[string]vector
	readJSON(tb, "testdata/ungap-1.4.json", &all)
	return all
}

// readOurs has what this codec writes where the npm package loses something.
func readOurs(tb testing.TB) map[string]string {
	tb.Helper()
	var all map[string]string
	readJSON(tb, "testdata/ours.json", &all)
	return all
}

func readJSON(tb testing.TB, name string, v any) {
	tb.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		tb.Fatal(err)
	}
}

func encode(tb testing.TB, v any, options ...ungapcodec.Option) string {
	tb.Helper()
	data, err := ungapcodec.New(options...).Encode(nil, v, clone.EncodeOptions{})
	if err != nil {
		tb.Fatalf("Encode(%v) = %v", v, err)
	}
	return string(data)
}

func decode(tb testing.TB, wire string, options ...ungapcodec.Option) any {
	tb.Helper()
	d, err := ungapcodec.New(options...).Parse([]byte(wire), clone.ParseOptions{})
	if err != nil {
		tb.Fatalf("Parse(%s) = %v", wire, err)
	}
	var v any
	if err := d.Build(d.Root(), &v, clone.BuildOptions{}); err != nil {
		tb.Fatalf("Build(%s) = %v", wire, err)
	}
	return v
}

// wantDecoded reads wire both as nodes, which are sent on, and as Go values.
func wantDecoded(tb testing.TB, wire string, want any, options ...ungapcodec.Option) {
	tb.Helper()
	v := decode(tb, wire, options...)
	if got, want := codectest.Told(tb, v), codectest.Told(tb, want); got != want {
		tb.Errorf("%s decodes to\n     %s\nwant %s", wire, got, want)
	}
	if !value.Equal(v, want) {
		tb.Errorf("%s decodes to %v, want %v", wire, v, want)
	}
}

// TestVectors: every vector of the npm package, both ways, with each set of options.
func TestVectors(t *testing.T) {
	vectors, ours, all := readVectors(t), map[string]string{}, rows()
	if !*update {
		ours = readOurs(t)
	}
	for name, r := range all {
		if _, ok := vectors[name]; !ok {
			t.Errorf("row %s: no such vector", name)
		}
		if *update && (r.fate == lost || r.fate == refused) {
			ours[name] = encode(t, r.want)
		}
	}
	for name, v := range vectors {
		r, ok := all[name]
		if !ok {
			t.Errorf("vector %s: no row", name)
			continue
		}
		t.Run(name, func(t *testing.T) { r.check(t, v.Wire, ours[name]) })
	}
	if *update {
		data, err := json.MarshalIndent(ours, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/ours.json", append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *row) check(t *testing.T, wire, ours string) {
	t.Helper()
	same := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s\nwant %s", what, got, want)
		}
	}
	p14, plain := ungapcodec.Profile14(), ungapcodec.Plain()
	switch r.fate {
	case kept, kept14:
		wantDecoded(t, wire, r.want)
		wantDecoded(t, wire, r.want, plain)
		same("Profile14", encode(t, r.want, p14), wire)
		same("Profile14, Plain", encode(t, r.want, p14, plain), wire)
		if r.fate == kept {
			same("default", encode(t, r.want), wire)
			same("Plain", encode(t, r.want, plain), wire)
		}
	case lost, refused:
		if wire != "" {
			wantDecoded(t, wire, r.read)
		}
		same("default", encode(t, r.want), ours)
		wantDecoded(t, ours, r.want)
		got, err := ungapcodec.New(plain, p14).Encode(nil, r.want, clone.EncodeOptions{})
		if r.fate == lost {
			same("Profile14, Plain", string(got), wire)
		} else if fault.CodeOf(err) != fault.CodeUnencodable {
			t.Errorf("Profile14, Plain: Encode = %s, %v, want code unencodable", got, err)
		}
	case decodeOnly:
		wantDecoded(t, wire, r.want)
	case none:
		same("throws", wire, "")
	}
}

// TestProfiles: what the default does in the place of what 1.3 cannot read.
func TestProfiles(t *testing.T) {
	t.Parallel()
	negativeZero := rows()["negative-zero"].want
	p14, plain := ungapcodec.Profile14(), ungapcodec.Plain()
	tests := []struct {
		name    string
		v       any
		options []ungapcodec.Option
		want    string
	}{
		{"negative-zero", negativeZero, nil, `[[0,-0]]`},
		{"negative-zero-plain", negativeZero, []ungapcodec.Option{plain}, `[[0,0]]`},
		{"zeros", array(0.0, negativeZero, 0.0, negativeZero), nil, `[[1,[1,2,1,3]],[0,0],[0,-0],[0,-0]]`},
		{"zeros-14", array(negativeZero, 0.0, negativeZero), []ungapcodec.Option{p14}, `[[1,[1,2,3]],["-0"],[0,0],["-0"]]`},
		{"zeros-14-plain", array(negativeZero, 0.0, negativeZero), []ungapcodec.Option{p14, plain}, `[[1,[1,2,2]],["-0"],[0,0]]`},
		{"error-plain", value.NewError("TypeError", "m"), []ungapcodec.Option{plain}, `[[7,{"name":"Error","message":"m"}]]`},
		{"errors-plain", array(value.NewError("", "m"), nil), []ungapcodec.Option{plain, p14}, `[[1,[1,2]],[7,{"name":"Error","message":"m"}],[0,null]]`},
		{"specials-plain", array(rows()["nan"].want, nil, rows()["inf"].want, rows()["ninf"].want, rows()["nan"].want), []ungapcodec.Option{plain},
			`[[1,[1,2,3,4,1]],[0,null],[0,null],[0,null],[0,null]]`},
		{"functions-plain", object("a", &value.Function{Name: "f"}, "b", array(&value.Function{Name: "f"}, value.Hole{}), "c", value.NewSet(&value.Function{})), []ungapcodec.Option{plain},
			`[[2,[[1,2],[5,6]]],[0,"b"],[1,[3,4]],[0,null],[-1],[0,"c"],[6,[]]]`},
		{"floats-plain", value.NewTypedArray([]float64{0, negativeZero.(float64), rows()["inf"].want.(float64)}), []ungapcodec.Option{plain}, `[["Float64Array",[0,0,null]]]`},
		{"proto-14", object("__proto__", 1.0), []ungapcodec.Option{p14}, `[[2,[[1,2]]],[0,"__proto__"],[0,1]]`},
		{"proto-in-map", value.NewMap(value.Entry{Key: "__proto__", Value: 1.0}), nil, `[[5,[[1,2]]],[0,"__proto__"],[0,1]]`},
	}
	for _, tt := range tests {
		if got := encode(t, tt.v, tt.options...); got != tt.want {
			t.Errorf("%s: Encode = %s, want %s", tt.name, got, tt.want)
		}
	}
}
