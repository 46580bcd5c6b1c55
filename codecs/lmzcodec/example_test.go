package lmzcodec_test

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
)

// A value that occurs twice is written once, and is one again when it is read.
func ExampleCodec_Encode() {
	type user struct {
		Name string    `json:"name"`
		Born time.Time `json:"born"`
	}
	ada := &user{"Ada", time.Date(1815, 12, 10, 0, 0, 0, 0, time.UTC)}
	data, err := lmzcodec.New().Encode(nil, []*user{ada, ada}, clone.EncodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))
	// Output: {"json":[{"$ref":0},{"$ref":0}],"meta":{"aliases":{"0":{"name":"Ada","born":{"$type":"date","iso":"1815-12-10T00:00:00.000Z"}}}}}
}

// A document is read once and built into whatever Go type is asked for.
func ExampleCodec_Parse() {
	doc, err := lmzcodec.New().Parse([]byte(`{"json":{"total":{"$type":"bigint","value":"9007199254740993"}},"meta":{}}`), clone.ParseOptions{})
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
