package clone

import (
	"math/big"
	"sync"

	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// Document is a parsed message: a flat tape of what a [Builder] was told. All
// its methods except Release, and those of its nodes, may be called from several goroutines at a time.
type Document struct {
	tape []entry
	root uint32
	gen  uint32 // counts releases, so that nodes of an earlier life are seen

	data []byte // the message, borrowed
	side []byte // text that is not in data
	text int    // bytes of all texts

	parts   []part
	bigs    []*big.Int
	bytes   [][]byte
	headers [][]value.HeaderEntry

	limits fault.Limits

	mu    sync.Mutex // held by a build, except while it asks a hook; guards built
	built builtValues
}

// entry is one value, or one key, of the tape: 16 bytes.
type entry struct {
	kind  Kind
	flags flags
	elem  value.ArrayKind // of a typed array
	end   uint32          // the place after the value and everything in it
	bits  uint64          // see the kinds below
}

// What bits holds, by kind:
//
//	bool, number, date          the float's bits; 1 for true
//	bigint                      the int64, with flagBig the place in bigs
//	string, url, function, key  offset<<32 | length, in side with flagSide, else in data
//	array buffer                the place in bytes
//	headers                     the place in headers
//	array, set, map, object     the number of elements, members, entries
//	regexp, error, request,
//	response, views             the place in parts<<32 | the number of members
//	ref                         label, and after Finish the place of what it stands for
//
// A boxed value has its primitive behind it, a view its buffer or a ref to it, a
// request or response its headers and body, a member its key and value.
const (
	kindKey Kind = 0xfe
	kindRef Kind = 0xff
)

type flags uint8

const (
	flagSide    flags = 1 << iota // the text is in side
	flagBig                       // the bigint is in bigs
	flagShared                    // a ref stands for it somewhere
	flagMarked                    // an object with a key that begins with "__is"
	flagIndexes                   // an object or error with a key that may be an array index
	flagStack                     // an error that has a stack
)

// part holds what does not fit into 8 bytes.
type part struct {
	a, b, c string // source and flags; name, message and stack; url and method; status text
	x, y    int    // offset and length of a view; status
}

var documents = sync.Pool{New: func() any { return new(Document) }}

// Root is the document's value.
func (d *Document) Root() Node { return d.node(d.root) }

// Size is how much the document holds: values, and the bytes of their texts and buffers.
func (d *Document) Size() (values, bytes int) {
	for i := range d.tape {
		if d.tape[i].kind != kindKey {
			values++
		}
	}
	bytes = d.text
	for _, b := range d.bytes {
		bytes += len(b)
	}
	return values, bytes
}

// Release gives the document's memory back for reuse. Optional; at most once. No node
// of the document may be used afterwards, by any goroutine: one that is used all the
// same reads as absent, or as garbage when it is in the middle of a use, but never crashes
// a program that kept to one goroutine. Values that were built stay valid.
func (d *Document) Release() {
	const keep = 1 << 16 // entries and bytes that are worth pooling
	d.gen++
	d.data, d.root, d.text = nil, 0, 0
	clear(d.parts)
	clear(d.bigs)
	clear(d.bytes)
	clear(d.headers)
	d.tape, d.side = d.tape[:0], d.side[:0]
	d.parts, d.bigs, d.bytes, d.headers = d.parts[:0], d.bigs[:0], d.bytes[:0], d.headers[:0]
	d.built = builtValues{}
	if cap(d.tape) <= keep && cap(d.side) <= keep && cap(d.parts) <= keep {
		documents.Put(d)
	}
}

// node returns the node at i, through a ref.
func (d *Document) node(i uint32) Node {
	if int(i) >= len(d.tape) {
		return Node{}
	}
	if e := &d.tape[i]; e.kind == kindRef {
		i = uint32(e.bits)
	}
	return Node{doc: d, at: i, gen: d.gen}
}

// raw returns the text of a string, url, function or key.
func (d *Document) raw(e *entry) []byte {
	off, n := uint32(e.bits>>32), uint32(e.bits)
	if e.flags&flagSide != 0 {
		return d.side[off:][:n]
	}
	return d.data[off:][:n]
}

// bigInt returns a bigint of which the caller may keep the result.
func (d *Document) bigInt(e *entry) *big.Int {
	if e.flags&flagBig != 0 {
		return new(big.Int).Set(d.bigs[e.bits])
	}
	return big.NewInt(int64(e.bits))
}

// part returns what an entry keeps beside the tape.
func (d *Document) part(e *entry) *part { return &d.parts[e.bits>>32] }

// size is the number of elements, members or entries.
func (e *entry) size() int {
	switch e.kind {
	case KindArray, KindObject, KindMap, KindSet, KindError:
		return int(uint32(e.bits))
	}
	return 0
}
