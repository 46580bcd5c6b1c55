package clone_test

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// recorder writes events down, one word each.
type recorder struct {
	b   strings.Builder
	err error
}

func record(v any, o clone.EncodeOptions) (string, error) {
	var r recorder
	err := clone.Walk(v, &r, o)
	return strings.TrimSpace(r.b.String()), err
}

func (r *recorder) say(format string, args ...any) { fmt.Fprintf(&r.b, format+" ", args...) }

func (r *recorder) Label(id int)         { r.say("#%d", id) }
func (r *recorder) Ref(id int)           { r.say("@%d", id) }
func (r *recorder) Undefined()           { r.say("undefined") }
func (r *recorder) Null()                { r.say("null") }
func (r *recorder) Hole()                { r.say("hole") }
func (r *recorder) Bool(v bool)          { r.say("%v", v) }
func (r *recorder) Number(v float64)     { r.say("%v", v) }
func (r *recorder) BigInt(v *big.Int)    { r.say("%vn", v) }
func (r *recorder) String(s string)      { r.say("%q", s) }
func (r *recorder) Date(ms float64)      { r.say("date(%.0f)", ms) }
func (r *recorder) RegExp(s, f string)   { r.say("/%s/%s", s, f) }
func (r *recorder) URL(h string)         { r.say("url(%s)", h) }
func (r *recorder) Function(n string)    { r.say("func(%s)", n) }
func (r *recorder) Boxed()               { r.say("boxed") }
func (r *recorder) ArrayBuffer(b []byte) { r.say("buffer(%x)", b) }
func (r *recorder) View(v clone.View) {
	if v.Kind == clone.KindDataView {
		r.say("dataview(%d,%d)", v.Offset, v.Length)
	} else {
		r.say("view%d(%d,%d)", v.Elem, v.Offset, v.Length)
	}
	if v.Seen {
		r.say("@%d", v.BufferID)
	} else {
		r.say("#%d(%x)", v.BufferID, v.Buffer)
	}
}
func (r *recorder) Headers(h []value.HeaderEntry) { r.say("headers%v", h) }
func (r *recorder) BeginArray(n int)              { r.say("[%d", n) }
func (r *recorder) BeginObject(n int)             { r.say("{%d", n) }
func (r *recorder) BeginMap(n int)                { r.say("map{%d", n) }
func (r *recorder) BeginSet(n int)                { r.say("set{%d", n) }
func (r *recorder) BeginError(name, message string, stack *string, n int) {
	r.say("error{%s:%s:%v:%d", name, message, stack != nil, n)
}
func (r *recorder) BeginRequest(url, method string)    { r.say("request{%s:%s", url, method) }
func (r *recorder) BeginResponse(status int, t string) { r.say("response{%d:%s", status, t) }
func (r *recorder) Key(k string)                       { r.say("%s:", k) }
func (r *recorder) End()                               { r.say("}") }
func (r *recorder) Err() error                         { return r.err }
