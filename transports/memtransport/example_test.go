package memtransport_test

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/memtransport"
)

func Example() {
	echo := &linktest.Handler{}
	t, err := memtransport.New(echo, core.Target{Binding: "ROOM", Instance: "1"}, memtransport.ClientID("user-1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	got := make(chan string)
	t.SetMessageHandler(func(m core.Message) bool { got <- string(m.Data); return true })
	if _, err := t.Send(context.Background(), core.Message{Data: []byte("hello")}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-got)
	fmt.Println(t.Close(core.CloseNormal, "done"))
	// Output:
	// hello
	// <nil>
}
