// Package server is around the routes of a server.
package server

import (
	"net/http"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/httptransport"
	"github.com/millrace/millrace/transports/wstransport"
	"github.com/millrace/millrace/web"
)

func routes(srv *core.Server) http.Handler {
	sockets, posts := wstransport.NewHandler(srv), httptransport.NewHandler(srv)
	//BLOCK
	return mux
}

var _ = routes
