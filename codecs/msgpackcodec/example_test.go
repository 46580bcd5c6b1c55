package msgpackcodec_test

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
)

// A value that occurs twice is written once, and is one again when it is read.
func ExampleCodec_Encode() {
	type user struct {
		Name string    `json:"name"`
		Born time.Time `json:"born"`
	}
	ada := &user{"Ada", time.UnixMilli(0)}
	data, err := msgpackcodec.New().Encode(nil, []*user{ada, ada}, clone.EncodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%x\n", data)
	// Output: d44d119282a46e616d65a3416461a4626f726ed7050000000000000000d40301
}

// A document is read once and built into whatever Go type is asked for.
func ExampleCodec_Parse() {
	doc, err := msgpackcodec.New().Parse([]byte("\xd4M\x10\x81\xa5total\xd7\x04\x00\x20\x00\x00\x00\x00\x00\x01"), clone.ParseOptions{})
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
