package codectest

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// failer is a test, of whichever package.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Told is what a walk tells of v, labels included: two graphs are the same, shared
// parts and cycles too, when the same is told of both.
func Told(t failer, v any) string {
	t.Helper()
	var r recorder
	if err := clone.Walk(v, &r, clone.EncodeOptions{}); err != nil {
		t.Fatalf("Walk(%v) = %v", v, err)
	}
	return r.b.String()
}

type recorder struct{ b strings.Builder }

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
func (r *recorder) Date(ms float64)      { r.say("date(%v)", ms) }
func (r *recorder) RegExp(s, f string)   { r.say("regexp(%q,%q)", s, f) }
func (r *recorder) URL(h string)         { r.say("url(%q)", h) }
func (r *recorder) Function(n string)    { r.say("function(%q)", n) }
func (r *recorder) Boxed()               { r.say("boxed") }
func (r *recorder) ArrayBuffer(b []byte) { r.say("buffer(%x)", b) }
func (r *recorder) View(v clone.View) {
	r.say("view(%d,%d,%d,%d,%d,%v,%x)", v.Kind, v.Elem, v.Offset, v.Length, v.BufferID, v.Seen, v.Buffer)
}
func (r *recorder) Headers(h []value.HeaderEntry) { r.say("headers(%q)", h) }
func (r *recorder) BeginArray(n int)              { r.say("array(%d", n) }
func (r *recorder) BeginObject(n int)             { r.say("object(%d", n) }
func (r *recorder) BeginMap(n int)                { r.say("map(%d", n) }
func (r *recorder) BeginSet(n int)                { r.say("set(%d", n) }
func (r *recorder) BeginError(name, message string, stack *string, n int) {
	text := "none"
	if stack != nil {
		text = fmt.Sprintf("%q", *stack)
	}
	r.say("error(%q,%q,%s,%d", name, message, text, n)
}
func (r *recorder) BeginRequest(u, m string)           { r.say("request(%q,%q", u, m) }
func (r *recorder) BeginResponse(status int, t string) { r.say("response(%d,%q", status, t) }
func (r *recorder) Key(k string)                       { r.say("%q:", k) }
func (r *recorder) End()                               { r.say(")") }
func (r *recorder) Err() error                         { return nil }
