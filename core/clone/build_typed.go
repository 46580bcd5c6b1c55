package clone

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/millrace/millrace/core/fault"
)

// buildFunc builds the value e, which is at place at, into the zero value that p
// points to. When it fails, what p points to is dropped.
type buildFunc func(b *build, at uint32, e *entry, p unsafe.Pointer) error

// target is how values of one Go type are built: compiled once per type.
type target struct {
	typ   reflect.Type
	build buildFunc

	// shares: the type is a pointer, map or slice, so that what is one value in the
	// document is one here.
	shares bool
	// loops: the type holds parts by value that may lead back to the value itself, or costs more
	// than its size to build.
	loops bool
	// whole: build writes p once, and only when it succeeds.
	whole bool
	// lazy: build wants nodes, not what hooks make of them.
	lazy bool
}

// targetCache holds *target by reflect.Type: a pure function's memo.
var targetCache sync.Map

// targetOf returns how values of t are built, complete with all that it leads to.
func targetOf(t reflect.Type) *target {
	if x, ok := targetCache.Load(t); ok {
		return x.(*target)
	}
	c := targetCompiler{}
	x := c.target(t)
	// Published together: what others see leads to finished targets only.
	for typ, made := range c {
		targetCache.LoadOrStore(typ, made)
	}
	return x
}

// targetCompiler compiles the targets of one type and of all types it leads to.
type targetCompiler map[reflect.Type]*target

func (c targetCompiler) target(t reflect.Type) *target {
	if x, ok := targetCache.Load(t); ok {
		return x.(*target)
	}
	if x, ok := c[t]; ok {
		return x
	}
	x := &target{typ: t}
	c[t] = x
	c.compile(x)
	return x
}

// compile sets what x does, first match first.
func (c targetCompiler) compile(x *target) {
	if exactTarget(x) {
		return
	}
	t := x.typ
	if t.Kind() == reflect.Pointer && exactTarget(&target{typ: t.Elem()}) {
		c.compilePointer(x)
		return
	}
	if t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(textUnmarshalerType) {
		x.build = buildText(t)
		return
	}
	switch t.Kind() {
	case reflect.Bool:
		x.build, x.whole = buildBool, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64:
		x.build, x.whole = numberBuilder(t), true
	case reflect.String:
		x.build, x.whole = buildString, true
	case reflect.Interface:
		c.compileInterface(x)
	case reflect.Pointer:
		c.compilePointer(x)
	case reflect.Slice:
		c.compileSlice(x)
	case reflect.Array:
		c.compileArray(x)
	case reflect.Map:
		c.compileMap(x)
	case reflect.Struct:
		c.compileStruct(x)
	case reflect.Func:
		x.build = func(_ *build, _ uint32, e *entry, _ unsafe.Pointer) error {
			if absent(e) {
				return nil
			}
			return doesNotFit(e, t)
		}
	default:
		x.build = func(*build, uint32, *entry, unsafe.Pointer) error { return misfit("nothing fits %s", t) }
	}
}

func (d *Document) buildInto(n Node, dst reflect.Value, o BuildOptions) error {
	x := targetOf(dst.Type())
	b := newBuild(d, o)
	defer b.free()
	if x.whole {
		if err := b.into(x, n.at, dst.Addr().UnsafePointer()); err != nil {
			return b.failure(err)
		}
		b.done()
		return nil
	}
	fresh := reflect.New(x.typ)
	if err := b.into(x, n.at, fresh.UnsafePointer()); err != nil {
		return b.failure(err)
	}
	b.done()
	dst.Set(fresh.Elem())
	return nil
}

// into builds the value at, which may be a ref, into the zero value p of x's type.
func (b *build) into(x *target, at uint32, p unsafe.Pointer) error {
	e := &b.doc.tape[at]
	if e.kind == kindRef {
		at = uint32(e.bits)
		e = &b.doc.tape[at]
	}
	if e.flags&(flagMarked|flagShared) == 0 || x.lazy {
		return x.build(b, at, e, p)
	}
	hooked := e.flags&flagMarked != 0 && b.o.Replace != nil
	if hooked || x.shares || x.loops {
		if v, ok := b.known(at, x.typ); ok {
			reflect.NewAt(x.typ, p).Elem().Set(v)
			return nil
		}
	}
	if hooked {
		v, ok, err := b.replace(at)
		if err != nil {
			return err
		}
		if ok {
			into := reflect.NewAt(x.typ, p).Elem()
			if err := b.put(v, into); err != nil {
				return err
			}
			kept := reflect.New(x.typ).Elem()
			kept.Set(into)
			b.learn(at, x.typ, kept)
			return nil
		}
	}
	if !x.loops || e.flags&flagShared == 0 {
		return x.build(b, at, e, p)
	}
	if err := b.byValue(x, at, e, p); err != nil {
		return err
	}
	// Copies after the first share its parts. Building each anew would take time and memory
	// exponential in the message's size, when what is shared lies in what is shared.
	kept := reflect.New(x.typ).Elem()
	kept.Set(reflect.NewAt(x.typ, p).Elem())
	b.learn(at, x.typ, kept)
	return nil
}

// byValue builds a shared value into p, which does not point to it but holds it.
func (b *build) byValue(x *target, at uint32, e *entry, p unsafe.Pointer) error {
	// A value that is met again while it is being built by value would have to hold itself.
	key := builtKey{at, x.typ}
	if b.within[key] {
		return misfit("a cycle does not fit %s, which would have to hold itself", x.typ)
	}
	if b.within == nil {
		b.within = map[builtKey]bool{}
	}
	b.within[key] = true
	err := x.build(b, at, e, p)
	delete(b.within, key)
	return err
}

// put stores what a hook gave.
func (b *build) put(v any, into reflect.Value) error {
	t := into.Type()
	if v == nil {
		if !nillable(t.Kind()) {
			return misfit("null does not fit %s", t)
		}
		return nil
	}
	rv := reflect.ValueOf(v)
	if rv.Type().AssignableTo(t) {
		into.Set(rv)
		return nil
	}
	d := b.doc
	d.mu.Unlock() // hooks may build other parts
	b.unlocked = true
	var err error
	if t.Kind() == reflect.Func && b.o.Func != nil {
		var f reflect.Value
		if f, err = b.o.Func(v, t); err == nil && (!f.IsValid() || f.Type() != t) {
			err = fault.New(fault.CodeInternal, "the hook for functions gave no %s", t)
		}
		if err == nil {
			into.Set(f)
		}
	} else {
		err = Convert(v, into.Addr().Interface(), EncodeOptions{Limits: d.limits}, b.o)
	}
	d.mu.Lock()
	b.unlocked = false
	if err != nil {
		return b.foreign(err)
	}
	return nil
}

// foreign puts an error from beneath a hook on this build's path if it is a mismatch.
func (b *build) foreign(err error) error {
	if f, ok := err.(*fault.Error); ok && f.Code == fault.CodeMismatch {
		return &mismatch{text: f.Message, code: f.Code}
	}
	return &hookError{err}
}

func nillable(k reflect.Kind) bool {
	switch k {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func:
		return true
	}
	return false
}

// absent reports whether the value is one that makes a nil.
func absent(e *entry) bool {
	return e.kind == KindNull || e.kind == KindUndefined || e.kind == KindHole
}

// doesNotFit is the mismatch of a value and a type.
func doesNotFit(e *entry, t reflect.Type) error {
	name := nameOf(e.kind)
	if _, noun, ok := strings.Cut(name, " "); ok {
		name = noun
	}
	return misfit("%s does not fit %s", name, t)
}
