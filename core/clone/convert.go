package clone

import (
	"math/big"
	"reflect"

	"github.com/millrace/millrace/core/fault"
)

// Convert carries src into what dst, a pointer, points to, as a codec would: by a
// walk and a build. What is assignable is stored as it is, a [Node] is built, and numbers
// change their type when nothing is lost. A nil src makes pointers, maps, slices, interfaces and
// functions nil. On an error what dst points to is untouched.
func Convert(src, dst any, o EncodeOptions, b BuildOptions) error {
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fault.New(fault.CodeConfig, "the destination %T is not a pointer to something", dst)
	}
	into := p.Elem()
	t := into.Type()
	if src == nil {
		if !nillable(t.Kind()) {
			return fault.New(fault.CodeMismatch, "null does not fit %s", t)
		}
		into.SetZero()
		return nil
	}
	v := reflect.ValueOf(src)
	if v.Type().AssignableTo(t) {
		into.Set(v)
		return nil
	}
	if n, ok := src.(Node); ok {
		return n.doc.Build(n, dst, b)
	}
	if v.CanInt() || v.CanUint() || v.CanFloat() {
		if float, whole := storers(t.Kind()); float != nil && !special(t) {
			if !convertNumber(v, into, float, whole) {
				return fault.New(fault.CodeMismatch, "number %v does not fit %s", src, t)
			}
			return nil
		}
	}
	doc, err := document(src, o)
	if err != nil {
		return err
	}
	// The document is not released: dst may be, or hold, one of its nodes.
	return doc.Build(doc.Root(), dst, b)
}

// Copy returns a structured clone of v in the value model, which shares nothing with v:
// aliases and cycles stay what they are, functions become names.
func Copy(v any) (any, error) {
	doc, err := document(v, EncodeOptions{})
	if err != nil {
		return nil, err
	}
	defer doc.Release()
	return doc.buildAny(doc.Root(), BuildOptions{})
}

// document is what a codec would have made of v.
func document(v any, o EncodeOptions) (*Document, error) {
	b := NewBuilder(o.Limits)
	if err := Walk(v, b, o); err != nil {
		b.Fail(err) // gives its memory back
	}
	return b.Finish()
}

// special reports whether values of type t are not built from numbers.
func special(t reflect.Type) bool { return reflect.PointerTo(t).Implements(textUnmarshalerType) }

func convertNumber(v, into reflect.Value, float storeFloat, whole storeBigInt) bool {
	p := into.Addr().UnsafePointer()
	switch {
	case v.CanInt():
		return whole(p, big.NewInt(v.Int()))
	case v.CanUint():
		return whole(p, new(big.Int).SetUint64(v.Uint()))
	}
	return float(p, v.Float())
}
