package clone_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

type upper string

func (u *upper) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("it is empty")
	}
	if string(text) == "panic" {
		panic("as asked")
	}
	*u = upper(bytes.ToUpper(text))
	return nil
}

func TestBuild_Misfits(t *testing.T) {
	t.Parallel()
	type user struct {
		Name string `json:"name"`
		Ages []int8 `json:"ages"`
	}
	type args struct {
		User user           `json:"user"`
		Map  map[string]int `json:"map"`
		Keys map[int]string `json:"keys"`
		Pair [2]int         `json:"pair"`
	}
	type hidden struct{ *inner }
	set := value.NewSet("a", 1.0)
	tests := []struct {
		name string
		in   any
		dst  any // a pointer
		want string
	}{
		{"path", object("user", object("name", 1.0)), &args{}, "user.name: number does not fit string"},
		{"path in a slice", object("user", object("ages", array(1.0, 128.0))), &args{}, "user.ages[1]: number 128 does not fit int8"},
		{"path in a map", object("map", object("a b", "x")), &args{}, `map["a b"]: string does not fit int`},
		{"path with an empty key", object("map", object("", "x")), &args{}, `map[""]: string does not fit int`},
		{"path with a long key", object("map", object(strings.Repeat("k", 99), "x")), &args{}, `map["` + strings.Repeat("k", 64) + `..."]: string does not fit int`},
		{"key", object("keys", object("x", "")), &args{}, `keys.x: the key does not fit int`},
		{"key that is not canonical", object("keys", object("01", "")), &args{}, `keys["01"]: the key does not fit int`},
		{"unsigned key", object("-1", ""), &map[uint]string{}, `["-1"]: the key does not fit uint`},
		{"array of another length", object("pair", array(1.0)), &args{}, "pair: an array of 1 does not fit [2]int"},
		{"in the root", array(1.0), new(string), "array does not fit string"},
		{"fraction", 1.5, new(int), "number 1.5 does not fit int"},
		{"nan", math.NaN(), new(int64), "number NaN does not fit int64"},
		{"2^63", math.Exp2(63), new(int64), "number 9.223372036854776e+18 does not fit int64"},
		{"2^64", math.Exp2(64), new(uint64), "number 1.8446744073709552e+19 does not fit uint64"},
		{"negative", -1.0, new(uint), "number -1 does not fit uint"},
		{"too large for uint8", 256.0, new(uint8), "number 256 does not fit uint8"},
		{"float32 overflow", 1e300, new(float32), "number 1e+300 does not fit float32"},
		{"bigint", new(big.Int).Lsh(big.NewInt(1), 63), new(int64), "bigint 9223372036854775808 does not fit int64"},
		{"bigint in int8", big.NewInt(200), new(int8), "bigint 200 does not fit int8"},
		{"bigint in uint8", big.NewInt(256), new(uint8), "bigint 256 does not fit uint8"},
		{"negative bigint", big.NewInt(-1), new(uint64), "bigint -1 does not fit uint64"},
		{"huge bigint", new(big.Int).Lsh(big.NewInt(1), 999), new(int), "bigint of more than 256 bits does not fit int"},
		{"inexact bigint", big.NewInt(1<<53 + 1), new(float64), "bigint 9007199254740993 does not fit float64"},
		{"inexact bigint in float32", big.NewInt(1<<24 + 1), new(float32), "bigint 16777217 does not fit float32"},
		{"null in an int", nil, new(int), "null does not fit int"},
		{"undefined in a struct", value.Undefined{}, &args{}, "undefined does not fit"},
		{"null in a bool", nil, new(bool), "null does not fit bool"},
		{"date in a string", value.DateOf(0), new(string), "date does not fit string"},
		{"string in a time", "2025-01-01", new(time.Time), "string does not fit time.Time"},
		{"invalid date", value.InvalidDate(), new(time.Time), "an invalid date does not fit time.Time"},
		{"bigint from a fraction", 0.5, new(big.Int), "number 0.5 does not fit big.Int"},
		{"bigint from infinity", math.Inf(1), new(*big.Int), "number +Inf does not fit big.Int"},
		{"bigint from a string", "1", new(*big.Int), "string does not fit big.Int"},
		{"url", &value.URL{Href: "http://[::1"}, new(*url.URL), "missing ']' in host"},
		{"url from a string", "http://e.com", new(url.URL), "string does not fit url.URL"},
		{"header from an object", object(), new(http.Header), "object does not fit http.Header"},
		{"text", "", new(upper), "string does not fit clone_test.upper: it is empty"},
		{"text from a number", 1.0, new(upper), "number does not fit clone_test.upper"},
		{"key of text", object("", 1.0), new(map[time.Time]int), "the key does not fit time.Time"},
		{"strings from bytes", value.NewTypedArray([]byte{1}), new([]string), "typed array does not fit []string"},
		{"ints from a buffer", &value.ArrayBuffer{}, new([]int), "array buffer does not fit []int"},
		{"int8s from bytes", value.NewTypedArray([]uint8{200}), new([]int8), "[0]: number 200 does not fit int8"},
		{"ints from bigints", value.NewTypedArray([]uint64{math.MaxUint64}), new([]int), "[0]: bigint 18446744073709551615 does not fit int"},
		{"array from a typed array", value.NewTypedArray([]uint8{1}), new([2]byte), "typed array of 1 does not fit [2]uint8"},
		{"strings from a typed array", value.NewTypedArray([]uint8{1}), new([1]string), "typed array does not fit [1]string"},
		{"array from a buffer", &value.ArrayBuffer{}, new([2]byte), "array buffer of 0 bytes does not fit [2]uint8"},
		{"array from a number", 1.0, new([2]byte), "number does not fit [2]uint8"},
		{"slice from an object", object(), new([]any), "object does not fit []interface {}"},
		{"map from a number", 1.0, new(map[string]int), "number does not fit map[string]int"},
		{"map from an object", object("a", 1.0), new(map[bool]int), "object does not fit map[bool]int"},
		{"map with one key twice", value.NewMap(value.Entry{Key: 1.0, Value: "a"}, value.Entry{Key: big.NewInt(1), Value: "b"}), new(map[int]string), "[1]: two keys are one int"},
		{"map's key", value.NewMap(value.Entry{Key: "a", Value: 1.0}), new(map[int]int), "[a key]: string does not fit int"},
		{"map's value", value.NewMap(value.Entry{Key: 1.0, Value: "a"}), new(map[uint]int), "[1]: string does not fit int"},
		{"map's value under text", value.NewMap(value.Entry{Key: "k", Value: "a"}), new(map[any]int), `["k"]: string does not fit int`},
		{"map's value under an object", value.NewMap(value.Entry{Key: object(), Value: "a"}), new(map[any]int), "[a value]: string does not fit int"},
		{"set", set, new(map[string]struct{}), "[1][a key]: number does not fit string"},
		{"error from a string", "x", new(error), "string does not fit error"},
		{"interface", value.DateOf(0), new(io.Reader), "date does not fit io.Reader"},
		{"function", &value.Function{Name: "f"}, new(func()), "function does not fit func()"},
		{"channel", 1.0, new(chan int), "nothing fits chan int"},
		{"model", 1.0, new(*value.Object), "number does not fit *value.Object"},
		{"model by value", array(), new(value.Object), "array does not fit value.Object"},
		{"undefined from null", nil, new(value.Undefined), "null does not fit value.Undefined"},
		{"embedded pointer", object("deep", 1.0), &hidden{}, "deep: it lies behind a nil pointer to the unexported clone_test.inner"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, tt.in)
			before := fmt.Sprintf("%#v", reflect.ValueOf(tt.dst).Elem())
			err := doc.Build(doc.Root(), tt.dst, clone.BuildOptions{})
			if fault.CodeOf(err) != fault.CodeMismatch || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Build = %v, want %q", err, tt.want)
			}
			if after := fmt.Sprintf("%#v", reflect.ValueOf(tt.dst).Elem()); after != before {
				t.Errorf("the destination became %s", after)
			}
		})
	}
}

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
	if err := doc.Build(doc.Root(), &u, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeInternal || !strings.Contains(err.Error(), "as asked") {
		t.Errorf("Build = %v", err)
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

func TestConvert(t *testing.T) {
	t.Parallel()
	five := 5
	doc := parsed(t, 7.0)
	type point struct{ X, Y int }
	tests := []struct {
		name string
		src  any
		want any
	}{
		{"assignable", &five, &five},
		{"int to float", 5, 5.0},
		{"float to int", 5.0, 5},
		{"int64 to uint8", int64(255), uint8(255)},
		{"uint64 to int64", uint64(5), int64(5)},
		{"float32 to float64", float32(0.5), 0.5},
		{"node", doc.Root(), 7},
		{"struct to map", point{1, 2}, map[string]int{"X": 1, "Y": 2}},
		{"map to struct", map[string]any{"X": 1, "Y": 2.0}, point{1, 2}},
		{"bytes to array", []byte{1, 2}, [2]byte{1, 2}},
		{"string to text", "x", upper("X")},
		{"nil to map", nil, map[string]int(nil)},
		{"nil to any slice", nil, []any(nil)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dst := reflect.New(reflect.TypeOf(tt.want))
			if err := clone.Convert(tt.src, dst.Interface(), clone.EncodeOptions{}, clone.BuildOptions{}); err != nil {
				t.Fatal(err)
			}
			if got := dst.Elem().Interface(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Convert = %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestConvert_Refuses(t *testing.T) {
	t.Parallel()
	n := 7
	for name, tt := range map[string]struct {
		src, dst any
		code     fault.Code
	}{
		"nil to int":       {nil, &n, fault.CodeMismatch},
		"fraction to int":  {1.5, &n, fault.CodeMismatch},
		"large to int8":    {300, new(int8), fault.CodeMismatch},
		"large to float":   {1<<53 + 1, new(float64), fault.CodeMismatch},
		"string to int":    {"1", &n, fault.CodeMismatch},
		"number to text":   {1, new(upper), fault.CodeMismatch},
		"zero node":        {clone.Node{}, &n, fault.CodeMismatch},
		"channel":          {make(chan int), &n, fault.CodeUnencodable},
		"no pointer":       {1, 1, fault.CodeConfig},
		"nil pointer":      {1, (*int)(nil), fault.CodeConfig},
		"deeper than deep": {[][]int{{1}}, new([1][1]int8), fault.CodeLimit},
	} {
		o := clone.EncodeOptions{Limits: fault.Limits{ValueDepth: 1}}
		if err := clone.Convert(tt.src, tt.dst, o, clone.BuildOptions{}); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: Convert = %v, want code %q", name, err, tt.code)
		}
	}
	if n != 7 {
		t.Errorf("the destination became %d", n)
	}
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
