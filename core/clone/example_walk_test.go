package clone_test

import (
	"fmt"

	"github.com/millrace/millrace/core/clone"
)

// A walk tells a writer what it meets; the second occurrence of a pointer is a Ref.
func ExampleWalk() {
	type item struct {
		ID int `json:"id"`
	}
	one := &item{1}
	var w recorder
	if err := clone.Walk([]*item{one, one}, &w, clone.EncodeOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.b.String())
	// Output: [2 #0 {1 id: 1 } @0 }
}
