package core

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// exec runs the chains of one batch, or of one step through Env. It walks each chain
// once, keeping the value in hand and how it was reached, so that each operation
// happens exactly once.
type exec struct {
	srv   *Server
	run   *run       // nil for a step from Go
	root  *frame     // of the object that the chains begin at
	frame *frame     // of the object in hand, which has its turn
	ops   clone.Node // the item's chain, as received
	build clone.BuildOptions

	nested  map[clone.Node]bool // the markers that were charged against the limits; no others run
	aliases map[string]*nested
	markers map[clone.Node]*nested
	failed  error // why a nested chain failed, which a build's error only describes
}

// cursor is the value in hand.
type cursor struct {
	v      reflect.Value // invalid: undefined or null
	method *member       // a method of v, not called yet
	open   bool          // v's members are reachable
	root   bool          // v is the object itself
	name   string        // the step that led here
}

// home is the cursor of the object itself.
func (x *exec) home() cursor {
	return cursor{v: x.frame.live.root, open: true, root: true, name: x.frame.obj.bind.name}
}

// chain runs a chain from the object in hand.
func (x *exec) chain(ops clone.Node) (cursor, error) {
	cur := x.home()
	for op := range ops.Elems() {
		var err error
		if op.Key(keyType).Is(opGet) {
			cur, err = x.get(cur, op.Key(keyKey))
		} else {
			cur, err = x.apply(cur, op.Key(keyArgs))
		}
		if err != nil {
			return cursor{}, err
		}
	}
	return cur, nil
}

// get is one step to a member.
func (x *exec) get(cur cursor, key clone.Node) (cursor, error) {
	if cur.root {
		// The usual step, by a name that the table knows, without a copy of the name.
		if text, ok := key.TextBytes(); ok {
			if m := x.frame.live.table.members[string(text)]; m != nil {
				return x.reached(cur.v, m, m.name)
			}
		}
	}
	name, index := stepKey(key)
	return x.getNamed(cur, name, index)
}

// getNamed is a step to a member, whose name is an array index too when index is not negative.
func (x *exec) getNamed(cur cursor, name string, index int) (cursor, error) {
	if refusedSteps[name] {
		return cursor{}, fault.New(CodeUnknownMember, "core: %q is not reachable on any value", name)
	}
	if cur.method != nil {
		return cursor{}, fault.New(CodeUnknownMember, "core: %s is a function: it has no member %q", cur.name, bounded(name))
	}
	v, open := unwrap(cur.v, cur.open)
	if !v.IsValid() {
		what := "null"
		if cur.v.IsValid() && cur.v.Type() == typeUndefined {
			what = "undefined"
		}
		return cursor{}, fault.New(CodeUnknownMember, "Cannot read properties of %s (reading '%s')", what, bounded(name))
	}
	if v.CanInterface() {
		switch t := v.Interface().(type) {
		case *Env:
			n, err := t.Binding(name)
			if err != nil {
				return cursor{}, err
			}
			return cursor{v: reflect.ValueOf(n), name: name}, nil
		case *Namespace:
			if name == memberGetByName || name == "GetByName" {
				return cursor{v: reflect.ValueOf(t.handle), name: name}, nil
			}
			return cursor{}, unknownMember(t.bind.name, name, []string{memberGetByName})
		case *Handle:
			if err := x.hop(t); err != nil {
				return cursor{}, err
			}
			cur = x.home()
			v, open = unwrap(cur.v, true)
		case *value.Object:
			return valueCursor(name, t.Get)
		case value.Object:
			return valueCursor(name, t.Get)
		case *value.Array:
			return elementCursor(reflect.ValueOf(t.Elems), name, index)
		case *value.Error:
			return valueCursor(name, errorMember(t))
		}
	}
	if open || x.isRoot(v) {
		return x.member(v, name)
	}
	return x.datum(v, name, index)
}

// stepKey is a step's key as a name and, if it is one, as an array index.
func stepKey(key clone.Node) (name string, index int) {
	if f, ok := key.Number(); ok {
		if i := int(f); float64(i) == f && i >= 0 {
			return strconv.Itoa(i), i
		}
		return strconv.FormatFloat(f, 'g', -1, 64), -1
	}
	name, _ = key.Text()
	if i, ok := value.IsIndex(name); ok {
		return name, int(i)
	}
	return name, -1
}

// unwrap follows interfaces and finds out whether the value was exposed.
func unwrap(v reflect.Value, open bool) (reflect.Value, bool) {
	for v.IsValid() {
		if v.Kind() == reflect.Interface {
			v = v.Elem()
			continue
		}
		if v.Type() == typeExposed {
			v, open = reflect.ValueOf(v.Interface().(exposed).v), true
			continue
		}
		if v.Kind() == reflect.Pointer && v.IsNil() || v.Type() == typeUndefined {
			return reflect.Value{}, open
		}
		break
	}
	return v, open
}

var (
	typeExposed   = reflect.TypeFor[exposed]()
	typeUndefined = reflect.TypeFor[value.Undefined]()

	undefined = reflect.ValueOf(value.Undefined{})
)

// isRoot reports whether v is the object in hand itself.
func (x *exec) isRoot(v reflect.Value) bool {
	root := x.frame.live.root
	return v.Kind() == reflect.Pointer && root.Kind() == reflect.Pointer && v.Type() == root.Type() && v.Pointer() == root.Pointer()
}

func (x *exec) tableOf(v reflect.Value) *typeTable {
	if v.Type() == x.frame.live.root.Type() {
		return x.frame.live.table
	}
	return x.srv.reach.table(v.Type())
}

// member is a step on an open value: to a method, to a tagged field, or to data.
func (x *exec) member(v reflect.Value, name string) (cursor, error) {
	table := x.tableOf(v)
	m := table.members[name]
	if m == nil {
		if base := reflect.Indirect(v); base.Kind() != reflect.Struct {
			index := -1
			if i, ok := value.IsIndex(name); ok {
				index = int(i)
			}
			return x.datum(v, name, index)
		}
		return cursor{}, unknownMember(typeName(v.Type()), name, table.names())
	}
	return x.reached(v, m, name)
}

func (x *exec) reached(v reflect.Value, m *member, name string) (cursor, error) {
	if m.signature != nil {
		return cursor{v: v, method: m, name: name}, nil
	}
	return x.field(v, m)
}

// field is a step to a tagged field.
func (x *exec) field(v reflect.Value, m *member) (cursor, error) {
	f, err := reflect.Indirect(v).FieldByIndexErr(m.index)
	if err != nil {
		return cursor{v: undefined, name: m.name}, nil // behind a nil embedded pointer
	}
	if f.Type() == typeGetter {
		if f.IsNil() {
			return cursor{v: undefined, name: m.name}, nil
		}
		got, err := x.compute(f.Interface().(Getter))
		if err != nil {
			return cursor{}, err
		}
		return cursor{v: reflect.ValueOf(got), name: m.name}, nil
	}
	return cursor{v: f, open: opens(m.home, f), name: m.name}, nil
}

// datum is a step on a value that is data.
func (x *exec) datum(v reflect.Value, name string, index int) (cursor, error) {
	v = reflect.Indirect(v)
	switch v.Kind() {
	case reflect.Struct:
		table := x.tableOf(v)
		for _, m := range table.fields {
			if m.name == name {
				return x.field(v, m)
			}
		}
		names := make([]string, len(table.fields))
		for i, m := range table.fields {
			names[i] = m.name
		}
		return cursor{}, unknownMember(typeName(v.Type()), name, names)
	case reflect.Map:
		return mapCursor(v, name)
	case reflect.Slice, reflect.Array:
		return elementCursor(v, name, index)
	}
	return cursor{}, unknownMember(typeName(v.Type()), name, nil)
}

func mapCursor(v reflect.Value, name string) (cursor, error) {
	if v.Type().Key().Kind() != reflect.String {
		return cursor{}, unknownMember("a map", name, nil)
	}
	key := reflect.ValueOf(name).Convert(v.Type().Key())
	if found := v.MapIndex(key); found.IsValid() {
		return cursor{v: found, name: name}, nil
	}
	return cursor{v: undefined, name: name}, nil
}

func elementCursor(v reflect.Value, name string, index int) (cursor, error) {
	switch {
	case name == "length":
		return cursor{v: reflect.ValueOf(v.Len()), name: name}, nil
	case index < 0:
		return cursor{}, unknownMember("an array", name, []string{"length"})
	case index >= v.Len():
		return cursor{v: undefined, name: name}, nil
	}
	return cursor{v: v.Index(index), name: name}, nil
}

func valueCursor(name string, get func(string) (any, bool)) (cursor, error) {
	v, ok := get(name)
	if !ok {
		return cursor{v: undefined, name: name}, nil
	}
	return cursor{v: reflect.ValueOf(v), name: name}, nil
}

func errorMember(e *value.Error) func(string) (any, bool) {
	return func(name string) (any, bool) {
		switch name {
		case "name":
			return e.Name, true
		case "message":
			return e.Message, true
		}
		return e.Props.Get(name)
	}
}

// result is what a chain's cursor gives to its caller: a registered object and what
// leads to members travel exposed.
func (x *exec) result(cur cursor) (any, error) {
	if cur.method != nil {
		return methodMark{cur.method.name}, nil
	}
	v := cur.v
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil, nil
	}
	r := v.Interface()
	if h, ok := r.(*Handle); ok && h != nil {
		if err := x.hop(h); err != nil {
			return nil, err
		}
		return exposed{v: x.frame.live.value}, nil
	}
	if root := cur.root || x.isRoot(v); cur.open || root {
		return exposed{v: r, field: !root}, nil
	}
	return r, nil
}

func typeName(t reflect.Type) string {
	if name := baseOf(t).Name(); name != "" {
		return name
	}
	return "a " + t.Kind().String()
}

// unknownMember names what was asked for and what is there.
func unknownMember(on, asked string, names []string) error {
	const shown = 20
	hint := ""
	if near := suggest(asked, names); near != "" {
		hint = ": did you mean " + near + "?"
	} else if n := len(names); n > 0 {
		hint = " (there are: " + strings.Join(names[:min(n, shown)], ", ")
		if n > shown {
			hint += ", ..."
		}
		hint += ")"
	}
	return fault.New(CodeUnknownMember, "core: %s has no member %q%s", on, bounded(asked), hint)
}

// apply calls what is in hand.
func (x *exec) apply(cur cursor, args clone.Node) (cursor, error) {
	if err := x.frame.ctx.Err(); err != nil {
		return cursor{}, ended(err, cur.name)
	}
	if cur.method != nil {
		v, err := x.invoke(cur.method.signature, cur.method.method, cur.v, args, &cur.method.name)
		return cursor{v: v, name: cur.name}, err
	}
	v, _ := unwrap(cur.v, false)
	if !v.IsValid() || v.Kind() != reflect.Func || v.IsNil() {
		return cursor{}, fault.New(CodeNotCallable, "TypeError: %s is not a function", bounded(cur.name))
	}
	sig := x.srv.reach.signature(v.Type())
	if sig == nil {
		return cursor{}, fault.New(CodeNotCallable, "TypeError: %s is not a function: its results cannot travel", bounded(cur.name))
	}
	name := cur.name // not cur itself, which stays off the heap
	got, err := x.invoke(sig, v, reflect.Value{}, args, &name)
	return cursor{v: got, name: cur.name}, err
}

// invoke builds the arguments into the parameters' types and calls.
func (x *exec) invoke(sig *signature, fn, receiver reflect.Value, args clone.Node, name *string) (reflect.Value, error) {
	n := args.Len()
	if sig.variadic {
		n = trimUndefined(args, n, sig.fixed())
	}
	if n < sig.fixed() || n > len(sig.in) && !sig.variadic {
		return reflect.Value{}, fault.New(CodeBadArguments, "core: %s takes %s, got %d", *name, sig.takes(), n)
	}
	var few [6]reflect.Value
	in := few[:0]
	if receiver.IsValid() {
		in = append(in, receiver)
	}
	ctx := -1
	if sig.context {
		ctx = len(in)
		in = append(in, reflect.Value{})
	}
	i := 0
	for arg := range args.Elems() {
		if i == n {
			break
		}
		p := reflect.New(sig.param(i))
		if err := arg.Document().Build(arg, p.Interface(), x.build); err != nil {
			if x.failed != nil {
				err, x.failed = x.failed, nil
				return reflect.Value{}, err
			}
			if p, ok := errors.AsType[*clone.PanicError](err); ok {
				return reflect.Value{}, x.srv.panicErrorAt(p.Value, p.Stack, x.frame.obj.target(), *name)
			}
			return reflect.Value{}, fault.New(CodeBadArguments, "core: %s: argument %d: expected %s: %w", *name, i+1, wireType(sig.param(i)), err)
		}
		in = append(in, p.Elem())
		i++
	}
	if ctx >= 0 {
		in[ctx] = reflect.ValueOf(x.frame.ctx)
	}
	if err := x.frame.ctx.Err(); err != nil {
		return reflect.Value{}, ended(err, *name)
	}
	return x.call(fn, in, sig, name)
}

// trimUndefined leaves trailing undefined arguments out: they say that an optional
// argument is absent.
func trimUndefined(args clone.Node, n, fixed int) int {
	for n > fixed && args.Index(n-1).Kind() == clone.KindUndefined {
		n--
	}
	return n
}

// wireType names a parameter's type as a caller of another language knows it.
func wireType(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Bool:
		return "a boolean"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64:
		return "a number"
	}
	return t.String()
}

// call calls user code: what it throws or panics becomes an error.
func (x *exec) call(fn reflect.Value, in []reflect.Value, sig *signature, name *string) (v reflect.Value, err error) {
	x.frame.obj.turn.by.Store(name)
	defer func() {
		if p := recover(); p != nil {
			v, err = reflect.Value{}, x.srv.panicError(p, x.frame.obj.target(), *name)
		}
	}()
	out := fn.Call(in)
	if sig.err {
		if failed := out[len(out)-1]; !failed.IsNil() {
			return reflect.Value{}, x.thrown(failed.Interface().(error), *name)
		}
	}
	if sig.value {
		return out[0], nil
	}
	return undefined, nil
}

// compute reads a Getter.
func (x *exec) compute(g Getter) (v any, err error) {
	if g == nil {
		return nil, nil
	}
	const name = "a getter"
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, x.srv.panicError(p, x.frame.obj.target(), name)
		}
	}()
	v, err = g(x.frame.ctx)
	if err != nil {
		return nil, x.thrown(err, name)
	}
	return v, nil
}

// thrown is a method's error as the caller's outcome.
func (x *exec) thrown(err error, name string) error {
	if over := x.frame.ctx.Err(); over != nil && (isContextError(err)) {
		return ended(over, name)
	}
	return &thrownError{err}
}

func (s *Server) panicError(p any, t Target, where string) error {
	return s.panicErrorAt(p, debug.Stack(), t, where)
}

// panicErrorAt is panicError for a panic that was recovered from elsewhere.
func (s *Server) panicErrorAt(p any, stack []byte, t Target, where string) error {
	s.panicked(p, t, where, stack)
	if !s.stacks {
		return fault.New(CodeInternal, "core: %s failed: internal error", where)
	}
	return &panicError{err: fault.New(CodeInternal, "core: %s failed: panic: %s", where, fmt.Sprint(p)), stack: string(stack)}
}
