package ungapcodec_test

import (
	"fmt"
	"math"
	"time"

	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
)

// A value that occurs twice has one record, and so has every string.
func ExampleCodec_Encode() {
	type user struct {
		Name string    `json:"name"`
		Born time.Time `json:"born"`
	}
	ada := &user{"Ada", time.Date(1815, 12, 10, 0, 0, 0, 0, time.UTC)}
	data, err := ungapcodec.New().Encode(nil, []*user{ada, ada}, clone.EncodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))
	// Output: [[1,[1,1]],[2,[[2,3],[4,5]]],[0,"name"],[0,"Ada"],[0,"born"],[3,"1815-12-10T00:00:00.000Z"]]
}

// A document is read once and built into whatever Go type is asked for.
func ExampleCodec_Parse() {
	doc, err := ungapcodec.New().Parse([]byte(`[[2,[[1,2]]],[0,"total"],[8,"9007199254740993"]]`), clone.ParseOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var order struct {
		Total int64 `json:"total"`
	}
	if err := doc.Build(doc.Root(), &order, clone.BuildOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Total)
	// Output: 9007199254740993
}

// Peers that are the bare npm package know no marker objects.
func ExamplePlain() {
	for _, c := range []*ungapcodec.Codec{ungapcodec.New(), ungapcodec.New(ungapcodec.Plain())} {
		data, err := c.Encode(nil, math.NaN(), clone.EncodeOptions{})
		fmt.Println(string(data), err)
	}
	// Output:
	// [[2,[[1,2],[3,4]]],[0,"__isSpecialNumber"],[0,true],[0,"value"],[0,"NaN"]] <nil>
	// [[0,null]] <nil>
}
