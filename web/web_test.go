package web_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/web"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	h := web.Handler()
	get := func(method, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, web.ClientPath, nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	first := get(http.MethodGet, "")
	if first.Code != http.StatusOK || !bytes.Equal(first.Body.Bytes(), web.Client()) {
		t.Errorf("GET: %d, %d bytes, want the client", first.Code, first.Body.Len())
	}
	if got := first.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/javascript") {
		t.Errorf("content type %q: no browser runs that as a module", got)
	}
	tag := first.Header().Get("Etag")
	if again := get(http.MethodGet, tag); again.Code != http.StatusNotModified || tag == "" {
		t.Errorf("GET with the tag %q: %d, want 304", tag, again.Code)
	}
	if head := get(http.MethodHead, ""); head.Code != http.StatusOK || head.Body.Len() != 0 {
		t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
	}
	if post := get(http.MethodPost, ""); post.Code != http.StatusMethodNotAllowed || post.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, %v", post.Code, post.Header())
	}
}
