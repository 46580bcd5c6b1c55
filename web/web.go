// Package web holds the browser client: one ES module, and its types, made from the
// sources beside it and committed, so that building and running need no Node.
package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"time"
)

// ClientPath is where programs of this module serve the client.
const ClientPath = "/__rpc/client.js"

//go:embed dist/client.js
var client []byte

// Client is the module's text. It must not be changed.
func Client() []byte { return client }

// Handler serves the client to GET and HEAD requests for any path. Browsers keep it,
// and ask each time whether there is a newer one.
func Handler() http.Handler {
	sum := sha256.Sum256(client)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			h.Set("Content-Type", "text/plain;charset=UTF-8")
			w.WriteHeader(http.StatusMethodNotAllowed)
			_, _ = w.Write([]byte("Method not allowed")) // the client is gone when it fails
			return
		}
		h.Set("Content-Type", "text/javascript;charset=UTF-8")
		h.Set("Cache-Control", "no-cache")
		h.Set("Etag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(client))
	})
}
