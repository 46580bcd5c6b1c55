package clone_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// build is the document of what tell tells a builder.
func build(limits fault.Limits, tell func(b *clone.Builder)) (*clone.Document, error) {
	b := clone.NewBuilder(limits)
	tell(b)
	return b.Finish()
}

// generic is the document's root in the value model.
func generic(t testing.TB, doc *clone.Document) any {
	t.Helper()
	var v any
	if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
		t.Fatalf("Build = %v", err)
	}
	return v
}

func TestBuilder_AliasesAfterTheRoot(t *testing.T) {
	t.Parallel()
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.Borrow([]byte("name"))
		b.BeginArray(-1)
		b.Ref(0)
		b.Ref(0)
		b.End()
		b.Aside()
		b.Label(0)
		b.BeginObject(2)
		b.KeyAt(0, 4)
		b.String("x")
		b.Key("self")
		b.Ref(0)
		b.End()
		b.Aside()
		b.Label(1_000_000) // nothing refers to it
		b.Date(0)
	})
	if err != nil {
		t.Fatal(err)
	}
	shared := object("name", "x")
	shared.Set("self", shared)
	if got := generic(t, doc); !value.Equal(got, array(shared, shared)) {
		t.Errorf("got %v", got)
	}
	if !doc.Root().Index(1).Key("self").Key("name").Is("x") {
		t.Errorf("the reference is not followed")
	}
}

func TestBuilder_AsideBeforeTheRoot(t *testing.T) {
	t.Parallel()
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.Aside()
		b.Label(5000)
		b.BeginArray(0)
		b.End()
		b.BeginArray(1)
		b.Ref(5000)
		b.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := generic(t, doc); !value.Equal(got, array(array())) {
		t.Errorf("got %v", got)
	}
}

func TestBuilder_BoxedAsRoot(t *testing.T) {
	t.Parallel()
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.Label(3)
		b.Boxed()
		b.Number(1.5)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := generic(t, doc); !value.Equal(got, &value.Boxed{Value: 1.5}) {
		t.Errorf("got %v", got)
	}
}

func TestBuilder_ViewsShareBuffers(t *testing.T) {
	t.Parallel()
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.BeginArray(4)
		b.View(clone.View{Kind: clone.KindTypedArray, Elem: value.Uint16, Offset: 2, Length: 1, BufferID: 7, Seen: true}) // before its buffer
		b.View(clone.View{Kind: clone.KindDataView, Length: 4, Buffer: []byte{1, 2, 3, 4}, BufferID: 7})
		b.Ref(7)
		b.View(clone.View{Kind: clone.KindTypedArray, Elem: value.Int8, Length: 1, Buffer: []byte{9}, BufferID: -1})
		b.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	buf := &value.ArrayBuffer{Bytes: []byte{1, 2, 3, 4}}
	want := array(&value.TypedArray{Kind: value.Uint16, Buffer: buf, Offset: 2, Length: 1}, &value.DataView{Buffer: buf, Length: 4}, buf, value.NewTypedArray([]int8{9}))
	if got := generic(t, doc); !value.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestBuilder_BigIntText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0", "-0", "7", "-7", "999999999999999999", "-999999999999999999", "9223372036854775808", "00012", "-123456789012345678901234567890"} {
		doc, err := build(fault.Limits{}, func(b *clone.Builder) { b.BigIntText([]byte(s)) })
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		want, _ := new(big.Int).SetString(s, 10)
		if got := generic(t, doc); !value.Equal(got, want) || doc.Root().BigInt().Cmp(want) != 0 {
			t.Errorf("%s becomes %v", s, got)
		}
	}
}

func TestBuilder_TextOfAllKinds(t *testing.T) {
	t.Parallel()
	message := []byte(`{"key":"text"}`)
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.Borrow(message)
		b.BeginObject(-1)
		b.KeyAt(2, 3)
		b.StringAt(8, 4)
		b.KeyBytes([]byte("b"))
		b.StringBytes([]byte("bytes"))
		b.Key("")
		b.String("")
		b.Key("long" + strings.Repeat("k", 100))
		b.String(strings.Repeat("s", 300))
		b.Key("f")
		b.Function("name")
		b.Key("u")
		b.URL("https://e.com")
		b.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	want := object("key", "text", "b", "bytes", "", "", "long"+strings.Repeat("k", 100), strings.Repeat("s", 300),
		"f", &value.Function{Name: "name"}, "u", &value.URL{Href: "https://e.com"})
	if got := generic(t, doc); !value.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBuilder_LateErrorText(t *testing.T) {
	t.Parallel()
	stack := "at x"
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.BeginError("", "", &stack, -1)
		b.Key("code")
		b.Number(1)
		b.SetError("TypeError", "bad", nil)
		b.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	want := value.NewError("TypeError", "bad")
	want.Props.Set("code", 1.0)
	if got := generic(t, doc); !value.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBuilder_ClipsDates(t *testing.T) {
	t.Parallel()
	for in, want := range map[float64]float64{1.9: 1, -1.9: -1, value.MaxDate: value.MaxDate, value.MaxDate + 1: math.NaN(), math.Inf(1): math.NaN(), math.Copysign(0, -1): 0} {
		doc, err := build(fault.Limits{}, func(b *clone.Builder) { b.Date(in) })
		if err != nil {
			t.Fatal(err)
		}
		if got := generic(t, doc); !value.Equal(got, &value.Date{Milliseconds: want}) {
			t.Errorf("%v becomes %v", in, got)
		}
	}
}

func nested(b *clone.Builder, depth int) {
	for range depth {
		b.BeginArray(1)
	}
	b.Null()
	for range depth {
		b.End()
	}
}

func TestBuilder_Limits(t *testing.T) {
	t.Parallel()
	million := new(big.Int).Exp(big.NewInt(10), big.NewInt(99), nil) // 100 digits
	tests := []struct {
		name   string
		limits fault.Limits
		tell   func(b *clone.Builder)
		want   string // empty: accepted
	}{
		{"depth", fault.Limits{ValueDepth: 3}, func(b *clone.Builder) { nested(b, 4) }, "containers within containers: 4 > 3 (setting: ValueDepth)"},
		{"depth reached", fault.Limits{ValueDepth: 3}, func(b *clone.Builder) { nested(b, 3) }, ""},
		{"default depth", fault.Limits{}, func(b *clone.Builder) { nested(b, 257) }, "containers within containers: 257 > 256 (setting: ValueDepth)"},
		{"no depth limit", fault.Limits{ValueDepth: fault.NoLimit}, func(b *clone.Builder) { nested(b, 5000) }, ""},
		{"nodes", fault.Limits{ValueNodes: 3}, func(b *clone.Builder) { nested(b, 3) }, "values of one message: 4 > 3 (setting: ValueNodes)"},
		{"no node limit", fault.Limits{ValueNodes: fault.NoLimit}, func(b *clone.Builder) {
			b.BeginArray(-1)
			for range 100_001 {
				b.Null()
			}
			b.End()
		}, ""},
		{"headers", fault.Limits{ValueNodes: 2}, func(b *clone.Builder) {
			b.Headers([]value.HeaderEntry{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}})
		}, "values of one message: 3 > 2 (setting: ValueNodes)"},
		{"elements of a view are bytes", fault.Limits{ValueNodes: 1}, func(b *clone.Builder) {
			b.View(clone.View{Kind: clone.KindTypedArray, Length: 100, Buffer: make([]byte, 100), BufferID: -1})
		}, ""},
		{"bigint", fault.Limits{BigIntDigits: 99}, func(b *clone.Builder) { b.BigInt(million) }, "digits of a bigint: 100 > 99 (setting: BigIntDigits)"},
		{"bigint reached", fault.Limits{BigIntDigits: 100}, func(b *clone.Builder) { b.BigInt(million) }, ""},
		{"bigint far beyond", fault.Limits{BigIntDigits: 20}, func(b *clone.Builder) { b.BigInt(million) }, "digits of a bigint: 100 > 20 (setting: BigIntDigits)"},
		{"no bigint limit", fault.Limits{BigIntDigits: fault.NoLimit}, func(b *clone.Builder) { b.BigInt(million) }, ""},
		{"bigint text", fault.Limits{BigIntDigits: 3}, func(b *clone.Builder) { b.BigIntText([]byte("-1234")) }, "digits of a bigint: 4 > 3 (setting: BigIntDigits)"},
		{"regexp", fault.Limits{RegExpSourceBytes: 2}, func(b *clone.Builder) { b.RegExp("abc", "") }, "bytes of a regexp's source: 3 > 2 (setting: RegExpSourceBytes)"},
		{"no regexp limit", fault.Limits{RegExpSourceBytes: fault.NoLimit}, func(b *clone.Builder) { b.RegExp(strings.Repeat("x", 9000), "dgimsuy") }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := build(tt.limits, tt.tell)
			if tt.want == "" && err == nil {
				return
			}
			if err == nil || err.Error() != tt.want || fault.CodeOf(err) != fault.CodeLimit {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestBuilder_RefusesMalformedEvents(t *testing.T) {
	t.Parallel()
	view := clone.View{Kind: clone.KindTypedArray, Elem: value.Int16, Buffer: make([]byte, 8), BufferID: -1}
	with := func(change func(v *clone.View)) func(b *clone.Builder) {
		return func(b *clone.Builder) {
			v := view
			change(&v)
			b.View(v)
		}
	}
	tests := []struct {
		name string
		tell func(b *clone.Builder)
		want string
	}{
		{"nothing", func(b *clone.Builder) {}, "there is no value"},
		{"open array", func(b *clone.Builder) { b.BeginArray(-1) }, "an array is not complete"},
		{"second root", func(b *clone.Builder) { b.Null(); b.Null() }, "a second value beside the root"},
		{"end of nothing", func(b *clone.Builder) { b.End() }, "an end without a beginning"},
		{"too few elements", func(b *clone.Builder) { b.BeginArray(2); b.Null(); b.End() }, "an array: 1 parts, 2 announced"},
		{"too many elements", func(b *clone.Builder) { b.BeginArray(1); b.Null(); b.Null(); b.End() }, "an array: more than the 1 values announced"},
		{"too many members", func(b *clone.Builder) { b.BeginObject(0); b.Key("a"); b.Null(); b.End() }, "an object: more than the 0 members announced"},
		{"too few entries", func(b *clone.Builder) { b.BeginMap(2); b.Null(); b.Null(); b.End() }, "a map: 2 parts, 4 announced"},
		{"half an entry", func(b *clone.Builder) { b.BeginMap(-1); b.Null(); b.End() }, "a map: a key without a value"},
		{"value in the place of a key", func(b *clone.Builder) { b.BeginObject(1); b.Null() }, "an object: null in the place of a key"},
		{"key in the place of a value", func(b *clone.Builder) { b.BeginObject(1); b.Key("a"); b.Key("b") }, "an object: a key in the place of a value"},
		{"key without a value", func(b *clone.Builder) { b.BeginObject(1); b.Key("a"); b.End() }, "an object: a key without a value"},
		{"key at the root", func(b *clone.Builder) { b.Key("a") }, "a key outside an object"},
		{"key in an array", func(b *clone.Builder) { b.BeginArray(1); b.Key("a") }, "a key outside an object"},
		{"key twice", func(b *clone.Builder) { b.BeginObject(-1); b.Key("a"); b.Null(); b.Key("a") }, `an object has the key "a" twice`},
		{"long key twice", func(b *clone.Builder) {
			b.BeginObject(-1)
			b.Key("a long key")
			b.Null()
			b.KeyBytes([]byte("a long key"))
		}, `an object has the key "a long key" twice`},
		{"error's key twice", func(b *clone.Builder) {
			b.BeginError("", "", nil, -1)
			b.Key("cause")
			b.Null()
			b.Key("cause")
		}, `an error has the key "cause" twice`},
		{"hole at the root", func(b *clone.Builder) { b.Hole() }, "a hole outside an array"},
		{"hole in a set", func(b *clone.Builder) { b.BeginSet(1); b.Hole() }, "a hole outside an array"},
		{"hole in an object", func(b *clone.Builder) { b.BeginObject(1); b.Key("a"); b.Hole() }, "a hole outside an array"},
		{"hole as body", func(b *clone.Builder) { b.BeginRequest("", ""); b.Headers(nil); b.Hole() }, "a hole outside an array"},
		{"dangling ref", func(b *clone.Builder) { b.Ref(4) }, "reference to label 4, which there is not"},
		{"negative ref", func(b *clone.Builder) { b.Ref(-1) }, "reference to label -1, which there is not"},
		{"negative label", func(b *clone.Builder) { b.Label(-1) }, "label -1 is negative"},
		{"two labels", func(b *clone.Builder) { b.Label(0); b.Label(1) }, "label 0 has no value"},
		{"label at the end", func(b *clone.Builder) { b.Null(); b.Label(1) }, "label 1 has no value"},
		{"label before an end", func(b *clone.Builder) { b.BeginArray(-1); b.Label(1); b.End() }, "an end after label 1, in the place of its value"},
		{"label before a key", func(b *clone.Builder) { b.BeginObject(-1); b.Label(1); b.Key("a") }, "a key after label 1, in the place of its value"},
		{"label twice", func(b *clone.Builder) { b.BeginArray(-1); b.Label(0); b.Date(0); b.Label(0); b.Date(0) }, "label 0 is given twice"},
		{"sparse label twice", func(b *clone.Builder) { b.BeginArray(-1); b.Label(1 << 40); b.Date(0); b.Label(1 << 40); b.Date(0) }, "label 1099511627776 is given twice"},
		{"label of a label", func(b *clone.Builder) { b.Label(0); b.Ref(0) }, "label 0 is only another name of a label"},
		{"label of a string", func(b *clone.Builder) { b.Label(0); b.String("") }, "label 0 is that of a string, which has no identity"},
		{"label of a function", func(b *clone.Builder) { b.Label(0); b.Function("f") }, "label 0 is that of a function, which has no identity"},
		{"buffer's label twice", func(b *clone.Builder) {
			b.BeginArray(-1)
			b.Label(0)
			b.Date(0)
			b.View(clone.View{Kind: clone.KindDataView, BufferID: 0})
		}, "label 0 is given twice"},
		{"aside without a label", func(b *clone.Builder) { b.Null(); b.Aside(); b.Date(0) }, "a value beside the root without a label"},
		{"aside within", func(b *clone.Builder) { b.BeginArray(-1); b.Aside() }, "a value aside within another"},
		{"aside twice", func(b *clone.Builder) { b.Aside(); b.Aside() }, "a value aside within another"},
		{"only an aside", func(b *clone.Builder) { b.Aside(); b.Label(0); b.Date(0) }, "there is no value"},
		{"boxed object", func(b *clone.Builder) { b.Boxed(); b.BeginObject(0) }, "a boxed value is an object"},
		{"boxed ref", func(b *clone.Builder) { b.Boxed(); b.Ref(0) }, "a boxed value is a reference"},
		{"boxed label", func(b *clone.Builder) { b.Boxed(); b.Label(0) }, "a boxed value with a label"},
		{"boxed nothing", func(b *clone.Builder) { b.Boxed() }, "a boxed value is not complete"},
		{"boxed end", func(b *clone.Builder) { b.BeginArray(-1); b.Boxed(); b.End() }, "an end in the place of a boxed value"},
		{"no headers", func(b *clone.Builder) { b.BeginRequest("", ""); b.String("") }, "a request: its headers are a string"},
		{"headers that are not", func(b *clone.Builder) {
			b.BeginResponse(200, "")
			b.Ref(0)
			b.Label(0)
			b.Date(0)
			b.End()
		}, "a response: its headers are a date"},
		{"no body", func(b *clone.Builder) { b.BeginRequest("", ""); b.Headers(nil); b.End() }, "a request: 1 parts, 2 announced"},
		{"two bodies", func(b *clone.Builder) { b.BeginRequest("", ""); b.Headers(nil); b.Null(); b.Null() }, "a request: a value after its body"},
		{"bad header", func(b *clone.Builder) { b.Headers([]value.HeaderEntry{{Name: "a b"}}) }, `headers: header name "a b": not an HTTP token`},
		{"error text elsewhere", func(b *clone.Builder) { b.BeginArray(0); b.SetError("", "", nil) }, "the name of an error outside an error"},
		{"unknown flag", func(b *clone.Builder) { b.RegExp("a", "gx") }, `regexp flags "gx"`},
		{"flag twice", func(b *clone.Builder) { b.RegExp("a", "gg") }, `regexp flags "gg"`},
		{"flags u and v", func(b *clone.Builder) { b.RegExp("a", "uv") }, `regexp flags "uv"`},
		{"nil bigint", func(b *clone.Builder) { b.BigInt(nil) }, "a bigint is nil"},
		{"empty bigint", func(b *clone.Builder) { b.BigIntText(nil) }, `bigint "" has no digits`},
		{"bigint of a sign", func(b *clone.Builder) { b.BigIntText([]byte("-")) }, `bigint "-" has no digits`},
		{"hexadecimal bigint", func(b *clone.Builder) { b.BigIntText([]byte("0x10")) }, `bigint "0x10" is not decimal`},
		{"string outside the message", func(b *clone.Builder) { b.Borrow(make([]byte, 3)); b.StringAt(2, 2) }, "text at 2 with 2 bytes is not in the message"},
		{"negative text", func(b *clone.Builder) { b.StringAt(-1, 2) }, "text at -1 with 2 bytes is not in the message"},
		{"key outside the message", func(b *clone.Builder) { b.BeginObject(-1); b.KeyAt(0, math.MaxInt) }, "text at 0 with 9223372036854775807 bytes is not in the message"},
		{"unaligned view", with(func(v *clone.View) { v.Offset, v.Length = 1, 1 }), "a typed array: offset 1 and length 1 do not fit a buffer of 8 bytes"},
		{"view beyond its buffer", with(func(v *clone.View) { v.Offset, v.Length = 2, 4 }), "a typed array: offset 2 and length 4 do not fit a buffer of 8 bytes"},
		{"offset beyond the buffer", with(func(v *clone.View) { v.Offset = 10 }), "a typed array: offset 10 and length 0 do not fit a buffer of 8 bytes"},
		{"negative view", with(func(v *clone.View) { v.Offset, v.Length = 4, -1 }), "a typed array: offset 4 and length -1 do not fit a buffer of 8 bytes"},
		{"huge view", with(func(v *clone.View) { v.Length = math.MaxInt }), "a typed array: offset 0 and length 9223372036854775807 do not fit a buffer of 8 bytes"},
		{"view of no kind", with(func(v *clone.View) { v.Kind = clone.KindArray }), "a view is an array"},
		{"elements of no kind", with(func(v *clone.View) { v.Elem = 99 }), "typed array with elements of no kind, 99"},
		{"view of no buffer", with(func(v *clone.View) { v.Seen = true }), "a view of buffer -1, which there is not"},
		{"view of a date", func(b *clone.Builder) {
			b.BeginArray(-1)
			b.Label(0)
			b.Date(0)
			b.View(clone.View{Kind: clone.KindDataView, BufferID: 0, Seen: true})
			b.End()
		}, "a data view: its buffer is a date"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := clone.NewBuilder(fault.Limits{})
			tt.tell(b)
			first := b.Err()
			b.Null() // what follows an error is ignored
			b.End()
			b.Label(9)
			b.Aside()
			b.Boxed()
			b.SetError("", "", nil)
			if first != nil && b.Err() != first {
				t.Errorf("the first error %v became %v", first, b.Err())
			}
			if first == nil {
				b = clone.NewBuilder(fault.Limits{})
				tt.tell(b)
			}
			doc, err := b.Finish()
			if doc != nil || err == nil || err.Error() != tt.want || fault.CodeOf(err) != fault.CodeMalformed {
				t.Errorf("Finish = %v, %v; want %q", doc, err, tt.want)
			}
		})
	}
}

func TestBuilder_IsForOneDocument(t *testing.T) {
	t.Parallel()
	b := clone.NewBuilder(fault.Limits{})
	b.Null()
	if _, err := b.Finish(); err != nil {
		t.Fatal(err)
	}
	b.Borrow([]byte("x"))
	b.Key("a")
	b.End()
	b.Number(1)
	if doc, err := b.Finish(); doc != nil || fault.CodeOf(err) != fault.CodeMalformed {
		t.Errorf("second Finish = %v, %v", doc, err)
	}
}

func TestBuilder_FailKeepsTheFirstError(t *testing.T) {
	t.Parallel()
	first := errors.New("first")
	_, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.Fail(first)
		b.Fail(errors.New("second"))
		b.Null()
	})
	if err != first {
		t.Errorf("Finish = %v", err)
	}
}

func TestBuilder_WideObjects(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, again := range []int{-1, 0, n / 2, n - 1} {
		doc, err := build(fault.Limits{}, func(b *clone.Builder) {
			b.BeginObject(-1)
			for i := range n {
				b.Key("some key " + strconv.Itoa(i))
				b.Number(float64(i))
			}
			if again >= 0 {
				b.Key("some key " + strconv.Itoa(again))
				b.Null()
			}
			b.End()
		})
		if again < 0 {
			if err != nil || doc.Root().Len() != n {
				t.Fatalf("Finish = %v", err)
			}
			if v, _ := generic(t, doc).(*value.Object).Get("some key 77"); v != 77.0 {
				t.Errorf("member 77 = %v", v)
			}
		} else if err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("key %d twice: %v", again, err)
		}
	}
}

func TestBuilder_OrdersIndexKeys(t *testing.T) {
	t.Parallel()
	doc, err := build(fault.Limits{}, func(b *clone.Builder) {
		b.BeginObject(-1)
		for _, k := range []string{"b", "10", "a", "9", "01", "4294967295", "0"} {
			b.Key(k)
			b.Null()
		}
		b.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0", "9", "10", "b", "a", "01", "4294967295"}
	if got := generic(t, doc).(*value.Object).Keys(); !slices.Equal(got, want) {
		t.Errorf("Keys = %q, want %q", got, want)
	}
}
