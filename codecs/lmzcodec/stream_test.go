package lmzcodec_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"strings"
	"testing"

	jsoniter "github.com/json-iterator/go"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// TestEncode_Integers: integers at each length of digits, and at the bounds of their types, are written
// as fmt writes them.
func TestEncode_Integers(t *testing.T) {
	t.Parallel()
	c := lmzcodec.New()
	written := func(v any) string {
		data, err := c.Encode(nil, v, clone.EncodeOptions{})
		if err != nil {
			t.Fatalf("Encode(%v) = %v", v, err)
		}
		return strings.TrimSuffix(strings.TrimPrefix(string(data), `{"json":`), `,"meta":{}}`)
	}
	array := func(k value.ArrayKind, name string, bits uint64, size int, want string) {
		b := binary.LittleEndian.AppendUint64(nil, bits)[:size]
		v := &value.TypedArray{Kind: k, Buffer: &value.ArrayBuffer{Bytes: b}, Length: 1}
		tag := `{"$type":"arraybuffer","subtype":"` + name + `","data":[` + want + `]}`
		if got := written(v); got != tag {
			t.Errorf("%s of %x is written as %s, want %s", name, bits, got, tag)
		}
	}
	const exact = 1<<53 - 1
	all := []uint64{0, 9, math.MaxInt8, 1 << 7, math.MaxUint8, math.MaxInt16, 1 << 15, math.MaxUint16, math.MaxInt32,
		1 << 31, math.MaxUint32, exact, exact + 1, exact + 2, math.MaxInt64, 1 << 63, math.MaxUint64}
	for p := uint64(10); ; p *= 10 {
		all = append(all, p-1, p, p+1, p+p/10*3, -p, 1-p)
		if p == 1e19 {
			break
		}
	}
	for _, u := range all {
		i := int64(u)
		want := fmt.Sprint(i)
		if i > exact || i < -exact {
			want = `{"$type":"bigint","value":"` + want + `"}`
		}
		if got := written(i); got != want {
			t.Errorf("%d is written as %s, want %s", i, got, want)
		}
		if i <= exact && i >= -exact && written(float64(i)) != fmt.Sprint(i) {
			t.Errorf("float64 %d is written as %s", i, written(float64(i)))
		}
		if got, tag := written(new(big.Int).SetUint64(u)), fmt.Sprintf(`{"$type":"bigint","value":"%d"}`, u); got != tag {
			t.Errorf("bigint %d is written as %s, want %s", u, got, tag)
		}
		array(value.Int8, "Int8Array", u, 1, fmt.Sprint(int8(u)))
		array(value.Uint8, "Uint8Array", u, 1, fmt.Sprint(uint8(u)))
		array(value.Int16, "Int16Array", u, 2, fmt.Sprint(int16(u)))
		array(value.Uint16, "Uint16Array", u, 2, fmt.Sprint(uint16(u)))
		array(value.Int32, "Int32Array", u, 4, fmt.Sprint(int32(u)))
		array(value.Uint32, "Uint32Array", u, 4, fmt.Sprint(uint32(u)))
		array(value.BigInt64, "BigInt64Array", u, 8, `"`+fmt.Sprint(int64(u))+`"`)
		array(value.BigUint64, "BigUint64Array", u, 8, `"`+fmt.Sprint(u)+`"`)
	}
}

// TestEncode_ForeignConfig: json-iterator's ConfigDefault is a variable that any package of a program may set.
// It says nothing about what is written here.
func TestEncode_ForeignConfig(t *testing.T) { // not parallel: nothing else may see the variable meanwhile
	before := jsoniter.ConfigDefault
	defer func() { jsoniter.ConfigDefault = before }()
	jsoniter.ConfigDefault = jsoniter.Config{IndentionStep: 2}.Froze()
	runtime.GC() // a writer that was pooled before would have the old one
	runtime.GC()
	got, err := lmzcodec.New().Encode(nil, []any{1, map[string]any{"a": true}}, clone.EncodeOptions{})
	if want := `{"json":[1,{"a":true}],"meta":{}}`; err != nil || string(got) != want {
		t.Errorf("Encode = %q, %v, want %q", got, err, want)
	}
}
