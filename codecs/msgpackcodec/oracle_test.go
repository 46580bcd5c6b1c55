package msgpackcodec_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// wantObjects holds bytes that the codec has accepted against the library: they are the head and one
// object, and nothing else.
func wantObjects(tb testing.TB, wire []byte) {
	tb.Helper()
	r := bytes.NewReader(wire)
	dec := msgpack.NewDecoder(r)
	for range 2 {
		if err := dec.Skip(); err != nil {
			tb.Fatalf("%x is accepted, the library says %v", wire, err)
		}
	}
	if r.Len() != 0 {
		tb.Fatalf("%x is accepted, the library leaves %d bytes", wire, r.Len())
	}
}

// TestOracle_Objects: every vector is MessagePack.
func TestOracle_Objects(t *testing.T) {
	t.Parallel()
	for _, s := range readVectors(t) {
		wantObjects(t, unhex(t, s))
	}
}

// byLibrary is what the library writes, behind the head.
func byLibrary(t *testing.T, write func(e *msgpack.Encoder) error) []byte {
	t.Helper()
	out := bytes.NewBufferString("\xd4M\x10")
	if err := write(msgpack.NewEncoder(out)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestOracle_Encode: what is written by hand is what the library writes, at both sides of every length.
func TestOracle_Encode(t *testing.T) {
	t.Parallel()
	const exact = 1<<53 - 1
	for _, bound := range []int64{0, -32, 127, -128, 255, math.MinInt16, math.MaxInt16, math.MaxUint16, math.MinInt32, math.MaxInt32, math.MaxUint32, exact - 1, -exact + 1} {
		for i := bound - 1; i <= bound+1; i++ {
			if got, want := encode(t, i), byLibrary(t, func(e *msgpack.Encoder) error { return e.EncodeInt(i) }); !bytes.Equal(got, want) {
				t.Errorf("%d is written as %x, by the library as %x", i, got, want)
			}
		}
	}
	for _, f := range []float64{0.5, -1.5, math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat64, 5e-324, 1 << 53, -1 << 63, 1 << 63, 1e300} {
		if got, want := encode(t, f), byLibrary(t, func(e *msgpack.Encoder) error { return e.EncodeFloat64(f) }); !bytes.Equal(got, want) {
			t.Errorf("%v is written as %x, by the library as %x", f, got, want)
		}
	}
	for _, n := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536} {
		s := strings.Repeat("a", n)
		o := value.NewObject()
		for i := range n {
			o.Set("k"+string(rune(0x1000+i%0x1000))+string(rune(0x1000+i/0x1000)), nil)
		}
		for _, tt := range []struct {
			what  string
			v     any
			write func(e *msgpack.Encoder) error
		}{
			{"string", s, func(e *msgpack.Encoder) error { return e.EncodeString(s) }},
			{"bytes", []byte(s), func(e *msgpack.Encoder) error { return e.EncodeBytes([]byte(s)) }},
			{"array", make([]any, n), func(e *msgpack.Encoder) error { return e.Encode(make([]any, n)) }},
			{"object", o, func(e *msgpack.Encoder) error {
				if err := e.EncodeMapLen(n); err != nil {
					return err
				}
				for i := range n {
					if err := e.EncodeMulti(o.At(i).Key, nil); err != nil {
						return err
					}
				}
				return nil
			}},
		} {
			wire := encode(t, tt.v)
			if want := byLibrary(t, tt.write); !bytes.Equal(wire, want) {
				t.Errorf("%s of %d is written as %.20x, by the library as %.20x", tt.what, n, wire, want)
			}
			if got := encode(t, parse(t, wire).Root()); !bytes.Equal(got, wire) {
				t.Errorf("%s of %d is read and written as %.20x, want %.20x", tt.what, n, got, wire)
			}
		}
	}
}

// TestOracle_Decode: each of the library's codes for a number means to this codec what it means to the library.
func TestOracle_Decode(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for _, fill := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			wire := append([]byte{0xd4, 'M', 0x10, byte(c)}, bytes.Repeat([]byte{fill}, 8)...)
			r := bytes.NewReader(wire[3:])
			want, err := msgpack.NewDecoder(r).DecodeFloat64()
			if err != nil || c == 0xc0 || c == 0xcf && fill >= 0x80 {
				continue // no number, or one of which the library makes an int64
			}
			wire = wire[:len(wire)-r.Len()]
			d, err := msgpackcodec.New().Parse(wire, clone.ParseOptions{})
			if err != nil {
				if math.Abs(want) < 1<<53 || c == 0xca || c == 0xcb || fault.CodeOf(err) != fault.CodeMalformed {
					t.Errorf("Parse(%x) = %v, the library reads %v", wire, err, want)
				}
				continue
			}
			if got, ok := d.Root().Number(); !ok || math.Float64bits(got) != math.Float64bits(want) && got == got {
				t.Errorf("%x is read as %v, by the library as %v", wire, got, want)
			}
		}
	}
}
