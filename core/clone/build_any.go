package clone

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/core/value"
)

// any builds the value at i, which may be a ref, in the value model.
func (b *build) any(i uint32) (any, error) {
	e := &b.doc.tape[i]
	if e.kind == kindRef {
		i = uint32(e.bits)
		e = &b.doc.tape[i]
	}
	switch e.kind {
	case KindUndefined:
		return value.Undefined{}, nil
	case KindNull:
		return nil, nil
	case KindHole:
		return value.Hole{}, nil
	case KindBool:
		return e.bits != 0, nil
	case KindNumber:
		return b.boxed(math.Float64frombits(e.bits)), nil
	case KindString:
		return b.boxedText(e), nil
	case KindBigInt:
		return b.doc.bigInt(e), nil
	case KindFunction:
		return &value.Function{Name: b.text(e)}, nil
	}
	return b.identified(i, e)
}

// identified builds a value that has an identity.
func (b *build) identified(i uint32, e *entry) (any, error) {
	if e.flags&flagMarked == 0 || b.o.Replace == nil {
		return b.object(i, e)
	}
	if v, ok := b.known(i, anyType); ok {
		return v.Interface(), nil
	}
	v, ok, err := b.replace(i)
	if err != nil {
		return nil, err
	}
	if ok {
		b.learn(i, anyType, reflect.ValueOf(&v).Elem())
		return v, nil
	}
	return b.object(i, e)
}

// anyType is the destination under which the hooks' answers are known; what was built
// without asking them is not.
var anyType = reflect.TypeFor[any]()

// object is identified without hooks.
func (b *build) object(i uint32, e *entry) (any, error) {
	known := e.flags&flagShared != 0
	if known {
		if v, ok := b.knownAny(i); ok {
			return v, nil
		}
	}
	d := b.doc
	var v any
	filled := false
	switch e.kind {
	case KindDate:
		v = &value.Date{Milliseconds: math.Float64frombits(e.bits)}
	case KindRegExp:
		p := d.part(e)
		v = &value.RegExp{Source: p.a, Flags: p.b}
	case KindURL:
		v = &value.URL{Href: b.text(e)}
	case KindArrayBuffer:
		v = &value.ArrayBuffer{Bytes: slices.Clone(d.bytes[e.bits])}
	case KindHeaders:
		h, err := value.NewHeaders(d.headers[e.bits]...)
		if err != nil {
			return nil, err
		}
		v = h
	case KindBoxed:
		inner, err := b.any(i + 1)
		if err != nil {
			return nil, err
		}
		v = &value.Boxed{Value: inner}
	case KindTypedArray, KindDataView:
		buf, err := b.buffer(i + 1)
		if err != nil {
			return nil, err
		}
		p := d.part(e)
		if e.kind == KindDataView {
			v = &value.DataView{Buffer: buf, Offset: p.x, Length: p.y}
		} else {
			v = &value.TypedArray{Kind: e.elem, Buffer: buf, Offset: p.x, Length: p.y}
		}
	case KindArray:
		v, filled = &value.Array{}, true
	case KindObject:
		v, filled = &value.Object{}, true
	case KindMap:
		v, filled = &value.Map{}, true
	case KindSet:
		v, filled = &value.Set{}, true
	case KindError:
		v, filled = &value.Error{}, true
	case KindRequest:
		v, filled = &value.Request{}, true
	default:
		v, filled = &value.Response{}, true
	}
	if known {
		b.learnAny(i, v) // before it is filled: a cycle ends here
	}
	if !filled {
		return v, nil
	}
	if err := b.enter(); err != nil {
		return nil, err
	}
	var err error
	switch x := v.(type) {
	case *value.Array:
		err = b.fillArray(x, i, e)
	case *value.Object:
		err = b.members(x, i, e)
	case *value.Map:
		err = b.fillMap(x, i, e)
	case *value.Set:
		err = b.fillSet(x, i, e)
	case *value.Error:
		err = b.fillError(x, i, e)
	case *value.Request:
		err = b.fillRequest(x, i, e)
	case *value.Response:
		err = b.fillResponse(x, i, e)
	}
	b.depth--
	return v, err
}

func (b *build) buffer(i uint32) (*value.ArrayBuffer, error) {
	v, err := b.any(i)
	if err != nil {
		return nil, err
	}
	return v.(*value.ArrayBuffer), nil
}

func (b *build) fillArray(a *value.Array, i uint32, e *entry) error {
	elems := make([]any, 0, e.size())
	for at := i + 1; at < e.end; at = b.doc.tape[at].end {
		elem, err := b.any(at)
		if err != nil {
			return under(err, func() string { return "[" + strconv.Itoa(len(elems)) + "]" })
		}
		elems = append(elems, elem)
	}
	a.Elems = elems
	return nil
}

func (b *build) members(o *value.Object, i uint32, e *entry) error {
	if e.end == i+1 {
		return nil
	}
	members := make([]value.Member, 0, e.size())
	tape := b.doc.tape
	for at := i + 1; at < e.end; at = tape[at+1].end {
		key := b.key(&tape[at])
		m, err := b.any(at + 1)
		if err != nil {
			return under(err, func() string { return member(key) })
		}
		members = append(members, value.Member{Key: key, Value: m})
	}
	if e.flags&flagIndexes == 0 {
		*o = *value.ObjectOf(members)
		return nil
	}
	slices.SortStableFunc(members, compareKeys)
	for _, m := range members { // ascending: each is appended
		o.Set(m.Key, m.Value)
	}
	return nil
}

// compareKeys puts array indexes first, ascending.
func compareKeys(x, y value.Member) int {
	m, isIndex := value.IsIndex(x.Key)
	n, isOther := value.IsIndex(y.Key)
	switch {
	case isIndex && isOther:
		return cmp.Compare(m, n)
	case isIndex:
		return -1
	case isOther:
		return 1
	}
	return 0
}

func (b *build) fillMap(m *value.Map, i uint32, e *entry) error {
	m.Grow(e.size())
	for at := i + 1; at < e.end; {
		key, err := b.any(at)
		if err != nil {
			return under(err, func() string { return "[a key]" })
		}
		at = b.doc.tape[at].end
		item, err := b.any(at)
		if err != nil {
			return under(err, func() string { return entryOf(key) })
		}
		m.Set(key, item)
		at = b.doc.tape[at].end
	}
	return nil
}

func (b *build) fillSet(s *value.Set, i uint32, e *entry) error {
	s.Grow(e.size())
	for at := i + 1; at < e.end; at = b.doc.tape[at].end {
		elem, err := b.any(at)
		if err != nil {
			return under(err, func() string { return "[" + strconv.Itoa(s.Len()) + "]" })
		}
		s.Add(elem)
	}
	return nil
}

func (b *build) fillError(x *value.Error, i uint32, e *entry) error {
	p := b.doc.part(e)
	x.Name, x.Message = p.a, p.b
	if e.flags&flagStack != 0 {
		stack := p.c
		x.Stack = &stack
	}
	return b.members(&x.Props, i, e)
}

func (b *build) fillRequest(x *value.Request, i uint32, e *entry) (err error) {
	p := b.doc.part(e)
	x.URL, x.Method = p.a, p.b
	x.Headers, x.Body, err = b.headersAndBody(i)
	return err
}

func (b *build) fillResponse(x *value.Response, i uint32, e *entry) (err error) {
	p := b.doc.part(e)
	x.Status, x.StatusText = p.x, p.a
	x.Headers, x.Body, err = b.headersAndBody(i)
	return err
}

func (b *build) headersAndBody(i uint32) (*value.Headers, any, error) {
	h, err := b.any(i + 1)
	if err != nil {
		return nil, nil, err
	}
	body, err := b.any(b.doc.tape[i+1].end)
	if err != nil {
		return nil, nil, under(err, func() string { return ".body" })
	}
	return h.(*value.Headers), body, nil
}

// member is a step of a path: .name, or ["any text"].
func member(key string) string {
	if len(key) > 64 {
		key = key[:64] + "..."
	}
	for i := range len(key) {
		c := key[i]
		if c != '_' && c != '$' && c|0x20-'a' > 25 && (c-'0' > 9 || i == 0) {
			return "[" + strconv.Quote(key) + "]"
		}
	}
	if key == "" {
		return `[""]`
	}
	return "." + key
}

// entryOf is the step to a map's value.
func entryOf(key any) string {
	switch k := key.(type) {
	case string:
		return "[" + strconv.Quote(strings.ToValidUTF8(k[:min(len(k), 64)], "?")) + "]"
	case float64:
		return "[" + strconv.FormatFloat(k, 'g', -1, 64) + "]"
	}
	return "[a value]"
}
