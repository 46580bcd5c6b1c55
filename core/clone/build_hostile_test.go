package clone_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// Types that hold themselves without a pointer of their own.
type (
	listNode struct {
		Name string
		Kids []listNode
	}
	mapNode struct {
		Name string
		Kids map[string]mapNode
	}
	pairNode struct {
		Name string
		Kids *[2]pairNode
	}
)

// doubled is a graph of 2n objects in which there are 2^n paths to the last one.
func doubled(n int, pair func(a, b any) any) any {
	leaf := object("Name", "leaf")
	for range n {
		leaf = object("Kids", pair(leaf, leaf))
	}
	return leaf
}

// TestBuild_DoublingByValue: what is shared is built once for each type, by value as well, or
// thirty levels of two references each would take for ever.
func TestBuild_DoublingByValue(t *testing.T) {
	t.Parallel()
	const levels = 60
	inArray := func(a, b any) any { return array(a, b) }
	inObject := func(a, b any) any { return object("a", a, "b", b) }
	t.Run("slices", func(t *testing.T) {
		t.Parallel()
		var n listNode
		doc := parsed(t, doubled(levels, inArray))
		if err := doc.Build(doc.Root(), &n, clone.BuildOptions{}); err != nil {
			t.Fatal(err)
		}
		for range levels {
			if len(n.Kids) != 2 || &n.Kids[0] == &n.Kids[1] {
				t.Fatalf("Kids = %d, want 2 copies", len(n.Kids))
			}
			n = n.Kids[1]
		}
		if n.Name != "leaf" || n.Kids != nil {
			t.Errorf("the last one is %+v", n)
		}
	})
	t.Run("maps", func(t *testing.T) {
		t.Parallel()
		var n mapNode
		doc := parsed(t, doubled(levels, inObject))
		if err := doc.Build(doc.Root(), &n, clone.BuildOptions{}); err != nil {
			t.Fatal(err)
		}
		for range levels {
			n = n.Kids["b"]
		}
		if n.Name != "leaf" {
			t.Errorf("the last one is %+v", n)
		}
	})
	t.Run("arrays", func(t *testing.T) {
		t.Parallel()
		var n pairNode
		doc := parsed(t, doubled(levels, inArray))
		if err := doc.Build(doc.Root(), &n, clone.BuildOptions{}); err != nil {
			t.Fatal(err)
		}
		for range levels {
			n = n.Kids[1]
		}
		if n.Name != "leaf" {
			t.Errorf("the last one is %+v", n)
		}
	})
}

// TestBuild_ManyCopiesOfMuch: many references to one large value make small copies that
// share its parts.
func TestBuild_ManyCopiesOfMuch(t *testing.T) {
	t.Parallel()
	const copies = 20_000
	tags := array()
	for range 20_000 {
		tags.Elems = append(tags.Elems, "tag")
	}
	shared := object("Tags", tags)
	link := &value.URL{Href: "https://example.com/" + strings.Repeat("x", 100_000)}
	all, links := array(), array()
	for range copies {
		all.Elems = append(all.Elems, shared)
		links.Elems = append(links.Elems, link)
	}
	doc := parsed(t, array(all, links))
	var accounts []account
	if err := doc.Build(doc.Root().Index(0), &accounts, clone.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	first, last := accounts[0].Tags, accounts[copies-1].Tags
	if len(last) != 20_000 || &first[0] != &last[0] {
		t.Errorf("the last copy has %d tags of its own, want the first one's 20,000", len(last))
	}
	var urls []url.URL
	if err := doc.Build(doc.Root().Index(1), &urls, clone.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := urls[copies-1]; got != urls[0] || got.Host != "example.com" {
		t.Errorf("the last URL is %.40s, want %.40s", got.String(), urls[0].String())
	}
}

// TestBuild_CopyWithinPointer: one object as a pointer and as a value is both.
func TestBuild_CopyWithinPointer(t *testing.T) {
	t.Parallel()
	shared := object("deep", 7.0)
	doc := parsed(t, object("P", shared, "V", shared, "Q", shared, "W", shared))
	var got struct {
		P *inner
		V inner
		Q *inner
		W inner
	}
	if err := doc.Build(doc.Root(), &got, clone.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	if got.P != got.Q || got.P == &got.V || got.P.Deep != 7 || got.V != got.W || got.V.Deep != 7 {
		t.Errorf("Build = %+v, want one pointer and two copies of 7", got)
	}
}
