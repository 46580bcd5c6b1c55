package clone_test

import (
	"errors"
	"math"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

type panicsText struct{}

func (panicsText) MarshalText() ([]byte, error) { panic("no text") }

type failsText struct{}

var errText = errors.New("out of words")

func (failsText) MarshalText() ([]byte, error) { return nil, errText }

type badText struct{}

func (badText) MarshalText() ([]byte, error) { return []byte("\xff"), nil }

type panicsError struct{}

func (panicsError) Error() string { panic("no message") }

type panicsUnwrap struct{}

func (panicsUnwrap) Error() string { return "m" }
func (panicsUnwrap) Unwrap() error { panic("no cause") }

type panicsZero struct{ N int }

func (panicsZero) IsZero() bool { panic("no zero") }

type pointerLoop *pointerLoop

type badName struct {
	A int `millrace:"\xff"`
}

type special struct{ n int }

func (special) CloneSpecial() {}

type tower struct{ Up *tower }

func TestWalk_Refuses(t *testing.T) {
	t.Parallel()
	var loop pointerLoop
	loop = &loop
	var self any
	self = &self
	deep := &tower{}
	for range 300 {
		deep = &tower{deep}
	}
	nested := errors.New("root")
	for range 300 {
		nested = errors.Join(nested)
	}
	in := func(v any) any { return map[string]any{"a b": []any{1, v}} }
	digits := new(big.Int).Exp(big.NewInt(10), big.NewInt(16_384), nil)
	giant := new(big.Int).Lsh(big.NewInt(1), 1<<18)
	tests := []struct {
		name string
		v    any
		code fault.Code
		says string
	}{
		{"channel", make(chan int), fault.CodeUnencodable, "clone: cannot encode a chan int"},
		{"complex", complex(1, 2), fault.CodeUnencodable, "complex128"},
		{"uintptr", uintptr(1), fault.CodeUnencodable, "uintptr"},
		{"unsafe-pointer", unsafe.Pointer(nil), fault.CodeUnencodable, "unsafe.Pointer"},
		{"path", in(make(chan int)), fault.CodeUnencodable, `clone: ["a b"][1]: cannot encode a chan int`},
		{"path-fields", &node{Next: &node{Name: "\xff"}}, fault.CodeUnencodable, `clone: next.name: a string is not UTF-8: "\xff"`},
		{"path-map", map[int]any{1: make(chan int)}, fault.CodeUnencodable, "clone: <map 0>: "},
		{"path-dict", map[string]chan int{"k": nil}, fault.CodeUnencodable, "clone: k: "},
		{"path-set", map[any]struct{}{"\xff": {}}, fault.CodeUnencodable, "clone: <set 0>: "},
		{"path-value-map", value.NewMap(value.Entry{Key: 1, Value: "\xff"}), fault.CodeUnencodable, "clone: <map 0>: "},
		{"path-value-set", value.NewSet("\xff"), fault.CodeUnencodable, "clone: <set 0>: "},
		{"path-value-array", &value.Array{Elems: []any{"\xff"}}, fault.CodeUnencodable, "clone: [0]: "},
		{"path-object", value.NewObject(value.Member{Key: "k", Value: "\xff"}), fault.CodeUnencodable, "clone: k: "},
		{"path-body", &value.Request{Body: "\xff"}, fault.CodeUnencodable, "clone: <body>: "},
		{"path-cause", value.NewError("E", "m").WithCause("\xff"), fault.CodeUnencodable, "clone: cause: "},
		{"path-long-key", map[string]any{strings.Repeat("k", 100): "\xff"}, fault.CodeUnencodable, "kkk...\"]: "},
		{"string", "a\xff", fault.CodeUnencodable, "not UTF-8"},
		{"split-pair", "\xed\xa0\xbd\xed\xb8\x80", fault.CodeUnencodable, "not UTF-8"},
		{"key", map[string]any{"\xff": 1}, fault.CodeUnencodable, "a key is not UTF-8"},
		{"dict-key", map[string]int{"\xff": 1}, fault.CodeUnencodable, "a key is not UTF-8"},
		{"object-key", value.NewObject(value.Member{Key: "\xff"}), fault.CodeUnencodable, "a key is not UTF-8"},
		{"field-name", badName{}, fault.CodeUnencodable, "badName"},
		{"pointer-loop", loop, fault.CodeUnencodable, "without end"},
		{"interface-loop", self, fault.CodeUnencodable, "without end"},
		{"time", time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), fault.CodeUnencodable, "out of a Date's range"},
		{"date", value.Date{Milliseconds: math.Inf(1)}, fault.CodeUnencodable, "out of a Date's range"},
		{"regexp-flags", &value.RegExp{Source: "a", Flags: "gg"}, fault.CodeUnencodable, "flags"},
		{"regexp-text", &value.RegExp{Source: "\xff"}, fault.CodeUnencodable, "not UTF-8"},
		{"regexp-long", &value.RegExp{Source: strings.Repeat("a", 5000)}, fault.CodeLimit, "RegExpSourceBytes"},
		{"url", &value.URL{Href: "\xff"}, fault.CodeUnencodable, "not UTF-8"},
		{"function", &value.Function{Name: "\xff"}, fault.CodeUnencodable, "not UTF-8"},
		{"error", &value.Error{Name: "\xff"}, fault.CodeUnencodable, "not UTF-8"},
		{"request", &value.Request{URL: "\xff"}, fault.CodeUnencodable, "not UTF-8"},
		{"response", &value.Response{StatusText: "\xff"}, fault.CodeUnencodable, "not UTF-8"},
		{"boxed", &value.Boxed{Value: 1}, fault.CodeUnencodable, "Boxed holds a int"},
		{"boxed-nil-bigint", &value.Boxed{Value: (*big.Int)(nil)}, fault.CodeUnencodable, "Boxed"},
		{"hole", value.Hole{}, fault.CodeUnencodable, "hole"},
		{"header", http.Header{"A b": {"1"}}, fault.CodeUnencodable, "header"},
		{"view-without-buffer", &value.TypedArray{Kind: value.Uint8}, fault.CodeUnencodable, "without a buffer"},
		{"view-kind", &value.TypedArray{Kind: 99, Buffer: &value.ArrayBuffer{}}, fault.CodeUnencodable, "kind 99"},
		{"view-too-long", &value.TypedArray{Kind: value.Uint16, Buffer: &value.ArrayBuffer{Bytes: make([]byte, 3)}, Length: 2}, fault.CodeUnencodable, "does not fit"},
		{"view-crooked", &value.TypedArray{Kind: value.Uint16, Buffer: &value.ArrayBuffer{Bytes: make([]byte, 4)}, Offset: 1, Length: 1}, fault.CodeUnencodable, "does not fit"},
		{"view-negative", &value.DataView{Buffer: &value.ArrayBuffer{}, Offset: -1}, fault.CodeUnencodable, "does not fit"},
		{"depth", deep, fault.CodeLimit, "ValueDepth"},
		{"depth-of-errors", nested, fault.CodeLimit, "ValueDepth"},
		{"depth-path", deep, fault.CodeLimit, "Up.Up.Up...."},
		{"nodes", make([]int, 100_001), fault.CodeLimit, "ValueNodes"},
		{"digits", digits, fault.CodeLimit, "16385 > 16384"},
		{"digits-giant", giant, fault.CodeLimit, "BigIntDigits"},
		{"panic-text", in(panicsText{}), fault.CodeUnencodable, `["a b"][1]: MarshalText of clone_test.panicsText panicked`},
		{"failing-text", failsText{}, fault.CodeUnencodable, "out of words"},
		{"bad-text", badText{}, fault.CodeUnencodable, "not UTF-8"},
		{"panic-error", panicsError{}, fault.CodeUnencodable, "Error of clone_test.panicsError panicked"},
		{"panic-unwrap", panicsUnwrap{}, fault.CodeUnencodable, "Unwrap of clone_test.panicsUnwrap panicked"},
		{"panic-zero", struct {
			Z panicsZero `json:"z,omitzero"`
		}{}, fault.CodeUnencodable, "z: IsZero of clone_test.panicsZero panicked"},
		{"special", special{}, fault.CodeUnencodable, "clone_test.special"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := record(tt.v, clone.EncodeOptions{})
			if fault.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Walk = %v, want %s: %q", err, tt.code, tt.says)
			}
			if err != nil && len(err.Error()) > 600 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
	if _, err := record(failsText{}, clone.EncodeOptions{}); !errors.Is(err, errText) {
		t.Errorf("Walk = %v, want one that wraps MarshalText's", err)
	}
}

// TestWalk_Limits: a limit admits what it says and nothing more; NoLimit admits all.
func TestWalk_Limits(t *testing.T) {
	t.Parallel()
	nested := func(n int) any {
		v := any(1)
		for range n {
			v = []any{v}
		}
		return v
	}
	tests := []struct {
		name   string
		v      any
		limits fault.Limits
		ok     bool
	}{
		{"depth-at", nested(3), fault.Limits{ValueDepth: 3}, true},
		{"depth-over", nested(4), fault.Limits{ValueDepth: 3}, false},
		{"depth-none", nested(5000), fault.Limits{ValueDepth: fault.NoLimit}, true},
		{"nodes-at", []int{1, 2, 3}, fault.Limits{ValueNodes: 4}, true},
		{"nodes-over", []int{1, 2, 3, 4}, fault.Limits{ValueNodes: 4}, false},
		{"nodes-none", make([]int, 200_000), fault.Limits{ValueNodes: fault.NoLimit}, true},
		{"bytes-are-one-node", make([]byte, 1000), fault.Limits{ValueNodes: 1}, true},
		{"digits-at", big.NewInt(999), fault.Limits{BigIntDigits: 3}, true},
		{"digits-over", big.NewInt(-1000), fault.Limits{BigIntDigits: 3}, false},
		{"digits-zero", new(big.Int), fault.Limits{BigIntDigits: 1}, true},
		{"digits-none", new(big.Int).Lsh(big.NewInt(1), 1<<17), fault.Limits{BigIntDigits: fault.NoLimit}, true},
		{"source-none", &value.RegExp{Source: strings.Repeat("a", 5000)}, fault.Limits{RegExpSourceBytes: fault.NoLimit}, true},
	}
	for _, tt := range tests {
		_, err := record(tt.v, clone.EncodeOptions{Limits: tt.limits})
		if tt.ok && err != nil || !tt.ok && fault.CodeOf(err) != fault.CodeLimit {
			t.Errorf("%s: Walk = %v, want success %v", tt.name, err, tt.ok)
		}
	}
}

// TestWalk_WriterFails: a writer's own failure ends the walk before long.
func TestWalk_WriterFails(t *testing.T) {
	t.Parallel()
	errFull := errors.New("full")
	r := recorder{err: errFull}
	if err := clone.Walk(make([]bool, 50_000), &r, clone.EncodeOptions{}); !errors.Is(err, errFull) {
		t.Errorf("Walk = %v, want the writer's error", err)
	}
	if n := strings.Count(r.b.String(), "false"); n > 2000 {
		t.Errorf("the walk went on for %d values", n)
	}
	if err := clone.Walk(1, &r, clone.EncodeOptions{}); !errors.Is(err, errFull) {
		t.Errorf("Walk = %v, want the writer's error at the end", err)
	}
}

type withFuncs struct {
	Name  string
	Do    func() `json:"do"`
	Inner *withFuncs
	List  []any
	Err   error
	Spec  special
	Keyed map[string]func()
}

// TestWalk_Replace: functions and Specials are asked about where they are.
func TestWalk_Replace(t *testing.T) {
	t.Parallel()
	f := func() {}
	v := &withFuncs{
		Do:    f,
		Inner: &withFuncs{List: []any{1, map[any]any{2: f}, map[any]struct{}{&special{}: {}}}, Keyed: map[string]func(){"x y": f}},
		List:  []any{[1]special{{3}}, &value.Array{Elems: []any{f}}, value.NewSet(f), value.NewMap(value.Entry{Key: 1, Value: f})},
		Err:   value.NewError("E", "m").WithCause(f),
	}
	var asked []string
	shared := &point{}
	got, err := record(v, clone.EncodeOptions{Replace: func(v any, at clone.Path) (any, error) {
		asked = append(asked, at.String())
		switch v.(type) {
		case special:
			return shared, nil
		case *special:
			return nil, nil
		}
		return &value.Function{Name: "replaced"}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := `do Inner.List[1]<map 0> Inner.List[2]<set 0> Inner.Spec Inner.Keyed["x y"] List[0][0] List[1][0] List[2]<set 0> List[3]<map 0> Err.cause Spec`
	if s := strings.Join(asked, " "); s != want {
		t.Errorf("asked at %s\nwant %s", s, want)
	}
	if n := strings.Count(got, "func(replaced)"); n != 7 {
		t.Errorf("%d functions are named, want 7: %s", n, got)
	}
	if n := strings.Count(got, "x: 0 y: 0"); n != 1 {
		t.Errorf("what Replace gives again is written %d times, want once and then a Ref: %s", n, got)
	}
}

func TestWalk_ReplaceEdges(t *testing.T) {
	t.Parallel()
	errNo := errors.New("no")
	replace := func(r any, err error) clone.EncodeOptions {
		return clone.EncodeOptions{Replace: func(any, clone.Path) (any, error) { return r, err }}
	}
	if _, err := record([]any{func() {}}, replace(nil, errNo)); !errors.Is(err, errNo) {
		t.Errorf("Walk = %v, want the error of Replace as it is", err)
	}
	if got, err := record(func() {}, replace(nil, nil)); err != nil || got != "null" {
		t.Errorf("Walk = %s, %v, want null", got, err)
	}
	if got, err := record(func() {}, replace(value.Function{Name: "f"}, nil)); err != nil || got != "func(f)" {
		t.Errorf("Walk = %s, %v, want func(f)", got, err)
	}
	if _, err := record(func() {}, replace(func() {}, nil)); fault.CodeOf(err) != fault.CodeUnencodable {
		t.Errorf("Walk = %v, want code unencodable for a function in place of a function", err)
	}
	if got, err := record((*special)(nil), replace(1, nil)); err != nil || got != "null" {
		t.Errorf("Walk of a nil Special = %s, %v, want null", got, err)
	}
	// Fresh values that are garbage right away must not pass for one another.
	got, err := record(make([]special, 3000), clone.EncodeOptions{Replace: func(any, clone.Path) (any, error) { return &point{}, nil }})
	if err != nil || strings.Contains(got, "@") {
		t.Errorf("Walk takes fresh values for one another: %v", err)
	}
}

// TestWalk_ManyIdentities fills the table of identities beyond its first sizes.
func TestWalk_ManyIdentities(t *testing.T) {
	t.Parallel()
	all := make([]*point, 10_000)
	for i := range all {
		all[i] = &point{X: i}
	}
	got, err := record([][]*point{all, all}, clone.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "@"); n != len(all) {
		t.Errorf("%d references, want %d", n, len(all))
	}
	if n := strings.Count(got, "{2"); n != len(all) {
		t.Errorf("%d objects, want %d", n, len(all))
	}
}

type wide struct {
	F00, F01, F02, F03, F04, F05, F06, F07, F08, F09 int `json:",omitempty"`
	F10, F11, F12, F13, F14, F15, F16, F17, F18, F19 int `json:",omitempty"`
	F20, F21, F22, F23, F24, F25, F26, F27, F28, F29 int `json:",omitempty"`
	F30, F31, F32, F33, F34, F35, F36, F37, F38, F39 int `json:",omitempty"`
	F40, F41, F42, F43, F44, F45, F46, F47, F48, F49 int `json:",omitempty"`
	F50, F51, F52, F53, F54, F55, F56, F57, F58, F59 int `json:",omitempty"`
	F60, F61, F62, F63, F64, F65, F66, F67, F68, F69 int `json:",omitempty"`
}

type pointerZero struct{ n int }

func (p *pointerZero) IsZero() bool { return p.n == 42 }

type omits struct {
	M  map[string]int `json:"m,omitempty"`
	S  []int          `json:"s,omitempty"`
	A  [0]int         `json:"a,omitempty"`
	B  [1]int         `json:"b,omitempty"`
	P  *int           `json:"p,omitempty"`
	St struct{}       `json:"st,omitempty"`
	Z  pointerZero    `json:"z,omitzero"`
	T  *time.Time     `json:"t,omitzero"`
	I  int            `json:"i,omitempty,omitzero"`
	N  point          `json:"n,omitzero"`
	F  func()         `json:"f,omitempty"`
}

func TestWalk_Omits(t *testing.T) {
	t.Parallel()
	zero, one := time.Time{}, 1
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"wide", wide{F03: 1, F69: 2}, "{2 F03: 1 F69: 2 }"},
		{"empty", omits{}, "{3 b: [1 0 } st: {0 } z: {0 } }"},
		{"zero", omits{Z: pointerZero{42}, T: &zero}, "{2 b: [1 0 } st: {0 } }"},
		{"full", omits{M: map[string]int{"k": 1}, S: []int{1}, P: &one, I: 1, N: point{1, 0}, F: func() {}},
			"{9 m: #0 {1 k: 1 } s: [1 1 } b: [1 0 } p: 1 st: {0 } z: {0 } i: 1 n: {2 x: 1 y: 0 } f: func(f) }"},
	}
	for _, tt := range tests {
		if got, err := record(tt.v, clone.EncodeOptions{}); err != nil || got != tt.want {
			t.Errorf("%s: Walk = %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
}
