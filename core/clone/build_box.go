package clone

import (
	"math"
	"reflect"
	"unsafe"
)

// An interface points to the number or string that it holds, which costs an allocation
// each. Boxes come in slabs instead: small ones, so that one value that is kept does
// not keep much else alive.
const (
	firstSlab = 4
	fullSlab  = 32
)

// slabs is where the next boxes come from.
type slabs struct {
	numbers []float64
	texts   []string
}

// words is an interface value as the runtime lays it out.
type words struct{ typ, data unsafe.Pointer }

var (
	numberWord = typeWord(reflect.TypeFor[float64]())
	textWord   = typeWord(reflect.TypeFor[string]())
)

func grown(n int) int { return min(max(4*n, firstSlab), fullSlab) }

// boxed puts a number into an interface.
func (b *build) boxed(f float64) any {
	if i := int(f); i >= 0 && i < len(smallNumbers) && float64(i) == f && (i != 0 || !math.Signbit(f)) {
		return smallNumbers[i]
	}
	s := &b.slabs.numbers
	if len(*s) == cap(*s) {
		*s = make([]float64, 0, grown(cap(*s)))
	}
	*s = append(*s, f)
	return *(*any)(unsafe.Pointer(&words{numberWord, unsafe.Pointer(&(*s)[len(*s)-1])}))
}

var smallNumbers = func() (n [1024]any) {
	for i := range n {
		n[i] = float64(i)
	}
	return n
}()

// boxedText puts the text of e into an interface.
func (b *build) boxedText(e *entry) any {
	t := b.text(e)
	if len(t) == 0 || len(t) > longString {
		return t
	}
	s := &b.slabs.texts
	if len(*s) == cap(*s) {
		*s = make([]string, 0, grown(cap(*s)))
	}
	*s = append(*s, t)
	return *(*any)(unsafe.Pointer(&words{textWord, unsafe.Pointer(&(*s)[len(*s)-1])}))
}
