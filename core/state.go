package core

import (
	"context"
	"log/slog"
	"net/http"
)

// State is what an object knows of its surroundings. Its factory gets it and the
// object keeps it. It may be used from any goroutine, and stays the same when the object is
// evicted and made again.
type State struct{ obj *object }

// Target is the object's own name.
func (st *State) Target() Target { return st.obj.target() }

// Env leads to the other objects of the server.
func (st *State) Env() *Env { return st.obj.bind.srv.env }

// Sockets returns the open connections with a tag, in order of their opening. A
// connection's tag is its client id; the form "rpc:<id>" finds the same. The empty tag
// returns all connections, those without a client id too.
func (st *State) Sockets(tag string) []*Socket { return st.obj.sockets.tagged(tag) }

// Tags returns the distinct tags of the open connections, sorted.
func (st *State) Tags() []string { return st.obj.sockets.tags() }

// Logger is the server's logger, with the object's name.
func (st *State) Logger() *slog.Logger {
	return st.obj.bind.srv.logger.With(slog.String("object", st.obj.target().String()))
}

// HTTPObject is implemented by objects that answer plain HTTP requests on routes of their
// own; see [Server.ServeObject]. A request counts as one call: the object's turn is
// held until the method returns.
type HTTPObject interface {
	ServeObjectHTTP(w http.ResponseWriter, r *http.Request)
}

// MessageObject is implemented by objects that take the messages of their
// connections that are no RPC: any bytes and text that the protocol does not know. They
// are calls like others, one at a time.
type MessageObject interface {
	HandleMessage(ctx context.Context, s *Socket, m Message)
}

// SocketOpener is implemented by objects that want to know of each new connection,
// before its first message.
type SocketOpener interface {
	SocketOpened(ctx context.Context, s *Socket)
}

// SocketCloser is implemented by objects that want to know of each connection
// that ended. The socket is in no list any more.
type SocketCloser interface {
	SocketClosed(ctx context.Context, s *Socket, c CloseInfo)
}

// optionalMethods are the methods of the interfaces above: the server calls them, clients never.
var optionalMethods = map[string]bool{
	"ServeObjectHTTP": true, "HandleMessage": true, "SocketOpened": true, "SocketClosed": true, "CloneSpecial": true,
}
