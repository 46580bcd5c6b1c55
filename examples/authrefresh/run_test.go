package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/internal/sitetest"
	"github.com/millrace/millrace/transports/wstransport"
)

// client leaves no connection behind.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func TestRun_Help(t *testing.T) {
	t.Parallel()
	sitetest.Help(t, run, "Usage: authrefresh [flags]", "-addr host:port", `"127.0.0.1:8788"`, "-log-level level",
		"-token-lifetime time", "at least 4s", "-session-lifetime time", "sign in as ann")
}

func TestRun_Lifetimes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"short-token", []string{"--token-lifetime", "3s"}, "--token-lifetime 3s is less than 4s"},
		{"short-session", []string{"--session-lifetime", "10s"}, "--session-lifetime 10s is less than --token-lifetime 30s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := sitetest.Run(t, run, tt.args...)
			if want := "authrefresh: " + tt.want + "\n  authrefresh --help shows the flags\n"; code != 2 || stdout != "" || stderr != want {
				t.Errorf("it ended with %d and said %q and %q, want 2 and %q", code, stdout, stderr, want)
			}
		})
	}
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

// post sends a request of a page of some origin.
func post(t *testing.T, url, origin, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

// Over a WebSocket a token opens its owner's account; a call by POST, which has none, is refused, and so
// are pages of other origins. The log has no token.
func TestRun_SignInAndCall(t *testing.T) {
	t.Parallel()
	var log sitetest.Buffer
	addr, _ := sitetest.Start(t, run, &log, "--log-level", "debug")
	const ann = `{"user":"ann","password":"ann"}`
	if status, text := post(t, "http://"+addr+"/auth/login", "https://evil.example", ann); status != http.StatusForbidden {
		t.Errorf("a login from another origin: %d %s", status, text)
	}
	status, text := post(t, "http://"+addr+"/auth/login", "http://"+addr, ann)
	var in signedIn
	if err := json.Unmarshal([]byte(text), &in); err != nil || status != http.StatusOK || in.User != "ann" {
		t.Fatalf("login: %d %s, %v", status, text, err)
	}
	for _, path := range []string{"/__rpc/ACCOUNT/ann/call", "/__rpc/ACCOUNT/ann/call?token=" + in.Token} {
		if status, text := post(t, "http://"+addr+path, "http://"+addr, `{"json":{"batch":[]},"meta":{}}`); status != http.StatusUnauthorized {
			t.Errorf("a call by POST: %d %s", status, text)
		}
	}
	for token, code := range map[string]core.Code{in.Token: "", in.Token + "x": core.CodeUnauthenticated} {
		tr, err := wstransport.New("ws://"+addr, core.Target{Binding: accountBinding, Instance: "ann"},
			wstransport.ClientID("ann"), wstransport.Protocols(offering(func() (string, error) { return token, nil })))
		if err != nil {
			t.Fatal(err)
		}
		c, err := core.NewClient(tr, lmzcodec.New())
		if err != nil {
			t.Fatal(err)
		}
		who, err := core.Call[Who](t.Context(), c, "whoAmI")
		if core.CodeOf(err) != code || err == nil && (who.User != "ann" || !who.Expires.Equal(in.ExpiresAt)) {
			t.Errorf("whoAmI = %+v, %v, want the code %q", who, err, code)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if log := log.String(); log == "" || strings.Contains(log, in.Token[strings.LastIndex(in.Token, "."):]) {
		t.Errorf("the log has a token, or nothing:\n%s", log)
	}
}
