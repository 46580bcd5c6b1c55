package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/millrace/millrace/examples/internal/sitetest"
)

// client leaves no connection behind.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func TestRun_Help(t *testing.T) {
	t.Parallel()
	sitetest.Help(t, run, "Usage: notifications [flags]", "-addr host:port", `"127.0.0.1:8789"`, "-log-level level",
		"millrace-host listen --client-id ann ws://127.0.0.1:8789/__rpc/JOBS/office")
}

// Every file that the page refers to is served, and of its own server alone.
func TestRun_Page(t *testing.T) {
	t.Parallel()
	addr, _ := sitetest.Start(t, run, io.Discard)
	served := map[string]bool{}
	for paths := []string{"/"}; len(paths) > 0; paths = paths[1:] {
		path := paths[0]
		if served[path] {
			continue
		}
		served[path] = true
		resp, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || len(text) == 0 {
			t.Errorf("%s: %s, %d bytes, %v", path, resp.Status, len(text), err)
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="([^"#]+)"|from "([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			paths = append(paths, "/"+strings.TrimLeft(m[1]+m[2], "./"))
		}
	}
	for _, path := range []string{"/ui.css", "/app.js", "/style.css", "/__rpc/client.js"} {
		if !served[path] {
			t.Errorf("the page does not lead to %s", path)
		}
	}
}
