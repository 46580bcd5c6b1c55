package clone_test

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// entry is a record as messages carry it.
type entry struct {
	ID     int      `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Score  float64  `json:"score"`
	Active bool     `json:"active"`
	Tags   []string `json:"tags"`
	Owner  *owner   `json:"owner"`
}

type owner struct {
	Name string `json:"name"`
	Age  int    `json:"age"`
}

func entries(n int) []entry {
	list := make([]entry, n)
	for i := range list {
		list[i] = entry{i, fmt.Sprint("name ", i), fmt.Sprint("mail", i, "@example.com"), float64(i) * 1.1, i%2 == 0, []string{"one", "two"}, &owner{"Ada", 36}}
	}
	return list
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1, 100} {
		doc := parsed(b, entries(n))
		b.Run(fmt.Sprint("any/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("typed/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v []entry
				if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("map/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v []map[string]any
				if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBuilder(b *testing.B) {
	list := entries(100)
	b.ReportAllocs()
	for b.Loop() {
		w := clone.NewBuilder(fault.Limits{})
		w.BeginArray(len(list))
		for i := range list {
			e := &list[i]
			w.BeginObject(7)
			w.Key("id")
			w.Number(float64(e.ID))
			w.Key("name")
			w.String(e.Name)
			w.Key("email")
			w.String(e.Email)
			w.Key("score")
			w.Number(e.Score)
			w.Key("active")
			w.Bool(e.Active)
			w.Key("tags")
			w.BeginArray(2)
			w.String("one")
			w.String("two")
			w.End()
			w.Key("owner")
			w.BeginObject(2)
			w.Key("name")
			w.String("Ada")
			w.Key("age")
			w.Number(36)
			w.End()
			w.End()
		}
		w.End()
		doc, err := w.Finish()
		if err != nil {
			b.Fatal(err)
		}
		doc.Release()
	}
}
