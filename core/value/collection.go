package value

import (
	"iter"
	"math"
	"math/big"
	"reflect"
)

// Entry is one entry of a [Map].
type Entry struct{ Key, Value any }

// Map is JavaScript's Map: ordered by first insertion, keys compared by
// SameValueZero. That is: strings, booleans, numbers and *big.Int by value, NaN equal to
// NaN, -0 to 0 (and stored as 0), pointers by identity. Go's other numeric types are
// equal to the float64 of the same value. The zero value is an empty map.
type Map struct{ t table[any] }

// NewMap returns a map with the entries set in the order given.
func NewMap(entries ...Entry) *Map {
	m := &Map{}
	m.Grow(len(entries))
	for _, e := range entries {
		m.Set(e.Key, e.Value)
	}
	return m
}

// Grow makes room for n more entries.
func (m *Map) Grow(n int) { m.t.grow(n) }

// Len is the number of entries.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return m.t.live
}

// Get returns the value of a key, nil and false when there is none.
func (m *Map) Get(key any) (any, bool) {
	if m == nil {
		return nil, false
	}
	if i := m.t.find(key); i >= 0 {
		return m.t.slots[i].item, true
	}
	return nil, false
}

// Has reports whether there is an entry with that key.
func (m *Map) Has(key any) bool { return m != nil && m.t.find(key) >= 0 }

// Set sets an entry, which keeps its place when it is there already.
func (m *Map) Set(key, v any) {
	key = positiveZero(key)
	if i := m.t.find(key); i >= 0 {
		m.t.slots[i].item = v
		return
	}
	m.t.add(key, v)
}

// Delete removes an entry and reports whether there was one.
func (m *Map) Delete(key any) bool { return m.t.remove(key) }

// All yields the entries in order. The map must not change meanwhile.
func (m *Map) All() iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		if m == nil {
			return
		}
		for i := range m.t.slots {
			if s := &m.t.slots[i]; s.live && !yield(s.key, s.item) {
				return
			}
		}
	}
}

// Set is JavaScript's Set: ordered by first insertion, members compared as the keys
// of a [Map]. The zero value is an empty set.
type Set struct{ t table[struct{}] }

// NewSet returns a set of the values in the order given.
func NewSet(values ...any) *Set {
	s := &Set{}
	s.Grow(len(values))
	for _, v := range values {
		s.Add(v)
	}
	return s
}

// Grow makes room for n more members.
func (s *Set) Grow(n int) { s.t.grow(n) }

// Len is the number of members.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return s.t.live
}

// Has reports whether v is a member.
func (s *Set) Has(v any) bool { return s != nil && s.t.find(v) >= 0 }

// Add adds v unless it is there already.
func (s *Set) Add(v any) {
	v = positiveZero(v)
	if s.t.find(v) < 0 {
		s.t.add(v, struct{}{})
	}
}

// Delete removes v and reports whether it was a member.
func (s *Set) Delete(v any) bool { return s.t.remove(v) }

// All yields the members in order. The set must not change meanwhile.
func (s *Set) All() iter.Seq[any] {
	return func(yield func(any) bool) {
		if s == nil {
			return
		}
		for i := range s.t.slots {
			if sl := &s.t.slots[i]; sl.live && !yield(sl.key) {
				return
			}
		}
	}
}

// table is what Map and Set share: slots in order, the dead ones swept when they
// are the majority, and an index from indexedSize slots on.
type table[T any] struct {
	slots []slot[T]
	live  int
	index map[any]int // canonical key to slot
}

type slot[T any] struct {
	key  any
	item T
	live bool
}

func (t *table[T]) grow(n int) {
	if free := cap(t.slots) - len(t.slots); n > free {
		slots := make([]slot[T], len(t.slots), len(t.slots)+n)
		copy(slots, t.slots)
		t.slots = slots
	}
}

func (t *table[T]) find(key any) int {
	c, ok := canonical(key)
	if !ok {
		return -1
	}
	if t.index != nil {
		if i, ok := t.index[c]; ok {
			return i
		}
		return -1
	}
	for i := range t.slots {
		if s := &t.slots[i]; s.live {
			if k, ok := canonical(s.key); ok && k == c {
				return i
			}
		}
	}
	return -1
}

func (t *table[T]) add(key any, item T) {
	t.slots = append(t.slots, slot[T]{key, item, true})
	t.live++
	switch {
	case t.index != nil:
		if c, ok := canonical(key); ok {
			t.index[c] = len(t.slots) - 1
		}
	case len(t.slots) >= indexedSize:
		t.reindex()
	}
}

func (t *table[T]) remove(key any) bool {
	i := t.find(key)
	if i < 0 {
		return false
	}
	if t.index != nil {
		c, _ := canonical(key)
		delete(t.index, c)
	}
	t.slots[i] = slot[T]{}
	t.live--
	if t.live < len(t.slots)/2 {
		t.sweep()
	}
	return true
}

func (t *table[T]) sweep() {
	kept := t.slots[:0]
	for _, s := range t.slots {
		if s.live {
			kept = append(kept, s)
		}
	}
	clear(t.slots[len(kept):])
	t.slots, t.index = kept, nil
	if len(kept) >= indexedSize {
		t.reindex()
	}
}

// reindex is called by writers only: readers may be many at a time.
func (t *table[T]) reindex() {
	t.index = make(map[any]int, len(t.slots))
	for i := range t.slots {
		if s := &t.slots[i]; s.live {
			if c, ok := canonical(s.key); ok {
				t.index[c] = i
			}
		}
	}
}

// Canonical forms of keys for which Go's == is not SameValueZero.
type (
	nanKey    struct{}
	bigIntKey struct {
		negative  bool
		magnitude string
	}
	pointerKey struct {
		typ  reflect.Type
		data uintptr
		len  int
	}
)

// maxExact bounds the integers that float64 holds exactly.
const maxExact = 1 << 53

// canonical returns a comparable value that is == for keys that are the same
// value, and false for a key that equals nothing, itself included.
func canonical(key any) (any, bool) {
	switch k := key.(type) {
	case nil, string, bool, Undefined, Hole:
		return key, true
	case float64:
		if math.IsNaN(k) {
			return nanKey{}, true
		}
		return key, true // +0 == -0
	case *big.Int:
		if k == nil {
			return key, true
		}
		return bigIntKey{k.Sign() < 0, string(k.Bytes())}, true // digits would take quadratic time
	}
	rv := reflect.ValueOf(key)
	switch rv.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := rv.Int(); -maxExact <= n && n <= maxExact {
			return float64(n), true
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if n := rv.Uint(); n <= maxExact {
			return float64(n), true
		}
	case reflect.Float32, reflect.Float64:
		return canonical(rv.Float())
	case reflect.Slice:
		return pointerKey{rv.Type(), rv.Pointer(), rv.Len()}, true
	case reflect.Map, reflect.Func:
		return pointerKey{rv.Type(), rv.Pointer(), 0}, true
	}
	return key, rv.Comparable()
}

func positiveZero(key any) any {
	switch k := key.(type) {
	case float64:
		if k == 0 {
			return 0.0
		}
	case float32:
		if k == 0 {
			return float32(0)
		}
	}
	return key
}
