package clone

import (
	"reflect"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

// structPart is one field of a struct's plan.
type structPart struct {
	*field
	plan   *plan
	encode encodeFunc
	// skip reports whether the field at p is left out; nil: it never is.
	skip func(p unsafe.Pointer) bool
}

// maxMask is how many fields a struct's mask of present fields has room for on the stack.
const maxMask = 64

func (c *compiler) compileStruct(p *plan) {
	fields := fieldsOf(p.typ).list
	parts := make([]structPart, len(fields))
	p.identity = p.typ.Size() > 0
	varies := false
	for i := range fields {
		f := &fields[i]
		part := structPart{field: f, plan: c.within(p, f.typ)}
		if f.typ.Kind() == reflect.Func && !f.typ.Implements(specialType) {
			part.encode = funcEncoder(f.typ, f.name)
		}
		part.skip = skipper(f)
		varies = varies || part.skip != nil || !f.direct
		if !value.ValidText(f.name) {
			p.encode = refuser(p.typ)
			return
		}
		parts[i] = part
	}
	if varies {
		p.encode = varyingEncoder(p.typ, parts)
		return
	}
	p.encode = func(w *walker, at unsafe.Pointer) bool {
		if !w.enter() {
			return false
		}
		w.w.BeginObject(len(parts))
		for i := range parts {
			part := &parts[i]
			if !part.write(w, unsafe.Add(at, part.offset)) {
				return false
			}
		}
		w.leave()
		return true
	}
}

// write writes the field that lies at p.
func (f *structPart) write(w *walker, p unsafe.Pointer) bool {
	w.w.Key(f.name)
	encode := f.encode
	if encode == nil {
		encode = f.plan.encode
	}
	if !w.keeps(f.plan) {
		return encode(w, p) || w.out(Step{Key: f.name, Kind: KindObject})
	}
	w.push(Step{Key: f.name, Kind: KindObject})
	if !encode(w, p) {
		return w.out(Step{Key: f.name, Kind: KindObject})
	}
	w.pop()
	return true
}

// varyingEncoder writes structs of which fields may be missing: it finds all
// that are there before it can tell their number.
func varyingEncoder(t reflect.Type, parts []structPart) encodeFunc {
	return func(w *walker, at unsafe.Pointer) bool {
		if !w.enter() {
			return false
		}
		var room [maxMask]unsafe.Pointer
		found := room[:0]
		if len(parts) > maxMask {
			found = make([]unsafe.Pointer, 0, len(parts))
		}
		n := 0
		for i := range parts {
			q, ok := parts[i].find(w, t, at)
			if w.err != nil {
				return w.out(Step{Key: parts[i].name, Kind: KindObject})
			}
			if !ok {
				q = nil
			} else {
				n++
			}
			found = append(found, q)
		}
		w.w.BeginObject(n)
		for i, q := range found {
			if q != nil && !parts[i].write(w, q) {
				return false
			}
		}
		w.leave()
		return true
	}
}

// find returns where the field of the struct at p lies, and whether it is to be written.
func (f *structPart) find(w *walker, t reflect.Type, p unsafe.Pointer) (unsafe.Pointer, bool) {
	if f.direct {
		p = unsafe.Add(p, f.offset)
	} else if p = throughPointers(t, f.index, p); p == nil {
		return nil, false
	}
	if f.skip == nil {
		return p, true
	}
	skip := false
	w.guard(f.typ, "IsZero", func() { skip = f.skip(p) })
	return p, !skip
}

// throughPointers follows index through embedded structs, nil where a pointer on the way is.
func throughPointers(t reflect.Type, index []int, p unsafe.Pointer) unsafe.Pointer {
	for i, x := range index {
		if i > 0 && t.Kind() == reflect.Pointer {
			if p = *(*unsafe.Pointer)(p); p == nil {
				return nil
			}
			t = t.Elem()
		}
		sf := t.Field(x)
		p, t = unsafe.Add(p, sf.Offset), sf.Type
	}
	return p
}

// skipper returns the test by which f is left out: a nil function, and what the
// tag's omitempty and omitzero say. It is nil when f is always written.
func skipper(f *field) func(unsafe.Pointer) bool {
	var tests []func(unsafe.Pointer) bool
	if f.typ.Kind() == reflect.Func {
		tests = append(tests, func(p unsafe.Pointer) bool { return *(*unsafe.Pointer)(p) == nil })
	}
	if f.omitEmpty {
		if test := emptyTest(f.typ); test != nil {
			tests = append(tests, test)
		}
	}
	if f.omitZero {
		tests = append(tests, zeroTest(f.typ))
	}
	switch len(tests) {
	case 0:
		return nil
	case 1:
		return tests[0]
	}
	return func(p unsafe.Pointer) bool {
		for _, test := range tests {
			if test(p) {
				return true
			}
		}
		return false
	}
}

// emptyTest is encoding/json's omitempty; nil for kinds that are never empty.
func emptyTest(t reflect.Type) func(unsafe.Pointer) bool {
	switch t.Kind() {
	case reflect.String:
		return func(p unsafe.Pointer) bool { return *(*string)(p) == "" }
	case reflect.Slice:
		return func(p unsafe.Pointer) bool { return (*sliceHeader)(p).len == 0 }
	case reflect.Map:
		return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Elem().Len() == 0 }
	case reflect.Array:
		empty := t.Len() == 0
		return func(unsafe.Pointer) bool { return empty }
	case reflect.Struct:
		return nil
	}
	return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Elem().IsZero() }
}

type zeroer interface{ IsZero() bool }

// zeroTest is encoding/json's omitzero.
func zeroTest(t reflect.Type) func(unsafe.Pointer) bool {
	zeroerType := reflect.TypeFor[zeroer]()
	switch {
	case t.Implements(zeroerType):
		return func(p unsafe.Pointer) bool {
			v := reflect.NewAt(t, p).Elem()
			if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
				return true
			}
			return v.Interface().(zeroer).IsZero()
		}
	case reflect.PointerTo(t).Implements(zeroerType):
		return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Interface().(zeroer).IsZero() }
	}
	return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Elem().IsZero() }
}
