package ungapcodec_test

import (
	"testing"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// frame14 is what a client of Lumenize RPC 0.14.1 sends for add(1, 2).
const frame14 = `[[2,[[1,2],[3,4]]],[0,"type"],[0,"__rpc"],[0,"batch"],[1,[5]],[2,[[6,7],[8,9]]],[0,"id"],[0,"1795401148983-0"],[0,"operations"],[1,[10,14]],[2,[[1,11],[12,13]]],` +
	`[0,"get"],[0,"key"],[0,"add"],[2,[[1,15],[16,17]]],[0,"apply"],[0,"args"],[1,[18,19]],[0,1],[0,2]]`

func TestFrame14(t *testing.T) {
	t.Parallel()
	want := object("type", "__rpc", "batch", array(object("id", "1795401148983-0", "operations",
		array(object("type", "get", "key", "add"), object("type", "apply", "args", array(1.0, 2.0))))))
	wantDecoded(t, frame14, want)
	if got := encode(t, want); got != frame14 {
		t.Errorf("Encode = %s\nwant %s", got, frame14)
	}
}

// TestMarkers: an object is what it marks in exactly the shape of 0.14, in any order of
// its members, and stays an object in any other.
func TestMarkers(t *testing.T) {
	t.Parallel()
	mark := func(name string, more ...any) *value.Object {
		return object(append([]any{"__is" + name, true}, more...)...)
	}
	list := array(array("a", "1"))
	h := mark("SerializedHeaders", "entries", array())
	req := func(more ...any) *value.Object {
		return mark("SerializedRequest", append([]any{"method", "GET", "url", "a:b", "headers", h}, more...)...)
	}
	res := func(more ...any) *value.Object {
		return mark("SerializedResponse", append([]any{"status", 200.0, "statusText", "", "headers", h}, more...)...)
	}
	full := []any{"redirect", "error", "integrity", "x", "keepalive", true, "signal", nil}
	inf := rows()["inf"].want
	for _, tt := range []struct {
		name string
		data *value.Object
		want any // nil: data as it is
	}{
		{"number", mark("SpecialNumber", "value", "Infinity"), inf},
		{"number-reordered", object("value", "Infinity", "__isSpecialNumber", true), inf},
		{"number-finite", mark("SpecialNumber", "value", "1"), nil},
		{"number-of-number", mark("SpecialNumber", "value", 1.0), nil},
		{"number-without", mark("SpecialNumber"), nil},
		{"number-and-more", mark("SpecialNumber", "value", "NaN", "x", 1.0), nil},
		{"number-false", object("__isSpecialNumber", false, "value", "NaN"), nil},
		{"two-markers", mark("SpecialNumber", "value", "NaN", "__isSerializedURL", true), nil},
		{"unknown-marker", mark("Blob", "value", "NaN"), nil},
		{"remote-function", mark("RemoteFunction", "__operationChain", array(), "__functionName", "f"), nil},
		{"error", mark("SerializedError", "name", "E", "message", "m"), value.NewError("E", "m")},
		{"error-stack-undefined", mark("SerializedError", "name", "E", "stack", value.Undefined{}, "message", "m"), value.NewError("E", "m")},
		{"error-props", object("a", 1.0, "name", "E", "message", "m", "__isSerializedError", true, "stack", "s", "cause", mark("SerializedError", "name", "F", "message", "")),
			errorAs("E", "m", "s", "a", 1.0, "cause", value.NewError("F", ""))},
		{"error-stack-null", mark("SerializedError", "name", "E", "message", "m", "stack", nil), nil},
		{"error-name-number", mark("SerializedError", "name", 1.0, "message", "m"), nil},
		{"error-no-message", mark("SerializedError", "name", "E"), nil},
		{"url", mark("SerializedURL", "href", "a:b"), &value.URL{Href: "a:b"}},
		{"url-relative", mark("SerializedURL", "href", "/b"), nil},
		{"url-and-more", mark("SerializedURL", "href", "a:b", "x", 1.0), nil},
		{"headers", mark("SerializedHeaders", "entries", list), headers("a", "1")},
		{"headers-object", mark("SerializedHeaders", "entries", object()), nil},
		{"headers-flat", mark("SerializedHeaders", "entries", array("a", "1")), nil},
		{"headers-one", mark("SerializedHeaders", "entries", array(array("a"))), nil},
		{"headers-number", mark("SerializedHeaders", "entries", array(array("a", 1.0))), nil},
		{"headers-name", mark("SerializedHeaders", "entries", array(array("a b", "1"))), nil},
		{"headers-injection", mark("SerializedHeaders", "entries", array(array("a", "1\r\nb: 2"))), nil},
		{"request", req(), request("a:b", "GET", headers(), nil)},
		{"request-full", req(full...), request("a:b", "GET", headers(), nil)},
		{"request-text", req(append(full, "body", "t", "bodyType", "text")...), request("a:b", "GET", headers(), "t")},
		{"request-text-number", req("body", 1.0, "bodyType", "text"), nil},
		{"request-untyped-body", req("body", "t"), nil},
		{"request-unknown-body", req("body", "t", "bodyType", "stream"), nil},
		{"request-binary-text", req("body", "t", "bodyType", "binary"), nil},
		{"request-no-value", req("bodyType", "value"), nil},
		{"request-value", object("bodyValue", 1.0, "bodyType", "value", "headers", h, "__isSerializedRequest", true, "url", "a:b", "method", "GET"), request("a:b", "GET", headers(), 1.0)},
		{"request-and-more", req("cache", "x"), nil},
		{"request-signal", req("signal", 1.0), nil},
		{"request-url", mark("SerializedRequest", "method", "GET", "url", "/b", "headers", h), nil},
		{"request-method", mark("SerializedRequest", "method", "TRACE", "url", "a:b", "headers", h), nil},
		{"request-headers", mark("SerializedRequest", "method", "GET", "url", "a:b", "headers", object()), nil},
		{"response", res(), response(200, "", headers(), nil)},
		{"response-full", res("ok", true, "redirected", false, "type", "default", "url", ""), response(200, "", headers(), nil)},
		{"response-ok", res("ok", 1.0), nil},
		{"response-status", mark("SerializedResponse", "status", 99.0, "statusText", "", "headers", h), nil},
		{"response-fraction", mark("SerializedResponse", "status", 200.5, "statusText", "", "headers", h), nil},
	} {
		wire := encode(t, tt.data)
		want := tt.want
		// What an object holds may be marked all the same.
		plain := decode(t, wire, ungapcodec.Plain())
		if got, want := codectest.Told(t, plain), codectest.Told(t, tt.data); got != want {
			t.Errorf("%s: Plain decodes %s to\n     %s\nwant %s", tt.name, wire, got, want)
		}
		if want != nil {
			wantDecoded(t, wire, want)
		} else if _, ok := decode(t, wire).(*value.Object); !ok {
			t.Errorf("%s: %s decodes to a %T, want an object", tt.name, wire, decode(t, wire))
		}
	}
}

// TestMarkers_Shared: records of markers can be parts of other values, too.
func TestMarkers_Shared(t *testing.T) {
	t.Parallel()
	entries := array(array("a", "1"))
	h := object("__isSerializedHeaders", true, "entries", entries)
	wire := encode(t, array(h, entries, h, entries, object("__isSerializedHeaders", true, "entries", entries)))
	want := headers("a", "1")
	wantDecoded(t, wire, array(want, entries, want, entries, headers("a", "1")))

	nan := object("__isSpecialNumber", true, "value", "NaN")
	v := decode(t, encode(t, array(nan, nan)))
	if got, want := codectest.Told(t, v), codectest.Told(t, array(rows()["nan"].want, rows()["nan"].want)); got != want {
		t.Errorf("a number marked once, and referred to twice, is %s, want %s", got, want)
	}
}

// TestParse_Twice: an error's marker with a key twice stays an object, in which it is refused.
func TestParse_Twice(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"1", "3", "5", "7"} {
		wire := `[[2,[[1,2],[3,2],[5,2],[7,8],[` + key + `,2]]],[0,"name"],[0,""],[0,"message"],[0,1],[0,"stack"],[0,2],[0,"__isSerializedError"],[0,true]]`
		if d, err := ungapcodec.New().Parse([]byte(wire), clone.ParseOptions{}); err == nil {
			t.Errorf("Parse(%s) = %v, want an error", wire, d.Root().Kind())
		}
	}
}
