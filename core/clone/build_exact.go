package clone

import (
	"encoding"
	"math"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"time"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

var textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()

// exactTarget gives x its builder when its type has a form of its own.
func exactTarget(x *target) bool {
	switch x.typ {
	case reflect.TypeFor[Node]():
		x.build, x.lazy = buildNode, true
	case reflect.TypeFor[time.Time]():
		x.build = buildTime
	case reflect.TypeFor[big.Int]():
		x.build = buildBigInt
	case reflect.TypeFor[url.URL]():
		x.build, x.loops = buildURL, true // parsed once, however often it is referred to
	case reflect.TypeFor[http.Header]():
		x.build, x.shares = buildHTTPHeader, true
	case reflect.TypeFor[value.Undefined]():
		x.build = modelBuilder[value.Undefined](x.typ)
	case reflect.TypeFor[value.Hole]():
		x.build = modelBuilder[value.Hole](x.typ)
	case reflect.TypeFor[value.Date]():
		x.build = partBuilder[value.Date](x.typ)
	case reflect.TypeFor[value.RegExp]():
		x.build = partBuilder[value.RegExp](x.typ)
	case reflect.TypeFor[value.URL]():
		x.build = partBuilder[value.URL](x.typ)
	case reflect.TypeFor[value.Function]():
		x.build = partBuilder[value.Function](x.typ)
	case reflect.TypeFor[value.Boxed]():
		x.build = partBuilder[value.Boxed](x.typ)
	case reflect.TypeFor[value.Headers]():
		x.build = partBuilder[value.Headers](x.typ)
	case reflect.TypeFor[value.ArrayBuffer]():
		x.build = partBuilder[value.ArrayBuffer](x.typ)
	case reflect.TypeFor[value.TypedArray]():
		x.build = partBuilder[value.TypedArray](x.typ)
	case reflect.TypeFor[value.DataView]():
		x.build = partBuilder[value.DataView](x.typ)
	case reflect.TypeFor[value.Array]():
		x.build = partBuilder[value.Array](x.typ)
	case reflect.TypeFor[value.Object]():
		x.build = partBuilder[value.Object](x.typ)
	case reflect.TypeFor[value.Map]():
		x.build = partBuilder[value.Map](x.typ)
	case reflect.TypeFor[value.Set]():
		x.build = partBuilder[value.Set](x.typ)
	case reflect.TypeFor[value.Error]():
		x.build = partBuilder[value.Error](x.typ)
	case reflect.TypeFor[value.Request]():
		x.build = partBuilder[value.Request](x.typ)
	case reflect.TypeFor[value.Response]():
		x.build = partBuilder[value.Response](x.typ)
	default:
		return modelPointer(x)
	}
	return true
}

// modelPointer is exactTarget for the pointers of package value: what they are built
// into is the value model's own object, shared with builds into any.
func modelPointer(x *target) bool {
	switch x.typ {
	case reflect.TypeFor[*value.Date]():
		x.build = modelBuilder[*value.Date](x.typ)
	case reflect.TypeFor[*value.RegExp]():
		x.build = modelBuilder[*value.RegExp](x.typ)
	case reflect.TypeFor[*value.URL]():
		x.build = modelBuilder[*value.URL](x.typ)
	case reflect.TypeFor[*value.Function]():
		x.build = modelBuilder[*value.Function](x.typ)
	case reflect.TypeFor[*value.Boxed]():
		x.build = modelBuilder[*value.Boxed](x.typ)
	case reflect.TypeFor[*value.Headers]():
		x.build = modelBuilder[*value.Headers](x.typ)
	case reflect.TypeFor[*value.ArrayBuffer]():
		x.build = modelBuilder[*value.ArrayBuffer](x.typ)
	case reflect.TypeFor[*value.TypedArray]():
		x.build = modelBuilder[*value.TypedArray](x.typ)
	case reflect.TypeFor[*value.DataView]():
		x.build = modelBuilder[*value.DataView](x.typ)
	case reflect.TypeFor[*value.Array]():
		x.build = modelBuilder[*value.Array](x.typ)
	case reflect.TypeFor[*value.Object]():
		x.build = modelBuilder[*value.Object](x.typ)
	case reflect.TypeFor[*value.Map]():
		x.build = modelBuilder[*value.Map](x.typ)
	case reflect.TypeFor[*value.Set]():
		x.build = modelBuilder[*value.Set](x.typ)
	case reflect.TypeFor[*value.Error]():
		x.build = modelBuilder[*value.Error](x.typ)
	case reflect.TypeFor[*value.Request]():
		x.build = modelBuilder[*value.Request](x.typ)
	case reflect.TypeFor[*value.Response]():
		x.build = modelBuilder[*value.Response](x.typ)
	default:
		return false
	}
	return true
}

// modelBuilder builds a type of the value model as an any is built.
func modelBuilder[T any](t reflect.Type) buildFunc {
	pointer := t.Kind() == reflect.Pointer
	return func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		if pointer && absent(e) {
			return nil
		}
		v, err := b.plain(at, e)
		if err != nil {
			return err
		}
		x, ok := v.(T)
		if !ok {
			return doesNotFit(e, t)
		}
		*(*T)(p) = x
		return nil
	}
}

// partBuilder builds a struct of the value model by value: a copy, the parts of which are shared.
func partBuilder[T any](t reflect.Type) buildFunc {
	return func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		v, err := b.plain(at, e)
		if err != nil {
			return err
		}
		x, ok := v.(*T)
		if !ok {
			return doesNotFit(e, t)
		}
		*(*T)(p) = *x
		return nil
	}
}

// plain builds into the value model a value about which hooks have been asked already.
func (b *build) plain(at uint32, e *entry) (any, error) {
	if hasIdentity(e.kind) {
		return b.object(at, e)
	}
	return b.any(at)
}

func buildNode(b *build, at uint32, _ *entry, p unsafe.Pointer) error {
	*(*Node)(p) = b.doc.node(at)
	return nil
}

func buildTime(_ *build, _ uint32, e *entry, p unsafe.Pointer) error {
	if e.kind != KindDate {
		return doesNotFit(e, reflect.TypeFor[time.Time]())
	}
	ms := math.Float64frombits(e.bits)
	if math.IsNaN(ms) {
		return misfit("an invalid date does not fit time.Time")
	}
	*(*time.Time)(p) = time.UnixMilli(int64(ms)).UTC()
	return nil
}

func buildBigInt(b *build, _ uint32, e *entry, p unsafe.Pointer) error {
	into := (*big.Int)(p)
	switch e.kind {
	case KindBigInt:
		if e.flags&flagBig != 0 {
			into.Set(b.doc.bigs[e.bits])
		} else {
			into.SetInt64(int64(e.bits))
		}
		return nil
	case KindNumber:
		f := math.Float64frombits(e.bits)
		if f != math.Trunc(f) || math.IsInf(f, 0) { // NaN != NaN
			return misfit("number %v does not fit big.Int", f)
		}
		new(big.Float).SetFloat64(f).Int(into)
		return nil
	}
	return doesNotFit(e, reflect.TypeFor[big.Int]())
}

func buildURL(b *build, _ uint32, e *entry, p unsafe.Pointer) error {
	if e.kind != KindURL {
		return doesNotFit(e, reflect.TypeFor[url.URL]())
	}
	u, err := (&value.URL{Href: b.text(e)}).Parse()
	if err != nil {
		return misfit("%v", err)
	}
	*(*url.URL)(p) = *u
	return nil
}

func buildHTTPHeader(b *build, at uint32, e *entry, p unsafe.Pointer) error {
	if absent(e) {
		return nil
	}
	if e.kind != KindHeaders {
		return doesNotFit(e, reflect.TypeFor[http.Header]())
	}
	h := http.Header{}
	for _, line := range b.doc.headers[e.bits] {
		h.Add(line.Name, line.Value)
	}
	*(*http.Header)(p) = h
	if e.flags&flagShared != 0 {
		b.learn(at, reflect.TypeFor[http.Header](), reflect.ValueOf(h))
	}
	return nil
}

// buildText builds a type that reads itself from text.
func buildText(t reflect.Type) buildFunc {
	return func(b *build, _ uint32, e *entry, p unsafe.Pointer) error {
		switch {
		case absent(e) && nillable(t.Kind()):
			return nil
		case e.kind != KindString:
			return doesNotFit(e, t)
		}
		into := reflect.NewAt(t, p).Interface().(encoding.TextUnmarshaler)
		return guard(t, "UnmarshalText", func() error {
			if err := into.UnmarshalText([]byte(b.text(e))); err != nil {
				return misfit("string does not fit %s: %v", t, err)
			}
			return nil
		})
	}
}
