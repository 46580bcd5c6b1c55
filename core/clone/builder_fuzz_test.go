package clone_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// script reads what to tell a builder from bytes.
type script struct{ rest []byte }

func (s *script) byte() byte {
	if len(s.rest) == 0 {
		return 0
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c
}

func (s *script) small() int { return int(int8(s.byte())) }

func (s *script) text() string {
	n := min(int(s.byte()%16), len(s.rest))
	t := s.rest[:n]
	s.rest = s.rest[n:]
	return string(t)
}

func (s *script) number() float64 {
	var b [8]byte
	n := copy(b[:], s.rest)
	s.rest = s.rest[n:]
	return math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
}

// tell makes one call.
func (s *script) tell(b *clone.Builder) {
	switch s.byte() % 32 {
	case 0:
		b.Label(s.small())
	case 1:
		b.Ref(s.small())
	case 2:
		b.Undefined()
	case 3:
		b.Null()
	case 4:
		b.Hole()
	case 5:
		b.Bool(s.byte()%2 == 0)
	case 6:
		b.Number(s.number())
	case 7:
		b.BigInt(big.NewInt(int64(s.small())))
	case 8:
		b.BigIntText([]byte(s.text()))
	case 9:
		b.String(s.text())
	case 10:
		b.StringAt(s.small(), s.small())
	case 11:
		b.Date(s.number())
	case 12:
		b.RegExp(s.text(), s.text())
	case 13:
		b.URL(s.text())
	case 14:
		b.Function(s.text())
	case 15:
		b.Boxed()
	case 16:
		b.ArrayBuffer([]byte(s.text()))
	case 17, 18:
		b.View(clone.View{
			Kind: clone.KindTypedArray + clone.Kind(s.byte()%2), Elem: value.ArrayKind(s.byte() % 12), Offset: s.small(), Length: s.small(),
			Buffer: []byte(s.text()), BufferID: s.small(), Seen: s.byte()%2 == 0,
		})
	case 19:
		b.Headers([]value.HeaderEntry{{Name: s.text(), Value: s.text()}})
	case 20:
		b.BeginArray(s.small())
	case 21:
		b.BeginObject(s.small())
	case 22:
		b.BeginMap(s.small())
	case 23:
		b.BeginSet(s.small())
	case 24:
		b.BeginError(s.text(), s.text(), nil, s.small())
	case 25:
		b.BeginRequest(s.text(), s.text())
	case 26:
		b.BeginResponse(s.small(), s.text())
	case 27:
		b.Key(s.text())
	case 28:
		b.KeyAt(s.small(), s.small())
	case 29:
		b.Aside()
	default:
		b.End()
	}
}

// FuzzBuilder tells a builder anything: it never panics, and what it accepts can be built, and
// written and built again to an equal value.
func FuzzBuilder(f *testing.F) {
	f.Add([]byte{3})
	f.Add([]byte{20, 0xff, 1, 0, 1, 0, 31, 29, 0, 0, 21, 0xff, 27, 1, 'a', 1, 0, 31})
	f.Add([]byte{20, 0xff, 17, 0, 3, 2, 1, 4, 1, 2, 3, 4, 5, 1, 31})
	f.Add([]byte{25, 1, 'u', 0, 19, 1, 'a', 1, 'b', 9, 1, 'x', 31})
	f.Add([]byte{0, 3, 15, 9, 1, 'x'})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := script{data}
		b := clone.NewBuilder(fault.Limits{ValueDepth: 50, ValueNodes: 1000})
		b.Borrow(data)
		for len(s.rest) > 0 && b.Err() == nil {
			s.tell(b)
		}
		doc, err := b.Finish()
		if err != nil {
			if code := fault.CodeOf(err); code != fault.CodeMalformed && code != fault.CodeLimit {
				t.Fatalf("Finish = %v with code %q", err, code)
			}
			return
		}
		var v any
		if err := doc.Build(doc.Root(), &v, clone.BuildOptions{}); err != nil {
			if fault.CodeOf(err) != fault.CodeLimit {
				t.Fatalf("Build = %v", err)
			}
			return
		}
		for _, dst := range []any{new(map[string]any), new([]any), new(*Ring), new([]byte), new(map[any]any), new(account), new(error), new(float32)} {
			if err := doc.Build(doc.Root(), dst, clone.BuildOptions{}); err != nil && fault.CodeOf(err) != fault.CodeMismatch && fault.CodeOf(err) != fault.CodeLimit {
				t.Fatalf("Build into a %T = %v", dst, err)
			}
		}
		again, err := clone.Copy(doc.Root())
		if err != nil {
			if fault.CodeOf(err) != fault.CodeLimit && fault.CodeOf(err) != fault.CodeUnencodable {
				t.Fatalf("Copy = %v", err)
			}
			return
		}
		if !value.Equal(v, again) {
			t.Fatalf("%s became %s", value.Format(v), value.Format(again))
		}
		doc.Release()
	})
}
