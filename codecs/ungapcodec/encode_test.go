package ungapcodec_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestCodec_Identity(t *testing.T) {
	t.Parallel()
	var c core.Codec = ungapcodec.New()
	if c.Name() != "ungap" || c.Binary() {
		t.Errorf("Name, Binary = %q, %v, want ungap, false", c.Name(), c.Binary())
	}
}

// TestEncode covers what the vectors cannot show: Go types, buffers that are referred to by
// themselves, and bodies.
func TestEncode(t *testing.T) {
	t.Parallel()
	buffer := &value.ArrayBuffer{Bytes: []byte{1, 2}}
	viewOf := &value.TypedArray{Kind: value.Uint8, Buffer: buffer, Offset: 1, Length: 1}
	dataOf := &value.DataView{Buffer: buffer, Offset: 1, Length: 1}
	body := func(v any) *value.Request { return request("a:b", "PUT", headers(), v) }
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"struct", struct {
			ID   int    `json:"id"`
			Name string `json:"name,omitempty"`
			Deep []int
		}{1, "a", nil}, `[[2,[[1,2],[3,4],[5,6]]],[0,"id"],[0,1],[0,"name"],[0,"a"],[0,"Deep"],[0,null]]`},
		{"memo", []any{1, "1", int64(1), true, nil, "1", true, nil, uint64(1 << 60), int64(1 << 60)}, `[[1,[1,2,1,3,4,2,3,4,5,5]],[0,1],[0,"1"],[0,true],[0,null],[8,"1152921504606846976"]]`},
		{"key-is-value", map[string]any{"a": "a"}, `[[2,[[1,1]]],[0,"a"]]`},
		{"go-error", errors.New("boom"), `[[2,[[1,2],[3,4],[5,6]]],[0,"name"],[0,"Error"],[0,"message"],[0,"boom"],[0,"__isSerializedError"],[0,true]]`},
		{"boxed", array(&value.Boxed{Value: true}, &value.Boxed{Value: "s"}, true), `[[1,[1,2,3]],["Boolean",true],["String","s"],[0,true]]`},
		{"bytes", []byte("hi"), `[["Uint8Array",[104,105]]]`},
		{"part-of-a-buffer", viewOf, `[["Uint8Array",[2]]]`},
		{"view-then-buffer", array(viewOf, buffer), `[[1,[1,2]],["Uint8Array",[2],1,2],["ArrayBuffer",[1,2]]]`},
		{"buffer-then-views", array(buffer, viewOf, dataOf, buffer), `[[1,[1,2,3,1]],["ArrayBuffer",[1,2]],["Uint8Array",[2],1,1],["DataView",[1,2],1,1,1]]`},
		{"dataview-of-all", &value.DataView{Buffer: buffer, Length: 2}, `[["DataView",[1,2]]]`},
		{"holes-and-undefined", array(value.Undefined{}, value.Hole{}, array(value.Hole{}), array(value.Undefined{})), `[[1,[1,2,3,4],2],[-1],[-1],[1,[2],2],[1,[1]]]`},
		{"strings-with-escapes", array("\"\n", "\"\n"), `[[1,[1,1]],[0,"\"\n"]]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := encode(t, tt.v); got != tt.want {
				t.Errorf("Encode = %s\nwant %s", got, tt.want)
			}
			if got := encode(t, decode(t, tt.want)); got != tt.want {
				t.Errorf("Encode of what was decoded = %s\nwant %s", got, tt.want)
			}
		})
	}
	for _, v := range map[string]any{
		"none": nil, "text": "t", "empty": "", "bytes": buffer, "view": dataOf, "undefined": value.Undefined{}, "object": object("x", body("t")), "number": 1.0, "nan": rows()["nan"].want,
	} {
		for _, m := range []any{body(v), array(body(v), response(404, "No", headers("a", "1"), v), v)} {
			wantDecoded(t, encode(t, m), m)
		}
	}
	for _, m := range []any{request("a:b", "get", headers(), "t"), request("a:b", "HEAD", headers(), buffer), response(204, "", headers(), "t"), response(304, "", headers(), buffer)} {
		wire := encode(t, m)
		if strings.Contains(wire, `"body"`) {
			t.Errorf("%s has a body at which JavaScript throws", wire)
		}
		wantDecoded(t, wire, m)
	}
	self := body(nil)
	self.Body = self
	wantDecoded(t, encode(t, self), self)
}

// TestEncode_Nodes: what was received can be sent on, within other values.
func TestEncode_Nodes(t *testing.T) {
	t.Parallel()
	c := ungapcodec.New()
	d, err := c.Parse([]byte(`[[2,[[1,2],[3,2],[4,5]]],[0,"a"],[2,[[1,2]]],[0,"b"],[0,"c"],[1,[6]],[3,""]]`), clone.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root := d.Root()
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"part", root.Key("c"), `[[1,[1]],[3,""]]`},
		{"two-of-one-document", []any{root.Key("a"), root.Key("b")}, `[[1,[1,1]],[2,[[2,1]]],[0,"a"]]`},
		{"among-others", map[string]any{"x": root.Key("c")}, `[[2,[[1,2]]],[0,"x"],[1,[3]],[3,""]]`},
	} {
		if got, err := c.Encode(nil, tt.v, clone.EncodeOptions{}); err != nil || string(got) != tt.want {
			t.Errorf("%s: Encode = %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
}

func TestEncode_Refuses(t *testing.T) {
	t.Parallel()
	p14, plain := ungapcodec.Profile14(), ungapcodec.Plain()
	tests := []struct {
		name    string
		v       any
		code    fault.Code
		says    string
		options []ungapcodec.Option
	}{
		{"proto-key", map[string]int{"__proto__": 1}, fault.CodeUnencodable, "__proto__", nil},
		{"proto-prop", errorAs("E", "", "", "__proto__", 1.0), fault.CodeUnencodable, "__proto__", []ungapcodec.Option{p14}},
		{"prop-name", errorAs("E", "", "", "name", 1.0), fault.CodeUnencodable, `"name"`, nil},
		{"prop-stack", errorAs("E", "", "", "stack", 1.0), fault.CodeUnencodable, `"stack"`, nil},
		{"prop-marker", errorAs("E", "", "", "__isSerializedError", 1.0), fault.CodeUnencodable, "__isSerializedError", nil},
		{"relative-url", &value.URL{Href: "/x"}, fault.CodeUnencodable, "not absolute", nil},
		{"empty-url", &value.URL{}, fault.CodeUnencodable, "not absolute", nil},
		{"request-url", request("x", "GET", nil, nil), fault.CodeUnencodable, "no request", nil},
		{"request-method", request("a:b", "G T", nil, nil), fault.CodeUnencodable, "no request", nil},
		{"request-connect", request("a:b", "connect", nil, nil), fault.CodeUnencodable, "no request", nil},
		{"response-status", response(0, "", nil, nil), fault.CodeUnencodable, "status 0", nil},
		{"channel", make(chan int), fault.CodeUnencodable, "chan int", nil},
		{"too-large", strings.Repeat("a", 1<<20), fault.CodeLimit, "MessageBytes", nil},
		{"just-too-large", strings.Repeat("\n", 1<<19), fault.CodeLimit, "MessageBytes", nil},
		{"too-large-by-its-end", strings.Repeat("a", 1<<20-7), fault.CodeLimit, "MessageBytes", nil},
		{"too-many-large", [][]byte{make([]byte, 1<<20)}, fault.CodeLimit, "MessageBytes", nil},
		{"too-much-text", repeated(strings.Repeat("a", 1<<10), 10_000), fault.CodeLimit, "MessageBytes", nil},
		{"plain-headers", headers(), fault.CodeUnencodable, "Headers", []ungapcodec.Option{plain}},
		{"plain-response", response(200, "", nil, nil), fault.CodeUnencodable, "a Response", []ungapcodec.Option{plain}},
		{"plain-props", errorAs("E", "", "", "a", 1.0), fault.CodeUnencodable, "own properties", []ungapcodec.Option{plain}},
		{"plain-bigints", value.NewTypedArray([]int64{1}), fault.CodeUnencodable, "BigInt64Array", []ungapcodec.Option{plain}},
		{"plain-function-in-map", value.NewMap(value.Entry{Key: 1.0, Value: &value.Function{Name: "f"}}), fault.CodeUnencodable, "function", []ungapcodec.Option{plain}},
	}
	for _, tt := range tests {
		dst := []byte("kept")
		got, err := ungapcodec.New(tt.options...).Encode(dst, tt.v, clone.EncodeOptions{})
		if fault.CodeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.says) {
			t.Errorf("%s: Encode = %v, want %s: ... %q", tt.name, err, tt.code, tt.says)
		}
		if !bytes.Equal(got, dst) {
			t.Errorf("%s: Encode returns %.20q with its error, want dst as it was", tt.name, got)
		}
	}
	if got := encode(t, strings.Repeat("a", 1<<20-8)); len(got) != 1<<20 {
		t.Errorf("Encode gives %d bytes, want all that are allowed", len(got))
	}
}

func repeated(v any, n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = v
	}
	return all
}

// TestEncode_ManyPrimitives: the table of primitives grows, and the next document begins with an empty one.
func TestEncode_ManyPrimitives(t *testing.T) {
	t.Parallel()
	const n = 7000
	var list []any
	var places, records strings.Builder
	for i := range n {
		list = append(list, i, fmt.Sprint(i))
		fmt.Fprintf(&places, "%d,%d,", 2*i+1, 2*i+2)
		fmt.Fprintf(&records, `,[0,%d],[0,"%d"]`, i, i)
	}
	all := strings.TrimSuffix(places.String(), ",")
	want := `[[1,[` + all + `,` + all + `]]` + records.String() + `]`
	for range 3 {
		if got := encode(t, append(list, list...)); got != want {
			t.Fatalf("Encode gives %d bytes, want %d", len(got), len(want))
		}
		if got := encode(t, "7"); got != `[[0,"7"]]` {
			t.Fatalf("then Encode = %s", got)
		}
	}
}

// TestEncode_Appends: dst stays in front.
func TestEncode_Appends(t *testing.T) {
	t.Parallel()
	s := map[string]any{}
	got, err := ungapcodec.New().Encode([]byte("x"), []any{s, s, 1}, clone.EncodeOptions{})
	if want := `x[[1,[1,1,2]],[2,[]],[0,1]]`; err != nil || string(got) != want {
		t.Errorf("Encode = %s, %v, want %s", got, err, want)
	}
}

// TestEncode_Allocations: a warm encoder allocates nothing of its own.
func TestEncode_Allocations(t *testing.T) {
	c := ungapcodec.New()
	dst := make([]byte, 0, 4096)
	for _, tt := range []struct {
		name string
		v    any
	}{
		{"struct", &small},
		{"generic", map[string]any{"a": []any{1.5, "text that is longer than thirty-two bytes", true, nil}, "b": map[string]any{"c": 1}}},
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

// TestCodec_Concurrent: one codec serves any number of goroutines.
func TestCodec_Concurrent(t *testing.T) {
	t.Parallel()
	c := ungapcodec.New()
	ours := readOurs(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for name, wire := range ours {
				d, err := c.Parse([]byte(wire), clone.ParseOptions{})
				if err != nil {
					t.Errorf("%s: Parse = %v", name, err)
					return
				}
				if got, err := c.Encode(nil, d.Root(), clone.EncodeOptions{}); err != nil || string(got) != wire {
					t.Errorf("%s: Encode = %s, %v, want %s", name, got, err, wire)
				}
				d.Release()
			}
		})
	}
	wg.Wait()
}
