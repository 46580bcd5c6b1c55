package wiretest

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/core"
)

// lost are the vectors that the package itself writes without what they held: it turns NaN, the
// infinities and -0 of float arrays into null and 0, and reads null as 0.
var lost = map[string]string{
	"Float32Array": `{"$type":"arraybuffer","subtype":"Float32Array","data":[1.5,0.10000000149011612,0,0,0]}`,
	"Float64Array": `{"$type":"arraybuffer","subtype":"Float64Array","data":[0.1,0,0,0]}`,
}

// document is a vector's wire form in its two parts.
type document struct{ JSON, Meta json.RawMessage }

// readVectors returns what the package writes, by the names of the vectors.
func readVectors(t *testing.T) map[string]document {
	t.Helper()
	data, err := os.ReadFile("../../codecs/lmzcodec/testdata/lmz-0.26.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors map[string]struct{ Wire string }
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	documents := map[string]document{}
	for name, v := range vectors {
		if v.Wire == "" {
			continue // what the package refuses to write
		}
		var d document
		if err := json.Unmarshal([]byte(v.Wire), &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		documents[name] = d
	}
	if len(documents) < 100 {
		t.Fatalf("%d vectors, want more than 100", len(documents))
	}
	return documents
}

// TestVectorsThroughEcho sends every vector of the codec as an argument, and wants the same bytes as the
// result: from the frame into a Go value, through a method, and back.
func TestVectorsThroughEcho(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	for name, v := range readVectors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := string(v.JSON)
			if w, ok := lost[name]; ok {
				want = w
			}
			p := connect(t, addr, "/__rpc/EXAMPLE_DO/vectors/call")
			frame := `{"json":{"type":"__rpc","batch":[{"id":"v","operations":[{"type":"get","key":"echo"},{"type":"apply","args":[` +
				string(v.JSON) + `]}]}]},"meta":` + string(v.Meta) + `}`
			if err := p.write(opText, frame); err != nil {
				t.Fatal(err)
			}
			got, err := p.readText()
			if err != nil {
				t.Fatal(err)
			}
			if reply := `{"json":{"type":"__rpc","batch":[{"id":"v","success":true,"result":` + want + `}]},"meta":` + string(v.Meta) + `}`; got != reply {
				t.Errorf("got  %s\nwant %s", got, reply)
			}
		})
	}
}

// TestVectorsThroughClient answers a call with every vector and wants the same bytes as the argument of the
// next call: from the frame into a Go value, and back.
func TestVectorsThroughClient(t *testing.T) {
	t.Parallel()
	for name, v := range readVectors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			back := string(v.JSON)
			if w, ok := lost[name]; ok {
				back = w
			}
			frame := func(item, meta string) json.RawMessage {
				return json.RawMessage(`{"json":{"type":"__rpc","batch":[` + item + `]},"meta":` + meta + `}`)
			}
			c := clientCase{Name: name, Clause: "V-1", Steps: []clientStep{
				{Accept: &handshake{Path: "/__rpc/EXAMPLE_DO/x/call", Offered: []string{"lumenize.rpc", "lumenize.rpc.clientId.user-1"}}},
				{Expect: frame(`{"id":"<a:id>","operations":[{"type":"get","key":"make"},{"type":"apply","args":[]}]}`, `{}`)},
				{Send: frame(`{"id":"<a>","success":true,"result":`+string(v.JSON)+`}`, string(v.Meta))},
				{Expect: frame(`{"id":"<b:id>","operations":[{"type":"get","key":"take"},{"type":"apply","args":[`+back+`]}]}`, string(v.Meta))},
				{Send: frame(`{"id":"<b>","success":true,"result":null}`, `{}`)},
			}}
			synctest.Test(t, func(t *testing.T) { runClientCase(t, c, takeWhatWasMade) })
		})
	}
}

func takeWhatWasMade(ctx context.Context, t *testing.T, s *session) {
	t.Helper()
	made, err := core.Call[any](ctx, s.client, "make")
	if err != nil {
		t.Fatal(err)
	}
	got, err := core.Call[any](ctx, s.client, "take", made)
	same(t, got, err, nil)
}
