package main

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/millrace/millrace/cmd/host/internal/config"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/builtin"
	"github.com/millrace/millrace/internal/fixture"
	"github.com/millrace/millrace/internal/room"
	"github.com/millrace/millrace/internal/webserver"
	"github.com/millrace/millrace/transports/httptransport"
	"github.com/millrace/millrace/transports/wstransport"
	"github.com/millrace/millrace/web"
)

// host is a server with everything that listens for it.
type host struct {
	logger *slog.Logger
	server *core.Server
	rpc    *wstransport.Handler // below rpcPrefix
	own    *wstransport.Handler // on the objects' own paths
	web    *webserver.Server
	page   page
}

func newHost(cfg config.Config, logger *slog.Logger) (*host, error) {
	h := &host{logger: logger, page: page{Fixture: cfg.Fixture}}
	codecs := builtin.Codecs()
	options := []core.ServerOption{core.WithCodecs(codecs[1:]...), core.WithLimits(cfg.Limits), core.WithLogger(logger)}
	if cfg.AllowAnonymousClientIDs {
		options = append(options, core.AllowAnonymousClientID())
	}
	var err error
	if h.server, err = core.NewServer(codecs[0], options...); err != nil {
		return nil, err
	}
	register := room.Register
	if cfg.Fixture {
		register = fixture.Register
	}
	if err := register(h.server); err != nil {
		return nil, err
	}
	guard, origins, err := trust(cfg.Origins)
	if err != nil {
		return nil, err
	}
	socket := []wstransport.HandlerOption{
		wstransport.Origins(cfg.Origins...), wstransport.Limits(cfg.Limits), wstransport.Logger(logger),
	}
	h.rpc = wstransport.NewHandler(h.server, socket...)
	h.own = wstransport.NewHandler(h.server, append(socket, wstransport.Route(ownSocket))...)
	var handler http.Handler = &routes{
		host:   h,
		client: web.Handler(),
		post:   httptransport.NewHandler(h.server, httptransport.Origins(origins...), httptransport.Limits(cfg.Limits)),
		object: guard.Handler(http.HandlerFunc(h.serveObject)),
	}
	if !cfg.AllowAnyAddress {
		handler = webserver.Local(cfg.Addr, handler)
	}
	h.web = webserver.New(handler, cfg.Limits, logger, h.server.Shutdown, h.rpc.Shutdown, h.own.Shutdown)
	if cfg.AllowAnonymousClientIDs {
		logger.Info("clients may come under any client id, and nobody checks whether it is theirs")
	}
	if cfg.AllowAnyAddress {
		logger.Warn("other machines may connect, and nobody is asked who he is")
	}
	return h, nil
}

// announce takes the address that the system gave.
func (h *host) announce(addr net.Addr) {
	h.page.Addr = addr.String()
	what := "rooms"
	if h.page.Fixture {
		what = "the fixture"
	}
	h.logger.Info("serving "+what, "addr", addr.String())
}
