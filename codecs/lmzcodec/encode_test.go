package lmzcodec_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestCodec_Identity(t *testing.T) {
	t.Parallel()
	var c core.Codec = lmzcodec.New()
	if c.Name() != "lmz" || c.Binary() {
		t.Errorf("Name, Binary = %q, %v, want lmz, false", c.Name(), c.Binary())
	}
}

// TestEncode covers what the vectors cannot show: Go types, boxed oddities, buffers
// that are referred to by themselves, and the two forms of a body.
func TestEncode(t *testing.T) {
	t.Parallel()
	buffer := &value.ArrayBuffer{Bytes: []byte{1, 2}}
	viewOf := &value.TypedArray{Kind: value.Uint8, Buffer: buffer, Offset: 1, Length: 1}
	inner := object("x", 1.0)
	const req = `{"$type":"request-sync","data":{"url":"a:b","method":"PUT","headers":{"$type":"headers","entries":[]},`
	body := func(v any) *value.Request { return request("a:b", "PUT", nil, v) }
	nested := body(body(value.NewSet(1.0)))
	tests := []struct {
		name string
		v    any
		want string // the json, or all from json on when it has a meta of its own
	}{
		{"struct", struct {
			ID   int    `json:"id"`
			Name string `json:"name,omitempty"`
			Deep []int
		}{1, "a", nil}, `{"id":1,"name":"a","Deep":null}`},
		{"dollar-keys", map[string]any{"$": 1}, `{"$$":1}`},
		{"dollar-prop", errorAs("E", "m", "", "$k", 1.0), `{"$type":"error","name":"E","message":"m","$$k":1}`},
		{"error-without-name", &value.Error{Message: "m", Stack: new("")}, `{"$type":"error","name":"Error","message":"m"}`},
		{"error-undefined-cause", errorAs("E", "", "", "cause", value.Undefined{}), `{"$type":"error","name":"E","message":"","cause":{"$type":"undefined"}}`},
		{"go-error", errors.New("boom"), `{"$type":"error","name":"Error","message":"boom"}`},
		{"function-without-name", &value.Function{}, `{"$type":"function","name":"anonymous"}`},
		{"boxed-infinity", &value.Boxed{Value: math.Inf(-1)}, `{"$type":"number-object","value":"-Infinity"}`},
		{"boxed-negative-zero", &value.Boxed{Value: math.Copysign(0, -1)}, `{"$type":"number-object","value":"-0"}`},
		{"boxed-true", []any{&value.Boxed{Value: true}, true}, `[{"$type":"boolean-object","value":true},true]`},
		{"boxed-in-map", value.NewMap(value.Entry{Key: &value.Boxed{Value: big.NewInt(1)}, Value: &value.Boxed{Value: "s"}}),
			`{"$type":"map","entries":[[{"$type":"bigint-object","value":"1"},{"$type":"string-object","value":"s"}]]}`},
		{"bytes", []byte("hi"), `{"$type":"arraybuffer","subtype":"Uint8Array","data":[104,105]}`},
		{"view-then-buffer", array(viewOf, buffer), `[{"$type":"arraybuffer","subtype":"Uint8Array","data":[2]},{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[1,2]}]`},
		{"view-then-buffers", array(viewOf, buffer, buffer),
			`[{"$type":"arraybuffer","subtype":"Uint8Array","data":[2]},{"$ref":0},{"$ref":0}],"meta":{"aliases":{"0":{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[1,2]}}}}`},
		{"buffer-then-view", array(buffer, viewOf), `[{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[1,2]},{"$type":"arraybuffer","subtype":"Uint8Array","data":[2]}]`},
		{"set-elements", value.NewSet(1.0, value.Undefined{}), `{"$type":"set","values":[1,{"$type":"undefined"}]}`},

		{"body-undefined", body(value.Undefined{}), req + `"body":null,"$body":{"$type":"undefined"}}}`},
		{"body-dollar", body(object("$a", array(object("$$b", 1.0)), "c", "d")), req + `"body":{"$a":[{"$$b":1}],"c":"d"}}}`},
		{"body-plain-forms", body(object("f", &value.Function{Name: "f"}, "u", value.Undefined{}, "n", 1.0, "z", math.Copysign(0, -1), "url", &value.URL{Href: "c:d"},
			"b", &value.Boxed{Value: true}, "nan", &value.Boxed{Value: math.NaN()}, "big", big.NewInt(5), "inv", value.InvalidDate(), "a", array(value.Undefined{}, value.Hole{}))),
			req + `"body":{"n":1,"z":0,"url":"c:d","b":true,"nan":null,"big":"5","inv":null,"a":[null,null]},` +
				`"$body":{"f":{"$type":"function","name":"f"},"u":{"$type":"undefined"},"n":1,"z":{"$type":"number-special","value":"-0"},"url":{"$type":"url","href":"c:d"},` +
				`"b":{"$type":"boolean-object","value":true},"nan":{"$type":"number-object","value":"NaN"},"big":{"$type":"bigint","value":"5"},"inv":{"$type":"date","iso":""},` +
				`"a":[{"$type":"undefined"},{"$type":"undefined","hole":true}]}}}`},
		{"body-nested", nested, req + `"body":{},"$body":` + req + `"body":{},"$body":{"$type":"set","values":[1]}}}}}`},
		{"body-shared-within", body(array(inner, inner)),
			req + `"body":[{"x":1},null],"$body":[{"$ref":0},{"$ref":0}]}},"meta":{"aliases":{"0":{"x":1}}}}`},
		{"body-shared-outside", array(body(inner), inner),
			`[` + req + `"body":{"x":1},"$body":{"$ref":0}}},{"$ref":0}],"meta":{"aliases":{"0":{"x":1}}}}`},
		{"body-shared-before", array(inner, body(inner)),
			`[{"$ref":0},` + req + `"body":null,"$body":{"$ref":0}}}],"meta":{"aliases":{"0":{"x":1}}}}`},
		{"response-body", response(404, "No", headers("a", "1"), body(1.0)),
			`{"$type":"response-sync","data":{"status":404,"statusText":"No","headers":{"$type":"headers","entries":[["a","1"]]},"body":{},"$body":` + req + `"body":1}}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := `{"json":` + tt.want
			if !strings.Contains(want, `"meta"`) {
				want += `,"meta":{}}`
			}
			wantEncoded(t, tt.v, want)
			wantEncoded(t, decode(t, want), want)
		})
	}
}

// TestEncode_Nodes: what was received can be sent on, within other values.
func TestEncode_Nodes(t *testing.T) {
	t.Parallel()
	c := lmzcodec.New()
	d, err := c.Parse([]byte(`{"json":{"a":{"$ref":0},"b":{"$ref":0},"c":[{"$type":"date","iso":"1970-01-01T00:00:00.000Z"}]},"meta":{"aliases":{"0":{"self":{"$ref":0}}}}}`), clone.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root := d.Root()
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"part", root.Key("c"), `{"json":[{"$type":"date","iso":"1970-01-01T00:00:00.000Z"}],"meta":{}}`},
		{"two-of-one-document", []any{root.Key("a"), root.Key("b")}, `{"json":[{"$ref":0},{"$ref":0}],"meta":{"aliases":{"0":{"self":{"$ref":0}}}}}`},
		{"among-others", map[string]any{"x": root.Key("c")}, `{"json":{"x":[{"$type":"date","iso":"1970-01-01T00:00:00.000Z"}]},"meta":{}}`},
	}
	for _, tt := range tests {
		if got, err := c.Encode(nil, tt.v, clone.EncodeOptions{}); err != nil || string(got) != tt.want {
			t.Errorf("%s: Encode = %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
	if _, err := c.Encode(nil, clone.Node{}, clone.EncodeOptions{}); fault.CodeOf(err) != fault.CodeUnencodable {
		t.Errorf("Encode of the zero Node = %v, want code unencodable", err)
	}
}

func TestEncode_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		v    any
		code fault.Code
		says string
	}{
		{"proto-key", map[string]int{"__proto__": 1}, fault.CodeUnencodable, "__proto__"},
		{"proto-prop", errorAs("E", "", "", "__proto__", 1.0), fault.CodeUnencodable, "__proto__"},
		{"prop-name", errorAs("E", "", "", "name", 1.0), fault.CodeUnencodable, `"name"`},
		{"prop-stack", errorAs("E", "", "", "stack", 1.0), fault.CodeUnencodable, `"stack"`},
		{"relative-url", &value.URL{Href: "/x"}, fault.CodeUnencodable, "not absolute"},
		{"empty-url", &value.URL{}, fault.CodeUnencodable, "not absolute"},
		{"request-url", request("x", "GET", nil, nil), fault.CodeUnencodable, "no request"},
		{"request-method", request("a:b", "G T", nil, nil), fault.CodeUnencodable, "no request"},
		{"request-connect", request("a:b", "connect", nil, nil), fault.CodeUnencodable, "no request"},
		{"response-status", response(0, "", nil, nil), fault.CodeUnencodable, "status 0"},
		{"channel", make(chan int), fault.CodeUnencodable, "chan int"},
		{"too-large", strings.Repeat("a", 1<<20), fault.CodeLimit, "MessageBytes"},
		{"too-many-large", [][]byte{make([]byte, 1<<20)}, fault.CodeLimit, "MessageBytes"},
	}
	c := lmzcodec.New()
	for _, tt := range tests {
		dst := []byte("kept")
		got, err := c.Encode(dst, tt.v, clone.EncodeOptions{})
		if fault.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: Encode = %v, want %s: ... %q", tt.name, err, tt.code, tt.says)
		}
		if !bytes.Equal(got, dst) {
			t.Errorf("%s: Encode returns %.20q with its error, want dst as it was", tt.name, got)
		}
	}
}

// TestEncode_Appends: dst stays in front, whether or not the document is put together anew.
func TestEncode_Appends(t *testing.T) {
	t.Parallel()
	s := map[string]any{}
	for _, tt := range []struct {
		v    any
		want string
	}{
		{1, `x{"json":1,"meta":{}}`},
		{[]any{s, s}, `x{"json":[{"$ref":0},{"$ref":0}],"meta":{"aliases":{"0":{}}}}`},
	} {
		got, err := lmzcodec.New().Encode([]byte("x"), tt.v, clone.EncodeOptions{})
		if err != nil || string(got) != tt.want {
			t.Errorf("Encode(x, %v) = %s, %v, want %s", tt.v, got, err, tt.want)
		}
	}
}

// TestEncode_Allocations: a warm encoder of plain structs allocates nothing, and one of
// generic values nothing of its own.
func TestEncode_Allocations(t *testing.T) {
	c := lmzcodec.New()
	dst := make([]byte, 0, 4096)
	for _, tt := range []struct {
		name string
		v    any
	}{
		{"struct", &small},
		{"generic", map[string]any{"a": []any{1.5, "text", true, nil}, "b": map[string]any{"c": 1}}},
	} {
		encode := func() {
			if _, err := c.Encode(dst, tt.v, clone.EncodeOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		encode()
		if n := testing.AllocsPerRun(200, encode); n > 0.5 && !raceEnabled {
			t.Errorf("%s: %v allocations, want none", tt.name, n)
		}
	}
}
