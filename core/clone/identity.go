package clone

import (
	"maps"
	"reflect"
)

// builtValues is what the values were built into that a document refers to more
// than once: what was one object there is one pointer here, for each type asked for.
type builtValues struct {
	anys  map[uint32]any
	typed map[builtKey]reflect.Value
}

// builtKey is a place of the tape and the type that its value was built into.
type builtKey struct {
	at  uint32
	typ reflect.Type
}

// publish makes what a finished build found known to those after it. A build's values
// stay its own until then, because they are not complete and may be dropped.
func (t *builtValues) publish(own *builtValues) {
	if t.anys == nil {
		t.anys = own.anys
	} else {
		maps.Copy(t.anys, own.anys)
	}
	if t.typed == nil {
		t.typed = own.typed
	} else {
		maps.Copy(t.typed, own.typed)
	}
	*own = builtValues{}
}

func (b *build) knownAny(at uint32) (any, bool) {
	if v, ok := b.own.anys[at]; ok {
		return v, true
	}
	v, ok := b.doc.built.anys[at]
	return v, ok
}

func (b *build) learnAny(at uint32, v any) {
	if b.own.anys == nil {
		b.own.anys = map[uint32]any{}
	}
	b.own.anys[at] = v
}

func (b *build) known(at uint32, t reflect.Type) (reflect.Value, bool) {
	if v, ok := b.own.typed[builtKey{at, t}]; ok {
		return v, true
	}
	v, ok := b.doc.built.typed[builtKey{at, t}]
	return v, ok
}

func (b *build) learn(at uint32, t reflect.Type, v reflect.Value) {
	if b.own.typed == nil {
		b.own.typed = map[builtKey]reflect.Value{}
	}
	b.own.typed[builtKey{at, t}] = v
}
