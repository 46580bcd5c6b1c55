package clone_test

import (
	"reflect"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

func TestConvert(t *testing.T) {
	t.Parallel()
	five := 5
	doc := parsed(t, 7.0)
	type point struct{ X, Y int }
	tests := []struct {
		name string
		src  any
		want any
	}{
		{"assignable", &five, &five},
		{"int to float", 5, 5.0},
		{"float to int", 5.0, 5},
		{"int64 to uint8", int64(255), uint8(255)},
		{"uint64 to int64", uint64(5), int64(5)},
		{"float32 to float64", float32(0.5), 0.5},
		{"node", doc.Root(), 7},
		{"struct to map", point{1, 2}, map[string]int{"X": 1, "Y": 2}},
		{"map to struct", map[string]any{"X": 1, "Y": 2.0}, point{1, 2}},
		{"bytes to array", []byte{1, 2}, [2]byte{1, 2}},
		{"string to text", "x", upper("X")},
		{"nil to map", nil, map[string]int(nil)},
		{"nil to any slice", nil, []any(nil)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dst := reflect.New(reflect.TypeOf(tt.want))
			if err := clone.Convert(tt.src, dst.Interface(), clone.EncodeOptions{}, clone.BuildOptions{}); err != nil {
				t.Fatal(err)
			}
			if got := dst.Elem().Interface(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Convert = %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestConvert_Refuses(t *testing.T) {
	t.Parallel()
	n := 7
	for name, tt := range map[string]struct {
		src, dst any
		code     fault.Code
	}{
		"nil to int":       {nil, &n, fault.CodeMismatch},
		"fraction to int":  {1.5, &n, fault.CodeMismatch},
		"large to int8":    {300, new(int8), fault.CodeMismatch},
		"large to float":   {1<<53 + 1, new(float64), fault.CodeMismatch},
		"string to int":    {"1", &n, fault.CodeMismatch},
		"number to text":   {1, new(upper), fault.CodeMismatch},
		"zero node":        {clone.Node{}, &n, fault.CodeMismatch},
		"channel":          {make(chan int), &n, fault.CodeUnencodable},
		"no pointer":       {1, 1, fault.CodeConfig},
		"nil pointer":      {1, (*int)(nil), fault.CodeConfig},
		"deeper than deep": {[][]int{{1}}, new([1][1]int8), fault.CodeLimit},
	} {
		o := clone.EncodeOptions{Limits: fault.Limits{ValueDepth: 1}}
		if err := clone.Convert(tt.src, tt.dst, o, clone.BuildOptions{}); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: Convert = %v, want code %q", name, err, tt.code)
		}
	}
	if n != 7 {
		t.Errorf("the destination became %d", n)
	}
}
