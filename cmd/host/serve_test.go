package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/internal/builtin"
	"github.com/millrace/millrace/transports/wstransport"
	"github.com/millrace/millrace/web"
)

// fetch sends a request with a connection of its own.
func fetch(t *testing.T, method, url, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

// Each codec is spoken under its content type; what is not served is refused with the list.
func TestServe_PostInEveryCodec(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	type step struct {
		Type string `json:"type"`
		Key  string `json:"key,omitempty"`
		Args []int  `json:"args,omitempty"`
	}
	type item struct {
		ID         string `json:"id"`
		Operations []step `json:"operations"`
	}
	request := map[string]any{"batch": []item{{"x1", []step{{Type: "get", Key: "add"}, {Type: "apply", Args: []int{1, 2}}}}}}
	for _, codec := range builtin.Codecs() {
		kind := "application/vnd.millrace." + codec.Name()
		if !codec.Binary() {
			kind += "+json"
		}
		body, err := codec.Encode(nil, request, clone.EncodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		status, header, got := fetch(t, "POST", "http://"+addr+"/__rpc/EXAMPLE_DO/x/call", string(body), "Content-Type", kind)
		if status != http.StatusOK || header.Get("Content-Type") != kind {
			t.Errorf("%s: %d, %s", kind, status, header.Get("Content-Type"))
			continue
		}
		d, err := codec.Parse([]byte(got), clone.ParseOptions{})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if sum, _ := d.Root().Key("batch").Index(0).Key("result").Int(); sum != 3 {
			t.Errorf("%s: %q, want the result 3", kind, got)
		}
	}
	status, _, text := fetch(t, "POST", "http://"+addr+"/__rpc/EXAMPLE_DO/x/call", "x", "Content-Type", "application/vnd.millrace.cbor")
	if status != http.StatusUnsupportedMediaType || !strings.Contains(text, "msgpack") || !strings.Contains(text, "ungap") {
		t.Errorf("an unknown codec: %d %q, want 415 and the list", status, text)
	}
}

func TestServe_Routes(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture", "--origin", "https://app.example", "--origin", "https://*.wild.example")
	const add = `{"json":{"batch":[{"id":"x1","operations":[{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}]},"meta":{}}`
	const three = `{"json":{"batch":[{"id":"x1","success":true,"result":3}]},"meta":{}}`
	js := []string{"Content-Type", "application/json"}
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		want                     string
	}{
		{"post", "POST", "/__rpc/EXAMPLE_DO/x/call", add, js, 200, three},
		{"post-kebab", "POST", "/__rpc/example-do/x/call", add, js, 200, three},
		{"post-encoded-instance", "POST", "/__rpc/EXAMPLE_DO/a%2Fb%20c/call", add, js, 200, three},
		{"post-listed-origin", "POST", "/__rpc/EXAMPLE_DO/x/call", add, append([]string{"Origin", "https://app.example"}, js...), 200, three},
		{"post-other-origin", "POST", "/__rpc/EXAMPLE_DO/x/call", add, append([]string{"Origin", "https://evil.example"}, js...), 403, ""},
		{"get-call", "GET", "/__rpc/EXAMPLE_DO/x/call", "", nil, 405, "Method not allowed"},
		{"browser-client", "GET", "/__rpc/client.js", "", nil, 200, string(web.Client())},
		{"browser-client-post", "POST", "/__rpc/client.js", "{}", js, 405, "Method not allowed"},
		{"ping", "GET", "/ping", "", nil, 200, "pong from Worker"},
		{"ping-more", "GET", "/ping/x", "", nil, 200, "pong from Worker"},
		{"own-http", "GET", "/example-do/own/increment", "", nil, 200, "1"},
		{"own-http-original", "GET", "/EXAMPLE_DO/own2/other", "", nil, 200, "original"},
		{"own-http-encoded", "GET", "/EXAMPLE_DO/a%2Fb/increment", "", nil, 200, "1"},
		{"own-http-post", "POST", "/MANUAL_ROUTING_DO/x/reset", "", nil, 200, `{"message":"Counter reset"}`},
		{"own-http-post-listed", "POST", "/MANUAL_ROUTING_DO/x/reset", "", []string{"Origin", "https://app.example"}, 200, `{"message":"Counter reset"}`},
		{"own-http-post-cross-site", "POST", "/MANUAL_ROUTING_DO/x/reset", "", []string{"Origin", "https://evil.example"}, 403, ""},
		{"own-socket-path-without-upgrade", "GET", "/MANUAL_ROUTING_DO/x/ws", "", nil, 404, "Not found"},
		{"no-own-http", "GET", "/COUNTER/x/anything", "", nil, 404, ""},
		{"unknown-binding", "GET", "/NO_SUCH/x/anything", "", nil, 404, ""},
		{"no-object", "GET", "/nothing", "", nil, 404, "Not Found"},
		{"no-instance", "GET", "/EXAMPLE_DO//x", "", nil, 404, "Not Found"},
		{"page-post", "POST", "/", "", nil, 405, "Method not allowed"},
		{"rebound-name", "GET", "/ping", "", []string{"Host", "evil.example:8787"}, 421, "this host answers to its own names only"},
		{"localhost", "GET", "/ping", "", []string{"Host", "localhost:8787"}, 200, "pong from Worker"},
		{"ipv6-loopback", "GET", "/ping", "", []string{"Host", "[::1]:8787"}, 200, "pong from Worker"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, _, body := fetch(t, tt.method, "http://"+addr+tt.path, tt.body, tt.header...)
			if status != tt.status || tt.want != "" && body != tt.want {
				t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.path, status, body, tt.status, tt.want)
			}
		})
	}
}

func TestServe_Page(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"--fixture=true": "EXAMPLE_DO/x add 1 2", "--fixture=false": "ROOM/lobby"} {
		_, addr := serving(t, flag)
		status, header, body := fetch(t, "GET", "http://"+addr+"/", "")
		if status != 200 || !strings.Contains(body, "ws://"+addr+"/__rpc/") || !strings.Contains(body, want) || !strings.Contains(body, "prefers-color-scheme: dark") {
			t.Errorf("%s: %d\n%s", flag, status, body)
		}
		if !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(body, "<script") {
			t.Errorf("%s: the page is not closed: %v", flag, header)
		}
	}
}

func TestServe_PrintsOneLine(t *testing.T) {
	t.Parallel()
	c, addr := serving(t, "--log-format", "json", "--log-level", "debug")
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "0" {
		t.Errorf("the address is %q", addr)
	}
	if code := c.stop(); code != exitOK {
		t.Errorf("exit %d", code)
	}
	if out := c.out.String(); out != listening+addr+"\n" {
		t.Errorf("standard output: %q", out)
	}
	for line := range strings.Lines(c.errs.String()) {
		if !strings.HasPrefix(line, `{"time":`) {
			t.Errorf("standard error: %q", line)
		}
	}
}

func TestServe_Refusals(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("addr: 127.0.0.1:0\nlimits:\n  mesages: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"port-in-use", []string{"--addr", l.Addr().String()}, exitUnreachable, []string{l.Addr().String() + " is in use", "--addr"}},
		{"all-addresses", []string{"--addr", ":0"}, exitUsage, []string{"--insecure-allow-any-address"}},
		{"any-ipv4", []string{"--addr", "0.0.0.0:0"}, exitUsage, []string{"--insecure-allow-any-address"}},
		{"any-ipv6", []string{"--addr", "[::]:0"}, exitUsage, []string{"--insecure-allow-any-address"}},
		{"other-address", []string{"--addr", "192.0.2.1:0"}, exitUsage, []string{"--insecure-allow-any-address"}},
		{"not-our-address", []string{"--addr", "192.0.2.1:0", "--insecure-allow-any-address"}, exitUnreachable, []string{"cannot listen on 192.0.2.1:0"}},
		{"no-port", []string{"--addr", "127.0.0.1"}, exitUsage, []string{"host:port"}},
		{"unknown-setting", []string{"--config", bad}, exitUsage, []string{bad + ":3:3: ", `"mesages"`}},
		{"no-file", []string{"--config", filepath.Join(dir, "none.yaml")}, exitUsage, []string{"none.yaml"}},
		{"grace", []string{"--grace", "-1s"}, exitUsage, []string{"--grace"}},
		{"log-level", []string{"--log-level", "loud"}, exitUsage, []string{`"loud"`}},
		{"log-format", []string{"--log-format", "xml"}, exitUsage, []string{`"xml"`}},
		{"origin", []string{"--addr", "127.0.0.1:0", "--origin", "app.example"}, exitUsage, []string{`"app.example"`}},
		{"arguments", []string{"everything"}, exitUsage, []string{`"everything"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := cli(t, "", append([]string{"serve"}, tt.args...)...)
			if code != tt.code || out != "" {
				t.Errorf("exit %d, want %d; %q, %q", code, tt.code, out, errs)
			}
			for _, part := range tt.want {
				if !strings.Contains(errs, part) {
					t.Errorf("%q lacks %q", errs, part)
				}
			}
		})
	}
}

func TestServe_Configuration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "host.yaml")
	if err := os.WriteFile(file, []byte("addr: 127.0.0.1:1\nfixture: true\nallowAnonymousClientIDs: false\nlimits:\n  messageBytes: 400\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, addr := serving(t, "--config", file) // the flag --addr wins
	object := "ws://" + addr + "/__rpc/EXAMPLE_DO/x"
	if code, out, errs := cli(t, "", "call", object, "add", "1", "2"); code != exitOK || out != "3\n" {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs := cli(t, "", "call", object, "echo", `"`+strings.Repeat("x", 400)+`"`); code == exitOK {
		t.Errorf("a message over the limit: exit %d, %q", code, errs)
	}
	if code, _, errs := cli(t, "", "call", "--client-id", "ann", object, "add", "1", "2"); code != exitUnreachable || !strings.Contains(errs, "client id") {
		t.Errorf("a client id that nobody checks: exit %d, %q", code, errs)
	}
}

// any address is served when that is asked for, and said aloud.
func TestServe_AnyAddress(t *testing.T) {
	t.Parallel()
	c, addr := serving(t, "--insecure-allow-any-address", "--allow-anonymous-client-ids=false")
	if status, _, _ := fetch(t, "GET", "http://"+addr+"/ping", "", "Host", "other.example"); status != 200 {
		t.Errorf("another name: %d", status)
	}
	if !strings.Contains(c.errs.String(), "nobody is asked who he is") {
		t.Errorf("no warning in %q", c.errs.String())
	}
}

// dialled is a client of an object on the host at addr.
func dialled(t *testing.T, addr, binding, instance, id string, opts ...core.ClientOption) *core.Client {
	t.Helper()
	var o []wstransport.TransportOption
	if id != "" {
		o = append(o, wstransport.ClientID(id))
	}
	tr, err := wstransport.New("ws://"+addr, core.Target{Binding: binding, Instance: instance}, o...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.NewClient(tr, lmzcodec.New(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// slow sends a batch that says on BROADCAST_DO/drain that it runs, and then takes
// its time; it returns when it runs, and the slow call's outcome comes later.
func slow(t *testing.T, addr string, milliseconds int) (outcome chan error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	runs := make(chan any, 1)
	hears := dialled(t, addr, "BROADCAST_DO", "drain", "test", core.OnDownstream(func(_ context.Context, m any) { runs <- m }))
	if _, err := hears.Call("getConnectionCount", "test").Await(ctx); err != nil {
		t.Fatal(err)
	}
	caller := dialled(t, addr, "MANUAL_ROUTING_DO", "drain", "")
	say := caller.Get("env").Get("BROADCAST_DO").Call("getByName", "drain").Call("broadcastToAll", "it runs")
	wait := caller.Call("slowIncrement", milliseconds)
	outcome = make(chan error, 1)
	go func() {
		_ = caller.Batch(ctx, say, wait) // each has an outcome of its own
		v, err := wait.Await(ctx)
		if err == nil && v != 1.0 {
			err = errors.New("not the result")
		}
		outcome <- err
	}()
	select {
	case <-runs:
	case <-ctx.Done():
		t.Fatal("the call does not run")
	}
	return outcome
}

func TestServe_DrainsOnSIGTERM(t *testing.T) {
	t.Parallel()
	p, addr := servingProcess(t, "127.0.0.1:0")
	hears := startProcess(t, "listen", "ws://"+addr+"/__rpc/BROADCAST_DO/x", "--client-id", "ann")
	hears.errs.waitFor(t, "connected to")
	outcome := slow(t, addr, 700)
	p.signal(syscall.SIGTERM)
	p.errs.waitFor(t, "draining")
	hears.errs.waitFor(t, "connection lost: code 1001")
	if err := <-outcome; err != nil {
		t.Errorf("the running call: %v", err)
	}
	if code := p.wait(); code != exitOK {
		t.Errorf("exit %d, %q", code, p.errs.String())
	}
	hears.signal(syscall.SIGINT)
	if code := hears.wait(); code != exitOK {
		t.Errorf("listen: exit %d, %q", code, hears.errs.String())
	}
}

func TestServe_GraceEnds(t *testing.T) {
	t.Parallel()
	c, addr := serving(t, "--fixture", "--grace", "100ms")
	outcome := slow(t, addr, 25_000)
	began := time.Now()
	if code := c.stop(); code != exitOK || time.Since(began) > 10*time.Second {
		t.Errorf("exit %d after %v", code, time.Since(began))
	}
	if err := <-outcome; err == nil {
		t.Error("the call that was cut off succeeded")
	}
	if !strings.Contains(c.errs.String(), "cut off") {
		t.Errorf("the log does not say it: %q", c.errs.String())
	}
}

func TestServe_SecondSignalKills(t *testing.T) {
	t.Parallel()
	p, addr := servingProcess(t, "127.0.0.1:0")
	outcome := slow(t, addr, 25_000)
	p.signal(syscall.SIGINT)
	p.errs.waitFor(t, "draining")
	p.signal(syscall.SIGINT)
	if code := p.wait(); code != -1 {
		t.Errorf("exit %d, want the end by a signal", code)
	}
	if err := <-outcome; core.CodeOf(err) != core.CodeOutcomeUnknown {
		t.Errorf("the running call: %v", err)
	}
}
