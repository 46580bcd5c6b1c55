// Package site is what the example servers have in common: a page with its files, the
// browser client, and the calls to a server's objects, served to this machine.
package site

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/webserver"
	"github.com/millrace/millrace/transports/httptransport"
	"github.com/millrace/millrace/transports/wstransport"
	"github.com/millrace/millrace/web"
)

// assets has what the pages share: ui.css.
//
//go:embed assets
var assets embed.FS

// policy lets a page load scripts, styles, images and connections from its own server
// alone; nothing inline, nothing framed.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Site is a server and the page that uses it.
type Site struct {
	Server *core.Server
	Pages  fs.FS                   // index.html and what it needs, served from / on
	Routes map[string]http.Handler // more of them, by the patterns of http.ServeMux
	Limits core.Limits
	Logger *slog.Logger
}

// Run serves on addr, which other machines must not reach, until ctx ends, and then drains. When
// clients can come, it prints one line to stdout.
func (s *Site) Run(ctx context.Context, addr string, stdout io.Writer) error {
	if err := webserver.Loopback(ctx, addr); err != nil {
		return errNotBegun{err}
	}
	sockets := wstransport.NewHandler(s.Server, wstransport.Limits(s.Limits), wstransport.Logger(s.Logger))
	web := webserver.New(webserver.Local(addr, s.handler(sockets)), s.Limits, s.Logger, s.Server.Shutdown, sockets.Shutdown)
	l, err := webserver.Listen(ctx, addr)
	if err != nil {
		return errNotBegun{err}
	}
	if _, err := fmt.Fprintf(stdout, "listening on http://%s\n", l.Addr()); err != nil {
		_ = l.Close() // nobody would know where it is
		return fmt.Errorf("standard output: %w", err)
	}
	return web.Run(ctx, l)
}

func (s *Site) handler(sockets http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(web.ClientPath, web.Handler())
	posts := httptransport.NewHandler(s.Server, httptransport.Limits(s.Limits))
	mux.HandleFunc("/__rpc/", func(w http.ResponseWriter, r *http.Request) {
		if wstransport.IsUpgrade(r) {
			sockets.ServeHTTP(w, r)
		} else {
			posts.ServeHTTP(w, r)
		}
	})
	guard := http.NewCrossOriginProtection()
	for pattern, h := range s.Routes {
		mux.Handle(pattern, guard.Handler(h))
	}
	mux.HandleFunc("/ui.css", page(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, assets, "assets/ui.css")
	}))
	mux.HandleFunc("/", page(http.FileServerFS(s.Pages).ServeHTTP))
	return mux
}

// page serves files to those who want to read them, under the policy.
func page(files http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		files(w, r)
	}
}
