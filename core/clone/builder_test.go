package clone_test

import (
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestBuilder_AliasesAfterTheRoot(t *testing.T) {
	t.Parallel()
	b := clone.NewBuilder(fault.Limits{})
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
	doc, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	a := v.(*value.Array)
	o := a.Elems[0].(*value.Object)
	if self, _ := o.Get("self"); a.Elems[1] != any(o) || self != any(o) {
		t.Errorf("one object became several: %v", a.Elems)
	}
	if name, _ := o.Get("name"); name != "x" {
		t.Errorf("name = %v", name)
	}
	if got, _ := doc.Root().Index(1).Key("self").Key("name").Text(); got != "x" {
		t.Errorf("node name = %q", got)
	}
}

func TestBuilder_BoxedAsRoot(t *testing.T) {
	t.Parallel()
	b := clone.NewBuilder(fault.Limits{})
	b.Label(3)
	b.Boxed()
	b.Number(1.5)
	doc, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	if x, ok := v.(*value.Boxed); !ok || x.Value != 1.5 {
		t.Errorf("got %v", v)
	}
}
