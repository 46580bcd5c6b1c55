package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// tally is an object with something of everything.
type tally struct {
	Env   *core.Env   `json:"env"`
	Title string      `millrace:"title"`
	Sub   *subTally   `json:"sub"`
	Size  core.Getter `json:"size"`
	Plain map[string]any
	Hi    func(name string) string `json:"hi"`
	Gone  func()                   `json:"gone"`
	n     int
	calls int
}

type subTally struct {
	Depth int `json:"depth"`
	owner *tally
}

func (s *subTally) Up() int { return s.owner.n }

func (t *tally) Increment(by ...int) int {
	t.calls++
	if len(by) == 0 {
		by = []int{1}
	}
	t.n += by[0]
	return t.n
}
func (t *tally) Add(a, b float64) float64                 { return a + b }
func (t *tally) Self() *tally                             { t.calls++; return t }
func (t *tally) Calls() int                               { return t.calls }
func (t *tally) Echo(v any) any                           { return v }
func (t *tally) Nothing()                                 {}
func (t *tally) Fail(msg string) error                    { return errors.New(msg) }
func (t *tally) Both(ctx context.Context) (string, error) { return "both", ctx.Err() }
func (t *tally) ThrowString(s string) (any, error)        { return nil, core.Throw(s) }
func (t *tally) Boom()                                    { panic("secret detail") }
func (t *tally) TakesUser(u struct{ Name string }) string { return u.Name }
func (t *tally) TakesPicky(p picky) int                   { return p.n }
func (t *tally) List() []any                              { return []any{1, t.n, func() string { return "hello" }} }
func (t *tally) Exposed() any                             { return core.Expose(&model{Value: 42, Name: "m"}) }
func (t *tally) Data() any                                { return &model{Value: 42, Name: "m"} }
func (t *tally) Chan() any                                { return make(chan int) }
func (t *tally) Shy() any                                 { return shy{} }
func (t *tally) Two() (int, int)                          { return 1, 2 }
func (t *tally) Obj() any {
	return value.NewObject(value.Member{Key: "a", Value: 1.0}, value.Member{Key: "getA", Value: func() int { return 7 }})
}

// picky panics when it reads itself.
type picky struct{ n int }

func (*picky) UnmarshalText([]byte) error { panic("secret detail") }

// shy panics when it is written.
type shy struct{}

func (shy) MarshalText() ([]byte, error) { panic("secret detail") }

type model struct {
	Value int    `json:"value"`
	Name  string `json:"name"`
}

func (m *model) GetValue() int { return m.Value }
func (m *model) Compute() int  { return m.Value * 2 }
func (m *model) Add(n int) *model {
	return &model{Value: m.Value + n, Name: m.Name}
}

func newTally() *tally {
	t := &tally{Title: "t1", Plain: map[string]any{"k": 1}}
	t.Sub = &subTally{Depth: 3, owner: t}
	t.Size = func(context.Context) (any, error) { return 11, nil }
	t.Hi = func(name string) string { return "hi " + name }
	return t
}

func TestServer_Calls(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, chain, want string }{
		{"lower-camel", `add(1,2)`, `3`},
		{"go-name", `Add(1,2)`, `3`},
		{"optional-absent", `increment()`, `1`},
		{"optional-given", `increment(5)`, `5`},
		{"optional-undefined", `increment({"$type":"undefined"})`, `1`},
		{"echo", `echo({"a":[1,null,"x"]})`, `{"a":[1,null,"x"]}`},
		{"nothing-is-undefined", `nothing()`, `{"$type":"undefined"}`},
		{"context-and-error", `both()`, `"both"`},
		{"field", `title`, `"t1"`},
		{"getter", `size`, `11`},
		{"function-field", `hi("x")`, `"hi x"`},
		{"nested-method", `sub.up()`, `0`},
		{"nested-field", `sub.depth`, `3`},
		{"chain-of-self", `self().self().increment(2)`, `2`},
		{"index", `list().0`, `1`},
		{"length", `list().length`, `3`},
		{"beyond-the-end", `list().9`, `{"$type":"undefined"}`},
		{"function-in-array", `list().2()`, `"hello"`},
		{"object-member", `obj().a`, `1`},
		{"object-function", `obj().getA()`, `7`},
		{"object-absent", `obj().zz`, `{"$type":"undefined"}`},
		{"exposed-method", `exposed().compute()`, `84`},
		{"exposed-go-name", `exposed().GetValue()`, `42`},
		{"data-field", `data().name`, `"m"`},
		{"struct-argument", `takesUser({"Name":"eve"})`, `"eve"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := serve(t, newTally()).result(tt.chain); got != tt.want {
				t.Errorf("%s = %s, want %s", tt.chain, got, tt.want)
			}
		})
	}
}

func TestServer_Call_errors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, chain string
		code        core.Code
		want        string
	}{
		{"unknown", `incremant()`, core.CodeUnknownMember, `tally has no member "incremant": did you mean increment?`},
		{"unknown-lists", `zzzzzzzzz()`, core.CodeUnknownMember, `(there are: `},
		{"untagged-field", `Plain`, core.CodeUnknownMember, `no member "Plain"`},
		{"unexported", `n`, core.CodeUnknownMember, `no member "n"`},
		{"two-results", `two()`, core.CodeUnknownMember, `no member "two"`},
		{"not-callable", `title()`, core.CodeNotCallable, `TypeError: title is not a function`},
		{"nil-function", `gone()`, core.CodeNotCallable, `TypeError: gone is not a function`},
		{"undefined-member", `nothing().deeper`, core.CodeUnknownMember, `Cannot read properties of undefined (reading 'deeper')`},
		{"null-member", `echo(null).deeper`, core.CodeUnknownMember, `Cannot read properties of null (reading 'deeper')`},
		{"member-of-function", `add.x`, core.CodeUnknownMember, `add is a function`},
		{"data-method", `data().compute()`, core.CodeUnknownMember, `model has no member "compute"`},
		{"too-few", `add(1)`, core.CodeBadArguments, `add takes 2 arguments, got 1`},
		{"too-many", `add(1,2,3)`, core.CodeBadArguments, `add takes 2 arguments, got 3`},
		{"one-too-many", `fail()`, core.CodeBadArguments, `fail takes 1 argument, got 0`},
		{"wrong-type", `add(1,"x")`, core.CodeBadArguments, `add: argument 2: expected a number`},
		{"string-expected", `fail(1)`, core.CodeBadArguments, `fail: argument 1: expected a string`},
		{"thrown", `fail("no way")`, "", `no way`},
		{"panic-is-generic", `boom()`, core.CodeInternal, `boom failed: internal error`},
		{"argument-panic-is-generic", `takesPicky("x")`, core.CodeInternal, `takesPicky failed: internal error`},
		{"unencodable", `chan()`, core.CodeUnencodable, `chan`},
		{"result-panic-is-generic", `shy()`, core.CodeUnencodable, `MarshalText of core_test.shy panicked`},
		{"array-name", `list().foo`, core.CodeUnknownMember, `an array has no member "foo"`},
		{"number-member", `add(1,2).foo`, core.CodeUnknownMember, `has no member "foo"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, newTally())
			got := p.fails(tt.chain)
			if core.Code(got.MillraceCode) != tt.code || !strings.Contains(got.Message, tt.want) || got.Name != "Error" {
				t.Errorf("%s failed with %+v, want code %q and %q", tt.chain, got, tt.code, tt.want)
			}
			if strings.Contains(got.Message, "secret") {
				t.Errorf("%s told the client %q", tt.chain, got.Message)
			}
			if after := p.result(`add(1,2)`); after != "3" {
				t.Errorf("the connection answers %s afterwards", after)
			}
		})
	}
}

func TestServer_Call_literalFrames(t *testing.T) {
	t.Parallel()
	p := serve(t, newTally())
	got := p.askItems(`{"id":"x1","operations":[{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}`)
	if want := `{"json":{"type":"__rpc","batch":[{"id":"x1","success":true,"result":3}]},"meta":{}}`; got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
	got, outcome := exchange(t, p.srv, objX, `{"json":{"batch":[{"id":"x1","operations":[{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}]},"meta":{}}`)
	if want := `{"json":{"batch":[{"id":"x1","success":true,"result":3}]},"meta":{}}`; got != want || outcome != core.Succeeded {
		t.Errorf("exchange %s (%v), want %s", got, outcome, want)
	}
	if got := p.askItems(); got != `{"json":{"type":"__rpc","batch":[]},"meta":{}}` {
		t.Errorf("empty batch was answered by %s", got)
	}
	got = p.ask(`throwString("String error")`)
	if want := `"success":false,"error":"String error"`; !strings.Contains(got, want) {
		t.Errorf("thrown string: %s", got)
	}
}

func TestServer_ChainRunsEachCallOnce(t *testing.T) {
	t.Parallel()
	for k := 1; k <= 24; k++ {
		p := serve(t, newTally())
		chain := strings.Repeat("self().", k-1) + "increment()"
		if got := p.result(chain); got != "1" {
			t.Errorf("k=%d: %s", k, got)
		}
		if got := p.result("calls()"); got != fmt.Sprint(k) {
			t.Errorf("a chain of %d calls ran %s", k, got)
		}
	}
	// 25 calls are 50 operations, the most there may be.
	p := serve(t, newTally())
	p.result(strings.Repeat("self().", 24) + "increment()")
	if got := p.result("calls()"); got != "25" {
		t.Errorf("a chain of 25 calls ran %s", got)
	}
}

func TestServer_RemoteFunctions(t *testing.T) {
	t.Parallel()
	p := serve(t, newTally())
	mark := func(chain, name string) string {
		return `{"__isRemoteFunction":true,"__operationChain":` + ops(chain) + `,"__functionName":"` + name + `"}`
	}
	got := p.result("obj()")
	if want := `{"a":1,"getA":` + mark("obj().getA", "getA") + `}`; got != want {
		t.Errorf("obj() = %s, want %s", got, want)
	}
	got = p.result("list()")
	want := `[1,0,` + strings.Replace(mark("list().2", "anonymous"), `"key":"2"`, `"key":2`, 1) + `]`
	if got != want {
		t.Errorf("list() = %s, want %s", got, want)
	}
	got = p.result(`exposed()`)
	want = `{"value":42,"name":"m","getValue":` + mark("exposed().getValue", "getValue") + `,"compute":` + mark("exposed().compute", "compute") + `,"add":` + mark("exposed().add", "add") + `}`
	if got != want {
		t.Errorf("exposed() = %s, want %s", got, want)
	}
	if got := p.result("increment"); got != mark("increment", "increment") {
		t.Errorf("a method read is %s", got)
	}
	if got := p.result("data()"); got != `{"value":42,"name":"m"}` {
		t.Errorf("data() = %s", got)
	}
	// The chain is followed again, arguments as they came.
	if got := p.result(`echo({"x":[1]}).x.0`); got != "1" {
		t.Errorf("echo().x.0 = %s", got)
	}
}

func TestServer_EmptyChain(t *testing.T) {
	t.Parallel()
	p := serve(t, newTally())
	got := p.result("")
	for _, want := range []string{`"title":"t1"`, `"size":11`, `"sub":{"depth":3,"up":{"__isRemoteFunction":true,"__operationChain":` + ops("sub.up"), `"increment":{"__isRemoteFunction":true`, `"hi":{"__isRemoteFunction":true,"__operationChain":` + ops("hi")} {
		if !strings.Contains(got, want) {
			t.Errorf("the root lacks %s:\n%s", want, got)
		}
	}
	for _, not := range []string{"Plain", "gone", "two"} {
		if strings.Contains(got, `"`+not+`"`) {
			t.Errorf("the root has %s:\n%s", not, got)
		}
	}
}

func TestServer_Nested(t *testing.T) {
	t.Parallel()
	p := serve(t, newTally())
	if got := p.result(`increment(` + nest("", `increment(`+nest("", "increment()")+`)`) + `)`); got != "4" {
		t.Errorf("increment(increment(increment())) = %s", got)
	}
	if got := p.result("calls()"); got != "3" {
		t.Errorf("it ran %s calls", got)
	}
	got := p.askItems(
		itemOf("a", `add(`+nest("proxy-0", "increment()")+`,10)`),
		itemOf("b", `add(`+nest("proxy-0", "")+`,20)`),
		itemOf("c", `echo([{"deep":`+nest("proxy-1", "add(3,4)")+`}])`),
	)
	if want := `{"json":{"type":"__rpc","batch":[{"id":"a","success":true,"result":15},{"id":"b","success":true,"result":25},{"id":"c","success":true,"result":[{"deep":7}]}]},"meta":{}}`; got != want {
		t.Errorf("aliases: %s, want %s", got, want)
	}
	for _, tt := range []struct{ name, chain, want string }{
		{"alias-alone", `echo(` + nest("proxy-9", "") + `)`, `Alias marker with refId "proxy-9" has no operation chain and no cached result. This indicates the alias was encountered before the full marker.`},
		{"nothing", `echo(` + nest("", "") + `)`, `Nested operation marker missing __operationChain`},
		{"thrown", `echo(` + nest("", `fail("inner")`) + `)`, `inner`},
	} {
		if got := p.fails(tt.chain); got.Message != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.Message, tt.want)
		}
	}
	answers := parseAnswer(t, p.askItems(itemOf("a", `echo(`+nest("r", `fail("first")`)+`)`), itemOf("b", `echo(`+nest("r", "")+`)`)))
	if a, b := answers[0].problem(t), answers[1].problem(t); a != b || a.Message != "first" {
		t.Errorf("an alias of a failure: %v and %v", a, b)
	}
}
