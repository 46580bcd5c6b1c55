// Command server serves rooms: whoever is in one hears what is posted there. Its clients
// are Go programs, such as the client beside it, browsers and curl.
//
//	go run ./quickstart/server
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/httptransport"
	"github.com/millrace/millrace/transports/wstransport"
)

// Message is what somebody posted. Its tags are its names on the wire.
type Message struct {
	ID   int64  `millrace:"id"` // grows, also over a restart of the server
	From string `millrace:"from"`
	Text string `millrace:"text"`
}

// Room is any Go value: its exported methods can be called from afar, one call at a time.
type Room struct {
	state    *core.State
	messages []Message // the last 1,000
	last     int64
}

// Post keeps a text, sends it to everybody in the room, and returns its number.
func (r *Room) Post(ctx context.Context, text string) (int64, error) {
	if text == "" {
		return 0, errors.New("the text is empty") // reaches the caller as an Error
	}
	r.last = max(r.last+1, time.Now().UnixMilli())
	m := Message{r.last, core.HandshakeFrom(ctx).ClientID, text}
	r.messages = append(r.messages[max(len(r.messages)-999, 0):], m)
	_, err := core.SendDownstream(ctx, r.state, r.state.Tags(), m)
	return m.ID, err
}

// Since returns what came after the message with that number: for those who were away.
func (r *Room) Since(id int64) []Message {
	i := len(r.messages)
	for i > 0 && r.messages[i-1].ID > id {
		i--
	}
	return append([]Message{}, r.messages[i:]...)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8787", "`host:port` to listen on; port 0 is any free one")
	flag.Parse()
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID()) // anybody may be anybody
	check(err)
	check(srv.Register("ROOM", func(st *core.State) (any, error) { return &Room{state: st}, nil }))

	sockets, posts := wstransport.NewHandler(srv), httptransport.NewHandler(srv)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wstransport.IsUpgrade(r) {
				sockets.ServeHTTP(w, r)
			} else {
				posts.ServeHTTP(w, r)
			}
		})}
	l, err := net.Listen("tcp", *addr)
	check(err)
	fmt.Printf("listening on http://%s\n", l.Addr())
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()

	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	<-interrupted.Done()
	stop() // a second Ctrl-C kills
	// Running calls get their answers, and clients are told to come back later.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	check(errors.Join(sockets.Shutdown(ctx), srv.Shutdown(ctx), server.Shutdown(ctx)))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
