package lmzcodec_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	jsoniter "github.com/json-iterator/go"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
)

// hasTags reports whether a document may hold tags or escaped keys, of which
// another reader of JSON knows nothing.
func hasTags(wire []byte) bool {
	return strings.Contains(string(wire), "$") || strings.Contains(string(wire), `\u0024`)
}

// iterate holds a document of plain JSON, which the codec has read as d, against what
// json-iterator reads in it.
func iterate(tb testing.TB, wire []byte, d *clone.Document) {
	tb.Helper()
	it := jsoniter.ParseBytes(jsoniter.ConfigDefault, wire)
	found := false
	it.ReadMapCB(func(it *jsoniter.Iterator, key string) bool {
		if key == "json" {
			found = true
			return sameAs(tb, it, d.Root())
		}
		it.Skip()
		return true
	})
	if it.Error != nil || !found {
		tb.Fatalf("%q: json-iterator says %v, found %v; it is accepted", wire, it.Error, found)
	}
}

// sameAs compares one value, and all in it, and reports whether to go on.
func sameAs(tb testing.TB, it *jsoniter.Iterator, n clone.Node) bool {
	tb.Helper()
	var same bool
	switch it.WhatIsNext() {
	case jsoniter.NilValue:
		same = it.ReadNil() && n.Kind() == clone.KindNull
	case jsoniter.BoolValue:
		b, ok := n.Bool()
		same = it.ReadBool() == b && ok
	case jsoniter.NumberValue:
		f, err := strconv.ParseFloat(string(it.SkipAndReturnBytes()), 64)
		v, ok := n.Number()
		same = err == nil && ok && v == f
	case jsoniter.StringValue:
		s := it.ReadString()
		text, ok := n.Text()
		same = ok && (s == text || !utf8.ValidString(text)) // it loses lone surrogates
	case jsoniter.ArrayValue:
		i, elems := 0, append(slices.Collect(n.Elems()), clone.Node{})
		it.ReadArrayCB(func(it *jsoniter.Iterator) bool {
			i++
			return sameAs(tb, it, elems[min(i, len(elems))-1])
		})
		same = n.Kind() == clone.KindArray && n.Len() == i
	case jsoniter.ObjectValue:
		i := 0
		it.ReadMapCB(func(it *jsoniter.Iterator, key string) bool {
			i++
			if m := n.Key(key); !m.IsZero() {
				return sameAs(tb, it, m)
			}
			if !strings.Contains(key, "\ufffd") { // as above
				tb.Fatalf("json-iterator reads a member %q that is missing", key)
			}
			it.Skip()
			return true
		})
		same = n.Kind() == clone.KindObject && n.Len() == i
	default:
		same = false
	}
	if !same {
		tb.Fatalf("json-iterator reads another value than the %v of %d parts", n.Kind(), n.Len())
	}
	return true
}

func TestParse_Oracle(t *testing.T) {
	t.Parallel()
	c := lmzcodec.New()
	for _, node := range []string{
		`null`, `true`, `false`, `0`, `-0`, `1.5e-7`, `9007199254740993`, `""`, `"a\"b\\\n\u00e9\ud83d\ude00é"`, `"\ud800"`,
		`[]`, `[1,[2,[]],{}]`, `{}`, `{"a":1,"b":{"c":[null]},"":true,"\u0061b":"x"}`, `{"\ud800":1}`, " [ 1 , { \"a\" :\t2 }\r\n] ",
	} {
		wire := []byte(`{"json":` + node + `,"meta":{}}`)
		d, err := c.Parse(wire, clone.ParseOptions{})
		if err != nil {
			t.Errorf("Parse(%s) = %v", wire, err)
			continue
		}
		iterate(t, wire, d)
	}
}
