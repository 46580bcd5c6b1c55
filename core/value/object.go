package value

import (
	"cmp"
	"iter"
	"slices"
)

// Member is one property of an [Object].
type Member struct {
	Key   string
	Value any
}

// Object is an ordered object. Its members keep JavaScript's own-key order:
// canonical array-index keys ascending, then the others as they were first set.
// The zero value is an empty object. Small objects are searched linearly, large
// ones through an index.
type Object struct {
	members []Member
	indexes int            // how many members, all in front, have an array-index key
	index   map[string]int // of the members behind those, counted from there; nil while there are few
}

// indexedSize is the number of members from which on an index pays.
const indexedSize = 32

// NewObject returns an object with the members set in the order given: a key
// that occurs twice keeps its first place and its last value.
func NewObject(members ...Member) *Object {
	o := &Object{members: make([]Member, 0, len(members))}
	for _, m := range members {
		o.Set(m.Key, m.Value)
	}
	return o
}

// ObjectOf returns an object that takes members over without looking at them:
// the keys must be distinct and none of them an array index (see [IsIndex]). It is the
// way for decoders, which know.
func ObjectOf(members []Member) *Object {
	o := &Object{members: members}
	if len(members) >= indexedSize {
		o.reindex()
	}
	return o
}

// IsIndex reports whether key is a canonical array index, 0 to 4294967294
// without leading zeros, and which. Such keys come first in an object, ascending.
func IsIndex(key string) (uint32, bool) {
	if len(key) == 0 || len(key) > 10 || key[0] == '0' && len(key) > 1 {
		return 0, false
	}
	var n uint64
	for i := range len(key) {
		c := key[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	return uint32(n), n < 1<<32-1
}

// Len is the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// Get returns the member's value, nil and false when there is none.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.members[i].Value, true
	}
	return nil, false
}

// Has reports whether there is a member with that key.
func (o *Object) Has(key string) bool { return o.find(key) >= 0 }

// Set sets the member, which keeps its place when it is there already.
func (o *Object) Set(key string, v any) {
	if n, ok := IsIndex(key); ok {
		at, found := o.findIndex(n)
		if found {
			o.members[at].Value = v
			return
		}
		o.members = slices.Insert(o.members, at, Member{key, v})
		o.indexes++
		return
	}
	if i := o.find(key); i >= 0 {
		o.members[i].Value = v
		return
	}
	o.members = append(o.members, Member{key, v})
	if n := len(o.members) - o.indexes; o.index != nil {
		o.index[key] = n - 1
	} else if n >= indexedSize {
		o.reindex()
	}
}

// Delete removes the member and reports whether there was one. Its cost is
// proportional to the number of members.
func (o *Object) Delete(key string) bool {
	i := o.find(key)
	if i < 0 {
		return false
	}
	o.members = slices.Delete(o.members, i, i+1)
	switch {
	case i < o.indexes:
		o.indexes--
	case i == len(o.members):
		delete(o.index, key)
	default:
		o.index = nil // places moved; the next Set of a new key makes it again
	}
	return true
}

// At returns the i-th member in own-key order. It panics when i is out of range.
func (o *Object) At(i int) Member { return o.members[i] }

// All yields the members in own-key order. The object must not change meanwhile.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for i := range o.members {
			if !yield(o.members[i].Key, o.members[i].Value) {
				return
			}
		}
	}
}

// Keys returns the keys in own-key order.
func (o *Object) Keys() []string {
	keys := make([]string, o.Len())
	for i := range keys {
		keys[i] = o.members[i].Key
	}
	return keys
}

func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if o.indexes > 0 {
		if n, ok := IsIndex(key); ok {
			if at, found := o.findIndex(n); found {
				return at
			}
			return -1
		}
	}
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i + o.indexes
		}
		return -1
	}
	for i := o.indexes; i < len(o.members); i++ {
		if o.members[i].Key == key {
			return i
		}
	}
	return -1
}

// findIndex returns the place of the array index n, or the place where it belongs.
func (o *Object) findIndex(n uint32) (int, bool) {
	return slices.BinarySearchFunc(o.members[:o.indexes], n, func(m Member, n uint32) int {
		k, _ := IsIndex(m.Key)
		return cmp.Compare(k, n)
	})
}

// reindex is called by writers only: readers may be many at a time.
func (o *Object) reindex() {
	o.index = make(map[string]int, len(o.members)-o.indexes)
	for i, m := range o.members[o.indexes:] {
		o.index[m.Key] = i
	}
}
