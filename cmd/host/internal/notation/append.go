package notation

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// Append appends v, a value in the model of package value, as one line. It fails
// for Go values outside that model.
func Append(dst []byte, v any) ([]byte, error) {
	w := writer{out: dst, seen: map[any]string{}}
	if err := w.value(v); err != nil {
		return nil, err
	}
	return w.out, nil
}

// writer writes one value. It recurses as deep as the value is, which the limits
// of whoever received it bound.
type writer struct {
	out  []byte
	path []string       // as in parser
	seen map[any]string // JSON pointers of what has parts
}

func (w *writer) value(v any) error {
	switch v := v.(type) {
	case nil:
		w.raw("null")
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case float64:
		w.number(v)
	case string:
		w.str(v)
	case *big.Int:
		w.tagText(bigintTag, v.String())
	case value.Undefined, *value.Undefined:
		w.raw(`{"` + undefinedTag + `":true}`)
	case value.Hole, *value.Hole:
		w.raw(`{"` + holeTag + `":true}`)
	case *value.Date:
		w.date(v)
	case *value.RegExp:
		w.tagText(regexpTag, "/"+v.Source+"/"+v.Flags)
	case *value.URL:
		w.tagText(urlTag, v.Href)
	case value.Function:
		w.tagText(functionTag, v.Name)
	case *value.Function:
		w.tagText(functionTag, v.Name)
	case *core.Callable:
		w.tagText(functionTag, v.Name())
	case *value.Boxed:
		return w.tagged(boxedTag, func() error { return w.value(v.Value) })
	case *value.Headers:
		w.headers(v)
	case *value.ArrayBuffer:
		w.bytes(bufferTag, v.Bytes)
	case *value.DataView:
		b, _ := v.Bytes()
		w.bytes(dataViewTag, b)
	case *value.TypedArray:
		w.typedArray(v)
	default:
		return w.parts(v)
	}
	return nil
}

// parts writes what has parts, the second time as a reference to the first.
func (w *writer) parts(v any) error {
	switch v.(type) {
	case *value.Array, *value.Object, *value.Map, *value.Set, *value.Error, *value.Request, *value.Response:
	default:
		return fmt.Errorf("a value of the type %T cannot be shown", v)
	}
	if first, ok := w.seen[v]; ok {
		w.tagText(refTag, first)
		return nil
	}
	w.seen[v] = pointer(w.path)
	switch v := v.(type) {
	case *value.Array:
		return w.list(len(v.Elems), func(i int) error { return w.value(v.Elems[i]) })
	case *value.Object:
		return w.object(v)
	case *value.Map:
		return w.tagged(mapTag, func() error { return w.entries(v) })
	case *value.Set:
		members := make([]any, 0, v.Len())
		for m := range v.All() {
			members = append(members, m)
		}
		return w.tagged(setTag, func() error {
			return w.list(len(members), func(i int) error { return w.value(members[i]) })
		})
	case *value.Error:
		return w.tagged(errorTag, func() error { return w.object(errorParts(v)) })
	case *value.Request:
		return w.tagged(requestTag, func() error {
			return w.object(value.NewObject(part("url", v.URL), part("method", v.Method), part("headers", v.Headers), part("body", v.Body)))
		})
	default:
		r := v.(*value.Response)
		return w.tagged(responseTag, func() error {
			return w.object(value.NewObject(part("status", float64(r.Status)), part("statusText", r.StatusText), part("headers", r.Headers), part("body", r.Body)))
		})
	}
}

func part(key string, v any) value.Member { return value.Member{Key: key, Value: v} }

func errorParts(e *value.Error) *value.Object {
	o := value.NewObject(part("name", e.Name), part("message", e.Message))
	if e.Stack != nil {
		o.Set("stack", *e.Stack)
	}
	for k, v := range e.Props.All() {
		o.Set(k, v)
	}
	return o
}

func (w *writer) raw(s string) { w.out = append(w.out, s...) }

// in writes with one more token on the path.
func (w *writer) in(token string, write func() error) error {
	w.path = append(w.path, token)
	err := write()
	w.path = w.path[:len(w.path)-1]
	return err
}

func (w *writer) list(n int, element func(i int) error) error {
	w.raw("[")
	for i := range n {
		if i > 0 {
			w.raw(",")
		}
		if err := w.in(strconv.Itoa(i), func() error { return element(i) }); err != nil {
			return err
		}
	}
	w.raw("]")
	return nil
}

func (w *writer) object(o *value.Object) error {
	w.raw("{")
	first := true
	for k, v := range o.All() {
		if !first {
			w.raw(",")
		}
		first = false
		if len(k) > 0 && k[0] == '$' {
			k = "$" + k
		}
		w.str(k)
		w.raw(":")
		if err := w.in(k, func() error { return w.value(v) }); err != nil {
			return err
		}
	}
	w.raw("}")
	return nil
}

func (w *writer) entries(m *value.Map) error {
	type entry struct{ k, v any }
	entries := make([]entry, 0, m.Len())
	for k, v := range m.All() {
		entries = append(entries, entry{k, v})
	}
	return w.list(len(entries), func(i int) error {
		return w.list(2, func(j int) error {
			if j == 0 {
				return w.value(entries[i].k)
			}
			return w.value(entries[i].v)
		})
	})
}

func (w *writer) tagged(tag string, content func() error) error {
	w.raw(`{"` + tag + `":`)
	err := w.in(tag, content)
	w.raw("}")
	return err
}

func (w *writer) tagText(tag, text string) {
	w.raw(`{"` + tag + `":`)
	w.str(text)
	w.raw("}")
}

func (w *writer) date(d *value.Date) {
	if iso, ok := d.ISO(); ok {
		w.tagText(dateTag, iso)
		return
	}
	w.raw(`{"` + dateTag + `":null}`)
}

func (w *writer) headers(h *value.Headers) {
	w.raw(`{"` + headersTag + `":[`)
	for i, e := range h.Entries() {
		if i > 0 {
			w.raw(",")
		}
		w.raw("[")
		w.str(e.Name)
		w.raw(",")
		w.str(e.Value)
		w.raw("]")
	}
	w.raw("]}")
}

func (w *writer) bytes(tag string, b []byte) {
	w.raw(`{"` + tag + `":[`)
	for i, c := range b {
		if i > 0 {
			w.raw(",")
		}
		w.out = strconv.AppendUint(w.out, uint64(c), 10)
	}
	w.raw("]}")
}

func (w *writer) typedArray(t *value.TypedArray) {
	w.raw(`{"$` + t.Kind.String() + `":[`)
	for i := range t.Length {
		if i > 0 {
			w.raw(",")
		}
		switch e := t.At(i).(type) {
		case float64:
			w.number(e)
		case *big.Int:
			w.str(e.String())
		}
	}
	w.raw("]}")
}

// number writes what JavaScript would print.
func (w *writer) number(f float64) {
	switch {
	case math.IsNaN(f):
		w.tagText(numberTag, "NaN")
		return
	case math.IsInf(f, 1):
		w.tagText(numberTag, "Infinity")
		return
	case math.IsInf(f, -1):
		w.tagText(numberTag, "-Infinity")
		return
	case f == 0 && math.Signbit(f):
		w.tagText(numberTag, "-0")
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	w.out = strconv.AppendFloat(w.out, f, format, -1, 64)
	if n := len(w.out); format == 'e' && n >= 4 && w.out[n-2] == '0' && (w.out[n-3] == '-' || w.out[n-3] == '+') {
		w.out = append(w.out[:n-2], w.out[n-1]) // e-07 is e-7
	}
}

const hex = "0123456789abcdef"

// str writes a string in quotes. Control characters are escaped, those beyond
// ASCII too, so that a result cannot command the terminal it is printed on; so is a lone
// surrogate, which has no UTF-8.
func (w *writer) str(s string) {
	w.out = append(w.out, '"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			w.out = append(w.out, '\\', byte(r))
		case r == utf8.RuneError && size == 1:
			r, size = surrogate(s[i:])
			w.unit(r)
		case r == '\n':
			w.raw(`\n`)
		case r == '\t':
			w.raw(`\t`)
		case r == '\r':
			w.raw(`\r`)
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, bidi(r):
			w.unit(r)
		default:
			w.out = append(w.out, s[i:i+size]...)
		}
		i += size
	}
	w.out = append(w.out, '"')
}

func (w *writer) unit(r rune) {
	w.out = append(w.out, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// surrogate decodes the three byte form of a lone surrogate; any other byte that
// is no UTF-8 becomes the replacement character.
func surrogate(s string) (rune, int) {
	if len(s) >= 3 && s[0] == 0xed && s[1] >= 0xa0 && s[1] < 0xc0 && s[2] >= 0x80 && s[2] < 0xc0 {
		return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	}
	return utf8.RuneError, 1
}

// bidi reports whether a character reorders what is shown after it.
func bidi(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }
