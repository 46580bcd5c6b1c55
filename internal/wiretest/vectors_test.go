package wiretest

import (
	"encoding/json"
	"os"
	"testing"
)

// lost are the vectors that the package itself writes without what they held: it turns NaN, the
// infinities and -0 of float arrays into null and 0, and reads null as 0.
var lost = map[string]string{
	"Float32Array": `{"$type":"arraybuffer","subtype":"Float32Array","data":[1.5,0.10000000149011612,0,0,0]}`,
	"Float64Array": `{"$type":"arraybuffer","subtype":"Float64Array","data":[0.1,0,0,0]}`,
}

// TestVectorsThroughEcho sends every vector of the codec as an argument, and wants the same bytes as the
// result: from the frame into a Go value, through a method, and back.
func TestVectorsThroughEcho(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../codecs/lmzcodec/testdata/lmz-0.26.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors map[string]struct{ Wire string }
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	addr := startServer(t)
	sent := 0
	for name, v := range vectors {
		if v.Wire == "" {
			continue // what the package refuses to write
		}
		sent++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var document struct{ JSON, Meta json.RawMessage }
			if err := json.Unmarshal([]byte(v.Wire), &document); err != nil {
				t.Fatal(err)
			}
			want := string(document.JSON)
			if w, ok := lost[name]; ok {
				want = w
			}
			p := connect(t, addr, "/__rpc/EXAMPLE_DO/vectors/call")
			frame := `{"json":{"type":"__rpc","batch":[{"id":"v","operations":[{"type":"get","key":"echo"},{"type":"apply","args":[` +
				string(document.JSON) + `]}]}]},"meta":` + string(document.Meta) + `}`
			if err := p.write(opText, frame); err != nil {
				t.Fatal(err)
			}
			got, err := p.readText()
			if err != nil {
				t.Fatal(err)
			}
			if reply := `{"json":{"type":"__rpc","batch":[{"id":"v","success":true,"result":` + want + `}]},"meta":` + string(document.Meta) + `}`; got != reply {
				t.Errorf("got  %s\nwant %s", got, reply)
			}
		})
	}
	if sent < 100 {
		t.Errorf("%d vectors, want more than 100", sent)
	}
}
