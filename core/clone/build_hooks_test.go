package clone_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestBuild_Destinations(t *testing.T) {
	t.Parallel()
	doc := parsed(t, 1.0)
	for _, dst := range []any{nil, 1, (*int)(nil), (*any)(nil), struct{}{}} {
		if err := doc.Build(doc.Root(), dst, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeConfig {
			t.Errorf("Build into a %T = %v", dst, err)
		}
	}
	var n int
	if err := parsed(t, 2.0).Build(doc.Root(), &n, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeMismatch {
		t.Errorf("Build of another document's node = %v", err)
	}
}

func TestBuild_UserCodePanics(t *testing.T) {
	t.Parallel()
	doc := parsed(t, "panic")
	var u upper
	if err := doc.Build(doc.Root(), &u, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeInternal || err.Error() != "UnmarshalText of clone_test.upper panicked" {
		t.Errorf("Build = %v", err)
	} else if p, ok := errors.AsType[*clone.PanicError](err); !ok || p.Value != "as asked" || !strings.Contains(string(p.Stack), "UnmarshalText") {
		t.Errorf("the panic is %+v", p)
	}
	doc = parsed(t, object("panic", 1.0))
	var m map[struct{ K int }]int
	if err := doc.Build(doc.Root(), &m, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeMismatch {
		t.Errorf("Build = %v", err)
	}
	doc = parsed(t, object("__isX", 1.0))
	func() {
		defer func() { _ = recover() }()
		var v any
		_ = doc.Build(doc.Root(), &v, clone.BuildOptions{Replace: func(clone.Node) (any, bool, error) { panic("hook") }})
		t.Error("the hook's panic is swallowed")
	}()
	var v any
	if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil { // the lock is free
		t.Errorf("Build after a panic = %v", err)
	}
}

type Ring struct {
	Name string
	Next *Ring
	All  []*Ring
	By   map[string]*Ring
}

func TestBuild_SharesAndTurns(t *testing.T) {
	t.Parallel()
	a := &Ring{Name: "a"}
	b := &Ring{Name: "b", Next: a}
	a.Next = b
	a.All = []*Ring{a, b}
	a.By = map[string]*Ring{"a": a, "b": b}
	doc := parsed(t, map[string]any{"first": a, "second": b})
	var first, second *Ring
	var generic any
	for _, err := range []error{
		doc.Build(doc.Root().Key("first"), &first, clone.BuildOptions{}),
		doc.Build(doc.Root().Key("second"), &second, clone.BuildOptions{}),
		doc.Build(doc.Root().Key("second"), &generic, clone.BuildOptions{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if first.Next != second || second.Next != first || first.All[0] != first || first.All[1] != second || first.By["b"] != second || first.Name != "a" || second.Name != "b" {
		t.Errorf("the ring is broken: %p %p", first, second)
	}
	var object *value.Object
	if err := doc.Build(doc.Root().Key("second"), &object, clone.BuildOptions{}); err != nil || any(object) != generic {
		t.Errorf("*value.Object and any are two objects: %v", err)
	}
}

func TestBuild_SharesMapsSlicesAndHeaders(t *testing.T) {
	t.Parallel()
	m := map[string]int{"a": 1}
	h := http.Header{"A": {"1"}}
	s := array(1.0)
	doc := parsed(t, map[string]any{"m1": m, "m2": m, "h1": h, "h2": h, "s1": s, "s2": s})
	var got struct {
		M1 map[string]int `json:"m1"`
		M2 map[string]int `json:"m2"`
		H1 http.Header    `json:"h1"`
		H2 http.Header    `json:"h2"`
		S1 []int          `json:"s1"`
		S2 []int          `json:"s2"`
	}
	if err := doc.Build(doc.Root(), &got, clone.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	got.M1["new"] = 1
	got.H1.Set("new", "1")
	got.S1[0] = 7
	if got.M2["new"] != 1 || got.H2.Get("new") != "1" || got.S2[0] != 7 {
		t.Errorf("what was one is two: %+v", got)
	}
}

func TestBuild_CyclesThroughSlicesAndMaps(t *testing.T) {
	t.Parallel()
	loop := array()
	loop.Elems = append(loop.Elems, loop)
	type list []list
	var l list
	doc := parsed(t, loop)
	if err := doc.Build(doc.Root(), &l, clone.BuildOptions{}); err != nil || &l[0][0][0] != &l[0] {
		t.Errorf("list: %v", err)
	}
	circle := object()
	circle.Set("self", circle)
	type dict map[string]dict
	var d dict
	doc = parsed(t, circle)
	if err := doc.Build(doc.Root(), &d, clone.BuildOptions{}); err != nil || reflect.ValueOf(d["self"]).Pointer() != reflect.ValueOf(d).Pointer() {
		t.Errorf("dict: %v", err)
	}
}

func TestBuild_RefusesValuesWithinThemselves(t *testing.T) {
	t.Parallel()
	circle := object()
	circle.Set("M", object("x", circle))
	type node struct{ M map[string]node }
	var n node
	doc := parsed(t, circle)
	if err := doc.Build(doc.Root(), &n, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeMismatch || !strings.Contains(err.Error(), "M.x: a cycle does not fit") {
		t.Errorf("Build = %v", err)
	}
}

func TestBuild_EmbeddedPointer(t *testing.T) {
	t.Parallel()
	type Part struct{ X, Y int }
	type whole struct {
		*Part
		Z int
	}
	var w whole
	doc := parsed(t, object("X", 1.0, "Z", 3.0, "Y", 2.0))
	if err := doc.Build(doc.Root(), &w, clone.BuildOptions{}); err != nil || w.Part == nil || *w.Part != (Part{1, 2}) || w.Z != 3 {
		t.Errorf("Build = %+v, %v", w, err)
	}
}

func TestBuild_Lazily(t *testing.T) {
	t.Parallel()
	shared := object("x", 1.0)
	doc := parsed(t, object("a", shared, "b", shared, "m", object("__isX", true)))
	var got struct {
		A *struct{ X int } `json:"-"`
		B clone.Node       `json:"b"`
		M clone.Node       `json:"m"`
	}
	asked := 0
	o := clone.BuildOptions{Replace: func(clone.Node) (any, bool, error) { asked++; return 1.0, true, nil }}
	if err := doc.Build(doc.Root(), &got, o); err != nil || asked != 0 {
		t.Fatalf("Build = %v after %d questions", err, asked)
	}
	if !got.B.Same(doc.Root().Key("a")) || !got.M.Marked() {
		t.Error("the nodes are others")
	}
}

func TestBuild_ErrorInterfaces(t *testing.T) {
	t.Parallel()
	doc := parsed(t, value.NewError("TypeError", "bad"))
	var err error
	if e := doc.Build(doc.Root(), &err, clone.BuildOptions{}); e != nil || err.Error() != "TypeError: bad" {
		t.Errorf("Build = %v, %v", err, e)
	}
	var s fmt.Stringer
	doc = parsed(t, array(nil, object()))
	if e := doc.Build(doc.Root().Index(1), &s, clone.BuildOptions{}); e != nil || s.String() != "{}" {
		t.Errorf("Build = %v, %v", s, e)
	}
	if e := doc.Build(doc.Root().Index(0), &s, clone.BuildOptions{}); e != nil || s != nil {
		t.Errorf("Build of null = %v, %v", s, e)
	}
}

func TestBuild_Replaces(t *testing.T) {
	t.Parallel()
	marked := object("__isX", 5.0)
	doc := parsed(t, object("any", marked, "same", marked, "other", object("__isX", 6.0), "keep", object("__isY", 1.0)))
	asked := map[float64]int{}
	var o clone.BuildOptions
	o.Replace = func(n clone.Node) (any, bool, error) {
		x, ok := n.Key("__isX").Number()
		if !ok {
			return nil, false, nil
		}
		asked[x]++
		// Other parts of the document can be built meanwhile.
		var again float64
		if err := n.Document().Build(n.Key("__isX"), &again, o); err != nil || again != x {
			t.Errorf("Build within Replace = %v, %v", again, err)
		}
		return x, true, nil
	}
	var got struct {
		Any   any            `json:"any"`
		Same  any            `json:"same"`
		Other int            `json:"other"` // converted
		Keep  map[string]int `json:"keep"`
	}
	if err := doc.Build(doc.Root(), &got, o); err != nil {
		t.Fatal(err)
	}
	if got.Any != 5.0 || got.Same != 5.0 || got.Other != 6 || got.Keep["__isY"] != 1 {
		t.Errorf("got %+v", got)
	}
	var n int
	for range 2 {
		if err := doc.Build(doc.Root().Key("other"), &n, o); err != nil || n != 6 {
			t.Errorf("Build = %v, %v", n, err)
		}
	}
	if asked[5] != 1 || asked[6] != 1 {
		t.Errorf("asked %v times", asked)
	}
	var all any
	if err := doc.Build(doc.Root(), &all, clone.BuildOptions{}); err != nil || all.(*value.Object).At(2).Value == any(6.0) {
		t.Errorf("without hooks: %v, %v", all, err)
	}
	if err := doc.Build(doc.Root(), &all, o); err != nil {
		t.Fatal(err)
	}
	if want := object("any", 5.0, "same", 5.0, "other", 6.0, "keep", object("__isY", 1.0)); !value.Equal(all, want) {
		t.Errorf("got %v", all)
	}
}

func TestBuild_ReplacementsOfManyTypes(t *testing.T) {
	t.Parallel()
	call := func(x int) int { return x + 1 }
	doc := parsed(t, object("f", object("__isX", true)))
	node := doc.Root().Key("f")
	give := func(v any) clone.BuildOptions {
		return clone.BuildOptions{Replace: func(clone.Node) (any, bool, error) { return v, true, nil }}
	}
	var f func(int) int
	if err := doc.Build(node, &f, give(call)); err != nil || f(1) != 2 {
		t.Errorf("assignable function: %v", err)
	}
	doc = parsed(t, object("f", object("__isX", true)))
	node = doc.Root().Key("f")
	o := give("name")
	o.Func = func(v any, typ reflect.Type) (reflect.Value, error) {
		return reflect.MakeFunc(typ, func([]reflect.Value) []reflect.Value { return []reflect.Value{reflect.ValueOf(v)} }), nil
	}
	var g func() string
	if err := doc.Build(node, &g, o); err != nil || g() != "name" {
		t.Errorf("made function: %v", err)
	}
	refused := errors.New("refused")
	o.Func = func(any, reflect.Type) (reflect.Value, error) { return reflect.Value{}, refused }
	var h func() int
	if err := doc.Build(node, &h, o); err != refused {
		t.Errorf("refused function: %v", err)
	}
	o.Func = func(any, reflect.Type) (reflect.Value, error) { return reflect.ValueOf(1), nil }
	if err := doc.Build(node, &h, o); fault.CodeOf(err) != fault.CodeInternal || h != nil {
		t.Errorf("wrong function: %v", err)
	}
	var s struct {
		F string `json:"f"`
	}
	if err := doc.Build(doc.Root(), &s, give(1.0)); fault.CodeOf(err) != fault.CodeMismatch || err.Error() != "f: number does not fit string" {
		t.Errorf("misfit: %v", err)
	}
	if err := doc.Build(doc.Root(), &s, give(nil)); fault.CodeOf(err) != fault.CodeMismatch || err.Error() != "f: null does not fit string" {
		t.Errorf("null: %v", err)
	}
	if err := doc.Build(doc.Root(), &s, give(make(chan int))); fault.CodeOf(err) != fault.CodeUnencodable {
		t.Errorf("channel: %v", err)
	}
	var p *int
	if err := doc.Build(node, &p, give(nil)); err != nil || p != nil {
		t.Errorf("nil: %v", err)
	}
	var r *Ring
	if err := doc.Build(node, &r, give(object("Name", "n"))); err != nil || r.Name != "n" {
		t.Errorf("converted: %v", err)
	}
	var date *value.Date
	if err := doc.Build(node, &date, clone.BuildOptions{Replace: func(clone.Node) (any, bool, error) { return nil, false, nil }}); fault.CodeOf(err) != fault.CodeMismatch {
		t.Errorf("not replaced: %v", err)
	}
}

func TestBuild_ManyAtATime(t *testing.T) {
	t.Parallel()
	doc := parsed(t, everything())
	want := everything()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var v any
			if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil || !value.Equal(v, want) {
				t.Errorf("Build = %v", err)
			}
			var m map[string]any
			if err := doc.Build(doc.Root(), &m, clone.BuildOptions{}); err != nil || len(m) != want.Len() {
				t.Errorf("Build into a map = %v", err)
			}
		})
	}
	wg.Wait()
}

func ExampleDocument_Build() {
	b := clone.NewBuilder(fault.Limits{})
	b.BeginObject(2)
	b.Key("name")
	b.String("Ada")
	b.Key("born")
	b.Date(-4861036800000)
	b.End()
	doc, err := b.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}
	var person struct {
		Name string    `json:"name"`
		Born time.Time `json:"born"`
	}
	err = doc.Build(doc.Root(), &person, clone.BuildOptions{})
	fmt.Println(person.Name, person.Born.Year(), err)
	err = doc.Build(doc.Root(), &map[string]string{}, clone.BuildOptions{})
	fmt.Println(err)
	// Output:
	// Ada 1815 <nil>
	// born: date does not fit string
}
