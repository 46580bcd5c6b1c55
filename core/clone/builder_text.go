package clone

import (
	"hash/maphash"
	"math"
	"math/big"

	"github.com/millrace/millrace/core/fault"
)

// maxText is how many bytes of text a document can name: offsets have 32 bits, and so may an int.
const maxText = math.MaxInt32

// keep makes room for n bytes beside the tape and returns where.
func (b *Builder) keep(n int) (uint64, bool) {
	if !b.room(n) {
		return 0, false
	}
	off := len(b.doc.side)
	if off > maxText-n {
		return 0, b.limit("bytes of text", off+n, maxText, "MessageBytes")
	}
	b.doc.text += n
	return uint64(off)<<32 | uint64(n), true
}

func (b *Builder) putText(k Kind, s string) {
	if bits, ok := b.keep(len(s)); ok {
		b.doc.side = append(b.doc.side, s...)
		b.put(k, flagSide, bits)
	}
}

// inData is the text at [off, off+n) of the borrowed bytes.
func (b *Builder) inData(off, n int) (uint64, bool) {
	if off < 0 || n < 0 || off > len(b.doc.data) || n > len(b.doc.data)-off {
		return 0, b.malformed("text at %d with %d bytes is not in the message", off, n)
	}
	b.doc.text += n
	return uint64(off)<<32 | uint64(n), true
}

// String adds a string, of which it keeps a copy.
func (b *Builder) String(s string) {
	if b.begun(KindString) {
		b.putText(KindString, s)
	}
}

// StringBytes is String for text that is in a buffer.
func (b *Builder) StringBytes(s []byte) {
	if b.begun(KindString) {
		if bits, ok := b.keep(len(s)); ok {
			b.doc.side = append(b.doc.side, s...)
			b.put(KindString, flagSide, bits)
		}
	}
}

// StringAt is String for the n bytes at off of what [Builder.Borrow] was given: no copy is made.
func (b *Builder) StringAt(off, n int) {
	if b.begun(KindString) {
		if bits, ok := b.inData(off, n); ok {
			b.put(KindString, 0, bits)
		}
	}
}

// URL adds a URL.
func (b *Builder) URL(href string) {
	if b.begun(KindURL) {
		b.putText(KindURL, href)
	}
}

// Function adds a function's name.
func (b *Builder) Function(name string) {
	if b.begun(KindFunction) {
		b.putText(KindFunction, name)
	}
}

// Key adds the key of the next member, of which it keeps a copy.
func (b *Builder) Key(k string) {
	if !b.keyed() {
		return
	}
	if bits, ok := b.keep(len(k)); ok {
		b.doc.side = append(b.doc.side, k...)
		b.key(flagSide, bits)
	}
}

// KeyBytes is Key for text that is in a buffer.
func (b *Builder) KeyBytes(k []byte) {
	if !b.keyed() {
		return
	}
	if bits, ok := b.keep(len(k)); ok {
		b.doc.side = append(b.doc.side, k...)
		b.key(flagSide, bits)
	}
}

// KeyAt is Key for the n bytes at off of what [Builder.Borrow] was given: no copy is made.
func (b *Builder) KeyAt(off, n int) {
	if !b.keyed() {
		return
	}
	if bits, ok := b.inData(off, n); ok {
		b.key(0, bits)
	}
}

// keyed reports whether a key may come now.
func (b *Builder) keyed() bool {
	if b.odd && !b.settled("a key") {
		return false
	}
	f := &b.frames[len(b.frames)-1]
	switch {
	case f.kind != KindObject && f.kind != KindError:
		return b.malformed("a key outside an object")
	case f.keyed:
		return b.malformed("%s: a key in the place of a value", nameOf(f.kind))
	}
	return true
}

// settled reports whether nothing is still to be said about a next value.
func (b *Builder) settled(what string) bool {
	switch {
	case b.err != nil:
		return false
	case b.boxed:
		return b.malformed("%s in the place of a boxed value", what)
	case b.label >= 0:
		return b.malformed("%s after label %d, in the place of its value", what, b.label)
	}
	return true
}

func (b *Builder) key(fl flags, bits uint64) {
	d := b.doc
	f := &b.frames[len(b.frames)-1]
	f.got++
	if f.want >= 0 && f.got > f.want {
		b.malformed("%s: more than the %d members announced", nameOf(f.kind), f.want)
		return
	}
	at := uint32(len(d.tape))
	b.put(kindKey, fl, bits)
	text := d.raw(&d.tape[at])
	h := hash(text)
	if bit := uint64(1) << (h >> 58); f.bloom&bit == 0 {
		f.bloom |= bit
	} else if b.repeats(f, h, text) {
		b.malformed("%s has the key %.40q twice", nameOf(f.kind), text)
		return
	}
	b.keys = append(b.keys, keyMark{h, at})
	if f.seen != nil {
		f.seen[h] = struct{}{}
	}
	if len(text) > 0 {
		switch c := text[0]; {
		case c == '_' && len(text) >= 4 && text[1] == '_' && text[2] == 'i' && text[3] == 's' && f.kind == KindObject:
			d.tape[f.at].flags |= flagMarked
		case c-'0' <= 9:
			d.tape[f.at].flags |= flagIndexes
		}
	}
	f.keyed = true
}

// manyKeys is the number of keys from which on a set of hashes is kept.
const manyKeys = 32

// repeats reports whether the object has a key with that text already.
func (b *Builder) repeats(f *frame, h uint64, text []byte) bool {
	marks := b.keys[f.keys:]
	if len(marks) >= manyKeys {
		if f.seen == nil {
			f.seen = make(map[uint64]struct{}, 2*len(marks))
			for _, m := range marks {
				f.seen[m.hash] = struct{}{}
			}
		}
		if _, ok := f.seen[h]; !ok {
			return false
		}
	}
	d := b.doc
	for _, m := range marks {
		if m.hash == h && string(d.raw(&d.tape[m.at])) == string(text) {
			return true
		}
	}
	return false
}

// hash tells keys apart: short ones surely, long ones by a seed that a peer cannot know,
// so that nobody can make many keys collide.
func hash(s []byte) uint64 {
	if len(s) > 7 {
		return maphash.Bytes(seed, s)
	}
	w := uint64(len(s))
	for _, c := range s {
		w = w<<8 | uint64(c)
	}
	return w * 0x9e3779b97f4a7c15
}

var seed = maphash.MakeSeed()

// BigIntText adds the bigint that text spells: decimal digits, a minus before them if
// it is negative, nothing else.
func (b *Builder) BigIntText(text []byte) {
	if !b.begun(KindBigInt) {
		return
	}
	num := text
	if len(num) > 0 && num[0] == '-' {
		num = num[1:]
	}
	if limit := b.doc.limits.BigIntDigits; fault.Over(len(num), limit) {
		b.limit("digits of a bigint", len(num), limit, "BigIntDigits")
		return
	}
	small := int64(0)
	for _, c := range num {
		if c < '0' || c > '9' {
			b.malformed("bigint %.40q is not decimal", text)
			return
		}
		small = small*10 + int64(c-'0') // meaningless beyond 18 digits, and not used then
	}
	switch {
	case len(num) == 0:
		b.malformed("bigint %q has no digits", text)
	case len(num) > 18:
		v, _ := new(big.Int).SetString(string(text), 10)
		b.putBig(v)
	case len(num) < len(text):
		b.put(KindBigInt, 0, uint64(-small))
	default:
		b.put(KindBigInt, 0, uint64(small))
	}
}
