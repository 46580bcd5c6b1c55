package clone

import (
	"cmp"
	"fmt"
	"math/big"
	"reflect"
	"sync"
	"unsafe"

	"github.com/millrace/millrace/core/fault"
)

// Walk turns v into events, ending with w's own failure if it has one.
//
// How Go values appear is the table in docs/spec/values.md: nil pointers, maps,
// slices and interfaces are null; integers beyond 2^53-1 are bigints; structs are
// objects by their tags; a struct field that is a nil function is left out.
// Pointers, maps, the types of package value, and slices that can lead back to
// themselves keep their identity: later occurrences are a Ref.
//
// Errors are *[fault.Error] with [fault.CodeUnencodable] or [fault.CodeLimit] and
// the path of the value in their message, or what o.Replace returned. Methods
// of v that are called (MarshalText, Error, Unwrap, IsZero) may panic: that is
// an error, too. v must not change during the walk; Walk keeps nothing of it.
func Walk(v any, w Events, o EncodeOptions) error {
	k := walkers.Get().(*walker)
	k.start(w, o)
	ok := k.value(v)
	err := k.err
	if ok {
		err = w.Err()
	} else if r, isRefusal := err.(*refusal); isRefusal {
		err = r.at(k.back)
	}
	k.release()
	return err
}

var walkers = sync.Pool{New: func() any { return new(walker) }}

// walker is one walk.
type walker struct {
	w       Events
	replace func(v any, at Path) (any, error)

	maxDepth, maxNodes, maxDigits, maxSource int

	depth, nodes int
	hops         int // pointers and interfaces on the way to the next container
	probe        int // when nodes reaches it, w is asked for its failure

	ids  identities
	next int // the next label

	path []Step // of the current container's parts, while replace is set
	back []Step // after a failure: the way out, innermost first
	err  error

	slots []unsafe.Pointer // data words of interfaces that hold the value itself
	big   big.Int          // scratch for integers beyond 2^53-1

	lastType reflect.Type
	lastPlan *plan
}

// probeEvery is how many values pass between two looks at a writer's failure.
const probeEvery = 1024

// maxHops bounds pointers to pointers and interfaces in a row, of which a cycle
// would have no end and no form.
const maxHops = 1000

// defaults are what zero limits mean. Filling in all of them costs a small message more than walking it.
var defaults = fault.Limits{}.WithDefaults()

func (w *walker) start(e Events, o EncodeOptions) {
	w.w, w.replace = e, o.Replace
	l := &o.Limits
	w.maxDepth = cmp.Or(l.ValueDepth, defaults.ValueDepth)
	w.maxNodes = cmp.Or(l.ValueNodes, defaults.ValueNodes)
	w.maxDigits = cmp.Or(l.BigIntDigits, defaults.BigIntDigits)
	w.maxSource = cmp.Or(l.RegExpSourceBytes, defaults.RegExpSourceBytes)
	w.probe = probeEvery
	if w.maxNodes >= 0 {
		w.probe = min(w.probe, w.maxNodes+1)
	}
}

func (w *walker) release() {
	w.ids.reset()
	clear(w.path[:cap(w.path)])
	clear(w.back)
	clear(w.slots[:cap(w.slots)])
	w.path, w.back, w.slots = w.path[:0], w.back[:0], w.slots[:0]
	w.w, w.replace, w.err = nil, nil, nil
	w.depth, w.nodes, w.hops, w.next = 0, 0, 0, 0
	walkers.Put(w)
}

// refusal is a failure that still lacks its path.
type refusal struct {
	code  fault.Code
	text  string
	cause error
}

func (r *refusal) Error() string { return r.text }

// at completes the failure; back is the path, innermost step first.
func (r *refusal) at(back []Step) error {
	where := ""
	if len(back) > 0 {
		path := make(Path, len(back))
		for i, s := range back {
			path[len(back)-1-i] = s
		}
		where = path.String() + ": "
	}
	switch {
	case r.text == "":
		return fault.New(r.code, "clone: %s%w", where, r.cause)
	case r.cause != nil:
		return fault.New(r.code, "clone: %s%s: %w", where, r.text, r.cause)
	}
	return fault.New(r.code, "clone: %s%s", where, r.text)
}

func (w *walker) refuse(format string, args ...any) bool {
	w.err = &refusal{code: fault.CodeUnencodable, text: fmt.Sprintf(format, args...)}
	return false
}

func (w *walker) exceed(what string, got, limit int, setting string) bool {
	e := fault.Exceeded(what, int64(got), int64(limit), setting)
	w.err = &refusal{code: e.Code, text: e.Message}
	return false
}

// out adds a step to the path of a failure, and reports false for its caller to pass on.
func (w *walker) out(s Step) bool {
	w.back = append(w.back, s)
	return false
}

// count counts one value.
func (w *walker) count() bool {
	w.nodes++
	if w.nodes >= w.probe {
		return w.countSlow()
	}
	return true
}

func (w *walker) countSlow() bool {
	if fault.Over(w.nodes, w.maxNodes) {
		return w.exceed("values of one message", w.nodes, w.maxNodes, "ValueNodes")
	}
	if w.err = w.w.Err(); w.err != nil {
		return false
	}
	w.probe = w.nodes + probeEvery
	if w.maxNodes >= 0 {
		w.probe = min(w.probe, w.maxNodes+1)
	}
	return true
}

// enter counts a container; leave is its counterpart.
func (w *walker) enter() bool {
	w.depth++
	if fault.Over(w.depth, w.maxDepth) {
		return w.exceed("depth of containers", w.depth, w.maxDepth, "ValueDepth")
	}
	w.hops = 0
	return w.count()
}

func (w *walker) leave() {
	w.depth--
	w.w.End()
}

// hop counts a pointer or interface that is no container of its own.
func (w *walker) hop() bool {
	w.hops++
	return w.hops <= maxHops || w.refuse("pointers lead to one another without end")
}

// again writes a Ref when the value at p was met before, else its Label. Values
// of one type are the same if pointer and length are.
func (w *walker) again(p, typ unsafe.Pointer, n int) bool {
	id, seen := w.ids.lookup(p, typ, n, w.next)
	if seen {
		w.w.Ref(id)
		return true
	}
	w.next++
	w.w.Label(id)
	return false
}

// value walks whatever v holds.
func (w *walker) value(v any) bool {
	switch x := v.(type) {
	case nil:
		w.w.Null()
		return w.count()
	case string:
		return w.text(x)
	case float64:
		w.w.Number(x)
		return w.count()
	case bool:
		w.w.Bool(x)
		return w.count()
	case int:
		return w.integer(int64(x))
	}
	t := reflect.TypeOf(v)
	p := w.lastPlan
	if t != w.lastType {
		p = planOf(t)
		w.lastType, w.lastPlan = t, p
	}
	word := dataWord(&v)
	if !p.direct {
		return p.encode(w, word)
	}
	n := len(w.slots)
	w.slots = append(w.slots, word)
	ok := p.encode(w, unsafe.Pointer(&w.slots[n]))
	w.slots = w.slots[:n]
	return ok
}

// keeps reports whether p's values need a path for replace.
func (w *walker) keeps(p *plan) bool { return w.replace != nil && p.replaces }

func (w *walker) push(s Step) { w.path = append(w.path, s) }

func (w *walker) pop() { w.path = w.path[:len(w.path)-1] }

func (w *walker) null() bool {
	w.w.Null()
	return w.count()
}
