package msgpackcodec_test

import (
	"fmt"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
)

// account is a message of some 100 bytes; the tags of both libraries are the same.
type account struct {
	ID      int      `json:"id" msgpack:"id"`
	Name    string   `json:"name" msgpack:"name"`
	Email   string   `json:"email" msgpack:"email"`
	Active  bool     `json:"active" msgpack:"active"`
	Balance float64  `json:"balance" msgpack:"balance"`
	Tags    []string `json:"tags" msgpack:"tags"`
}

// ledger is one of some 10 KB: nested records with a pointer and a slice each.
type ledger struct {
	Owner   string   `json:"owner" msgpack:"owner"`
	Entries []*entry `json:"entries" msgpack:"entries"`
}

type entry struct {
	ID      int       `json:"id" msgpack:"id"`
	Title   string    `json:"title" msgpack:"title"`
	Amount  float64   `json:"amount" msgpack:"amount"`
	Origin  *place    `json:"origin" msgpack:"origin"`
	Weights []float64 `json:"weights" msgpack:"weights"`
}

type place struct {
	City string  `json:"city" msgpack:"city"`
	Lat  float64 `json:"lat" msgpack:"lat"`
}

var small = account{ID: 1234567, Name: "Ada Lovelace", Email: "ada@example.com", Active: true, Balance: 1234.56, Tags: []string{"math", "engine"}}

func large() *ledger {
	l := &ledger{Owner: "Charles Babbage"}
	for i := range 100 {
		l.Entries = append(l.Entries, &entry{
			ID: 1234567 + i, Title: fmt.Sprintf("difference engine %d", i), Amount: 1.25 * float64(i),
			Origin: &place{City: "London", Lat: 51.5072}, Weights: []float64{1, 2.5, 3},
		})
	}
	return l
}

func payloads(b *testing.B, f func(b *testing.B, typed, fresh func() any, generic any)) {
	b.Helper()
	for _, size := range []struct {
		name  string
		value func() any
		fresh func() any
	}{
		{"100B", func() any { return &small }, func() any { return new(account) }},
		{"10KB", func() any { return large() }, func() any { return new(ledger) }},
	} {
		b.Run(size.name, func(b *testing.B) {
			data, err := msgpack.Marshal(size.value())
			if err != nil {
				b.Fatal(err)
			}
			var generic any
			if err := msgpack.Unmarshal(data, &generic); err != nil { //nolint:forbidigo // what is measured against
				b.Fatal(err)
			}
			f(b, size.value, size.fresh, generic)
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	payloads(b, func(b *testing.B, typed, _ func() any, generic any) {
		b.Helper()
		for _, kind := range []struct {
			name string
			v    any
		}{{"typed", typed()}, {"generic", generic}} {
			b.Run(kind.name+"/msgpack", func(b *testing.B) {
				b.ReportAllocs()
				c := msgpackcodec.New()
				for b.Loop() {
					data, err := c.Encode(nil, kind.v, clone.EncodeOptions{})
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(len(data)))
				}
			})
			b.Run(kind.name+"/vmihailenco", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					data, err := msgpack.Marshal(kind.v)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(len(data)))
				}
			})
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	payloads(b, func(b *testing.B, typed, fresh func() any, _ any) {
		b.Helper()
		c := msgpackcodec.New()
		wire, err := c.Encode(nil, typed(), clone.EncodeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		plain, err := msgpack.Marshal(typed())
		if err != nil {
			b.Fatal(err)
		}
		for _, kind := range []struct {
			name  string
			fresh func() any
		}{{"typed", fresh}, {"generic", func() any { return new(any) }}} {
			b.Run(kind.name+"/msgpack", func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(wire)))
				for b.Loop() {
					d, err := c.Parse(wire, clone.ParseOptions{})
					if err != nil {
						b.Fatal(err)
					}
					if err := d.Build(d.Root(), kind.fresh(), clone.BuildOptions{}); err != nil {
						b.Fatal(err)
					}
					d.Release()
				}
			})
			b.Run(kind.name+"/vmihailenco", func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					if err := msgpack.Unmarshal(plain, kind.fresh()); err != nil { //nolint:forbidigo // what is measured against
						b.Fatal(err)
					}
				}
			})
		}
	})
}
