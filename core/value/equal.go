package value

import (
	"bytes"
	"math"
	"math/big"
	"reflect"
	"slices"
)

// Equal reports whether a and b are the same value to everybody who cannot tell one
// copy from another: the same kinds and contents, members and entries in the same
// order, NaN equal to NaN and -0 different from 0, and the same aliasing: where one side
// refers to one object twice or in a cycle, so does the other. Sharing between a and b
// themselves does not matter.
//
// What is not of the value model is compared by reflect.DeepEqual. The cost is
// proportional to the size of the smaller graph.
func Equal(a, b any) bool {
	c := comparison{ab: map[any]any{}, ba: map[any]any{}}
	c.later(a, b)
	for len(c.pairs) > 0 {
		p := c.pairs[len(c.pairs)-1]
		c.pairs = c.pairs[:len(c.pairs)-1]
		if !c.equal(p[0], p[1]) {
			return false
		}
	}
	return true
}

// comparison is one run of Equal. It keeps a list of what is to do instead of
// calling itself: values can be nested deeper than a stack should be.
type comparison struct {
	ab, ba map[any]any // which object of one side stands for which of the other
	pairs  [][2]any
}

func (c *comparison) later(a, b any) { c.pairs = append(c.pairs, [2]any{a, b}) }

// met reports whether a and b, pointers, have been paired with one another before, and
// whether they can be paired at all.
func (c *comparison) met(a, b any) (before, ok bool) {
	x, inA := c.ab[a]
	y, inB := c.ba[b]
	if inA || inB {
		return true, inA && inB && x == b && y == a
	}
	c.ab[a], c.ba[b] = b, a
	return false, true
}

func (c *comparison) equal(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && sameNumber(x, y)
	case *big.Int:
		y, ok := b.(*big.Int)
		return ok && (x == nil) == (y == nil) && (x == nil || x.Cmp(y) == 0)
	case *Function:
		y, ok := b.(*Function)
		return ok && (x == nil) == (y == nil) && (x == nil || *x == *y)
	}
	if !identified(a) {
		return reflect.DeepEqual(a, b)
	}
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	if aNil, bNil := reflect.ValueOf(a).IsNil(), reflect.ValueOf(b).IsNil(); aNil || bNil {
		return aNil && bNil
	}
	if before, ok := c.met(a, b); before || !ok {
		return ok
	}
	return c.contents(a, b)
}

// identified reports whether v is a pointer of the value model that has an identity.
func identified(v any) bool {
	switch v.(type) {
	case *Date, *RegExp, *URL, *Headers, *Boxed, *Array, *Object, *Map, *Set, *Error,
		*Request, *Response, *ArrayBuffer, *TypedArray, *DataView:
		return true
	}
	return false
}

// contents compares two objects of one type, without what they refer to.
func (c *comparison) contents(a, b any) bool {
	switch x := a.(type) {
	case *Date:
		return sameNumber(x.Milliseconds, b.(*Date).Milliseconds)
	case *RegExp:
		return *x == *b.(*RegExp)
	case *URL:
		return *x == *b.(*URL)
	case *Headers:
		return slices.Equal(x.entries, b.(*Headers).entries)
	case *Boxed:
		return c.equal(x.Value, b.(*Boxed).Value)
	case *ArrayBuffer:
		return bytes.Equal(x.Bytes, b.(*ArrayBuffer).Bytes)
	case *TypedArray:
		y := b.(*TypedArray)
		c.later(x.Buffer, y.Buffer)
		return x.Kind == y.Kind && x.Offset == y.Offset && x.Length == y.Length
	case *DataView:
		y := b.(*DataView)
		c.later(x.Buffer, y.Buffer)
		return x.Offset == y.Offset && x.Length == y.Length
	}
	return c.parts(a, b)
}

// parts is contents for containers.
func (c *comparison) parts(a, b any) bool {
	switch x := a.(type) {
	case *Array:
		y := b.(*Array)
		if len(x.Elems) != len(y.Elems) {
			return false
		}
		for i := range x.Elems {
			c.later(x.Elems[i], y.Elems[i])
		}
	case *Object:
		return c.members(x, b.(*Object))
	case *Map:
		y := b.(*Map)
		if x.Len() != y.Len() {
			return false
		}
		xs, ys := x.t.alive(), y.t.alive()
		for i := range xs {
			c.later(xs[i].key, ys[i].key)
			c.later(xs[i].item, ys[i].item)
		}
	case *Set:
		y := b.(*Set)
		if x.Len() != y.Len() {
			return false
		}
		xs, ys := x.t.alive(), y.t.alive()
		for i := range xs {
			c.later(xs[i].key, ys[i].key)
		}
	case *Error:
		y := b.(*Error)
		return x.Name == y.Name && x.Message == y.Message && (x.Stack == nil) == (y.Stack == nil) &&
			(x.Stack == nil || *x.Stack == *y.Stack) && c.members(&x.Props, &y.Props)
	case *Request:
		y := b.(*Request)
		c.later(x.Headers, y.Headers)
		c.later(x.Body, y.Body)
		return x.URL == y.URL && x.Method == y.Method
	case *Response:
		y := b.(*Response)
		c.later(x.Headers, y.Headers)
		c.later(x.Body, y.Body)
		return x.Status == y.Status && x.StatusText == y.StatusText
	}
	return true
}

func (c *comparison) members(x, y *Object) bool {
	if len(x.members) != len(y.members) {
		return false
	}
	for i := range x.members {
		if x.members[i].Key != y.members[i].Key {
			return false
		}
		c.later(x.members[i].Value, y.members[i].Value)
	}
	return true
}

func sameNumber(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
}

// alive returns the slots that are not deleted.
func (t *table[T]) alive() []slot[T] {
	if t.live == len(t.slots) {
		return t.slots
	}
	kept := make([]slot[T], 0, t.live)
	for _, s := range t.slots {
		if s.live {
			kept = append(kept, s)
		}
	}
	return kept
}
