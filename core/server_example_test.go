package core_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/memtransport"
)

// Counter counts, and knows the other objects of its server.
type Counter struct {
	Env *core.Env `json:"env"` // reachable as env
	n   int
}

// Increment adds one, or by.
func (c *Counter) Increment(by ...int) int {
	if len(by) == 0 {
		by = []int{1}
	}
	c.n += by[0]
	return c.n
}

// IncrementBoth counts here and at another counter.
func (c *Counter) IncrementBoth(ctx context.Context, other string) (any, error) {
	c.n++
	counters, err := c.Env.Binding("COUNTER")
	if err != nil {
		return nil, err
	}
	return counters.GetByName(other).Call(ctx, "increment", 10)
}

// Cursor is exposed: its methods travel as functions.
type Cursor struct {
	At int `json:"at"`
}

// Next is the cursor after this one.
func (c *Cursor) Next() any { return core.Expose(&Cursor{c.At + 1}) }

// Cursor starts at a place.
func (c *Counter) Cursor(at int) any { return core.Expose(&Cursor{at}) }

func counterServer(opts ...core.ServerOption) *core.Server {
	srv, err := core.NewServer(lmzcodec.New(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	err = srv.Register("COUNTER", func(st *core.State) (any, error) { return &Counter{Env: st.Env()}, nil })
	if err != nil {
		log.Fatal(err)
	}
	return srv
}

func counter(srv *core.Server, name string, opts ...memtransport.Option) *core.Client {
	t, err := memtransport.New(srv, core.Target{Binding: "COUNTER", Instance: name}, opts...)
	if err != nil {
		log.Fatal(err)
	}
	client, err := core.NewClient(t, lmzcodec.New())
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func ExampleServer_Register() {
	srv := counterServer()
	a, b := counter(srv, "a"), counter(srv, "b")
	defer a.Close()
	defer b.Close()
	ctx := context.Background()

	// Each name is an object of its own.
	fmt.Println(core.Call[int](ctx, a, "increment"))
	fmt.Println(core.Call[int](ctx, a, "increment", 5))
	fmt.Println(core.Call[int](ctx, b, "increment"))
	// Output:
	// 1 <nil>
	// 6 <nil>
	// 1 <nil>
}

func ExampleHandle_Call() {
	client := counter(counterServer(), "a")
	defer client.Close()
	ctx := context.Background()

	fmt.Println(core.Call[int](ctx, client, "incrementBoth", "b"))
	// The same step, taken from afar.
	fmt.Println(core.Await[int](ctx, client.Get("env").Get("COUNTER").Call("getByName", "b").Call("increment")))
	// Output:
	// 10 <nil>
	// 11 <nil>
}

func ExampleExpose() {
	client := counter(counterServer(), "a")
	defer client.Close()
	ctx := context.Background()

	cursor, err := core.Call[struct {
		At   int                                        `json:"at"`
		Next func(ctx context.Context) (*Cursor, error) `json:"next"`
	}](ctx, client, "cursor", 7)
	fmt.Println(cursor.At, err)
	next, err := cursor.Next(ctx)
	fmt.Println(next.At, err)
	// Output:
	// 7 <nil>
	// 8 <nil>
}

func ExampleWithAuthorizer() {
	srv := counterServer(core.WithAuthorizer(func(ctx context.Context, hs core.Handshake) (core.Identity, error) {
		if slices.Contains(hs.Protocols, "token.of-alice") {
			return core.Identity{Subject: "alice"}, nil
		}
		return core.Identity{}, fmt.Errorf("unknown token")
	}))
	token := func(t string) memtransport.Option {
		return memtransport.Protocols(func(context.Context) ([]string, error) { return []string{"token." + t}, nil })
	}
	ctx := context.Background()
	for _, opts := range [][]memtransport.Option{
		{token("of-alice"), memtransport.ClientID("alice")},
		{token("of-alice"), memtransport.ClientID("bob")},
		{token("of-nobody")},
	} {
		client := counter(srv, "a", opts...)
		n, err := core.Call[int](ctx, client, "increment")
		fmt.Printf("%d %q\n", n, core.CodeOf(err))
		client.Close()
	}
	// Output:
	// 1 ""
	// 0 "forbidden"
	// 0 "unauthenticated"
}
