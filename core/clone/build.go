package clone

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/millrace/millrace/core/fault"
)

// Build builds n, a node of this document, into what dst, a pointer, points to; it is untouched on an error.
//
// Into an empty interface it builds the value model of package value, with float64,
// string, bool, *big.Int and nil for the primitives. Into other types it builds what
// fits without loss, and fails with CodeMismatch and the value's path where something
// does not: numbers and bigints into number types that hold them, dates into
// time.Time, objects into structs (by the names that package encoding/json would use, or a millrace
// tag) and maps, arrays and sets into slices and arrays, bytes and typed arrays into
// slices, texts into encoding.TextUnmarshaler, everything into pointers to what it fits.
// Null and undefined make pointers, maps, slices and interfaces nil.
// A [Node] as destination takes the node itself, to be built later.
//
// What the document refers to more than once becomes one pointer, over all
// builds of the document into the same type.
func (d *Document) Build(n Node, dst any, o BuildOptions) error {
	if n.entry() == nil || n.doc != d {
		return fault.New(fault.CodeMismatch, "there is no value to build")
	}
	if p, ok := dst.(*any); ok && p != nil {
		v, err := d.buildAny(n, o)
		if err != nil {
			return err
		}
		*p = v
		return nil
	}
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fault.New(fault.CodeConfig, "the destination %T is not a pointer to something", dst)
	}
	return d.buildInto(n, p.Elem(), o)
}

// Value builds n into the value model, as [Document.Build] into an any does.
func (d *Document) buildAny(n Node, o BuildOptions) (any, error) {
	b := newBuild(d, o)
	defer b.free()
	v, err := b.any(n.at)
	if err != nil {
		return nil, b.failure(err)
	}
	b.done()
	return v, nil
}

// build is one run of Document.Build.
type build struct {
	doc      *Document
	o        BuildOptions
	own      builtValues
	depth    int
	maxDepth int
	unlocked bool
	within   map[builtKey]bool // built by value at the moment

	arena []byte
	slabs slabs
	keys  [keySlots]string // recently seen, also by builds before
}

var builds = sync.Pool{New: func() any { return new(build) }}

func newBuild(d *Document, o BuildOptions) *build {
	b := builds.Get().(*build)
	b.doc, b.o = d, o
	b.depth, b.maxDepth = 0, bound(d.limits.ValueDepth)
	d.mu.Lock()
	return b
}

func (b *build) done() {
	if b.own.anys != nil || b.own.typed != nil {
		b.doc.built.publish(&b.own)
	}
}

func (b *build) free() {
	if !b.unlocked {
		b.doc.mu.Unlock()
	}
	b.doc, b.o, b.own, b.within = nil, BuildOptions{}, builtValues{}, nil
	b.arena, b.slabs, b.unlocked = nil, slabs{}, false
	builds.Put(b)
}

// replace asks the hook about a marked node. The lock is given back meanwhile: the
// hook may build other parts of the document.
func (b *build) replace(at uint32) (any, bool, error) {
	b.doc.mu.Unlock()
	b.unlocked = true
	v, ok, err := b.o.Replace(b.doc.node(at))
	b.doc.mu.Lock()
	b.unlocked = false
	if err != nil {
		return nil, false, &hookError{err}
	}
	return v, ok, nil
}

// hookError carries the error of a hook out of a build as it is.
type hookError struct{ err error }

func (e *hookError) Error() string { return e.err.Error() }

// mismatch is a value that does not fit, with the path gathered on the way out.
type mismatch struct {
	path []string // innermost first
	text string
	code fault.Code
}

func (m *mismatch) Error() string { return m.text }

func misfit(format string, args ...any) error {
	return &mismatch{text: fmt.Sprintf(format, args...), code: fault.CodeMismatch}
}

// under adds a step to the path of an error.
func under(err error, step func() string) error {
	if m, ok := err.(*mismatch); ok {
		m.path = append(m.path, step())
	}
	return err
}

// failure is the error as the caller sees it.
func (b *build) failure(err error) error {
	switch e := err.(type) {
	case *hookError:
		return e.err
	case *mismatch:
		var s strings.Builder
		for i := len(e.path) - 1; i >= 0; i-- {
			s.WriteString(e.path[i])
		}
		path := strings.TrimPrefix(s.String(), ".")
		if path != "" {
			path += ": "
		}
		return fault.New(e.code, "%s%s", path, e.text)
	}
	return err
}

func (b *build) enter() error {
	if b.depth++; b.depth > b.maxDepth {
		return fault.Exceeded("containers within containers", int64(b.depth), int64(b.maxDepth), "ValueDepth")
	}
	return nil
}

// Short strings share chunks: one allocation for many, without one of them keeping a
// whole message alive.
const (
	chunkBytes = 1024
	longString = 256
)

// text returns a string of its own for the text of e.
func (b *build) text(e *entry) string {
	raw := b.doc.raw(e)
	if len(raw) == 0 {
		return ""
	}
	if len(raw) > longString {
		return string(raw)
	}
	if len(raw) > cap(b.arena)-len(b.arena) {
		b.arena = make([]byte, 0, max(len(raw), min(chunkBytes, b.doc.text)))
	}
	at := len(b.arena)
	b.arena = append(b.arena, raw...)
	return unsafe.String(&b.arena[at], len(raw)) // the chunk is only appended to
}

const (
	keySlots = 64
	longKey  = 32
)

// key returns a string for a key, the same one for most of its occurrences.
func (b *build) key(e *entry) string {
	raw := b.doc.raw(e)
	n := len(raw)
	if n == 0 || n > longKey {
		return string(raw)
	}
	slot := &b.keys[(uint(raw[0])*31^uint(raw[n-1])*7^uint(raw[n/2])^uint(n))%keySlots]
	if *slot != string(raw) {
		*slot = string(raw)
	}
	return *slot
}
