package core_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
)

func repeat(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }

func TestServer_ItemLimits(t *testing.T) {
	t.Parallel()
	get := `{"type":"get","key":"a"}`
	tests := []struct{ name, operations, code, want string }{
		{"chain", "[" + repeat(get, 51) + "]", "limit", "Operation chain too deep: 51 > 50"},
		{"arguments", `[{"type":"get","key":"add"},{"type":"apply","args":[` + repeat("1", 101) + `]}]`, "limit", "Too many arguments: 101 > 100"},
		{"no-array", `"add"`, "malformed", "Invalid operation chain: operations must be an array"},
		{"unknown-operation", `[{"type":"set","key":"a"}]`, "malformed", `there is no operation of type "set"`},
		{"no-operation", `[7]`, "malformed", `there is no operation of type ""`},
		{"key", `[{"type":"get","key":{}}]`, "malformed", "the key of a get must be a string or a number"},
		{"args", `[{"type":"get","key":"add"},{"type":"apply","args":{}}]`, "malformed", "the args of an apply must be an array"},
		{"nested-chain", `[{"type":"get","key":"echo"},{"type":"apply","args":[{"x":{"__isNestedOperation":true,"__operationChain":[` + repeat(get, 51) + `]}}]}]`, "limit", "Operation chain too deep: 51 > 50"},
		{"negative-index", `[{"type":"get","key":"list"},{"type":"apply","args":[]},{"type":"get","key":-1.5}]`, "unknown-member", `an array has no member "-1.5"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, newTally())
			a := parseAnswer(t, p.askItems(itemOf("before", "increment()"), `{"id":"x","operations":`+tt.operations+`}`, itemOf("after", "increment()")))
			if len(a) != 3 || string(a[0].Result) != "1" || string(a[2].Result) != "2" {
				t.Fatalf("items beside a bad one: %+v", a)
			}
			if got := a[1].problem(t); got.MillraceCode != tt.code || !strings.Contains(got.Message, tt.want) {
				t.Errorf("got %+v, want %s %q", got, tt.code, tt.want)
			}
		})
	}
}

func TestServer_MessageLimits(t *testing.T) {
	t.Parallel()
	deep := "1"
	for range 9 {
		deep = nest("", "increment("+deep+")")
	}
	limits := core.Limits{BatchItems: 3, Operations: 20}
	tests := []struct {
		name   string
		limits core.Limits
		items  []string
		ids    []string
		code   string
		want   string
	}{
		{"items", limits, []string{itemOf("a", "increment()"), itemOf("b", "increment()"), itemOf("c", "increment()"), itemOf("d", "increment()")}, []string{"a", "b", "c"}, "limit", "too many items in a batch: 4 > 3 (setting: BatchItems)"},
		{"operations", limits, []string{itemOf("a", strings.Repeat("increment().", 7)), itemOf("b", strings.Repeat("increment().", 7))}, []string{"a", "b"}, "limit", "Too many operations in one message: 28 > 20 (setting: Operations)"},
		{"nested", core.Limits{}, []string{itemOf("a", "increment()"), itemOf("b", "echo(["+repeat(nest("", "increment()"), 101)+"])")}, []string{"a", "b"}, "limit", "Too many nested operations in one message: 101 > 100 (setting: NestedChains)"},
		{"depth", core.Limits{}, []string{itemOf("a", "increment()"), itemOf("b", "echo("+deep+")")}, []string{"a", "b"}, "limit", "Nested operations too deep: 9 > 8 (setting: NestingDepth)"},
		{"duplicate-id", core.Limits{}, []string{itemOf("a", "increment()"), itemOf("a", "increment()")}, []string{"a"}, "malformed", `two items of a batch have the id "a"`},
		{"empty-id", core.Limits{}, []string{itemOf("a", "increment()"), itemOf("", "increment()")}, []string{"a", "parse-error"}, "malformed", "each item of a batch needs an id"},
		{"long-id", core.Limits{}, []string{itemOf(strings.Repeat("i", 65), "increment()")}, []string{"parse-error"}, "malformed", "each item of a batch needs an id"},
		{"no-items", core.Limits{}, []string{"7", "8"}, []string{"parse-error"}, "malformed", "each item of a batch needs an id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, newTally(), core.WithLimits(tt.limits))
			answers := parseAnswer(t, p.askItems(tt.items...))
			var ids []string
			for _, a := range answers {
				ids = append(ids, a.ID)
				if got := a.problem(t); got.MillraceCode != tt.code || !strings.Contains(got.Message, tt.want) {
					t.Errorf("item %s: got %+v, want %s %q", a.ID, got, tt.code, tt.want)
				}
			}
			if fmt.Sprint(ids) != fmt.Sprint(tt.ids) {
				t.Errorf("answered were %v, want %v", ids, tt.ids)
			}
			if got := p.result("calls()"); got != "0" {
				t.Errorf("%s calls ran", got)
			}
			if n := p.srv.Stats().Malformed; n != 1 {
				t.Errorf("Malformed = %d", n)
			}
		})
	}
}

// A chain inside data that is shared many times over is charged, and looked at, once.
func TestServer_SharedArguments(t *testing.T) {
	t.Parallel()
	wide := repeat(`[`+repeat("[]", 50)+`]`, 100)
	p := serve(t, newTally())
	if got := p.result(`echo([` + wide + `,` + nest("", "increment()") + `]).100`); got != "1" {
		t.Errorf("a nested chain behind %d arrays gave %s", 5100, got)
	}
}

func TestServer_ParseLimits(t *testing.T) {
	t.Parallel()
	p := serve(t, newTally(), core.WithLimits(core.Limits{ValueDepth: 20}))
	n := p.count()
	p.write(batch(itemOf("a", "echo("+strings.Repeat("[", 30)+strings.Repeat("]", 30)+")")))
	a := parseAnswer(t, p.next(n))
	if len(a) != 1 || a[0].ID != "parse-error" || a[0].problem(t).MillraceCode != "limit" {
		t.Errorf("a message that is too deep was answered by %+v", a)
	}
	// What is no RPC is not answered, however deep.
	p.write(`{"json":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`)
	if got := p.result("add(1,2)"); got != "3" || p.count() != n+2 {
		t.Errorf("a deep message that is no RPC was answered")
	}
}

func TestServer_AnswerLimits(t *testing.T) {
	t.Parallel()
	p := serve(t, &wide{}, core.WithLimits(core.Limits{MessageBytes: 4000}))
	if got := p.fails("big(5000)"); got.MillraceCode != "limit" || !strings.Contains(got.Message, "> 4000 (setting: MessageBytes)") {
		t.Errorf("a large answer: %+v", got)
	}
	a := parseAnswer(t, p.askItems(itemOf("a", "big(100)"), itemOf("b", "big(5000)"), itemOf("c", "big(1)")))
	if !a[0].Success || a[1].Success || !a[2].Success || a[1].problem(t).MillraceCode != "limit" {
		t.Errorf("one large answer among others: %+v", a)
	}
	a = parseAnswer(t, p.askItems(itemOf("a", "big(3000)"), itemOf("b", "big(3000)")))
	if a[0].Success || a[1].Success {
		t.Errorf("two answers that are too large together: %+v", a)
	}
	a = parseAnswer(t, p.askItems(itemOf("a", "bad()"), itemOf("b", "big(1)"), itemOf("c", "badError()")))
	if a[0].problem(t).MillraceCode != "unencodable" || !a[1].Success || a[2].Success {
		t.Errorf("an answer that cannot be written: %+v", a)
	}
	if got := p.fails("badError()"); !strings.Contains(got.Message, "text") {
		t.Errorf("an error that cannot be written: %+v", got)
	}
	if got := p.fails(fmt.Sprintf("longError(%d)", 9000)); got.Message == "" || len(got.Message) > 200 {
		t.Errorf("an error that is too long: %+v", got)
	}
}

// wide gives what does not fit.
type wide struct{}

func (*wide) Big(n int) string        { return strings.Repeat("x", n) }
func (*wide) Bad() any                { return []any{make(chan int)} }
func (*wide) BadError() error         { return fmt.Errorf("bad text \xff") }
func (*wide) LongError(n int) error   { return fmt.Errorf("%s", strings.Repeat("x", n)) }
func (*wide) Later(d func()) struct{} { return struct{}{} }
