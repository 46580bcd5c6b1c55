package core_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
)

// fragile is an error whose methods fail on a nil pointer, as many do.
type fragile struct{ cause error }

func (f *fragile) Error() string { return "fragile: " + f.cause.Error() }
func (f *fragile) Unwrap() error { return f.cause }

// brittle has an Unwrap that fails always.
type brittle struct{}

func (brittle) Error() string   { return "brittle" }
func (brittle) Unwrap() []error { panic("no") }

type word string

// odd has members of unusual types, and returns unusual values.
type odd struct {
	Words   map[word]int   `json:"words"`
	Numbers map[int]string `json:"numbers"`
	None    map[string]int `json:"none"`
	Deep    **int          `json:"deep"`
	Any     any            `json:"any"`
	Compute core.Getter    `json:"compute"`
	Unset   core.Getter    `json:"unset"`
	Fn      func(int) int  `json:"fn"`
	Two     func() (a, b int)
	TwoTag  func() (a, b int) `json:"twoTag"`
	Pipe    chan int          `json:"pipe"`
	*base
}

func newOdd() *odd {
	return &odd{
		Words: map[word]int{"a": 1}, Numbers: map[int]string{1: "one"}, Any: (*odd)(nil),
		Fn: func(i int) int { return i + 1 }, TwoTag: func() (int, int) { return 1, 2 }, Pipe: make(chan int),
	}
}

func (*odd) NilFragile() error                  { var f *fragile; return f }
func (*odd) Brittle() error                     { return brittle{} }
func (*odd) JoinedNil() error                   { return errors.Join(errors.New("one"), (*fragile)(nil)) }
func (*odd) NilThrown() error                   { var t *core.Thrown; return t }
func (*odd) NilValue() *odd                     { return nil }
func (*odd) Takes(chan int) int                 { return 0 }
func (*odd) TakesFunc(func())                   {}
func (*odd) TakesReader(io.Reader) int          { return 0 }
func (*odd) Structs(all ...struct{ A int }) int { return len(all) }
func (*odd) Ok() string                         { return "ok" }
func (*odd) Same(v any) any                     { return v }
func (*odd) Large(n int) string                 { return strings.Repeat("x", n) }

// Whatever a peer asks for, and whatever user code gives, each call has one answer, and
// the server goes on.
func TestServer_OddValues(t *testing.T) {
	t.Parallel()
	tests := []struct{ chain, want string }{ // want is a result, or part of an error
		{"nilFragile()", "an error whose Error method failed"},
		{"brittle()", "brittle"},
		{"joinedNil()", "Error method failed"},
		{"nilThrown()", "Error method failed"},
		{"nilValue()", "null"},
		{"nilValue().x", "Cannot read properties of null (reading 'x')"},
		{"nilValue().ok()", "Cannot read properties of null"},
		{"any.ok()", "Cannot read properties of null"},
		{"inherited()", `"base"`},
		{"words.a", "1"},
		{"words.b", `{"$type":"undefined"}`},
		{"none.b", `{"$type":"undefined"}`},
		{"numbers.1", `has no member "1"`},
		{"deep.x", `Cannot read properties of null`},
		{"unset", `{"$type":"undefined"}`},
		{"fn(1)", "2"},
		{"fn(1).x", `has no member "x"`},
		{"twoTag()", "not a function"},
		{"pipe", "chan"},
		{"takes(1)", "argument 1"},
		{"takesFunc(1)", "argument 1"},
		{`takesFunc(` + nest("", "ok") + `)`, "argument 1"},
		{"takesReader(1)", "argument 1"},
		{`takesReader(` + nest("", "ok()") + `)`, "argument 1"},
		{`structs({"A":1},{"A":2})`, "2"},
		{`structs({"A":"x"})`, "argument 1"},
		{"ok().length", `has no member "length"`},
		{"ok()()", "not a function"},
		{`same({"__isRemoteFunction":true,"__operationChain":[],"__functionName":"f"})`, `{"__isRemoteFunction":true,"__operationChain":[],"__functionName":"f"}`},
		{`same(` + nest("", "same.constructor") + `)`, `"constructor" is not reachable`},
		{`same({"a":1}).__proto__`, `"__proto__" is not reachable`},
		{`same([1,2]).length`, "2"},
		{`same({"$type":"map","entries":[["k",` + nest("", "ok()") + `]]})`, `{"$type":"map","entries":[["k","ok"]]}`},
		{`same({"__isNestedOperation":true})`, "missing __operationChain"},
		{`same({"__isNestedOperation":true,"__operationChain":7})`, "operations must be an array"},
		{`same({"__isNestedOperation":"yes"})`, `{"__isNestedOperation":"yes"}`},
	}
	for _, tt := range tests {
		t.Run(tt.chain, func(t *testing.T) {
			t.Parallel()
			p := serve(t, newOdd())
			for _, items := range [][]string{{itemOf("x", tt.chain)}, {itemOf("x", tt.chain), itemOf("y", "ok()")}} {
				a := parseAnswer(t, p.askItems(items...))
				if len(a) != len(items) {
					t.Fatalf("%d answers to %d items", len(a), len(items))
				}
				if got := string(a[0].Result) + errorTextOf(a[0].Error); !strings.Contains(got, tt.want) {
					t.Errorf("%s gave %s, want %s", tt.chain, got, tt.want)
				}
			}
			if got := p.result("ok()"); got != `"ok"` {
				t.Errorf("afterwards ok() = %s", got)
			}
		})
	}
}

func errorTextOf(raw []byte) string {
	var p problem
	if json.Unmarshal(raw, &p) != nil {
		return string(raw)
	}
	return p.Message
}

// A small batch that asks for one large value again and again costs no more than an answer may.
func TestServer_RepeatedLargeResults(t *testing.T) {
	t.Parallel()
	limits := core.Limits{ValueNodes: 5_000, MessageBytes: 100_000}
	tests := []struct{ name, alias, limit string }{
		{"values", `[` + repeat("0", 1_000) + `]`, "ValueNodes"},
		{"text", `["` + strings.Repeat("x", 60_000) + `"]`, "MessageBytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := serve(t, newOdd(), core.WithLimits(limits))
			items := make([]string, 20)
			for i := range items {
				items[i] = itemOf(fmt.Sprint(i), `same({"$ref":0})`)
			}
			n := p.count()
			p.write(`{"json":{"type":"__rpc","batch":[` + strings.Join(items, ",") + `]},"meta":{"aliases":{"0":` + tt.alias + `}}}`)
			a := parseAnswer(t, p.next(n))
			if len(a) != len(items) || !a[0].Success {
				t.Fatalf("%d answers, the first is %.200s", len(a), a[0].Error)
			}
			if got := a[len(a)-1].problem(t); got.MillraceCode != "limit" || !strings.Contains(got.Message, tt.limit) {
				t.Errorf("the last answer is %+v, want the limit %s", got, tt.limit)
			}
		})
	}
}

// An answer to several items that is within the limits is given, whatever the items are.
func TestServer_LargeBatchWithinLimits(t *testing.T) {
	t.Parallel()
	p := serve(t, newOdd())
	a := parseAnswer(t, p.askItems(itemOf("a", "large(500000)"), itemOf("b", "large(500000)")))
	for _, one := range a {
		if !one.Success || len(one.Result) != 500_002 {
			t.Errorf("item %s: %.100s", one.ID, one.Error)
		}
	}
}

// A nested chain that leads back into itself never runs, also where no limit would stop it.
func TestServer_NestedChainInItself(t *testing.T) {
	t.Parallel()
	none := core.Limits{Operations: core.NoLimit, NestedChains: core.NoLimit, NestingDepth: core.NoLimit, CallTimeout: core.NoLimit}
	for name, limits := range map[string]core.Limits{"defaults": {}, "none": none} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, newOdd(), core.WithLimits(limits))
			n := p.count()
			p.write(`{"json":{"type":"__rpc","batch":[` + itemOf("x", `same({"$ref":0})`) + `]},"meta":{"aliases":{"0":` + nest("", `same([{"$ref":0}])`) + `}}}`)
			if got := parseAnswer(t, p.next(n))[0].problem(t); got.MillraceCode != "malformed" || !strings.Contains(got.Message, "contains itself") {
				t.Errorf("got %+v", got)
			}
			if got := p.result("ok()"); got != `"ok"` {
				t.Errorf("afterwards ok() = %s", got)
			}
		})
	}
}
