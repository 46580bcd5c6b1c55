package clone

import (
	"encoding"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"sync"
	"time"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

// encodeFunc writes the value that p points to. It reports false when the walk
// has failed; each container on the way out then adds its step to the path.
type encodeFunc func(w *walker, p unsafe.Pointer) bool

// plan is how values of one Go type are written: compiled once per type.
type plan struct {
	typ    reflect.Type
	encode encodeFunc

	// direct: an interface holds the value itself in its data word, rather than
	// a pointer to it.
	direct bool
	// identity: the value is one that JavaScript compares by identity, so that
	// a pointer to it needs tracking.
	identity bool
	// tracks: encode takes care of the value's identity by itself.
	tracks bool
	// replaces: a function or a Special may lie within, so the walk keeps a path.
	replaces bool

	// word stands for the type in the identity table.
	word unsafe.Pointer
}

// planCache holds *plan by reflect.Type: a pure function's memo.
var planCache sync.Map

// planOf returns the plan for t, which is complete: every plan it leads to is
// compiled as well.
func planOf(t reflect.Type) *plan {
	if p, ok := planCache.Load(t); ok {
		return p.(*plan)
	}
	c := compiler{pending: map[reflect.Type]*plan{}}
	p := c.plan(t)
	c.markReplacing()
	// Published together: a plan that is seen by others leads to finished ones
	// only. Two goroutines may compile the same type; either result serves.
	for typ, made := range c.pending {
		planCache.LoadOrStore(typ, made)
	}
	return p
}

// compiler compiles the plans of one type and of all types it leads to.
type compiler struct {
	pending map[reflect.Type]*plan
	// edges: whose values lie within whose, for markReplacing.
	edges []edge
}

type edge struct{ from, to *plan }

// within returns the plan of a type that values of p contain.
func (c *compiler) within(p *plan, t reflect.Type) *plan {
	q := c.plan(t)
	c.edges = append(c.edges, edge{p, q})
	return q
}

// markReplacing spreads replaces from parts to wholes until nothing changes.
func (c *compiler) markReplacing() {
	for changed := true; changed; {
		changed = false
		for _, e := range c.edges {
			if e.to.replaces && !e.from.replaces {
				e.from.replaces = true
				changed = true
			}
		}
	}
}

var (
	specialType       = reflect.TypeFor[Special]()
	errorType         = reflect.TypeFor[error]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	emptyType         = reflect.TypeFor[struct{}]()
)

// exactPlan gives p its encoder when its type has a form of its own, by value;
// pointers to it are tracked where identity says so.
func exactPlan(p *plan) bool {
	switch p.typ {
	case reflect.TypeFor[time.Time]():
		p.encode, p.identity = encodeTime, true
	case reflect.TypeFor[big.Int]():
		p.encode = encodeBigInt
	case reflect.TypeFor[url.URL]():
		p.encode, p.identity = encodeURL, true
	case reflect.TypeFor[Node]():
		p.encode, p.tracks = encodeNode, true
	case reflect.TypeFor[value.Undefined]():
		p.encode = encodeUndefined
	case reflect.TypeFor[value.Hole]():
		p.encode = encodeHole
	case reflect.TypeFor[value.Date]():
		p.encode, p.identity = encodeDate, true
	case reflect.TypeFor[value.RegExp]():
		p.encode, p.identity = encodeRegExp, true
	case reflect.TypeFor[value.URL]():
		p.encode, p.identity = encodeValueURL, true
	case reflect.TypeFor[value.Function]():
		p.encode = encodeFunction
	case reflect.TypeFor[value.Boxed]():
		p.encode, p.identity = encodeBoxed, true
	case reflect.TypeFor[value.Headers]():
		p.encode, p.identity = encodeHeaders, true
	case reflect.TypeFor[value.ArrayBuffer]():
		p.encode, p.identity = encodeArrayBuffer, true
	case reflect.TypeFor[value.TypedArray]():
		p.encode, p.identity = encodeTypedArray, true
	case reflect.TypeFor[value.DataView]():
		p.encode, p.identity = encodeDataView, true
	case reflect.TypeFor[value.Array]():
		p.encode, p.identity, p.replaces = encodeArray, true, true
	case reflect.TypeFor[value.Object]():
		p.encode, p.identity, p.replaces = encodeObject, true, true
	case reflect.TypeFor[value.Map]():
		p.encode, p.identity, p.replaces = encodeMap, true, true
	case reflect.TypeFor[value.Set]():
		p.encode, p.identity, p.replaces = encodeSet, true, true
	case reflect.TypeFor[value.Error]():
		p.encode, p.identity, p.replaces = encodeValueError, true, true
	case reflect.TypeFor[value.Request]():
		p.encode, p.identity, p.replaces = encodeRequest, true, true
	case reflect.TypeFor[value.Response]():
		p.encode, p.identity, p.replaces = encodeResponse, true, true
	default:
		return false
	}
	return true
}

func (c *compiler) plan(t reflect.Type) *plan {
	if p, ok := planCache.Load(t); ok {
		return p.(*plan)
	}
	if p, ok := c.pending[t]; ok {
		return p
	}
	p := &plan{typ: t, direct: isDirect(t), word: typeWord(t)}
	c.pending[t] = p
	c.compile(p)
	return p
}

// isDirect finds out how interfaces hold values of type t: the data word of a
// zero value is nil if it is the value, and points to zeros otherwise.
func isDirect(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Struct, reflect.Array:
		v := reflect.Zero(t).Interface()
		return dataWord(&v) == nil
	}
	return false
}

// typeWord returns what is the same for the same type, and for no other.
func typeWord(t reflect.Type) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1] }

// dataWord returns the second word of an interface value.
func dataWord(v *any) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(v))[1] }

// compile sets what p does, first match first.
func (c *compiler) compile(p *plan) {
	t := p.typ
	if t.Implements(specialType) && t.Kind() != reflect.Interface {
		p.encode, p.replaces = replaceEncoder(t), true
		return
	}
	if exactPlan(p) {
		return
	}
	if t == reflect.TypeFor[http.Header]() {
		p.encode, p.identity, p.tracks = encodeHTTPHeader, true, true
		return
	}
	if t.Kind() == reflect.Interface {
		if t.NumMethod() == 0 {
			p.encode = encodeAny
		} else {
			p.encode = ifaceEncoder(t)
		}
		p.tracks, p.replaces = true, true
		return
	}
	if t.Kind() == reflect.Pointer {
		if exactPlan(&plan{typ: t.Elem()}) {
			c.compilePointer(p)
			return
		}
	}
	if t.Implements(errorType) {
		p.encode, p.identity, p.tracks, p.replaces = errorEncoder(t), true, true, true
		return
	}
	if t.Implements(textMarshalerType) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(textMarshalerType) {
		p.encode = textEncoder(t)
		return
	}
	c.compileKind(p)
}

func (c *compiler) compileKind(p *plan) {
	t := p.typ
	switch t.Kind() {
	case reflect.Bool:
		p.encode = encodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.encode = intEncoder(t.Kind())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.encode = uintEncoder(t.Kind())
	case reflect.Float32:
		p.encode = encodeFloat32
	case reflect.Float64:
		p.encode = encodeFloat64
	case reflect.String:
		p.encode = encodeString
	case reflect.Pointer:
		c.compilePointer(p)
	case reflect.Struct:
		c.compileStruct(p)
	case reflect.Map:
		c.compileMap(p)
	case reflect.Slice:
		c.compileSlice(p)
	case reflect.Array:
		c.compileArray(p)
	case reflect.Func:
		p.encode, p.replaces = funcEncoder(t, "anonymous"), true
	default:
		p.encode = refuser(t)
	}
}
