package clone

import (
	"math/bits"
	"unsafe"
)

// identities maps pointers to labels: open addressing, linear probing. It holds
// the pointers as such, so that no address is used twice during a walk.
type identities struct {
	table []identity // of a power of two
	used  int
}

type identity struct {
	ptr unsafe.Pointer // nil: free
	typ unsafe.Pointer
	len int
	id  int
}

// smallIdentities is the table's first size; keptIdentities the largest that waits for the next walk.
const (
	smallIdentities = 32
	keptIdentities  = 4096
)

// lookup returns the label of (ptr, typ, n), which becomes next when it was not there.
func (t *identities) lookup(ptr, typ unsafe.Pointer, n, next int) (id int, seen bool) {
	if t.used*4 >= len(t.table)*3 {
		t.grow()
	}
	mask := uint(len(t.table) - 1)
	for i := hashIdentity(ptr, typ, n); ; i++ {
		e := &t.table[i&mask]
		if e.ptr == nil {
			*e = identity{ptr, typ, n, next}
			t.used++
			return next, false
		}
		if e.ptr == ptr && e.typ == typ && e.len == n {
			return e.id, true
		}
	}
}

func hashIdentity(ptr, typ unsafe.Pointer, n int) uint {
	h, l := bits.Mul64(uint64(uintptr(ptr))^uint64(n)<<48, 0x9e3779b97f4a7c15^uint64(uintptr(typ)))
	return uint(h ^ l)
}

func (t *identities) grow() {
	old := t.table
	t.table = make([]identity, max(smallIdentities, 2*len(old)))
	mask := uint(len(t.table) - 1)
	for _, e := range old {
		if e.ptr == nil {
			continue
		}
		i := hashIdentity(e.ptr, e.typ, e.len)
		for t.table[i&mask].ptr != nil {
			i++
		}
		t.table[i&mask] = e
	}
}

func (t *identities) reset() {
	switch {
	case len(t.table) > keptIdentities:
		t.table = nil
	case t.used > 0:
		clear(t.table)
	}
	t.used = 0
}
