// Command client posts in a room what it reads, line by line, and prints what it hears. It
// comes back by itself when the server was away, and then asks for what it missed.
//
//	go run ./quickstart/client ann
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
)

// Message is what the server's rooms send, as far as this program needs it.
type Message struct {
	ID   int64  `millrace:"id"`
	From string `millrace:"from"`
	Text string `millrace:"text"`
}

func main() {
	server := flag.String("server", "ws://127.0.0.1:8787", "`URL` of the server")
	room := flag.String("room", "lobby", "`name` of the room; every name is one")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: client [flags] NAME\n\nNAME is under which the others hear you. Type lines to post them.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}

	t, err := wstransport.New(*server, core.Target{Binding: "ROOM", Instance: *room}, wstransport.ClientID(flag.Arg(0)))
	check(err)
	var client *core.Client
	var last int64               // number of the last message shown
	shown := make(chan int64, 1) // the same, for those who wait for it
	show := func(_ context.Context, m Message) {
		if m.ID > last {
			last = m.ID
			fmt.Printf("%s: %q\n", m.From, m.Text)
			select {
			case <-shown:
			default:
			}
			shown <- last
		}
	}
	client, err = core.NewClient(t, lmzcodec.New(),
		// It keeps the connection alive, and takes turns with OnReconnect: no lock for last.
		core.OnDownstream(show),
		core.OnClose(func(_ context.Context, c core.CloseInfo) bool {
			fmt.Printf("(connection lost: %d; connecting again)\n", c.Code)
			return true // false would end the attempts
		}),
		core.OnReconnect(func(ctx context.Context) error {
			fmt.Println("(connected again)")
			missed, err := core.Call[[]Message](ctx, client, "since", last)
			for _, m := range missed {
				show(ctx, m)
			}
			return err
		}))
	check(err)
	check(client.Connect(context.Background())) // calls connect too; this is to find out early
	fmt.Println("(connected)")

	var posted int64
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if posted, err = core.Call[int64](context.Background(), client, "post", lines.Text()); err != nil {
			fmt.Printf("(not posted: %v)\n", err)
		}
	}
	for posted > 0 && <-shown < posted { // it was sent here before it was answered
	}
	check(errors.Join(lines.Err(), client.Close()))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
