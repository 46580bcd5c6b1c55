package clone

import (
	"math/big"
	"reflect"
	"strconv"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

func (c targetCompiler) compileInterface(x *target) {
	t := x.typ
	if t.NumMethod() == 0 {
		x.lazy = true // any asks the hooks itself
		x.build = func(b *build, at uint32, _ *entry, p unsafe.Pointer) error {
			v, err := b.any(at)
			*(*any)(p) = v
			return err
		}
		return
	}
	x.build = func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		if absent(e) {
			return nil
		}
		v, err := b.plain(at, e)
		if err != nil {
			return err
		}
		if rv := reflect.ValueOf(v); rv.Type().Implements(t) {
			reflect.NewAt(t, p).Elem().Set(rv)
			return nil
		}
		return doesNotFit(e, t)
	}
}

func (c targetCompiler) compilePointer(x *target) {
	x.shares = true
	t := x.typ
	elem := c.target(t.Elem())
	x.build = func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		if absent(e) {
			return nil
		}
		v := reflect.New(elem.typ)
		if e.flags&flagShared != 0 {
			b.learn(at, t, v.Convert(t)) // before it is built: a cycle ends here
		}
		if err := b.inside(elem, at, e, v.UnsafePointer()); err != nil {
			return err
		}
		*(*unsafe.Pointer)(p) = v.UnsafePointer()
		return nil
	}
}

// inside is into for what a pointer points to: the hooks were asked for the pointer.
func (b *build) inside(x *target, at uint32, e *entry, p unsafe.Pointer) error {
	switch {
	case e.flags&flagShared == 0:
	case x.shares:
		return b.into(x, at, p)
	case x.loops: // the pointer is what is known of it
		return b.byValue(x, at, e, p)
	}
	return x.build(b, at, e, p)
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

func (c targetCompiler) compileSlice(x *target) {
	x.shares = true
	t := x.typ
	elem := c.target(t.Elem())
	float, whole := storers(t.Elem().Kind())
	allocate := allocator(t)
	x.build = func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		n := 0
		switch {
		case absent(e):
			return nil
		case e.kind == KindArray || e.kind == KindSet:
			n = e.size()
		case e.kind == KindTypedArray && float != nil:
			n = b.doc.part(e).y
		case (e.kind == KindArrayBuffer || e.kind == KindDataView) && t.Elem().Kind() == reflect.Uint8:
			n = len(b.bytes(e))
		default:
			return doesNotFit(e, t)
		}
		data := allocate(n)
		*(*sliceHeader)(p) = sliceHeader{data, n, n}
		if e.flags&flagShared != 0 {
			s := reflect.New(t).Elem()
			s.Set(reflect.NewAt(t, p).Elem())
			b.learn(at, t, s) // before it is filled: a cycle ends here
		}
		switch e.kind {
		case KindTypedArray:
			return b.elements(e, t, data, float, whole)
		case KindArrayBuffer, KindDataView:
			copy(unsafe.Slice((*byte)(data), n), b.bytes(e))
			return nil
		}
		return b.parts(elem, at, e, data)
	}
}

// allocator returns what makes room for n elements of a slice of type t: package reflect
// allocates a header as well, so elements of the most common shapes are made here.
func allocator(t reflect.Type) func(n int) unsafe.Pointer {
	switch t.Elem().Kind() {
	case reflect.String:
		return room[string]
	case reflect.Pointer, reflect.Map, reflect.Func:
		return room[unsafe.Pointer]
	case reflect.Bool, reflect.Int8, reflect.Uint8:
		return room[uint8]
	case reflect.Int32, reflect.Uint32, reflect.Float32:
		return room[uint32]
	case reflect.Int64, reflect.Uint64, reflect.Float64:
		return room[uint64]
	case reflect.Int, reflect.Uint, reflect.Uintptr:
		return room[uint]
	case reflect.Interface:
		return room[any] // one with methods has a word of the same shape before its data
	}
	return func(n int) unsafe.Pointer { return reflect.MakeSlice(t, n, n).UnsafePointer() }
}

func room[T any](n int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(make([]T, n))) }

// bytes returns the bytes of a buffer, or those that a view shows.
func (b *build) bytes(e *entry) []byte {
	d := b.doc
	if e.kind == KindArrayBuffer {
		return d.bytes[e.bits]
	}
	p, size := d.part(e), 1
	if e.kind == KindTypedArray {
		size = elemSize(e.elem)
	}
	return d.bytes[b.bufferOf(e).bits][p.x:][:p.y*size]
}

// bufferOf returns the entry of a view's buffer.
func (b *build) bufferOf(e *entry) *entry {
	tape := b.doc.tape
	buffer := &tape[e.end-1] // a view is its own entry and that of its buffer
	if buffer.kind == kindRef {
		buffer = &tape[buffer.bits]
	}
	return buffer
}

// elements converts the elements of a typed array one by one.
func (b *build) elements(e *entry, t reflect.Type, data unsafe.Pointer, float storeFloat, whole storeBigInt) error {
	bytes := b.bytes(e)
	if k := t.Elem().Kind(); k == reflect.Uint8 && elemSize(e.elem) == 1 && e.elem != value.Int8 {
		copy(unsafe.Slice((*byte)(data), len(bytes)), bytes)
		return nil
	}
	view := value.TypedArray{Kind: e.elem, Buffer: &value.ArrayBuffer{Bytes: bytes}, Length: b.doc.part(e).y}
	size := t.Elem().Size()
	for i, f := range view.Numbers() {
		if !float(unsafe.Add(data, uintptr(i)*size), f) {
			return under(misfit("number %v does not fit %s", f, t.Elem()), func() string { return index(i) })
		}
	}
	if e.elem != value.BigInt64 && e.elem != value.BigUint64 {
		return nil
	}
	for i := range view.Length {
		n := view.At(i).(*big.Int)
		if !whole(unsafe.Add(data, uintptr(i)*size), n) {
			return under(misfit("bigint %s does not fit %s", n, t.Elem()), func() string { return index(i) })
		}
	}
	return nil
}

// parts builds the elements of an array or set side by side from data on.
func (b *build) parts(elem *target, at uint32, e *entry, data unsafe.Pointer) error {
	if err := b.enter(); err != nil {
		return err
	}
	tape, size := b.doc.tape, elem.typ.Size()
	n := 0
	for i := at + 1; i < e.end; i = tape[i].end {
		if err := b.into(elem, i, unsafe.Add(data, uintptr(n)*size)); err != nil {
			return under(err, func() string { return index(n) })
		}
		n++
	}
	b.depth--
	return nil
}

func (c targetCompiler) compileArray(x *target) {
	t := x.typ
	x.loops = true
	elem, n := c.target(t.Elem()), t.Len()
	float, whole := storers(t.Elem().Kind())
	x.build = func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		switch e.kind {
		case KindArray, KindSet:
			if e.size() != n {
				return misfit("%s of %d does not fit %s", nameOf(e.kind), e.size(), t)
			}
			return b.parts(elem, at, e, p)
		case KindTypedArray:
			if float == nil {
				return doesNotFit(e, t)
			}
			if have := b.doc.part(e).y; have != n {
				return misfit("typed array of %d does not fit %s", have, t)
			}
			return b.elements(e, t, p, float, whole)
		case KindArrayBuffer:
			bytes := b.bytes(e)
			if t.Elem().Kind() != reflect.Uint8 || len(bytes) != n {
				return misfit("array buffer of %d bytes does not fit %s", len(bytes), t)
			}
			copy(unsafe.Slice((*byte)(p), n), bytes)
			return nil
		}
		return doesNotFit(e, t)
	}
}

func (c targetCompiler) compileStruct(x *target) {
	t := x.typ
	x.loops = true
	fields := fieldsOf(t)
	parts := make([]*target, len(fields.list))
	places := make(map[string]int, len(fields.list))
	for i := range fields.list {
		f := &fields.list[i]
		parts[i] = c.target(f.typ)
		places[f.name] = i
	}
	x.build = func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		if e.kind != KindObject {
			return doesNotFit(e, t)
		}
		if err := b.enter(); err != nil {
			return err
		}
		tape, next := b.doc.tape, 0
		for i := at + 1; i < e.end; i = tape[i+1].end {
			key := b.doc.raw(&tape[i])
			// Most senders keep the order of the fields: look at the next one first.
			if next >= len(parts) || fields.list[next].name != string(key) {
				place, ok := places[string(key)]
				if !ok {
					continue
				}
				next = place
			}
			f, part := &fields.list[next], parts[next]
			next++
			var err error
			if f.direct {
				err = b.into(part, i+1, unsafe.Add(p, f.offset))
			} else {
				err = b.embedded(t, f, part, i+1, p)
			}
			if err != nil {
				return under(err, func() string { return member(f.name) })
			}
		}
		b.depth--
		return nil
	}
}

// embedded builds a field that lies behind embedded pointers, which it makes as needed.
func (b *build) embedded(t reflect.Type, f *field, part *target, at uint32, p unsafe.Pointer) error {
	v := reflect.NewAt(t, p).Elem()
	for i, x := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return misfit("it lies behind a nil pointer to the unexported %s", v.Type().Elem())
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return b.into(part, at, v.Addr().UnsafePointer())
}
