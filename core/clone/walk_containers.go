package clone

import (
	"reflect"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

// encodeAny writes what an empty interface holds.
func encodeAny(w *walker, p unsafe.Pointer) bool {
	if !w.hop() {
		return false
	}
	ok := w.value(*(*any)(p))
	w.hops--
	return ok
}

// ifaceEncoder writes what an interface with methods holds.
func ifaceEncoder(t reflect.Type) encodeFunc {
	return func(w *walker, p unsafe.Pointer) bool {
		v := reflect.NewAt(t, p).Elem()
		if v.IsNil() {
			return w.null()
		}
		return w.value(v.Interface())
	}
}

func (c *compiler) compilePointer(p *plan) {
	elem := c.within(p, p.typ.Elem())
	p.tracks = true
	p.encode = func(w *walker, at unsafe.Pointer) bool {
		to := *(*unsafe.Pointer)(at)
		if to == nil {
			return w.null()
		}
		if elem.identity && !elem.tracks {
			if w.again(to, elem.word, 0) {
				return w.count()
			}
			return elem.encode(w, to)
		}
		if !w.hop() {
			return false
		}
		ok := elem.encode(w, to)
		w.hops--
		return ok
	}
}

func (c *compiler) compileSlice(p *plan) {
	if isByte(p.typ.Elem()) {
		p.identity, p.encode = true, encodeBytes
		return
	}
	elem := c.within(p, p.typ.Elem())
	size := p.typ.Elem().Size()
	p.identity = true
	p.tracks = leadsBack(p.typ)
	p.encode = func(w *walker, at unsafe.Pointer) bool {
		s := (*sliceHeader)(at)
		if s.data == nil {
			return w.null()
		}
		if p.tracks && s.len > 0 && w.again(s.data, p.word, s.len) {
			return w.count()
		}
		return w.elements(elem, s.data, s.len, size)
	}
}

// sliceHeader is a slice of any type, as the runtime lays it out.
type sliceHeader struct {
	data unsafe.Pointer
	len  int
	cap  int
}

func (c *compiler) compileArray(p *plan) {
	t := p.typ
	p.identity = t.Size() > 0
	n := t.Len()
	if isByte(t.Elem()) {
		p.encode = func(w *walker, at unsafe.Pointer) bool { return w.bytes(unsafe.Slice((*byte)(at), n)) }
		return
	}
	elem, size := c.within(p, t.Elem()), t.Elem().Size()
	p.encode = func(w *walker, at unsafe.Pointer) bool { return w.elements(elem, at, n, size) }
}

// isByte reports whether slices of t are bytes: t is a byte without a form of its own.
func isByte(t reflect.Type) bool {
	return t.Kind() == reflect.Uint8 && t.NumMethod() == 0 && reflect.PointerTo(t).NumMethod() == 0
}

func encodeBytes(w *walker, p unsafe.Pointer) bool {
	b := *(*[]byte)(p)
	if b == nil {
		return w.null()
	}
	return w.bytes(b)
}

// elements writes an array of n values of elem's type, size bytes apart.
func (w *walker) elements(elem *plan, data unsafe.Pointer, n int, size uintptr) bool {
	if !w.enter() {
		return false
	}
	w.w.BeginArray(n)
	keep := w.keeps(elem)
	if keep {
		w.push(Step{Kind: KindArray})
	}
	for i := range n {
		if keep {
			w.path[len(w.path)-1].Index = i
		}
		if !elem.encode(w, unsafe.Add(data, uintptr(i)*size)) {
			return w.out(Step{Kind: KindArray, Index: i})
		}
	}
	if keep {
		w.pop()
	}
	w.leave()
	return true
}

func (c *compiler) compileMap(p *plan) {
	t := p.typ
	p.identity, p.tracks = true, true
	switch {
	case t.Elem() == emptyType:
		p.encode = setEncoder(p, c.within(p, t.Key()))
	case t.Key().Kind() != reflect.String:
		p.encode = mapEncoder(p, c.within(p, t.Key()), c.within(p, t.Elem()))
	case t.Elem() == reflect.TypeFor[any]() && t.Key() == reflect.TypeFor[string]():
		p.encode = anyMapEncoder(p, c.within(p, t.Elem()))
	default:
		p.encode = dictEncoder(p, c.within(p, t.Elem()))
	}
}

// goMapEncoder writes a Go map by body: nil as null, and one that was there before as a
// reference.
func goMapEncoder(p *plan, body encodeFunc) encodeFunc {
	return func(w *walker, at unsafe.Pointer) bool {
		m := *(*unsafe.Pointer)(at)
		if m == nil {
			return w.null()
		}
		if w.again(m, p.word, 0) {
			return w.count()
		}
		if !w.enter() || !body(w, at) {
			return false
		}
		w.leave()
		return true
	}
}

// anyMapEncoder is dictEncoder for map[string]any, without reflection.
func anyMapEncoder(p, elem *plan) encodeFunc {
	return goMapEncoder(p, func(w *walker, at unsafe.Pointer) bool {
		m := *(*map[string]any)(at)
		w.w.BeginObject(len(m))
		keep := w.keeps(elem)
		for k, v := range m {
			if keep {
				w.push(Step{Key: k, Kind: KindObject})
			}
			if !w.key(k) || !w.value(v) {
				return w.out(Step{Key: k, Kind: KindObject})
			}
			if keep {
				w.pop()
			}
		}
		return true
	})
}

// key writes a key that comes from data.
func (w *walker) key(k string) bool {
	if !value.ValidText(k) {
		return w.refuse("a key is not UTF-8: %+q", shorten(k))
	}
	w.w.Key(k)
	return true
}

// dictEncoder writes maps with string keys as objects.
func dictEncoder(p, elem *plan) encodeFunc {
	t := p.typ
	return goMapEncoder(p, func(w *walker, at unsafe.Pointer) bool {
		rv := reflect.NewAt(t, at).Elem()
		w.w.BeginObject(rv.Len())
		key, val := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		valAt := val.Addr().UnsafePointer()
		keep := w.keeps(elem)
		for it := rv.MapRange(); it.Next(); {
			key.SetIterKey(it)
			val.SetIterValue(it)
			k := key.String()
			if keep {
				w.push(Step{Key: k, Kind: KindObject})
			}
			if !w.key(k) || !elem.encode(w, valAt) {
				return w.out(Step{Key: k, Kind: KindObject})
			}
			if keep {
				w.pop()
			}
		}
		return true
	})
}

// mapEncoder writes maps with other keys as Maps.
func mapEncoder(p, key, elem *plan) encodeFunc {
	t := p.typ
	return goMapEncoder(p, func(w *walker, at unsafe.Pointer) bool {
		rv := reflect.NewAt(t, at).Elem()
		w.w.BeginMap(rv.Len())
		k, v := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		kAt, vAt := k.Addr().UnsafePointer(), v.Addr().UnsafePointer()
		keep := w.keeps(key) || w.keeps(elem)
		i := 0
		for it := rv.MapRange(); it.Next(); i++ {
			k.SetIterKey(it)
			v.SetIterValue(it)
			if keep {
				w.push(Step{Kind: KindMap, Index: i})
			}
			if !key.encode(w, kAt) || !elem.encode(w, vAt) {
				return w.out(Step{Kind: KindMap, Index: i})
			}
			if keep {
				w.pop()
			}
		}
		return true
	})
}

// setEncoder writes maps to struct{} as Sets.
func setEncoder(p, key *plan) encodeFunc {
	t := p.typ
	return goMapEncoder(p, func(w *walker, at unsafe.Pointer) bool {
		rv := reflect.NewAt(t, at).Elem()
		w.w.BeginSet(rv.Len())
		k := reflect.New(t.Key()).Elem()
		kAt := k.Addr().UnsafePointer()
		keep := w.keeps(key)
		i := 0
		for it := rv.MapRange(); it.Next(); i++ {
			k.SetIterKey(it)
			if keep {
				w.push(Step{Kind: KindSet, Index: i})
			}
			if !key.encode(w, kAt) {
				return w.out(Step{Kind: KindSet, Index: i})
			}
			if keep {
				w.pop()
			}
		}
		return true
	})
}

// leadsBack reports whether a value of slice type t can contain itself: through
// an interface, or through its own type.
func leadsBack(t reflect.Type) bool {
	visited := map[reflect.Type]bool{}
	var reaches func(u reflect.Type) bool
	reaches = func(u reflect.Type) bool {
		if u == t || u.Kind() == reflect.Interface {
			return true
		}
		if visited[u] {
			return false
		}
		visited[u] = true
		switch u.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			return reaches(u.Elem())
		case reflect.Map:
			return reaches(u.Key()) || reaches(u.Elem())
		case reflect.Struct:
			for i := range u.NumField() {
				if reaches(u.Field(i).Type) {
					return true
				}
			}
		}
		return false
	}
	return reaches(t.Elem())
}
