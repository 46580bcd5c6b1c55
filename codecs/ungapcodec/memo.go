package ungapcodec

import (
	"hash/maphash"
	"math"
	"math/bits"
)

// memo finds the record of a primitive that was met before, as the npm package's Map
// does: equal strings, numbers, bigints and functions share one. It is open
// addressing over records, whose texts lie in the writer.
type memo struct {
	table []slot // of a power of two
	used  int
}

type slot struct {
	hash uint32
	rec  int32 // record + 1; 0: free
}

// smallMemo is the table's first size; keptMemo the largest that waits for the next document.
const (
	smallMemo = 64
	keptMemo  = 1 << 13
)

// The seeds make hashes ones that a peer cannot know, so that nobody can make many collide.
var (
	seed        = maphash.MakeSeed()
	numberSeeds = [2]uint64{maphash.String(seed, "number"), maphash.String(seed, "factor") | 1}
)

// textual returns the record of the kind and text, which is written when there is none.
func (w *writer) textual(k recordKind, s string) int32 {
	w.spread += len(s)
	h := uint32(maphash.String(seed, s)) ^ uint32(k)*0x9e3779b9
	at := w.memo.find(h, func(i int32) bool {
		r := &w.recs[i]
		return r.kind == k && string(w.text[r.off:r.off+r.n]) == s
	})
	if i := w.memo.table[at].rec; i > 0 {
		return i - 1
	}
	off := len(w.text)
	w.text = append(w.text, s...)
	i := w.push(record{kind: k, off: off, n: len(s)})
	w.memo.set(at, h, i)
	return i
}

// numeric is textual for numbers, -0 and NaN excepted.
func (w *writer) numeric(v float64) int32 {
	h, at := w.findNumber(v)
	if i := w.memo.table[at].rec; i > 0 {
		return i - 1
	}
	i := w.push(record{kind: recNumber, num: v})
	w.memo.set(at, h, i)
	return i
}

func (w *writer) findNumber(v float64) (h uint32, at int) {
	high, low := bits.Mul64(math.Float64bits(v)^numberSeeds[0], numberSeeds[1])
	h = uint32(high ^ low)
	return h, w.memo.find(h, func(i int32) bool { return w.recs[i].kind == recNumber && w.recs[i].num == v })
}

// hasZero reports whether 0 has a record.
func (w *writer) hasZero() bool {
	_, at := w.findNumber(0)
	return w.memo.table[at].rec > 0
}

// find returns where the record with the hash is for which same holds, or where it goes.
func (m *memo) find(h uint32, same func(i int32) bool) int {
	if m.used*4 >= len(m.table)*3 {
		m.grow()
	}
	mask := uint32(len(m.table) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &m.table[at]
		if s.rec == 0 || s.hash == h && same(s.rec-1) {
			return int(at)
		}
	}
}

func (m *memo) set(at int, h uint32, i int32) {
	m.table[at] = slot{h, i + 1}
	m.used++
}

func (m *memo) grow() {
	old := m.table
	m.table = make([]slot, max(smallMemo, 2*len(old)))
	mask := uint32(len(m.table) - 1)
	for _, s := range old {
		if s.rec == 0 {
			continue
		}
		at := s.hash & mask
		for m.table[at].rec != 0 {
			at = (at + 1) & mask
		}
		m.table[at] = s
	}
}

func (m *memo) reset() {
	if len(m.table) > keptMemo {
		m.table = nil
	} else if m.used > 0 {
		clear(m.table)
	}
	m.used = 0
}
