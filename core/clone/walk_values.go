package clone

import (
	"math"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"time"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

func encodeUndefined(w *walker, _ unsafe.Pointer) bool {
	w.w.Undefined()
	return w.count()
}

// encodeHole meets a hole outside a value.Array, where there is none.
func encodeHole(w *walker, _ unsafe.Pointer) bool {
	return w.refuse("a hole can only be an element of a value.Array")
}

func encodeTime(w *walker, p unsafe.Pointer) bool {
	t := (*time.Time)(p)
	if s := t.Unix(); s < -value.MaxDate/1000 || s > value.MaxDate/1000 {
		return w.refuse("time %s is out of a Date's range", t.UTC().Format(time.RFC3339))
	}
	return w.date(float64(t.UnixMilli()))
}

func encodeDate(w *walker, p unsafe.Pointer) bool { return w.date((*value.Date)(p).Milliseconds) }

func (w *walker) date(ms float64) bool {
	if math.Abs(ms) > value.MaxDate {
		return w.refuse("%v ms is out of a Date's range", ms)
	}
	w.w.Date(math.Trunc(ms) + 0) // as JavaScript's TimeClip; -0 becomes 0
	return w.count()
}

func encodeURL(w *walker, p unsafe.Pointer) bool {
	u := (*url.URL)(p)
	return w.href(u.String())
}

func encodeValueURL(w *walker, p unsafe.Pointer) bool { return w.href((*value.URL)(p).Href) }

func (w *walker) href(s string) bool {
	if !value.ValidText(s) {
		return w.refuse("a URL is not UTF-8: %+q", shorten(s))
	}
	w.w.URL(s)
	return w.count()
}

func encodeRegExp(w *walker, p unsafe.Pointer) bool {
	r := (*value.RegExp)(p)
	if w.maxSource >= 0 && len(r.Source) > w.maxSource {
		return w.exceed("bytes of a RegExp's source", len(r.Source), w.maxSource, "RegExpSourceBytes")
	}
	if !value.ValidText(r.Source) || !value.ValidText(r.Flags) {
		return w.refuse("a RegExp is not UTF-8")
	}
	if !validFlags(r.Flags) {
		return w.refuse("a RegExp's flags are %+q", shorten(r.Flags))
	}
	w.w.RegExp(r.Source, r.Flags)
	return w.count()
}

func encodeBoxed(w *walker, p unsafe.Pointer) bool {
	switch v := (*value.Boxed)(p).Value.(type) {
	case bool, float64, string:
		w.w.Boxed()
		return w.value(v)
	case *big.Int:
		if v != nil {
			w.w.Boxed()
			return w.bigint(v)
		}
	}
	return w.refuse("a Boxed holds a %T, not a bool, float64, string or *big.Int", (*value.Boxed)(p).Value)
}

func encodeHeaders(w *walker, p unsafe.Pointer) bool { return w.headers((*value.Headers)(p)) }

func (w *walker) headers(h *value.Headers) bool {
	w.w.Headers(h.Entries())
	return w.count()
}

// encodeHTTPHeader writes an http.Header, whose names and values must be what
// the Fetch standard allows.
func encodeHTTPHeader(w *walker, p unsafe.Pointer) bool {
	m := *(*http.Header)(p)
	if m == nil {
		return w.null()
	}
	if w.again(*(*unsafe.Pointer)(p), httpHeaderWord, 0) {
		return w.count()
	}
	var entries []value.HeaderEntry
	for name, values := range m {
		for _, v := range values {
			entries = append(entries, value.HeaderEntry{Name: name, Value: v})
		}
	}
	h, err := value.NewHeaders(entries...)
	if err != nil {
		return w.refuse("%v", err)
	}
	return w.headers(h)
}

var (
	httpHeaderWord  = typeWord(reflect.TypeFor[http.Header]())
	headersWord     = typeWord(reflect.TypeFor[value.Headers]())
	arrayBufferWord = typeWord(reflect.TypeFor[value.ArrayBuffer]())
)

func encodeArrayBuffer(w *walker, p unsafe.Pointer) bool {
	w.w.ArrayBuffer((*value.ArrayBuffer)(p).Bytes)
	return w.count()
}

// bytes writes b as a Uint8Array over a buffer of its own.
func (w *walker) bytes(b []byte) bool {
	w.w.View(View{Kind: KindTypedArray, Elem: value.Uint8, Length: len(b), Buffer: b, BufferID: w.next})
	w.next++
	return w.count()
}

func encodeTypedArray(w *walker, p unsafe.Pointer) bool {
	a := (*value.TypedArray)(p)
	size := elemSize(a.Kind)
	if size == 0 {
		return w.refuse("a TypedArray of kind %d", a.Kind)
	}
	return w.view(View{Kind: KindTypedArray, Elem: a.Kind, Offset: a.Offset, Length: a.Length}, a.Buffer, size)
}

func encodeDataView(w *walker, p unsafe.Pointer) bool {
	d := (*value.DataView)(p)
	return w.view(View{Kind: KindDataView, Offset: d.Offset, Length: d.Length}, d.Buffer, 1)
}

func (w *walker) view(v View, b *value.ArrayBuffer, size int) bool {
	if b == nil {
		return w.refuse("a view without a buffer")
	}
	if v.Offset < 0 || v.Length < 0 || v.Offset%size != 0 || v.Offset > len(b.Bytes) || v.Length > (len(b.Bytes)-v.Offset)/size {
		return w.refuse("a view of %d elements at byte %d does not fit its buffer of %d bytes", v.Length, v.Offset, len(b.Bytes))
	}
	v.Buffer = b.Bytes
	v.BufferID, v.Seen = w.ids.lookup(unsafe.Pointer(b), arrayBufferWord, 0, w.next)
	if !v.Seen {
		w.next++
	}
	w.w.View(v)
	return w.count()
}

func encodeArray(w *walker, p unsafe.Pointer) bool {
	a := (*value.Array)(p)
	if !w.enter() {
		return false
	}
	w.w.BeginArray(len(a.Elems))
	for i, e := range a.Elems {
		if _, hole := e.(value.Hole); hole {
			w.w.Hole()
			if !w.count() {
				return w.out(Step{Kind: KindArray, Index: i})
			}
		} else if !w.part(Step{Kind: KindArray, Index: i}, e) {
			return false
		}
	}
	w.leave()
	return true
}

func encodeObject(w *walker, p unsafe.Pointer) bool {
	o := (*value.Object)(p)
	if !w.enter() {
		return false
	}
	w.w.BeginObject(o.Len())
	return w.members(KindObject, o)
}

// members writes the properties of an object or error, and its end.
func (w *walker) members(in Kind, o *value.Object) bool {
	for i := range o.Len() {
		m := o.At(i)
		if !w.key(m.Key) {
			return w.out(Step{Key: m.Key, Kind: in})
		}
		if !w.part(Step{Key: m.Key, Kind: in}, m.Value) {
			return false
		}
	}
	w.leave()
	return true
}

func encodeMap(w *walker, p unsafe.Pointer) bool {
	m := (*value.Map)(p)
	if !w.enter() {
		return false
	}
	w.w.BeginMap(m.Len())
	s := Step{Kind: KindMap}
	for k, v := range m.All() {
		if !w.part(s, k) || !w.part(s, v) {
			return false
		}
		s.Index++
	}
	w.leave()
	return true
}

func encodeSet(w *walker, p unsafe.Pointer) bool {
	if !w.enter() {
		return false
	}
	m := (*value.Set)(p)
	w.w.BeginSet(m.Len())
	s := Step{Kind: KindSet}
	for v := range m.All() {
		if !w.part(s, v) {
			return false
		}
		s.Index++
	}
	w.leave()
	return true
}

func encodeValueError(w *walker, p unsafe.Pointer) bool {
	e := (*value.Error)(p)
	if !value.ValidText(e.Name) || !value.ValidText(e.Message) || e.Stack != nil && !value.ValidText(*e.Stack) {
		return w.refuse("an error's name, message or stack is not UTF-8")
	}
	if !w.enter() {
		return false
	}
	w.w.BeginError(e.Name, e.Message, e.Stack, e.Props.Len())
	return w.members(KindError, &e.Props)
}

func encodeRequest(w *walker, p unsafe.Pointer) bool {
	r := (*value.Request)(p)
	if !value.ValidText(r.URL) || !value.ValidText(r.Method) {
		return w.refuse("a Request's URL or method is not UTF-8")
	}
	if !w.enter() {
		return false
	}
	w.w.BeginRequest(r.URL, r.Method)
	return w.message(KindRequest, r.Headers, r.Body)
}

func encodeResponse(w *walker, p unsafe.Pointer) bool {
	r := (*value.Response)(p)
	if !value.ValidText(r.StatusText) {
		return w.refuse("a Response's status text is not UTF-8")
	}
	if !w.enter() {
		return false
	}
	w.w.BeginResponse(r.Status, r.StatusText)
	return w.message(KindResponse, r.Headers, r.Body)
}

// message writes the headers and body of a Request or Response, and its end.
func (w *walker) message(in Kind, h *value.Headers, body any) bool {
	switch {
	case h == nil:
		if !w.headers(nil) {
			return w.out(Step{Kind: in})
		}
	case w.again(unsafe.Pointer(h), headersWord, 0):
		if !w.count() {
			return w.out(Step{Kind: in})
		}
	default:
		if !w.headers(h) {
			return w.out(Step{Kind: in})
		}
	}
	if !w.part(Step{Kind: in, Index: 1}, body) {
		return false
	}
	w.leave()
	return true
}
