package clone_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// everything holds each kind of value, aliases and a cycle.
func everything() *value.Object {
	stack := "at x"
	shared := object("id", 1.0)
	buf := &value.ArrayBuffer{Bytes: []byte{1, 2, 3, 4}}
	huge := new(big.Int).Lsh(big.NewInt(-1), 100)
	headers, _ := value.NewHeaders(value.HeaderEntry{Name: "a", Value: "1"})
	err := value.NewError("TypeError", "bad").WithCause(value.NewError("Error", "inner"))
	err.Stack = &stack
	err.Props.Set("code", 7.0)
	o := object(
		"undefined", value.Undefined{}, "null", nil, "bools", array(true, false), "numbers", array(0.0, math.Copysign(0, -1), 1.5, math.NaN(), math.Inf(1), 1e300, 1023.0, 1024.0),
		"bigints", array(big.NewInt(5), big.NewInt(-5), huge), "strings", array("", "a", "\xed\xa0\x80"), "sparse", array(1.0, value.Hole{}, 3.0),
		"date", value.DateOf(5), "invalid", value.InvalidDate(), "regexp", &value.RegExp{Source: "a+", Flags: "gi"}, "url", &value.URL{Href: "https://e.com"},
		"function", &value.Function{Name: "f"}, "boxed", array(&value.Boxed{Value: true}, &value.Boxed{Value: 1.0}, &value.Boxed{Value: "s"}, &value.Boxed{Value: huge}),
		"buffer", buf, "views", array(&value.TypedArray{Kind: value.Uint8Clamped, Buffer: buf, Offset: 1, Length: 2}, &value.DataView{Buffer: buf, Offset: 1, Length: 3}, value.NewTypedArray([]float64{0.1})),
		"headers", headers, "map", value.NewMap(value.Entry{Key: shared, Value: "v"}, value.Entry{Key: math.NaN(), Value: nil}, value.Entry{Key: 1.0, Value: shared}),
		"set", value.NewSet("a", shared, value.Undefined{}), "error", err, "aggregate", value.NewAggregateError("all", err, "text"),
		"request", &value.Request{URL: "u", Method: "PUT", Headers: headers, Body: buf}, "response", &value.Response{Status: 201, StatusText: "Created", Headers: headers, Body: shared},
		"shared", shared, "10", "index", "2", "index", "__isMarked", true)
	o.Set("self", o)
	return o
}

func TestDocument_RoundTripsEverything(t *testing.T) {
	t.Parallel()
	in := everything()
	doc := parsed(t, in)
	got := generic(t, doc)
	if !value.Equal(got, in) {
		t.Errorf("got  %v\nwant %v", got, in)
	}
	// As a node within another value, and once more through that.
	again := parsed(t, []any{doc.Root(), "x", doc.Root().Key("shared")})
	want := array(in, "x", must(in.Get("shared")))
	if got := generic(t, again); !value.Equal(got, want) {
		t.Errorf("as a node: got  %v\nwant %v", got, want)
	}
	copied, err := clone.Copy(in)
	if err != nil || !value.Equal(copied, in) || copied == any(in) {
		t.Errorf("Copy = %v, %v", copied, err)
	}
}

func must(v any, ok bool) any {
	if !ok {
		panic("absent")
	}
	return v
}

func TestNode_Reads(t *testing.T) {
	t.Parallel()
	doc := parsed(t, everything())
	root := doc.Root()
	if root.Kind() != clone.KindObject || root.Document() != doc || root.IsZero() || !root.Marked() || root.Len() != everything().Len() {
		t.Error("the root is not the object it should be")
	}
	if !root.Key("self").Same(root) || root.Key("null").Same(root) {
		t.Error("Same does not see the cycle")
	}
	if v, ok := root.Key("bools").Index(0).Bool(); !v || !ok {
		t.Errorf("Bool = %v, %v", v, ok)
	}
	numbers := root.Key("numbers")
	if v, ok := numbers.Index(2).Number(); v != 1.5 || !ok {
		t.Errorf("Number = %v, %v", v, ok)
	}
	for i, want := range []bool{true, true, false, false, false, false, true} {
		if _, ok := numbers.Index(i).Int(); ok != want {
			t.Errorf("Int of number %d: %v", i, ok)
		}
	}
	if v, _ := numbers.Index(6).Int(); v != 1023 {
		t.Errorf("Int = %v", v)
	}
	if b := root.Key("bigints").Index(1).BigInt(); b.Int64() != -5 {
		t.Errorf("BigInt = %v", b)
	}
	if s, ok := root.Key("strings").Index(1).Text(); s != "a" || !ok || !root.Key("strings").Index(1).Is("a") || root.Key("strings").Index(1).Len() != 1 {
		t.Errorf("Text = %q, %v", s, ok)
	}
	n := 0
	for range root.Key("sparse").Elems() {
		n++
	}
	for range root.Key("set").Elems() {
		n++
	}
	if n != 6 {
		t.Errorf("Elems yields %d elements", n)
	}
	var keys []string
	for k, v := range root.Key("error").Members() {
		keys = append(keys, k)
		if v.IsZero() {
			t.Errorf("member %q is absent", k)
		}
	}
	if !slices.Equal(keys, []string{"cause", "code"}) {
		t.Errorf("Members yields %q", keys)
	}
	for k, v := range root.Key("map").Entries() {
		if !k.Same(root.Key("shared")) || !v.Is("v") {
			t.Error("Entries yields something else")
		}
		break
	}
	for k := range root.Members() {
		if k == "" {
			t.Error("a key is empty")
		}
		break
	}
	for range numbers.Elems() {
		break
	}
	for k, v := range parsed(t, value.NewMap(value.Entry{Key: "a", Value: "b"}, value.Entry{Key: "c", Value: "d"})).Root().Entries() {
		if !k.Is("a") && !k.Is("c") || !v.Is("b") && !v.Is("d") {
			t.Error("Entries yields something else")
		}
	}
}

func TestNode_AbsentAndZero(t *testing.T) {
	t.Parallel()
	doc := parsed(t, object("a", array(1.0)))
	root := doc.Root()
	a := root.Key("a")
	released := parsed(t, object("a", "b"))
	old := released.Root()
	released.Release()
	for name, n := range map[string]clone.Node{
		"zero": {}, "no member": root.Key("b"), "beyond": a.Index(1), "negative": a.Index(-1), "of another kind": a.Key("x"), "index of an object": root.Index(0), "released": old,
	} {
		text, isText := n.Text()
		_, isNumber := n.Number()
		_, isInt := n.Int()
		_, isBool := n.Bool()
		if n.Kind() != clone.KindNone || !n.IsZero() || n.Document() != nil || n.Len() != 0 || !n.Key("x").IsZero() || !n.Index(0).IsZero() ||
			text != "" || isText || isNumber || isInt || isBool || n.BigInt() != nil || n.Marked() || n.Is("") || n.Same(n) {
			t.Errorf("%s: the node is something", name)
		}
		for range n.Elems() {
			t.Errorf("%s: Elems yields", name)
		}
		for range n.Members() {
			t.Errorf("%s: Members yields", name)
		}
		for range n.Entries() {
			t.Errorf("%s: Entries yields", name)
		}
		var v any = "untouched"
		if err := doc.Build(n, &v, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeMismatch || v != "untouched" {
			t.Errorf("%s: Build = %v, %v", name, v, err)
		}
		b := clone.NewBuilder(fault.Limits{})
		if err := clone.Walk([]any{n}, b, clone.EncodeOptions{}); fault.CodeOf(err) != fault.CodeUnencodable {
			t.Errorf("%s: Walk = %v", name, err)
		}
	}
	if a.Len() != 1 || a.Marked() {
		t.Error("a is not the array it should be")
	}
}

func TestNode_DepthWhenWritten(t *testing.T) {
	t.Parallel()
	deep := parsed(t, array(array(array(1.0))))
	b := clone.NewBuilder(fault.Limits{})
	limits := fault.Limits{ValueDepth: 3}
	if err := clone.Walk(deep.Root(), b, clone.EncodeOptions{Limits: limits}); err != nil {
		t.Errorf("Walk = %v", err)
	}
	b = clone.NewBuilder(fault.Limits{})
	if err := clone.Walk([]any{deep.Root()}, b, clone.EncodeOptions{Limits: limits}); fault.CodeOf(err) != fault.CodeLimit {
		t.Errorf("Walk one level deeper = %v", err)
	}
}

func TestDocument_DepthThroughRefs(t *testing.T) {
	t.Parallel()
	doc, err := build(fault.Limits{ValueDepth: 10}, func(b *clone.Builder) {
		b.Ref(0)
		for i := range 50 {
			b.Aside()
			b.Label(i)
			b.BeginArray(-1)
			if i < 49 {
				b.Ref(i + 1)
			}
			b.End()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeLimit {
		t.Errorf("Build into any = %v", err)
	}
	type list []list
	var l list
	if err := doc.Build(doc.Root(), &l, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeLimit || l != nil {
		t.Errorf("Build into a list = %v", err)
	}
}

func TestDocument_ReleasedMemoryIsReused(t *testing.T) {
	t.Parallel()
	doc := parsed(t, everything())
	kept := generic(t, doc)
	doc.Release()
	for range 10 {
		other := parsed(t, array("other", "texts", "entirely"))
		generic(t, other)
		other.Release()
	}
	if !value.Equal(kept, everything()) {
		t.Error("a built value changed when its document was released")
	}
}

// model draws values of the value model, with aliases and cycles.
func model(t *rapid.T) any {
	var containers []any
	left := 40
	var draw func(depth int) any
	draw = func(depth int) any {
		left--
		max := 15
		if depth > 6 || left < 0 {
			max = 8
		}
		switch rapid.IntRange(0, max).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return value.Undefined{}
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return rapid.Float64().Draw(t, "number")
		case 4:
			return rapid.String().Draw(t, "string")
		case 5:
			return new(big.Int).Mul(big.NewInt(rapid.Int64().Draw(t, "bigint")), big.NewInt(rapid.Int64().Draw(t, "times")))
		case 6:
			return value.DateOf(float64(rapid.Int64().Draw(t, "date")))
		case 7, 8:
			if len(containers) == 0 {
				return "none yet"
			}
			return rapid.SampledFrom(containers).Draw(t, "alias")
		case 9, 10:
			o := value.NewObject()
			containers = append(containers, o)
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				o.Set(rapid.SampledFrom([]string{"a", "b", "10", "2", "", "__isX", "long key of an object"}).Draw(t, "key"), draw(depth+1))
			}
			return o
		case 11:
			m := value.NewMap()
			containers = append(containers, m)
			for range rapid.IntRange(0, 3).Draw(t, "entries") {
				m.Set(draw(depth+1), draw(depth+1))
			}
			return m
		case 12:
			s := value.NewSet()
			containers = append(containers, s)
			for range rapid.IntRange(0, 3).Draw(t, "members") {
				s.Add(draw(depth + 1))
			}
			return s
		case 13:
			e := value.NewError("Error", rapid.String().Draw(t, "message"))
			containers = append(containers, e)
			e.WithCause(draw(depth + 1))
			return e
		case 14:
			v := value.NewTypedArray(rapid.SliceOf(rapid.Int16()).Draw(t, "elements"))
			containers = append(containers, v, v.Buffer)
			return v
		}
		a := &value.Array{}
		containers = append(containers, a)
		for range rapid.IntRange(0, 4).Draw(t, "elems") {
			a.Elems = append(a.Elems, draw(depth+1))
		}
		return a
	}
	return draw(0)
}

func TestDocument_RoundTripsAnyGraph(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := model(t)
		b := clone.NewBuilder(fault.Limits{})
		if err := clone.Walk(in, b, clone.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		doc, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		var out any
		if err := doc.Build(doc.Root(), &out, clone.BuildOptions{}); err != nil {
			t.Fatal(err)
		}
		if !value.Equal(in, out) {
			t.Fatalf("%s became %s", value.Format(in), value.Format(out))
		}
		again, err := clone.Copy(doc.Root())
		if err != nil || !value.Equal(in, again) {
			t.Fatalf("%s became %s by way of a node: %v", value.Format(in), value.Format(again), err)
		}
		doc.Release()
	})
}

func TestCopy_RefusesWhatCannotTravel(t *testing.T) {
	t.Parallel()
	if v, err := clone.Copy(make(chan int)); v != nil || fault.CodeOf(err) != fault.CodeUnencodable {
		t.Errorf("Copy = %v, %v", v, err)
	}
}

func TestDocument_HookErrorsPass(t *testing.T) {
	t.Parallel()
	doc := parsed(t, object("a", array(object("__isX", true))))
	refused := errors.New("refused")
	o := clone.BuildOptions{Replace: func(clone.Node) (any, bool, error) { return nil, false, refused }}
	var v any
	if err := doc.Build(doc.Root(), &v, o); err != refused {
		t.Errorf("Build into any = %v", err)
	}
	var m map[string][]map[string]bool
	if err := doc.Build(doc.Root(), &m, o); err != refused {
		t.Errorf("Build into a map = %v", err)
	}
}

// TestNode_ReleasedWhileIterated: a loop over a document that its body releases ends.
func TestNode_ReleasedWhileIterated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		of   any
		loop func(n clone.Node, body func())
	}{
		{"elems", array(1.0, 2.0), func(n clone.Node, body func()) {
			for range n.Elems() {
				body()
			}
		}},
		{"members", object("a", 1.0, "b", 2.0), func(n clone.Node, body func()) {
			for range n.Members() {
				body()
			}
		}},
		{"entries", value.NewMap(value.Entry{Key: "a"}, value.Entry{Key: "b"}), func(n clone.Node, body func()) {
			for range n.Entries() {
				body()
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, tt.of)
			turns := 0
			tt.loop(doc.Root(), func() {
				if turns++; turns == 1 {
					doc.Release()
				}
			})
			if turns != 1 {
				t.Errorf("the loop took %d turns, want 1", turns)
			}
		})
	}
}
