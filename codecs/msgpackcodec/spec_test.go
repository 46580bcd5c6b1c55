package msgpackcodec_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// section is what the specification says under a heading, or between two texts.
func section(t *testing.T, from, to string) string {
	t.Helper()
	spec, err := os.ReadFile("../../docs/spec/msgpack.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(spec), from)
	if !ok {
		t.Fatalf("docs/spec/msgpack.md has no %q", from)
	}
	text, _, _ = strings.Cut(text, to)
	return text
}

// TestSpec_Examples: each example of the document is what the codec writes and reads.
func TestSpec_Examples(t *testing.T) {
	t.Parallel()
	examples := map[string]any{
		"`null`":                             nil,
		"`1`":                                1.0,
		"`-33`":                              -33.0,
		"`65536`":                            65536.0,
		"`1.5`":                              1.5,
		"`-0`":                               math.Copysign(0, -1),
		"`9007199254740992`":                 9007199254740992.0,
		"`1n`":                               big.NewInt(1),
		"`-256n`":                            big.NewInt(-256),
		"`0n`":                               new(big.Int),
		"`undefined`":                        value.Undefined{},
		"`\"\\ud800\"`":                      "\xed\xa0\x80",
		"`[1, , null]`":                      array(1.0, value.Hole{}, nil),
		"`{b: 1, a: \"x\"}`":                 object("b", 1.0, "a", "x"),
		"`new Date(3)`":                      value.DateOf(3),
		"`new Date(NaN)`":                    value.InvalidDate(),
		"`/a+/gi`":                           &value.RegExp{Source: "a+", Flags: "gi"},
		"`new URL(\"a:b\")`":                 &value.URL{Href: "a:b"},
		"`function f() {}`":                  &value.Function{Name: "f"},
		"`new Boolean(true)`":                &value.Boxed{Value: true},
		"`new Map([[\"k\", {}], [NaN, 2]])`": value.NewMap(value.Entry{Key: "k", Value: object()}, value.Entry{Key: math.NaN(), Value: 2.0}),
		"`new Set([1])`":                     value.NewSet(1.0),
		"an Error `E`, message `m`, no stack, `cause: 1`": errorAs("E", "m", "", "cause", 1.0),
		"an Error `E`, message `m`, stack `\"\"`":         &value.Error{Name: "E", Message: "m", Stack: new("")},
		"`new Headers([[\"a\", \"1\"]])`":                 headers("a", "1"),
		"a Request, PUT `a:b`, no headers, body `1`":      request("a:b", "PUT", headers(), 1.0),
		"a Response, 404 `No`, no headers, body null":     response(404, "No", headers(), nil),
		"`new ArrayBuffer(2)`":                            &value.ArrayBuffer{Bytes: make([]byte, 2)},
		"`new Uint8Array([1, 255])`":                      view(value.Uint8, 1, 255),
		"`new Int16Array([-2])`":                          value.NewTypedArray([]int16{-2}),
		"`new DataView(new ArrayBuffer(2), 1, 1)`":        &value.DataView{Buffer: &value.ArrayBuffer{Bytes: make([]byte, 2)}, Offset: 1, Length: 1},
		"`a = {}; [a, a]`":                                build(func() any { a := object(); return array(a, a) }),
		"`a = []; a[0] = a`":                              build(func() any { a := array(); a.Elems = append(a.Elems, a); return a }),
		"`u = new Uint8Array([7]); [u, u.buffer, u]`":     build(func() any { u := view(value.Uint8, 7); return array(u, u.Buffer, u) }),
		"`u = new Uint8Array([1, 2]); [u, new Uint8Array(u.buffer, 1, 1)]`": build(func() any {
			u := view(value.Uint8, 1, 2)
			return array(u, &value.TypedArray{Kind: value.Uint8, Buffer: u.Buffer, Offset: 1, Length: 1})
		}),
	}
	row := regexp.MustCompile("(?m)^\\| (.+) \\| `([0-9a-f ]+)` \\|$")
	rows := row.FindAllStringSubmatch(section(t, "## Examples", "\n## "), -1)
	for _, r := range rows {
		v, ok := examples[r[1]]
		if !ok {
			t.Errorf("the document has an example %s, or has it twice, of which this test knows nothing", r[1])
			continue
		}
		delete(examples, r[1])
		wire := unhex(t, strings.ReplaceAll(r[2], " ", ""))
		if got := encode(t, v); !bytes.Equal(got, wire) {
			t.Errorf("%s is written as %x, want %s", r[1], got, r[2])
		}
		if got := decode(t, wire); codectest.Told(t, got) != codectest.Told(t, v) || !value.Equal(got, v) {
			t.Errorf("%s is read as %s, want %s", r[2], codectest.Told(t, got), codectest.Told(t, v))
		}
	}
	for name := range examples {
		t.Errorf("%s is not in the document", name)
	}
}

// TestSpec_Numbers: the codec knows the extensions, tags and kinds of element that the document has, and no others.
func TestSpec_Numbers(t *testing.T) {
	t.Parallel()
	extensions, tags := map[int]bool{}, map[int]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(section(t, "**M-5", "**M-6"), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		extensions[n] = n != 'M' // which is the head, and no value
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([0-9a-f]{2})`(?: to `([0-9a-f]{2})`)? \\|").FindAllStringSubmatch(section(t, "**M-7", "**M-8"), -1) {
		from, to := unhex(t, m[1])[0], unhex(t, m[1])[0]
		if m[2] != "" {
			to = unhex(t, m[2])[0]
		}
		for tag := int(from); tag <= int(to); tag++ {
			tags[tag] = true
		}
	}
	if len(extensions) != 10 || len(tags) != 21 {
		t.Fatalf("%d extensions and %d tags in the document, want 10 and 21", len(extensions), len(tags))
	}
	says := func(wire ...byte) string {
		_, err := msgpackcodec.New().Parse(append([]byte{0xd4, 'M', 0x10}, wire...), clone.ParseOptions{})
		return fmt.Sprint(err)
	}
	for n := range 256 {
		if got := says(0xc7, 0, byte(n)); strings.Contains(got, "unknown extension") == extensions[n] {
			t.Errorf("extension %d: %s; in the document: %v", n, got, extensions[n])
		}
		if got := says(0x91, 0xd4, 2, byte(n)); strings.Contains(got, "unknown tag") == tags[n] {
			t.Errorf("tag %#x: %s; in the document: %v", n, got, tags[n])
		}
	}
	kinds := strings.Join(strings.Fields(strings.ReplaceAll(section(t, "**M-8", "A typed array that"), ".", ",")), " ")
	for k := value.Int8; k.Valid(); k++ {
		wire := encode(t, &value.TypedArray{Kind: k, Buffer: &value.ArrayBuffer{Bytes: make([]byte, 8)}, Offset: 8})
		number := wire[6] - 0x10 // behind the head, the array's code, and the tag's two
		if want := fmt.Sprintf(" %d %s,", number, strings.TrimSuffix(k.String(), "Array")); !strings.Contains(kinds, want) {
			t.Errorf("elements of %s are written as %d; the document does not say%s", k, number, want)
		}
	}
}
