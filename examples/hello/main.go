// Command hello is the smallest whole: a server with one kind of object, and a
// client that calls it and hears what it sends.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
)

// Room is any Go value: its exported methods can be called from afar.
type Room struct {
	state *core.State
	posts []string
}

// Post keeps a text and tells everybody in the room.
func (r *Room) Post(ctx context.Context, text string) (int, error) {
	r.posts = append(r.posts, text)
	_, err := core.SendDownstream(ctx, r.state, r.state.Tags(), text)
	return len(r.posts), err
}

func main() {
	// The server: one live Room for each name that somebody asks for.
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
	check(err)
	check(srv.Register("ROOM", func(st *core.State) (any, error) { return &Room{state: st}, nil }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go http.Serve(l, wstransport.NewHandler(srv))

	// The client: it connects when it is first used, and again whenever the connection is lost.
	t, err := wstransport.New("ws://"+l.Addr().String(), core.Target{Binding: "ROOM", Instance: "lobby"}, wstransport.ClientID("ann"))
	check(err)
	heard := make(chan string, 1)
	client, err := core.NewClient(t, lmzcodec.New(),
		core.OnDownstream(func(_ context.Context, text string) { heard <- text }))
	check(err)
	defer client.Close()

	posts, err := core.Call[int](context.Background(), client, "post", "Hello!")
	check(err)
	fmt.Println("posts:", posts)
	fmt.Println("heard:", <-heard)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
