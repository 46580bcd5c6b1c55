package clone_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

type upper string

func (u *upper) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("it is empty")
	}
	if string(text) == "panic" {
		panic("as asked")
	}
	*u = upper(bytes.ToUpper(text))
	return nil
}

func TestBuild_Misfits(t *testing.T) {
	t.Parallel()
	type user struct {
		Name string `json:"name"`
		Ages []int8 `json:"ages"`
	}
	type args struct {
		User user           `json:"user"`
		Map  map[string]int `json:"map"`
		Keys map[int]string `json:"keys"`
		Pair [2]int         `json:"pair"`
	}
	type hidden struct{ *inner }
	set := value.NewSet("a", 1.0)
	tests := []struct {
		name string
		in   any
		dst  any // a pointer
		want string
	}{
		{"path", object("user", object("name", 1.0)), &args{}, "user.name: number does not fit string"},
		{"path in a slice", object("user", object("ages", array(1.0, 128.0))), &args{}, "user.ages[1]: number 128 does not fit int8"},
		{"path in a map", object("map", object("a b", "x")), &args{}, `map["a b"]: string does not fit int`},
		{"path with an empty key", object("map", object("", "x")), &args{}, `map[""]: string does not fit int`},
		{"path with a long key", object("map", object(strings.Repeat("k", 99), "x")), &args{}, `map["` + strings.Repeat("k", 64) + `..."]: string does not fit int`},
		{"key", object("keys", object("x", "")), &args{}, `keys.x: the key does not fit int`},
		{"key that is not canonical", object("keys", object("01", "")), &args{}, `keys["01"]: the key does not fit int`},
		{"unsigned key", object("-1", ""), &map[uint]string{}, `["-1"]: the key does not fit uint`},
		{"array of another length", object("pair", array(1.0)), &args{}, "pair: an array of 1 does not fit [2]int"},
		{"in the root", array(1.0), new(string), "array does not fit string"},
		{"fraction", 1.5, new(int), "number 1.5 does not fit int"},
		{"nan", math.NaN(), new(int64), "number NaN does not fit int64"},
		{"2^63", math.Exp2(63), new(int64), "number 9.223372036854776e+18 does not fit int64"},
		{"2^64", math.Exp2(64), new(uint64), "number 1.8446744073709552e+19 does not fit uint64"},
		{"2^53", math.Exp2(53), new(int64), "number 9.007199254740992e+15 does not fit int64"},
		{"-2^53", -math.Exp2(53), new(int), "number -9.007199254740992e+15 does not fit int"},
		{"2^53 unsigned", math.Exp2(53), new(uint64), "number 9.007199254740992e+15 does not fit uint64"},
		{"negative", -1.0, new(uint), "number -1 does not fit uint"},
		{"too large for uint8", 256.0, new(uint8), "number 256 does not fit uint8"},
		{"float32 overflow", 1e300, new(float32), "number 1e+300 does not fit float32"},
		{"bigint", new(big.Int).Lsh(big.NewInt(1), 63), new(int64), "bigint 9223372036854775808 does not fit int64"},
		{"bigint in int8", big.NewInt(200), new(int8), "bigint 200 does not fit int8"},
		{"bigint in uint8", big.NewInt(256), new(uint8), "bigint 256 does not fit uint8"},
		{"negative bigint", big.NewInt(-1), new(uint64), "bigint -1 does not fit uint64"},
		{"huge bigint", new(big.Int).Lsh(big.NewInt(1), 999), new(int), "bigint of more than 256 bits does not fit int"},
		{"inexact bigint", big.NewInt(1<<53 + 1), new(float64), "bigint 9007199254740993 does not fit float64"},
		{"inexact bigint in float32", big.NewInt(1<<24 + 1), new(float32), "bigint 16777217 does not fit float32"},
		{"null in an int", nil, new(int), "null does not fit int"},
		{"undefined in a struct", value.Undefined{}, &args{}, "undefined does not fit"},
		{"null in a bool", nil, new(bool), "null does not fit bool"},
		{"date in a string", value.DateOf(0), new(string), "date does not fit string"},
		{"string in a time", "2025-01-01", new(time.Time), "string does not fit time.Time"},
		{"invalid date", value.InvalidDate(), new(time.Time), "an invalid date does not fit time.Time"},
		{"bigint from a fraction", 0.5, new(big.Int), "number 0.5 does not fit big.Int"},
		{"bigint from infinity", math.Inf(1), new(*big.Int), "number +Inf does not fit big.Int"},
		{"bigint from a string", "1", new(*big.Int), "string does not fit big.Int"},
		{"url", &value.URL{Href: "http://[::1"}, new(*url.URL), "missing ']' in host"},
		{"url from a string", "http://e.com", new(url.URL), "string does not fit url.URL"},
		{"header from an object", object(), new(http.Header), "object does not fit http.Header"},
		{"text", "", new(upper), "string does not fit clone_test.upper: it is empty"},
		{"text from a number", 1.0, new(upper), "number does not fit clone_test.upper"},
		{"key of text", object("", 1.0), new(map[time.Time]int), "the key does not fit time.Time"},
		{"strings from bytes", value.NewTypedArray([]byte{1}), new([]string), "typed array does not fit []string"},
		{"ints from a buffer", &value.ArrayBuffer{}, new([]int), "array buffer does not fit []int"},
		{"int8s from bytes", value.NewTypedArray([]uint8{200}), new([]int8), "[0]: number 200 does not fit int8"},
		{"ints from bigints", value.NewTypedArray([]uint64{math.MaxUint64}), new([]int), "[0]: bigint 18446744073709551615 does not fit int"},
		{"array from a typed array", value.NewTypedArray([]uint8{1}), new([2]byte), "typed array of 1 does not fit [2]uint8"},
		{"strings from a typed array", value.NewTypedArray([]uint8{1}), new([1]string), "typed array does not fit [1]string"},
		{"array from a buffer", &value.ArrayBuffer{}, new([2]byte), "array buffer of 0 bytes does not fit [2]uint8"},
		{"array from a number", 1.0, new([2]byte), "number does not fit [2]uint8"},
		{"slice from an object", object(), new([]any), "object does not fit []interface {}"},
		{"map from a number", 1.0, new(map[string]int), "number does not fit map[string]int"},
		{"map from an object", object("a", 1.0), new(map[bool]int), "object does not fit map[bool]int"},
		{"map with one key twice", value.NewMap(value.Entry{Key: 1.0, Value: "a"}, value.Entry{Key: big.NewInt(1), Value: "b"}), new(map[int]string), "[1]: two keys are one int"},
		{"map's key", value.NewMap(value.Entry{Key: "a", Value: 1.0}), new(map[int]int), "[a key]: string does not fit int"},
		{"map's value", value.NewMap(value.Entry{Key: 1.0, Value: "a"}), new(map[uint]int), "[1]: string does not fit int"},
		{"map's value under text", value.NewMap(value.Entry{Key: "k", Value: "a"}), new(map[any]int), `["k"]: string does not fit int`},
		{"map's value under an object", value.NewMap(value.Entry{Key: object(), Value: "a"}), new(map[any]int), "[a value]: string does not fit int"},
		{"set", set, new(map[string]struct{}), "[1][a key]: number does not fit string"},
		{"error from a string", "x", new(error), "string does not fit error"},
		{"interface", value.DateOf(0), new(io.Reader), "date does not fit io.Reader"},
		{"function", &value.Function{Name: "f"}, new(func()), "function does not fit func()"},
		{"channel", 1.0, new(chan int), "nothing fits chan int"},
		{"model", 1.0, new(*value.Object), "number does not fit *value.Object"},
		{"model by value", array(), new(value.Object), "array does not fit value.Object"},
		{"undefined from null", nil, new(value.Undefined), "null does not fit value.Undefined"},
		{"embedded pointer", object("deep", 1.0), &hidden{}, "deep: it lies behind a nil pointer to the unexported clone_test.inner"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, tt.in)
			before := fmt.Sprintf("%#v", reflect.ValueOf(tt.dst).Elem())
			err := doc.Build(doc.Root(), tt.dst, clone.BuildOptions{})
			if fault.CodeOf(err) != fault.CodeMismatch || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Build = %v, want %q", err, tt.want)
			}
			if after := fmt.Sprintf("%#v", reflect.ValueOf(tt.dst).Elem()); after != before {
				t.Errorf("the destination became %s", after)
			}
		})
	}
}
