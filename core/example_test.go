package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/transports/memtransport"
)

// ChatRoom is the object that the examples call.
type ChatRoom struct {
	state    *core.State
	messages []string
}

// Posted is what posting a message returns.
type Posted struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
}

// PostMessage keeps a message and tells one user of it.
func (r *ChatRoom) PostMessage(ctx context.Context, text string) (Posted, error) {
	if text == "" {
		return Posted{}, value.NewError("ValidationError", "a message needs a text")
	}
	r.messages = append(r.messages, text)
	posted := Posted{ID: len(r.messages), Text: text}
	_, err := core.SendDownstream(ctx, r.state, []string{"user-123"}, posted)
	return posted, err
}

// Count is the number of messages.
func (r *ChatRoom) Count() int { return len(r.messages) }

// Repeat repeats a text.
func (r *ChatRoom) Repeat(text string, n int) string { return strings.Repeat(text, n) }

// Greeter returns a function.
func (r *ChatRoom) Greeter(greeting string) any {
	return func(name string) string { return greeting + ", " + name + "!" }
}

// dial returns a client of a new server with one chat room.
func dial(opts ...core.ClientOption) *core.Client {
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
	if err != nil {
		log.Fatal(err)
	}
	err = srv.Register("CHAT_ROOM", func(st *core.State) (any, error) { return &ChatRoom{state: st}, nil })
	if err != nil {
		log.Fatal(err)
	}
	target := core.Target{Binding: "CHAT_ROOM", Instance: "room-123"}
	t, err := memtransport.New(srv, target, memtransport.ClientID("user-123"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := core.NewClient(t, lmzcodec.New(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func ExampleCall() {
	client := dial()
	defer client.Close()
	ctx := context.Background()

	posted, err := core.Call[Posted](ctx, client, "postMessage", "Hello!")
	fmt.Println(posted.ID, posted.Text, err)

	// What a method throws is a *value.Error; what Millrace reports is a *core.Error.
	_, err = core.Call[Posted](ctx, client, "postMessage", "")
	if thrown, ok := errors.AsType[*value.Error](err); ok {
		fmt.Println(thrown.Name)
	}
	_, err = core.Call[Posted](ctx, client, "postMesage", "Hello!")
	fmt.Println(core.CodeOf(err))
	// Output:
	// 1 Hello! <nil>
	// ValidationError
	// unknown-member
}

func ExampleClient_Call() {
	client := dial()
	defer client.Close()
	ctx := context.Background()

	// Nothing is sent before Await; the inner call runs on the server, in the same round trip.
	n := client.Call("count")
	line, err := client.Call("repeat", "-", client.Call("count")).Await(ctx)
	fmt.Printf("%q %v\n", line, err)

	count, err := core.Await[int](ctx, n)
	fmt.Println(count, err)
	// Output:
	// "" <nil>
	// 0 <nil>
}

func ExampleClient_Batch() {
	client := dial()
	defer client.Close()
	ctx := context.Background()

	first, second, count := client.Call("postMessage", "one"), client.Call("postMessage", ""), client.Call("count")
	if err := client.Batch(ctx, first, second, count); err != nil {
		fmt.Println("not answered:", err)
		return
	}
	_, err := second.Await(ctx)
	fmt.Println(err)
	n, err := core.Await[int](ctx, count)
	fmt.Println(n, err)
	// Output:
	// ValidationError: a message needs a text
	// 1 <nil>
}

func ExampleBind() {
	client := dial()
	defer client.Close()

	var room struct {
		PostMessage func(ctx context.Context, text string) (Posted, error)
		Count       func(ctx context.Context) (int, error)
	}
	if err := core.Bind(client, &room); err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	posted, err := room.PostMessage(ctx, "typed")
	fmt.Println(posted.Text, err)
	n, err := room.Count(ctx)
	fmt.Println(n, err)
	// Output:
	// typed <nil>
	// 1 <nil>
}

func ExampleOnDownstream() {
	heard := make(chan Posted)
	client := dial(core.OnDownstream(func(_ context.Context, p Posted) { heard <- p }))
	defer client.Close()

	if _, err := core.Call[struct{}](context.Background(), client, "postMessage", "to everybody"); err != nil {
		fmt.Println(err)
	}
	fmt.Println((<-heard).Text)
	// Output: to everybody
}

func ExampleCallable() {
	client := dial()
	defer client.Close()
	ctx := context.Background()

	greet, err := core.Call[func(ctx context.Context, name string) (string, error)](ctx, client, "greeter", "Hello")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := greet(ctx, "Ann")
	fmt.Println(text, err)
	// Output: Hello, Ann! <nil>
}

func ExampleRegistry() {
	var modules core.Registry
	lmz := core.Module{
		Info:  core.ModuleInfo{Kind: core.KindCodec, Name: "lmz", Version: "1", Origin: "builtin"},
		Codec: func(core.Limits) (core.Codec, error) { return lmzcodec.New(), nil },
	}
	fmt.Println(modules.Add(lmz))
	_, err := modules.Lookup(core.KindCodec, "xml")
	fmt.Println(err)
	// Output:
	// <nil>
	// core: no codec named "xml" is registered; there are: lmz
}
