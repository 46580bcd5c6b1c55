package lmzcodec_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// grower makes random graphs: a value may be one that is there already, finished or not.
type grower struct {
	t    *rapid.T
	pool []any
}

// fresh keeps v for later occurrences.
func (g *grower) fresh(v any) any {
	g.pool = append(g.pool, v)
	return v
}

func (g *grower) text(label string) string {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"$", "$type", "$$ref", "\xed\xa0\x80", "a\xed\xbf\xbfb", "\u2028", "", "7", "01", "__is"})).Draw(g.t, label)
}

func (g *grower) key(label string) string {
	if k := g.text(label); k != "__proto__" && k != "name" && k != "message" && k != "stack" {
		return k
	}
	return "k"
}

func (g *grower) number() float64 {
	return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e21, 1e-7, 1 << 53}),
		rapid.Map(rapid.IntRange(-1000, 1000), func(i int) float64 { return float64(i) })).Draw(g.t, "number")
}

func (g *grower) big() *big.Int {
	return new(big.Int).Mul(big.NewInt(rapid.Int64().Draw(g.t, "big")), big.NewInt(rapid.Int64().Draw(g.t, "factor")))
}

func (g *grower) value(depth int) any {
	n := 20
	if depth == 0 {
		n = 13
	}
	switch rapid.IntRange(0, n).Draw(g.t, "kind") {
	case 0:
		return nil
	case 1:
		return value.Undefined{}
	case 2:
		return rapid.Bool().Draw(g.t, "bool")
	case 3:
		return g.number()
	case 4:
		return g.text("string")
	case 5:
		return g.big()
	case 6:
		if len(g.pool) > 0 {
			return rapid.SampledFrom(g.pool).Draw(g.t, "again")
		}
		return "first"
	case 7:
		return g.fresh(value.DateOf(float64(rapid.Int64Range(-8.64e15, 8.64e15).Draw(g.t, "ms"))))
	case 8:
		return g.fresh(&value.RegExp{Source: g.text("source"), Flags: "gi"})
	case 9:
		return g.fresh(&value.Boxed{Value: rapid.SampledFrom([]any{true, "s", g.number(), g.big()}).Draw(g.t, "boxed")})
	case 10:
		return g.fresh(&value.ArrayBuffer{Bytes: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(g.t, "bytes")})
	case 11:
		return g.fresh(value.NewTypedArray(rapid.SliceOfN(rapid.Float64(), 0, 4).Draw(g.t, "floats")))
	case 12:
		return g.fresh(headers("a", "1", "b", "2"))
	case 13:
		return &value.Function{Name: "f" + g.text("function")}
	case 14:
		a := array()
		g.fresh(a)
		for range rapid.IntRange(0, 4).Draw(g.t, "elements") {
			if rapid.IntRange(0, 9).Draw(g.t, "hole") == 0 {
				a.Elems = append(a.Elems, value.Hole{})
			} else {
				a.Elems = append(a.Elems, g.value(depth-1))
			}
		}
		return a
	case 15:
		m := value.NewMap()
		g.fresh(m)
		for range rapid.IntRange(0, 3).Draw(g.t, "entries") {
			m.Set(g.value(depth-1), g.value(depth-1))
		}
		return m
	case 16:
		s := value.NewSet()
		g.fresh(s)
		for range rapid.IntRange(0, 3).Draw(g.t, "members") {
			s.Add(g.value(depth - 1))
		}
		return s
	case 17:
		e := value.NewError("E"+g.text("name"), g.text("message"))
		g.fresh(e)
		if rapid.Bool().Draw(g.t, "stack") {
			e.Stack = new("s" + g.text("stack"))
		}
		for range rapid.IntRange(0, 2).Draw(g.t, "properties") {
			e.Props.Set(g.key("property"), g.value(depth-1))
		}
		return e
	case 18:
		r := request("a:b", "POST", headers(), nil)
		g.fresh(r)
		r.Body = g.value(depth - 1)
		return r
	}
	o := value.NewObject()
	g.fresh(o)
	for range rapid.IntRange(0, 4).Draw(g.t, "members") {
		o.Set(g.key("key"), g.value(depth-1))
	}
	return o
}

// TestProperty_RoundTrip: any graph comes back as it was, whatever is shared in it
// and however it runs back into itself.
func TestProperty_RoundTrip(t *testing.T) {
	t.Parallel()
	c := lmzcodec.New()
	rapid.Check(t, func(rt *rapid.T) {
		g := &grower{t: rt}
		v := g.value(5)
		wire, err := c.Encode(nil, v, clone.EncodeOptions{})
		if err != nil {
			rt.Fatalf("Encode = %v", err)
		}
		d, err := c.Parse(wire, clone.ParseOptions{})
		if err != nil {
			rt.Fatalf("Parse(%s) = %v", wire, err)
		}
		var back any
		if err := d.Build(d.Root(), &back, clone.BuildOptions{}); err != nil {
			rt.Fatalf("Build(%s) = %v", wire, err)
		}
		if got, want := codectest.Told(t, back), codectest.Told(t, v); got != want || !value.Equal(back, v) {
			rt.Fatalf("%s comes back as\n     %s\nwant %s", wire, got, want)
		}
	})
}
