package value

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of what Format writes.
const (
	formatNodes = 1000 // values
	formatText  = 200  // bytes of one text
	formatDepth = 32
)

// Format writes any value for people: close to what a JavaScript console shows, on one
// line, for logs and tests and not to be parsed. Its length is bounded: long
// texts, deep nesting and all beyond the first 1,000 values become "...", and an object
// within itself is "[circular]". It is safe on every graph.
func Format(v any) string {
	f := formatter{left: formatNodes, open: map[any]bool{}}
	f.value(v)
	return f.out.String()
}

type formatter struct {
	out   strings.Builder
	left  int // values
	depth int
	open  map[any]bool // on the way from the root
}

func (f *formatter) value(v any) {
	if f.left--; f.left < 0 {
		f.out.WriteString("...")
		return
	}
	switch x := v.(type) {
	case nil:
		f.out.WriteString("null")
	case Undefined:
		f.out.WriteString("undefined")
	case Hole:
		f.out.WriteString("<hole>")
	case bool:
		f.out.WriteString(strconv.FormatBool(x))
	case float64:
		f.number(x)
	case string:
		f.text(x)
	case *big.Int:
		f.bigInt(x)
	default:
		f.object(v)
	}
}

func (f *formatter) number(x float64) {
	switch {
	case math.IsInf(x, 1):
		f.out.WriteString("Infinity")
	case math.IsInf(x, -1):
		f.out.WriteString("-Infinity")
	case math.Abs(x) < 1e21 && x == math.Trunc(x):
		f.out.WriteString(strconv.FormatFloat(x, 'f', -1, 64))
	default:
		f.out.WriteString(strconv.FormatFloat(x, 'g', -1, 64))
	}
}

func (f *formatter) bigInt(x *big.Int) {
	switch {
	case x == nil:
		f.out.WriteString("null")
	case x.BitLen() > 4*formatText:
		fmt.Fprintf(&f.out, "<bigint of %d bits>", x.BitLen())
	default:
		f.out.WriteString(x.String() + "n")
	}
}

func (f *formatter) text(s string) {
	if len(s) <= formatText {
		f.out.WriteString(strconv.Quote(s))
		return
	}
	cut := formatText
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	fmt.Fprintf(&f.out, "%q...%d bytes", s[:cut], len(s))
}

// plain is text without quotes where it is short and simple.
func (f *formatter) plain(s string) {
	for i := range len(s) {
		if !isToken(s[i]) || len(s) > formatText {
			f.text(s)
			return
		}
	}
	f.out.WriteString(s)
}

// object writes what has an identity, and what is not of the value model.
func (f *formatter) object(v any) {
	if !identified(v) {
		f.foreign(v)
		return
	}
	if f.open[v] {
		f.out.WriteString("[circular]")
		return
	}
	if f.depth >= formatDepth {
		f.out.WriteString("...")
		return
	}
	f.open[v] = true
	f.depth++
	if !f.leaf(v) {
		f.container(v)
	}
	f.depth--
	delete(f.open, v)
}

func (f *formatter) foreign(v any) {
	switch x := v.(type) {
	case *Function:
		f.out.WriteString("<function ")
		if x != nil {
			f.plain(x.Name)
		}
		f.out.WriteByte('>')
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32:
		fmt.Fprint(&f.out, x)
	default:
		fmt.Fprintf(&f.out, "<%T>", v) // its contents may be a graph of any shape
	}
}

func (f *formatter) leaf(v any) bool {
	switch x := v.(type) {
	case *Date:
		f.out.WriteString(x.String())
	case *RegExp:
		if x == nil {
			f.out.WriteString("null")
			break
		}
		f.out.WriteByte('/')
		f.cut(x.Source)
		f.out.WriteByte('/')
		f.cut(x.Flags)
	case *URL:
		f.out.WriteString("URL ")
		if x != nil {
			f.text(x.Href)
		}
	case *Boxed:
		f.out.WriteString("[boxed ")
		if x != nil {
			f.value(x.Value)
		}
		f.out.WriteByte(']')
	case *ArrayBuffer:
		f.out.WriteString("ArrayBuffer ")
		if x != nil {
			f.bytes(x.Bytes)
		}
	case *TypedArray:
		f.view(x)
	case *DataView:
		b, _ := x.Bytes()
		f.out.WriteString("DataView ")
		f.bytes(b)
	default:
		return false
	}
	return true
}

// cut writes text as it is, as far as it is short.
func (f *formatter) cut(s string) {
	if len(s) > formatText {
		s = s[:formatText] + "..."
	}
	quoted := strconv.Quote(s) // one line, whatever s holds
	f.out.WriteString(quoted[1 : len(quoted)-1])
}

func (f *formatter) bytes(b []byte) {
	const shown = 16
	fmt.Fprintf(&f.out, "<%x", b[:min(len(b), shown)])
	if len(b) > shown {
		fmt.Fprintf(&f.out, "... %d bytes", len(b))
	}
	f.out.WriteByte('>')
}

func (f *formatter) view(t *TypedArray) {
	if t == nil {
		f.out.WriteString("null")
		return
	}
	f.out.WriteString(t.Kind.String() + " [")
	for i := range t.Length {
		if i == 16 {
			fmt.Fprintf(&f.out, ", ... %d elements", t.Length)
			break
		}
		f.comma(i)
		f.value(t.At(i))
	}
	f.out.WriteByte(']')
}

func (f *formatter) comma(i int) {
	if i > 0 {
		f.out.WriteString(", ")
	}
}

// more reports whether there is room for the i-th part, and writes what stands before it.
func (f *formatter) more(i int) bool {
	f.comma(i)
	if f.left <= 0 {
		f.out.WriteString("...")
		return false
	}
	return true
}

func (f *formatter) container(v any) {
	switch x := v.(type) {
	case *Array:
		f.array(x)
	case *Object:
		f.members(x)
	case *Map:
		f.out.WriteString("Map {")
		i := 0
		for k, item := range x.All() {
			if !f.more(i) {
				break
			}
			f.value(k)
			f.out.WriteString(" => ")
			f.value(item)
			i++
		}
		f.out.WriteByte('}')
	case *Set:
		f.out.WriteString("Set {")
		i := 0
		for item := range x.All() {
			if !f.more(i) {
				break
			}
			f.value(item)
			i++
		}
		f.out.WriteByte('}')
	case *Headers:
		f.headers(x)
	case *Error:
		f.out.WriteByte('[')
		f.errorText(x)
		f.out.WriteByte(']')
		if x != nil && x.Props.Len() > 0 {
			f.out.WriteByte(' ')
			f.members(&x.Props)
		}
	case *Request:
		if x == nil {
			f.out.WriteString("null")
			return
		}
		f.out.WriteString("Request ")
		f.plain(x.Method)
		f.out.WriteByte(' ')
		f.text(x.URL)
		f.message(x.Headers, x.Body)
	case *Response:
		if x == nil {
			f.out.WriteString("null")
			return
		}
		f.out.WriteString("Response " + strconv.Itoa(x.Status) + " ")
		f.text(x.StatusText)
		f.message(x.Headers, x.Body)
	}
}

// errorText is what [Error.Error] returns, without a copy of what is too long to be shown.
func (f *formatter) errorText(e *Error) {
	if e == nil {
		f.cut(e.Error())
		return
	}
	short := Error{Name: e.Name[:min(len(e.Name), formatText+1)], Message: e.Message[:min(len(e.Message), formatText+1)]}
	f.cut(short.Error())
}

func (f *formatter) array(a *Array) {
	f.out.WriteByte('[')
	if a != nil {
		for i, e := range a.Elems {
			if !f.more(i) {
				break
			}
			f.value(e)
		}
	}
	f.out.WriteByte(']')
}

func (f *formatter) members(o *Object) {
	f.out.WriteByte('{')
	i := 0
	for k, m := range o.All() {
		if !f.more(i) {
			break
		}
		f.plain(k)
		f.out.WriteString(": ")
		f.value(m)
		i++
	}
	f.out.WriteByte('}')
}

func (f *formatter) headers(h *Headers) {
	f.out.WriteString("Headers {")
	i := 0
	for name, v := range h.All() {
		f.left--
		if !f.more(i) {
			break
		}
		f.plain(name)
		f.out.WriteString(": ")
		f.text(v)
		i++
	}
	f.out.WriteByte('}')
}

func (f *formatter) message(h *Headers, body any) {
	f.out.WriteByte(' ')
	f.headers(h)
	f.out.WriteByte(' ')
	f.value(body)
}

// String is "undefined".
func (Undefined) String() string { return "undefined" }

// String is "<hole>".
func (Hole) String() string { return "<hole>" }

// String is what [Format] writes.
func (o *Object) String() string { return Format(o) }

// String is what [Format] writes.
func (a *Array) String() string { return Format(a) }

// String is what [Format] writes.
func (m *Map) String() string { return Format(m) }

// String is what [Format] writes.
func (s *Set) String() string { return Format(s) }

// String is what [Format] writes.
func (h *Headers) String() string { return Format(h) }

// String is what [Format] writes.
func (r *RegExp) String() string { return Format(r) }

// String is what [Format] writes.
func (f *Function) String() string { return Format(f) }

// String is what [Format] writes.
func (b *Boxed) String() string { return Format(b) }

// String is what [Format] writes.
func (b *ArrayBuffer) String() string { return Format(b) }

// String is what [Format] writes.
func (t *TypedArray) String() string { return Format(t) }

// String is what [Format] writes.
func (d *DataView) String() string { return Format(d) }

// String is what [Format] writes.
func (r *Request) String() string { return Format(r) }

// String is what [Format] writes.
func (r *Response) String() string { return Format(r) }
