package core

import (
	"cmp"
	"context"
	"encoding"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/core/clone"
)

// Getter is the type of a tagged field whose value is computed when it is read,
// from afar or as part of an exposed object.
type Getter func(ctx context.Context) (any, error)

// reach knows what can be reached from afar. Nothing is looked up on a Go type by a
// name from the wire: names are tabled once per type, and the table is asked.
type reach struct {
	tables     sync.Map // of reflect.Type to *typeTable
	signatures sync.Map // of reflect.Type, a function's, to *signature
}

// typeTable is what is reachable on one type.
type typeTable struct {
	members map[string]*member // methods under two names each
	fields  []*member          // in order of declaration
	methods []*member          // in order of declaration, the type's own first
}

// member is one method or field.
type member struct {
	name string // as others write it
	// Of a method:
	goName    string
	method    reflect.Value // takes the receiver first
	signature *signature
	// Of a field:
	index     []int
	omitEmpty bool
	omitZero  bool
	home      string // package of the struct that declares it
}

func (r *reach) table(t reflect.Type) *typeTable {
	if made, ok := r.tables.Load(t); ok {
		return made.(*typeTable)
	}
	made, _ := r.tables.LoadOrStore(t, buildTable(t, nil))
	return made.(*typeTable)
}

func (r *reach) signature(t reflect.Type) *signature {
	if made, ok := r.signatures.Load(t); ok {
		return made.(*signature)
	}
	made, _ := r.signatures.LoadOrStore(t, signatureOf(t, 0))
	return made.(*signature)
}

// names lists what can be asked for.
func (t *typeTable) names() []string {
	names := make([]string, 0, len(t.fields)+len(t.methods))
	for _, m := range t.fields {
		names = append(names, m.name)
	}
	for _, m := range t.methods {
		names = append(names, m.name)
	}
	return names
}

func (t *typeTable) empty() bool { return len(t.fields)+len(t.methods) == 0 }

// baseOf is the type behind a pointer.
func baseOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func buildTable(t reflect.Type, allowed map[string]bool) *typeTable {
	table := &typeTable{members: map[string]*member{}}
	base := baseOf(t)
	for i := range t.NumMethod() {
		m := t.Method(i)
		if t.Kind() == reflect.Interface || !reachable(m.Name, allowed) || ownerOf(base, m.Name).PkgPath() != base.PkgPath() {
			continue
		}
		sig := signatureOf(m.Type, 1)
		if sig == nil {
			continue
		}
		table.addMethod(m.Name, &member{name: lowerCamel(m.Name), goName: m.Name, method: m.Func, signature: sig})
	}
	places := make(map[*member]declaration, len(table.methods))
	for _, m := range table.methods {
		places[m] = declaredAt(base, m.goName)
	}
	slices.SortFunc(table.methods, func(a, b *member) int { return places[a].compare(places[b]) })
	if base.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(base) {
			table.addField(base, f)
		}
	}
	return table
}

func (t *typeTable) addMethod(name string, m *member) {
	t.methods = append(t.methods, m)
	t.members[name] = m
	if t.members[m.name] == nil {
		t.members[m.name] = m
	}
}

// addField adds a tagged field, unless something shallower has its name already.
func (t *typeTable) addField(base reflect.Type, f reflect.StructField) {
	name, options, ok := fieldTag(f)
	if !ok || !f.IsExported() || refusedSteps[name] || t.members[name] != nil {
		return
	}
	home, ok := homeOf(base, f.Index)
	if !ok {
		return
	}
	m := &member{name: name, index: f.Index, home: home, omitEmpty: slices.Contains(options, "omitempty"), omitZero: slices.Contains(options, "omitzero")}
	t.fields = append(t.fields, m)
	t.members[name] = m
}

func fieldTag(f reflect.StructField) (name string, options []string, ok bool) {
	tag := f.Tag.Get("millrace")
	if tag == "" {
		tag = f.Tag.Get("json")
	}
	parts := strings.Split(tag, ",")
	return parts[0], parts[1:], parts[0] != "" && parts[0] != "-"
}

// homeOf is the package of the struct that declares the field. It reports false when
// an embedded type of another package lies on the way.
func homeOf(base reflect.Type, index []int) (string, bool) {
	t := base
	for _, i := range index[:len(index)-1] {
		t = baseOf(t.Field(i).Type)
		if t.PkgPath() != base.PkgPath() {
			return "", false
		}
	}
	return base.PkgPath(), true
}

// ownerOf is the type that declares the method: base itself, or the embedded type that
// it is promoted from.
func ownerOf(base reflect.Type, name string) reflect.Type {
	if base.Kind() != reflect.Struct || declares(base, name) {
		return base
	}
	// The shallowest embedded type that has the method is the one it comes from.
	var level []reflect.Type
	for level = embedded(base); len(level) > 0; {
		var next []reflect.Type
		for _, t := range level {
			if !hasMethod(t, name) {
				continue
			}
			if t.Kind() == reflect.Interface || t.Kind() != reflect.Struct || declares(t, name) {
				return t
			}
			next = append(next, embedded(t)...)
		}
		level = next
	}
	return base
}

func embedded(t reflect.Type) []reflect.Type {
	var types []reflect.Type
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			types = append(types, baseOf(f.Type))
		}
	}
	return types
}

func hasMethod(t reflect.Type, name string) bool {
	if _, ok := t.MethodByName(name); ok {
		return true
	}
	if t.Kind() == reflect.Interface {
		return false
	}
	_, ok := reflect.PointerTo(t).MethodByName(name)
	return ok
}

// autogenerated is the file of the wrappers that the compiler makes.
const autogenerated = "<autogenerated>"

// declares reports whether the struct type has the method by itself. Reflection does not
// tell, but a promoted method is a wrapper that the compiler made, and says so.
func declares(t reflect.Type, name string) bool {
	if !promotes(t, name) {
		return hasMethod(t, name)
	}
	for _, t := range []reflect.Type{t, reflect.PointerTo(t)} {
		if m, ok := t.MethodByName(name); ok {
			pc := m.Func.Pointer()
			if file, _ := runtime.FuncForPC(pc).FileLine(pc); file != autogenerated {
				return true
			}
		}
	}
	return false
}

// declaration is where a method is declared.
type declaration struct {
	embedded bool
	file     string
	line     int
	name     string
}

func (d declaration) compare(e declaration) int {
	if d.embedded != e.embedded {
		if e.embedded {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(d.file, e.file), cmp.Compare(d.line, e.line), cmp.Compare(d.name, e.name))
}

// declaredAt finds a method's declaration. Reflection lists methods by name; their order in the source is
// the one that readers of an exposed object expect.
func declaredAt(base reflect.Type, name string) declaration {
	owner := ownerOf(base, name)
	d := declaration{embedded: owner != base, name: name}
	if owner.Kind() == reflect.Interface {
		return d
	}
	for _, t := range []reflect.Type{owner, reflect.PointerTo(owner)} {
		if m, ok := t.MethodByName(name); ok {
			pc := m.Func.Pointer()
			if file, line := runtime.FuncForPC(pc).FileLine(pc); file != autogenerated {
				d.file, d.line = file, line
				break
			}
		}
	}
	return d
}

func promotes(t reflect.Type, name string) bool {
	return slices.ContainsFunc(embedded(t), func(e reflect.Type) bool { return hasMethod(e, name) })
}

// reachable reports whether a method's name is one that clients may ask for.
func reachable(name string, allowed map[string]bool) bool {
	if optionalMethods[name] || refusedSteps[lowerCamel(name)] {
		return false
	}
	return allowed[name] || !plumbing[name]
}

// refusedSteps are names that have a meaning in JavaScript's objects. They are
// never steps of a chain, whatever the value in hand.
var refusedSteps = setOf("__proto__", "constructor", "prototype", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable",
	"toLocaleString", "toString", "valueOf", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
	"then", "toJSON")

// plumbing are method names that Go's own packages give a meaning to; they are there for the program, not
// for its clients. See [AllowMethods].
var plumbing = setOf(
	"Close", "CloseRead", "CloseWrite", "Flush", "Sync",
	"Lock", "Unlock", "RLock", "RUnlock", "RLocker", "TryLock", "TryRLock",
	"Read", "ReadAt", "ReadByte", "ReadRune", "ReadFrom", "ReadString", "UnreadByte", "UnreadRune", "Seek", "Fd", "SyscallConn",
	"Write", "WriteAt", "WriteByte", "WriteRune", "WriteString", "WriteTo", "WriteHeader",
	"ServeHTTP", "RoundTrip", "Hijack", "Shutdown",
	"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "AppendText", "MarshalBinary", "UnmarshalBinary", "AppendBinary",
	"MarshalJSONTo", "UnmarshalJSONFrom", "MarshalXML", "UnmarshalXML", "MarshalXMLAttr", "UnmarshalXMLAttr", "MarshalYAML", "UnmarshalYAML",
	"GobEncode", "GobDecode", "Scan", "Value", "IsZero",
	"Error", "Unwrap", "Is", "As", "String", "GoString", "Format", "LogValue",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

var (
	typeContext = reflect.TypeFor[context.Context]()
	typeError   = reflect.TypeFor[error]()
	typeGetter  = reflect.TypeFor[Getter]()
	typeText    = reflect.TypeFor[encoding.TextMarshaler]()
	typeSpecial = reflect.TypeFor[clone.Special]()
)

// signature is how a function is called.
type signature struct {
	in       []reflect.Type // without receiver and context
	context  bool
	variadic bool // the last of in is a slice
	value    bool // it returns a value
	err      bool // it returns an error, after the value
}

// signatureOf returns nil for a function that cannot be called from afar. skip is the
// number of leading parameters that are the caller's business.
func signatureOf(t reflect.Type, skip int) *signature {
	s := &signature{variadic: t.IsVariadic()}
	for i := skip; i < t.NumIn(); i++ {
		in := t.In(i)
		if i == skip && in == typeContext {
			s.context = true
			continue
		}
		s.in = append(s.in, in)
	}
	switch n := t.NumOut(); {
	case n == 0:
	case n == 1 && t.Out(0) == typeError:
		s.err = true
	case n == 1:
		s.value = true
	case n == 2 && t.Out(1) == typeError:
		s.value, s.err = true, true
	default:
		return nil
	}
	return s
}

// fixed is the number of arguments that must be there.
func (s *signature) fixed() int {
	if s.variadic {
		return len(s.in) - 1
	}
	return len(s.in)
}

// param is the type of the i-th argument.
func (s *signature) param(i int) reflect.Type {
	if s.variadic && i >= len(s.in)-1 {
		return s.in[len(s.in)-1].Elem()
	}
	return s.in[i]
}

// takes says how many arguments are expected.
func (s *signature) takes() string {
	n, least := s.fixed(), ""
	if s.variadic {
		least = "at least "
	}
	if n == 1 {
		return least + "1 argument"
	}
	return fmt.Sprintf("%s%d arguments", least, n)
}
