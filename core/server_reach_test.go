package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// laden embeds what brings many methods along, none of which is for clients.
type laden struct {
	sync.Mutex
	http.Client
	*os.File
	context.Context
	io.Reader
	Secret string
	hidden string
	Tagged string `json:"-"`
}

// base is embedded by kin, and is of the same package.
type base struct {
	*sync.Mutex
	Shown  string `json:"shown"`
	Hidden string
}

func (b *base) Inherited() string  { return "base" }
func (b *base) Overridden() string { return "base" }
func (b base) ByValue() string     { return "value" }

type kin struct {
	*base
	http.Header
	Level int `millrace:"level" json:"other"`
}

func (k *kin) Overridden() string                                        { return "kin" }
func (k *kin) Lock() string                                              { return "own lock" }
func (k *kin) Close() string                                             { return "closed" }
func (k *kin) String() string                                            { return "kin" }
func (k *kin) Constructor() string                                       { return "no" }
func (k *kin) ToString() string                                          { return "no" }
func (k *kin) HandleMessage(context.Context, *core.Socket, core.Message) {}
func (k *kin) Pair() (int, string)                                       { return 0, "" }
func (k *kin) Get(key string) string                                     { return "own get " + key }
func (k kin) Plain() string                                              { return "plain" }
func (k *kin) unexported() string                                        { return k.Plain() }

// names are the members that the empty chain shows.
func names(t *testing.T, p *peer) []string {
	t.Helper()
	var found []string
	for k := range decode[map[string]any](t, p.result("")) {
		found = append(found, k)
	}
	slices.Sort(found)
	return found
}

// Reachable names are listed here, so that a change of the rules shows.
func TestServer_ReachableNames(t *testing.T) {
	t.Parallel()
	kinOf := func() *kin { return &kin{base: &base{Shown: "s"}, Level: 2} }
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"laden", &laden{}, ""},
		{"kin", kinOf(), "byValue get inherited level overridden plain shown"},
		{"kin-without-base", &kin{}, "byValue get inherited level overridden plain"},
		{"by-value", *kinOf(), "byValue inherited level plain shown"},
		{"tally", newTally(), "add boom both calls chan data echo env exposed fail hi increment list nothing obj self shy size sub takesPicky takesUser throwString title"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(names(t, serve(t, tt.value)), " "); got != tt.want {
				t.Errorf("reachable are %q, want %q", got, tt.want)
			}
		})
	}
}

func TestServer_Reach(t *testing.T) {
	t.Parallel()
	p := serve(t, &kin{base: &base{Shown: "s"}, Level: 2})
	for chain, want := range map[string]string{
		"inherited()": `"base"`, "overridden()": `"kin"`, "byValue()": `"value"`, "plain()": `"plain"`, "shown": `"s"`, "level": "2", `get("k")`: `"own get k"`,
	} {
		if got := p.result(chain); got != want {
			t.Errorf("%s = %s, want %s", chain, got, want)
		}
	}
	for _, name := range []string{"lock", "Lock", "unlock", "tryLock", "close", "Close", "string", "handleMessage", "Hidden", "hidden", "other", "Level", "unexported", "pair", "add", "set", "del", "values", "base", "Header", "Mutex"} {
		if got := p.fails(name + "()"); got.MillraceCode != "unknown-member" {
			t.Errorf("%s(): %+v", name, got)
		}
	}
	// Behind a nil embedded pointer there is nothing.
	q := serve(t, &kin{})
	if got := q.result("shown"); got != `{"$type":"undefined"}` {
		t.Errorf("shown of nobody = %s", got)
	}
	if got := q.fails("byValue()"); got.MillraceCode != "internal" {
		t.Errorf("byValue() of nobody: %+v", got)
	}
}

// Every name that means something to a JavaScript engine is refused as a step, on every value.
func TestServer_RefusedSteps(t *testing.T) {
	t.Parallel()
	refused := []string{"__proto__", "constructor", "prototype", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
		"__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "then", "toJSON"}
	p := serve(t, &kin{})
	q := serve(t, newTally())
	for _, name := range refused {
		for _, chain := range []string{name, name + "()", name + "." + name} {
			if got := p.fails(chain); got.MillraceCode != "unknown-member" || !strings.Contains(got.Message, name) {
				t.Errorf("%s: %+v", chain, got)
			}
		}
		data := fmt.Sprintf(`echo({"x":1}).%s`, name)
		if got := q.fails(data); got.MillraceCode != "unknown-member" {
			t.Errorf("%s: %+v", data, got)
		}
		if got := q.fails(`echo(` + nest("r", name+"()") + `)`); got.MillraceCode != "unknown-member" {
			t.Errorf("nested %s: %+v", name, got)
		}
	}
}

func TestAllowMethods(t *testing.T) {
	t.Parallel()
	srv := newServer(t, nil)
	if err := srv.Register("OBJ", func(*core.State) (any, error) { return &kin{base: &base{}}, nil }, core.AllowMethods("Close", "Lock", "Unlock")); err != nil {
		t.Fatal(err)
	}
	p := connect(t, srv, objX)
	if got := p.result("close()") + p.result("lock()"); got != `"closed""own lock"` {
		t.Errorf("allowed methods gave %s", got)
	}
	if got := p.fails("unlock()"); got.MillraceCode != "unknown-member" {
		t.Errorf("a promoted method of another package: %+v", got)
	}
}

// deep has one of every kind of value that a chain can step through.
type deep struct {
	Map    map[string]int `json:"map"`
	IntMap map[int]string `json:"intMap"`
	Keyed  map[key]string `json:"keyed"`
	Arr    [2]string      `json:"arr"`
	When   time.Time      `json:"when"`
	Any    any            `json:"any"`
	Ptr    *deep          `json:"ptr,omitempty"`
	Zero   int            `json:"zero,omitzero"`
	Empty  string         `json:"empty,omitempty"`
	Count  int            `json:"count,omitempty"`
	Ratio  float64        `json:"ratio,omitempty"`
	Size   uint           `json:"size,omitempty"`
	List   []*leaf        `json:"list"`
	Text   plainText      `json:"text"`
	Bad    core.Getter    `json:"bad"`
	Nil    core.Getter    `json:"nil"`
	Again  core.Getter    `json:"again"`
	Loop   core.Getter    `json:"loop"`
}

type key string

type leaf struct {
	N int `json:"n"`
}

func (l *leaf) Double() int { return 2 * l.N }

// plainText says itself how it travels.
type plainText struct{ s string }

func (p plainText) MarshalText() ([]byte, error) { return []byte(p.s), nil }
func (p plainText) Shout() string                { return strings.ToUpper(p.s) }

func (d *deep) Err() any {
	e := &value.Error{Name: "E", Message: "m"}
	e.Props.Set("code", 7.0)
	return e
}
func (d *deep) Object() any   { return *value.NewObject(value.Member{Key: "k", Value: "v"}) }
func (d *deep) Array() any    { return &value.Array{Elems: []any{"e"}} }
func (d *deep) NilPtr() *deep { return nil }
func (d *deep) TwoFunc() any  { return map[string]any{"f": func() (int, int) { return 1, 2 }} }
func (d *deep) Map2() any {
	return value.NewMap(value.Entry{Key: "k", Value: func() int { return 1 }})
}
func (d *deep) Funcs() any {
	return map[string]any{"f": func(ctx context.Context, n int) (int, error) { return n + 1, ctx.Err() }}
}

func newDeep() *deep {
	d := &deep{Map: map[string]int{"a": 1}, IntMap: map[int]string{1: "x"}, Keyed: map[key]string{"k": "named"}, Arr: [2]string{"p", "q"}, When: time.Unix(0, 0), Text: plainText{"quiet"}}
	d.List = []*leaf{{N: 4}}
	d.Any = &leaf{N: 5}
	d.Bad = func(context.Context) (any, error) { return nil, errors.New("Getter throws error") }
	d.Again = func(context.Context) (any, error) {
		return core.Getter(func(context.Context) (any, error) { return "twice", nil }), nil
	}
	return d
}

func TestServer_Steps(t *testing.T) {
	t.Parallel()
	p := serve(t, newDeep())
	tests := []struct{ chain, want string }{
		{"map.a", "1"}, {"map.b", `{"$type":"undefined"}`}, {"keyed.k", `"named"`}, {"arr.1", `"q"`}, {"any.n", "5"}, {"any.double()", "10"},
		{"err().code", "7"}, {"err().name", `"E"`}, {"err().message", `"m"`}, {"err().none", `{"$type":"undefined"}`},
		{"object().k", `"v"`}, {"array().0", `"e"`}, {"array().length", "1"}, {"funcs().f(4)", "5"}, {"nilPtr()", "null"},
		{"nil", `{"$type":"undefined"}`}, {"again", `"twice"`}, {"zero", "0"}, {"text", `"quiet"`}, {"list.0.n", "4"},
	}
	for _, tt := range tests {
		if got := p.result(tt.chain); got != tt.want {
			t.Errorf("%s = %s, want %s", tt.chain, got, tt.want)
		}
	}
	for chain, want := range map[string]string{
		"intMap.1": "a map has no member", "bad": "Getter throws error", "nilPtr().x": "Cannot read properties of null (reading 'x')", "when.year()": `has no member "year"`,
		"list.0.double()": `leaf has no member "double"`, "text.shout()": `has no member "shout"`, "twoFunc().f()": "its results cannot travel", "list.double": "an array has no member", "arr.x": "an array has no member",
	} {
		if got := p.fails(chain); !strings.Contains(got.Message, want) {
			t.Errorf("%s: %+v, want %q", chain, got, want)
		}
	}
	if got := p.result("map2()"); got != `{"$type":"map","entries":[["k",{"$type":"function","name":"anonymous"}]]}` {
		t.Errorf("a function behind a Map = %s", got)
	}
	if got := p.fails(""); !strings.Contains(got.Message, "Getter throws error") {
		t.Errorf("the root with a failing getter: %+v", got)
	}
	d := newDeep()
	d.Bad = nil
	got := decode[map[string]any](t, serve(t, d).result(""))
	for _, absent := range []string{"ptr", "zero", "empty", "count", "ratio", "size", "bad", "nil", "loop"} {
		if _, ok := got[absent]; ok {
			t.Errorf("the root has %s: %v", absent, got[absent])
		}
	}
	if got["text"] != "quiet" || got["again"] != "twice" {
		t.Errorf("the root is %v", got)
	}
	d.Loop = func(context.Context) (any, error) { return d.Loop, nil }
	if got := serve(t, d).fails("loop"); got.MillraceCode != "unencodable" {
		t.Errorf("a getter that yields itself: %+v", got)
	}
}

// An exposed value that leads back to itself stays one value.
func TestExpose_cycle(t *testing.T) {
	t.Parallel()
	r := &ring{N: 1}
	r.Next = &ring{N: 2, Next: r}
	p := serve(t, r)
	got := p.ask("get()")
	for _, want := range []string{`"result":{"$ref":0}`, `"n":2`, `"next":{"$ref":0}`} {
		if !strings.Contains(got, want) {
			t.Errorf("a ring lacks %s: %s", want, got)
		}
	}
	if got := p.result("get().next.next.next.n"); got != "2" {
		t.Errorf("around the ring: %s", got)
	}
	if got := p.result("number()"); got != "7" {
		t.Errorf("an exposed number = %s", got)
	}
	if got := p.result("nobody()"); got != "null" {
		t.Errorf("an exposed nil = %s", got)
	}
	if got := p.result("twice().get().n"); got != "1" {
		t.Errorf("exposed twice: %s", got)
	}
	if got := p.result("fn()"); !strings.Contains(got, "__isRemoteFunction") {
		t.Errorf("an exposed function = %s", got)
	}
	if got := p.ask("list()"); !strings.Contains(got, `{"type":"get","key":0},{"type":"get","key":"get"}`) {
		t.Errorf("exposed values in an array = %s", got)
	}
	if got := p.ask(`handles().0`); !strings.Contains(got, `"get":{"__isRemoteFunction":true`) {
		t.Errorf("a handle in a result = %s", got)
	}
	if got := p.result(`handles()`); got != `[{"binding":"OBJ","name":"h"}]` {
		t.Errorf("handles in a result = %s", got)
	}
}

type ring struct {
	N    int   `json:"n"`
	Next *ring `json:"next"`
}

func (r *ring) Get() any    { return core.Expose(r) }
func (r *ring) Number() any { return core.Expose(7) }
func (r *ring) Nobody() any { return core.Expose((*ring)(nil)) }
func (r *ring) Twice() any  { return core.Expose(core.Expose(r)) }
func (r *ring) Fn() any     { return core.Expose(func() int { return 1 }) }
func (r *ring) List() any   { return []any{core.Expose(r.Next)} }
func (r *ring) Handles(ctx context.Context) (any, error) {
	st := core.EnvOf(ctx)
	n, err := st.Binding("OBJ")
	if err != nil {
		return nil, err
	}
	return []any{n.GetByName("h")}, nil
}
