package core

import (
	"reflect"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// exposed marks a value whose methods travel as remote functions.
type exposed struct {
	v any
	// field: a tagged field leads to it. Such a value is data when it has no members, while
	// nothing shows of an object without members.
	field bool
}

// CloneSpecial makes the walk ask what to write.
func (exposed) CloneSpecial() {}

// Expose makes a value that a method returns callable: its reachable methods
// travel beside its tagged fields, as functions that the client can call. Such a
// call repeats the call that returned the value, and goes on from there; nothing
// is kept on the server. Exposed values may lie anywhere in a result, except that behind a
// Map, a Set or an Error functions have no address and travel by name.
//
// What is not exposed travels as data. In the payload of [SendDownstream] an exposed
// value is refused.
func Expose(v any) any {
	if _, ok := v.(exposed); ok {
		return v
	}
	return exposed{v: v}
}

// methodMark stands for a method until its place in the result is known.
type methodMark struct{ name string }

func (methodMark) CloneSpecial() {}

// functionMark is a remote function on the wire.
type functionMark struct {
	Is    bool   `millrace:"__isRemoteFunction"`
	Chain []any  `millrace:"__operationChain"`
	Name  string `millrace:"__functionName"`
}

// getStep is one operation of a remote function's chain.
type getStep struct {
	Type string `millrace:"type"`
	Key  any    `millrace:"key"`
}

// applyStep is the other operation.
type applyStep struct {
	Type string `millrace:"type"`
	Args []any  `millrace:"args"`
}

// identity is what two occurrences of one exposed value have in common.
type identity struct {
	at  uintptr
	typ reflect.Type
}

// replacer answers a walk's questions about what is no data. It serves one walk.
type replacer struct {
	x      *exec
	strip  int // steps of the walk's path that lead to the result
	opened map[identity]*value.Object
}

// replace says what to write for a function or a Special.
func (r *replacer) replace(v any, at clone.Path) (any, error) {
	for range maxReplacements {
		switch t := v.(type) {
		case nil:
			return nil, nil
		case exposed:
			if o, ok := r.open(t); ok {
				return o, nil
			}
			if v = t.v; !special(v) {
				return v, nil
			}
		case methodMark:
			return r.function(t.name, at), nil
		case Getter:
			got, err := r.x.compute(t)
			if err != nil {
				return nil, err
			}
			v = got
			if !special(v) {
				return v, nil
			}
		case *Env:
			o := &value.Object{}
			for _, name := range t.names() {
				b, err := t.Binding(name)
				if err != nil {
					return nil, err
				}
				o.Set(name, b)
			}
			return o, nil
		case *Namespace:
			return value.NewObject(value.Member{Key: memberGetByName, Value: methodMark{memberGetByName}}), nil
		case *Handle:
			return value.NewObject(value.Member{Key: "binding", Value: t.bind.name}, value.Member{Key: "name", Value: t.name}), nil
		default:
			return r.function("", at), nil
		}
	}
	return nil, errGetters
}

// maxReplacements bounds getters that return getters.
const maxReplacements = 8

func special(v any) bool {
	if v == nil {
		return false
	}
	t := reflect.TypeOf(v)
	return t.Kind() == reflect.Func || t.Implements(typeSpecial)
}

// function is a function as the client sees it: how to get to it, or its name alone.
func (r *replacer) function(name string, at clone.Path) any {
	path := at[min(r.strip, len(at)):]
	if name == "" {
		name = "anonymous"
		if n := len(path); n > 0 && path[n-1].Kind == clone.KindObject {
			name = path[n-1].Key
		}
	}
	chain := r.x.steps(make([]any, 0, r.x.ops.Len()+len(path)))
	for _, step := range path {
		switch step.Kind {
		case clone.KindObject:
			chain = append(chain, getStep{opGet, step.Key})
		case clone.KindArray:
			chain = append(chain, getStep{opGet, step.Index})
		default:
			return &value.Function{Name: name}
		}
	}
	return functionMark{true, chain, name}
}

// steps appends the request's chain, its arguments as they were received. Every remote
// function gets operations of its own: as shared values they would be written as aliases,
// which other peers do not do.
func (x *exec) steps(chain []any) []any {
	for op := range x.ops.Elems() {
		if !op.Key(keyType).Is(opApply) {
			key := op.Key(keyKey)
			if text, ok := key.Text(); ok {
				chain = append(chain, getStep{opGet, text})
			} else {
				chain = append(chain, getStep{opGet, key})
			}
			continue
		}
		given := op.Key(keyArgs)
		args := make([]any, 0, given.Len())
		for arg := range given.Elems() {
			args = append(args, arg)
		}
		chain = append(chain, applyStep{opApply, args})
	}
	return chain
}

// open is an exposed value as an object: its tagged fields, then its methods. It
// reports false for what has neither, and is data.
func (r *replacer) open(e exposed) (*value.Object, bool) {
	rv := reflect.ValueOf(e.v)
	if !rv.IsValid() || rv.Kind() == reflect.Pointer && rv.IsNil() {
		return nil, false
	}
	table := r.x.tableOf(rv)
	if table.empty() && (e.field || baseOf(rv.Type()).Kind() != reflect.Struct) {
		return nil, false
	}
	id := identity{typ: rv.Type()}
	if rv.Kind() == reflect.Pointer {
		id.at = rv.Pointer()
		if o := r.opened[id]; o != nil {
			return o, true
		}
	}
	o := &value.Object{}
	if id.at != 0 {
		if r.opened == nil {
			r.opened = map[identity]*value.Object{}
		}
		r.opened[id] = o
	}
	base := reflect.Indirect(rv)
	for _, m := range table.fields {
		f, err := base.FieldByIndexErr(m.index)
		if err != nil || f.Kind() == reflect.Func && f.IsNil() || m.omitZero && f.IsZero() || m.omitEmpty && isEmpty(f) {
			continue
		}
		o.Set(m.name, asOpen(m, f))
	}
	for _, m := range table.methods {
		o.Set(m.name, methodMark{m.name})
	}
	return o, true
}

// isEmpty is encoding/json's idea of it.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Bool, reflect.Pointer, reflect.Interface, reflect.Func:
		return v.IsZero()
	}
	return v.CanInt() && v.Int() == 0 || v.CanUint() && v.Uint() == 0 || v.CanFloat() && v.Float() == 0
}

// asOpen is a tagged field's value, exposed if that is what its type is for.
func asOpen(m *member, f reflect.Value) any {
	v := f.Interface()
	if opens(m.home, f) {
		return exposed{v: v, field: true}
	}
	return v
}

// opens reports whether a tagged field of a struct of package home leads to members
// rather than data: its type is declared in the same package and does not say itself how
// it travels.
func opens(home string, f reflect.Value) bool {
	for f.Kind() == reflect.Interface {
		f = f.Elem()
	}
	if !f.IsValid() {
		return false
	}
	t := f.Type()
	base := baseOf(t)
	if base.Name() == "" || base.PkgPath() != home {
		return false
	}
	for _, says := range []reflect.Type{typeText, typeSpecial, typeError} {
		if t.Implements(says) || reflect.PointerTo(base).Implements(says) {
			return false
		}
	}
	return base.Kind() != reflect.Func
}
