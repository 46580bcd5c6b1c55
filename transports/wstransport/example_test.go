package wstransport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

func Example() {
	var echo core.Handler = &linktest.Handler{} // a core.Server in real life
	handler := wstransport.NewHandler(echo, wstransport.Origins("https://app.example.com"))
	mux := http.NewServeMux()
	mux.Handle("/__rpc/", handler)
	srv := httptest.NewServer(mux)
	defer srv.Close()

	t, err := wstransport.New(srv.URL, core.Target{Binding: "ROOM", Instance: "1"}, wstransport.ClientID("user-1"))
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
	fmt.Println(t.Close(core.CloseNormal, "done"), handler.Shutdown(context.Background()))
	// Output:
	// hello
	// <nil> <nil>
}
