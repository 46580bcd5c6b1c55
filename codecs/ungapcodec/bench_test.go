package ungapcodec_test

import (
	"encoding/json"
	"fmt"
	"testing"

	jsoniter "github.com/json-iterator/go"

	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
)

// account is a message of some 100 bytes.
type account struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Active  bool     `json:"active"`
	Balance float64  `json:"balance"`
	Tags    []string `json:"tags"`
}

// ledger is one of some 10 KB.
type ledger struct {
	Owner    string    `json:"owner"`
	Accounts []account `json:"accounts"`
}

var small = account{ID: 1234567, Name: "Ada Lovelace", Email: "ada@example.com", Active: true, Balance: 1234.56, Tags: []string{"math", "engine"}}

func large() *ledger {
	l := &ledger{Owner: "Charles Babbage"}
	for i := range 90 {
		a := small
		a.ID += i
		a.Name = fmt.Sprintf("Ada Lovelace %d", i)
		a.Balance *= float64(i)
		l.Accounts = append(l.Accounts, a)
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
			data, err := jsoniter.ConfigDefault.Marshal(size.value())
			if err != nil {
				b.Fatal(err)
			}
			var generic any
			if err := json.Unmarshal(data, &generic); err != nil {
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
			b.Run(kind.name+"/ungap", func(b *testing.B) {
				b.ReportAllocs()
				c := ungapcodec.New()
				for b.Loop() {
					data, err := c.Encode(nil, kind.v, clone.EncodeOptions{})
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(len(data)))
				}
			})
			b.Run(kind.name+"/jsoniter", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					data, err := jsoniter.ConfigDefault.Marshal(kind.v)
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
		c := ungapcodec.New()
		wire, err := c.Encode(nil, typed(), clone.EncodeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		plain, err := jsoniter.ConfigDefault.Marshal(typed())
		if err != nil {
			b.Fatal(err)
		}
		for _, kind := range []struct {
			name  string
			fresh func() any
		}{{"typed", fresh}, {"generic", func() any { return new(any) }}} {
			b.Run(kind.name+"/ungap", func(b *testing.B) {
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
			b.Run(kind.name+"/jsoniter", func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					//nolint:forbidigo // the baseline, on bytes of our own
					if err := jsoniter.ConfigDefault.Unmarshal(plain, kind.fresh()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}
