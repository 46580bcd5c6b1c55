package msgpackcodec_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestCodec_Identity(t *testing.T) {
	t.Parallel()
	var c core.Codec = msgpackcodec.New()
	if c.Name() != "msgpack" || !c.Binary() {
		t.Errorf("Name, Binary = %q, %v, want msgpack, true", c.Name(), c.Binary())
	}
}

// TestEncode covers what the vectors cannot show: Go types, whose identities Walk labels more sparingly than
// the wire numbers them.
func TestEncode(t *testing.T) {
	t.Parallel()
	type inner struct{ N int }
	type outer struct {
		A []inner
		T time.Time
		B []byte
		P *inner
		Q *inner
	}
	shared := &inner{7}
	h := http.Header{"A": {"1"}}
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"struct", struct {
			ID   int    `json:"id"`
			Name string `json:"name,omitempty"`
			Deep []int
		}{1, "a", nil}, plain + "83 a26964 01 a46e616d65 a161 a444656570 c0"},
		{"omitted", struct {
			Name string `json:"name,omitempty"`
		}{}, plain + "80"},
		// 0 outer, 1 A, 2 and 3 its elements, 4 T, 5 B, 6 its buffer, 7 P.
		{"unlabelled-values-count", &outer{[]inner{{1}, {2}}, time.UnixMilli(0), []byte{1}, shared, shared},
			refs + "85 a141 92 81a14e01 81a14e02 a154 d7050000000000000000 a142 c40101 a150 81a14e07 a151 d40307"},
		{"bytes", [][]byte{{1}, {}, nil}, plain + "93 c40101 c400 c0"},
		{"byte-array", [2]byte{1, 2}, plain + "c4020102"},
		{"go-map", map[string]int{"a": 1}, plain + "81 a161 01"},
		{"go-map-to-map", map[int]string{1: "a"}, plain + "93 d40201 01 a161"},
		{"go-set", map[string]struct{}{"a": {}}, plain + "92 d40202 a161"},
		{"go-error", errors.New("boom"), plain + "93 d40203 a54572726f72 a4626f6f6d"},
		{"go-headers-twice", []any{h, h}, refs + "92 93d40207a161a131 d40301"},
		{"large-integer", int64(1) << 53, plain + "d704 00 20000000000000"},
		{"float32", float32(0.5), plain + "cb3fe0000000000000"},
		{"boxed-in-map", value.NewMap(value.Entry{Key: &value.Boxed{Value: big.NewInt(1)}, Value: &value.Boxed{Value: "s"}}),
			plain + "93 d40201 92d40209d5040001 92d40209a173"},
		{"function-not-shared", build(func() any { f := &value.Function{Name: "f"}; return []any{f, f} }), plain + "92 d40766 d40766"},
		{"boxed-counts-once", build(func() any { b, o := &value.Boxed{Value: 1.0}, object(); return array(b, o, o) }), refs + "93 92d4020901 80 d40302"},
		{"text-parts-do-not-count", build(func() any {
			o := object()
			return array(errorAs("E", "m", "s"), &value.RegExp{Source: "a"}, response(1, "x", headers("a", "b"), nil), o, o)
		}), refs + "95 94d40204a145a16da173 93d40208a161a0 95d4020601a17893d40207a161a162c0 80 d40305"},
	}
	for _, tt := range tests {
		want := strings.ReplaceAll(tt.want, " ", "")
		if got := hex.EncodeToString(encode(t, tt.v)); got != want {
			t.Errorf("%s: Encode(%v) =\n     %s\nwant %s", tt.name, tt.v, got, want)
		}
		if got := hex.EncodeToString(encode(t, decode(t, unhex(t, want)))); got != want {
			t.Errorf("%s: decoded and encoded: %s\nwant %s", tt.name, got, want)
		}
	}
}

// TestEncode_Headers: values that were joined from empty ones are on the wire what they were, as no reader's trimming
// may touch them.
func TestEncode_Headers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		v    *value.Headers
		want string
	}{
		{"empty-last", headers("a", "1", "a", ""), plain + "95 d40207 a161a131 a161a0"},
		{"empty-twice", headers("a", "1", "a", "", "a", ""), plain + "97 d40207 a161a131 a161a0 a161a0"},
		{"all-empty", headers("a", "", "a", ""), plain + "95 d40207 a161a0 a161a0"},
		{"empty", headers("a", ""), plain + "93 d40207 a161a0"},
		{"empty-first", headers("a", "", "a", "1"), plain + "93 d40207 a161a32c2031"},
		{"set-cookie", headers("set-cookie", "x", "set-cookie", ""), plain + "95 d40207 aa7365742d636f6f6b6965a178 aa7365742d636f6f6b6965a0"},
	} {
		wire := unhex(t, strings.ReplaceAll(tt.want, " ", ""))
		if got := encode(t, tt.v); !bytes.Equal(got, wire) {
			t.Errorf("%s: Encode(%v) = %x\nwant %x", tt.name, tt.v, got, wire)
		}
		if got, want := codectest.Told(t, parse(t, wire).Root()), codectest.Told(t, tt.v); got != want {
			t.Errorf("%s: %x is read as %s\nwant %s", tt.name, wire, got, want)
		}
	}
}

// TestEncode_References: a reference has as many bytes as its number takes.
func TestEncode_References(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		number int
		want   string
	}{{255, "d403ff"}, {256, "d5030100"}, {65535, "d503ffff"}, {65536, "d60300010000"}} {
		a := array()
		for range tt.number - 1 {
			a.Elems = append(a.Elems, array())
		}
		last := object()
		a.Elems = append(a.Elems, last, last)
		wire := encode(t, a)
		if got := hex.EncodeToString(wire); !strings.HasSuffix(got, "80"+tt.want) {
			t.Errorf("a reference to value %d is written as ...%s, want %s", tt.number, got[len(got)-14:], tt.want)
		}
		if got := codectest.Told(t, decode(t, wire)); got != codectest.Told(t, a) {
			t.Errorf("a reference to value %d comes back as something else", tt.number)
		}
	}
}

// TestEncode_Nodes: what was received can be sent on, within other values.
func TestEncode_Nodes(t *testing.T) {
	t.Parallel()
	o := object()
	o.Set("self", o)
	root := parse(t, encode(t, object("a", o, "b", o, "c", array(value.DateOf(0))))).Root()
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"part", root.Key("c"), plain + "91 d7050000000000000000"},
		{"second-place", root.Key("b"), refs + "81 a473656c66 d40300"},
		{"two-of-one-document", []any{root.Key("a"), root.Key("b")}, refs + "92 81a473656c66d40301 d40301"},
		{"among-others", map[string]any{"x": root.Key("c")}, plain + "81 a178 91 d7050000000000000000"},
	}
	for _, tt := range tests {
		if got, want := hex.EncodeToString(encode(t, tt.v)), strings.ReplaceAll(tt.want, " ", ""); got != want {
			t.Errorf("%s: Encode = %s\nwant %s", tt.name, got, want)
		}
	}
	if _, err := msgpackcodec.New().Encode(nil, clone.Node{}, clone.EncodeOptions{}); fault.CodeOf(err) != fault.CodeUnencodable {
		t.Errorf("Encode of the zero Node = %v, want code unencodable", err)
	}
}

// shifty is a map's value whose text the map grows by, once.
type shifty struct{ m map[string]any }

func (s *shifty) MarshalText() ([]byte, error) {
	delete(s.m, "a")
	delete(s.m, "b")
	return []byte("x"), nil
}

func TestEncode_Refuses(t *testing.T) {
	t.Parallel()
	changing := map[string]any{}
	for _, k := range []string{"a", "b"} {
		changing[k] = &shifty{changing}
	}
	tests := []struct {
		name string
		v    any
		code fault.Code
		says string
	}{
		{"response-status", response(-1, "", nil, nil), fault.CodeUnencodable, "status -1"},
		{"response-status-large", response(65536, "", nil, nil), fault.CodeUnencodable, "status 65536"},
		{"channel", make(chan int), fault.CodeUnencodable, "chan int"},
		{"map-that-changes", changing, fault.CodeUnencodable, "1 parts fewer"},
		{"too-large", strings.Repeat("a", 1<<20), fault.CodeLimit, "MessageBytes"},
		{"too-large-bytes", make([]byte, 1<<20), fault.CodeLimit, "MessageBytes"},
		{"too-large-buffer", &value.ArrayBuffer{Bytes: make([]byte, 1<<20)}, fault.CodeLimit, "MessageBytes"},
		{"too-large-floats", value.NewTypedArray(make([]float64, 1<<17)), fault.CodeLimit, "MessageBytes"},
		{"too-large-url", &value.URL{Href: strings.Repeat("a", 1<<20)}, fault.CodeLimit, "MessageBytes"},
		{"not-too-many", make([]float64, 99_999), "", ""},
		{"too-many-large", [][]byte{make([]byte, 1<<19), make([]byte, 1<<19), make([]byte, 1<<19)}, fault.CodeLimit, "MessageBytes"},
		{"too-many-small", [][]string{many31(40_000)}, fault.CodeLimit, "MessageBytes"},
	}
	c := msgpackcodec.New()
	for _, tt := range tests {
		dst := []byte("kept")
		got, err := c.Encode(dst, tt.v, clone.EncodeOptions{})
		if tt.code == "" {
			if err != nil {
				t.Errorf("%s: Encode = %v, want success", tt.name, err)
			}
			continue
		}
		if fault.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: Encode = %v, want %s: ... %q", tt.name, err, tt.code, tt.says)
		}
		if !bytes.Equal(got, dst) {
			t.Errorf("%s: Encode returns %.20q with its error, want dst as it was", tt.name, got)
		}
	}
	big := new(big.Int).Lsh(big.NewInt(1), 1<<24)
	if _, err := c.Encode(nil, big, clone.EncodeOptions{Limits: fault.Limits{BigIntDigits: fault.NoLimit}}); fault.CodeOf(err) != fault.CodeLimit {
		t.Errorf("Encode of a bigint of 2 MiB = %v, want code limit", err)
	}
}

func many31(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = strings.Repeat("a", 31)
	}
	return s
}

// TestEncode_Appends: dst stays in front.
func TestEncode_Appends(t *testing.T) {
	t.Parallel()
	s := map[string]any{}
	for _, tt := range []struct {
		v    any
		want string
	}{{1, "x\xd4M\x10\x01"}, {[]any{s, s}, "x\xd4M\x11\x92\x80\xd4\x03\x01"}} {
		got, err := msgpackcodec.New().Encode([]byte("x"), tt.v, clone.EncodeOptions{})
		if err != nil || string(got) != tt.want {
			t.Errorf("Encode(x, %v) = %q, %v, want %q", tt.v, got, err, tt.want)
		}
	}
}

// TestEncode_NaN: NaNs that differ in their bits are one value, with one encoding.
func TestEncode_NaN(t *testing.T) {
	t.Parallel()
	odd := math.Float64frombits(0xfff8000000000123)
	if a, b := encode(t, []any{math.NaN(), value.Date{Milliseconds: math.NaN()}}), encode(t, []any{odd, value.Date{Milliseconds: odd}}); !bytes.Equal(a, b) {
		t.Errorf("NaN is written as %x and as %x", a, b)
	}
}

// TestEncode_Allocations: a warm encoder allocates nothing of its own, and a warm parser
// nothing but the builder and the document's own.
func TestEncode_Allocations(t *testing.T) {
	c := msgpackcodec.New()
	dst := make([]byte, 0, 4096)
	for _, tt := range []struct {
		name string
		v    any
	}{
		{"struct", &small},
		{"generic", map[string]any{"a": []any{1.5, "text", true, nil}, "b": map[string]any{"c": 1}}},
		{"extensions", array(value.DateOf(1), value.Undefined{}, view(value.Int16, 1, 2), &value.URL{Href: "a:b"}, big.NewInt(300), value.NewSet(1.0))},
	} {
		encode := func() {
			if _, err := c.Encode(dst, tt.v, clone.EncodeOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		encode()
		if n := testing.AllocsPerRun(200, encode); n > 0.5 && !raceEnabled {
			t.Errorf("%s: %v allocations, want none", tt.name, n)
		}
	}
	wire := encode(t, &small)
	read := func() {
		d, err := c.Parse(wire, clone.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d.Release()
	}
	read()
	if n := testing.AllocsPerRun(200, read); n > 1.5 && !raceEnabled {
		t.Errorf("Parse: %v allocations, want at most the builder", n)
	}
}

// TestEncode_StopsEarly: what does not fit is not copied first.
func TestEncode_StopsEarly(t *testing.T) { // not parallel: what others allocate would count
	large := make([][]byte, 500)
	shared := make([]byte, 1<<19)
	for i := range large {
		large[i] = shared
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := msgpackcodec.New().Encode(nil, large, clone.EncodeOptions{})
	runtime.ReadMemStats(&after)
	if fault.CodeOf(err) != fault.CodeLimit {
		t.Errorf("Encode of 250 MiB = %v, want code limit", err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("Encode of 250 MiB allocates %d bytes before it fails, want at most 8 MiB", got)
	}
}

// TestCodec_Concurrent: one codec serves many goroutines, and what they pool is nobody else's.
func TestCodec_Concurrent(t *testing.T) {
	t.Parallel()
	c := msgpackcodec.New()
	vectors := readVectors(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for name, s := range vectors {
				wire, err := hex.DecodeString(s)
				if err != nil {
					t.Error(err)
					return
				}
				if len(wire) > 4 { // a failure in between leaves nothing behind
					if _, err := c.Parse(wire[:len(wire)-1], clone.ParseOptions{}); err == nil {
						t.Errorf("%s is accepted although it was cut", name)
					}
				}
				d, err := c.Parse(wire, clone.ParseOptions{})
				if err != nil {
					t.Errorf("%s: Parse = %v", name, err)
					return
				}
				if got, err := c.Encode(nil, d.Root(), clone.EncodeOptions{}); err != nil || !bytes.Equal(got, wire) {
					t.Errorf("%s: Encode = %x, %v, want %x", name, got, err, wire)
				}
				d.Release()
			}
		})
	}
	wg.Wait()
}
