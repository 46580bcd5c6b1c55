package chain_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/cmd/host/internal/chain"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []chain.Step
	}{
		{"object-itself", ".", nil},
		{"one-name", "add", []chain.Step{{Name: "add"}}},
		{"members", "a.b", []chain.Step{{Name: "a"}, {Name: "b"}}},
		{"call-in-between", "a.b(1).c", []chain.Step{{Name: "a"}, {Name: "b", Called: true, Args: []any{1.0}}, {Name: "c"}}},
		{"call-without-arguments", "increment()", []chain.Step{{Name: "increment", Called: true}}},
		{"several-arguments", `f( 1 , "a)b,c" , null)`, []chain.Step{{Name: "f", Called: true, Args: []any{1.0, "a)b,c", nil}}}},
		{"index", "list()[2]", []chain.Step{{Name: "list", Called: true}, {Name: "2"}}},
		{"called-index", "list()[ 2 ](true)", []chain.Step{{Name: "list", Called: true}, {Name: "2", Called: true, Args: []any{true}}}},
		{"quoted-name", `["a b"].c["x.y"]()`, []chain.Step{{Name: "a b"}, {Name: "c"}, {Name: "x.y", Called: true}}},
		{"letters-of-any-language", "größe.$x._y-z#1", []chain.Step{{Name: "größe"}, {Name: "$x"}, {Name: "_y-z#1"}}},
		{"hop", `env.ROOM.getByName("x").post("hi")`, []chain.Step{
			{Name: "env"}, {Name: "ROOM"}, {Name: "getByName", Called: true, Args: []any{"x"}}, {Name: "post", Called: true, Args: []any{"hi"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := chain.Parse(tt.text)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Parse(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		offset     int
		reason     string
	}{
		{"empty", "", 0, "the chain ends where a name should be"},
		{"dot-at-the-end", "a.", 2, "the chain ends where a name should be"},
		{"two-dots", "a..b", 2, `unexpected '.' where a name should be`},
		{"space", "a b", 1, `unexpected ' ' where a dot, a bracket or a parenthesis should be`},
		{"leading-call", "(1)", 0, `unexpected '(' where a name should be`},
		{"not-json", "f(x)", 2, `unexpected 'x'`},
		{"bad-inside", "f([1,)", 5, `unexpected ')'`},
		{"not-closed", "f(1", 3, "the chain ends where ')' should be"},
		{"only-comma", "f(1,", 4, "the chain ends where an argument"},
		{"call-of-call", "f()()", 3, "cannot be called"},
		{"negative-index", "a[-1]", 4, "no index"},
		{"fraction-index", "a[1.5]", 5, "no index"},
		{"huge-index", "a[1e300]", 7, "no index"},
		{"object-index", "a[{}]", 4, "an index or a quoted name"},
		{"bracket-not-closed", "a[1", 3, "the chain ends where ']'"},
		{"empty-bracket", "a[", 2, "the chain ends where a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := chain.Parse(tt.text)
			bad, ok := err.(*chain.Error)
			if !ok || bad.Offset != tt.offset || !strings.Contains(bad.Reason, tt.reason) {
				t.Errorf("Parse(%q): %v, want %q at %d", tt.text, err, tt.reason, tt.offset)
			}
		})
	}
}

func TestError_MarksThePlace(t *testing.T) {
	t.Parallel()
	_, err := chain.Parse("größe..x")
	want := "unexpected '.' where a name should be\n  größe..x\n        ^"
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %q", err, want)
	}
}
