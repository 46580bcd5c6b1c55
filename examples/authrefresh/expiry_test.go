package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/memtransport"
)

// listen serves in memory, until the test ends.
func listen(t *testing.T, a *app) *memtransport.Listener {
	t.Helper()
	l, err := memtransport.NewListener(a.server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(l.Close(ctx), a.server.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
	})
	return l
}

// offering makes the subprotocols of a transport from whatever yields tokens.
func offering(token func() (string, error)) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) {
		got, err := token()
		if err != nil {
			return nil, err
		}
		return []string{tokenProtocol + got}, nil
	}
}

// agent does in Go what the page does in JavaScript: it has a token before each attempt to connect,
// asks for another one in time, and catches up.
type agent struct {
	t       *testing.T
	browser *browser
	client  *core.Client
	began   time.Time

	mu        sync.Mutex // guards what follows: handlers of different kinds run at the same time
	token     string
	expires   time.Time
	last      int      // number of the last tick
	missed    int      // ticks that were caught up with
	gaps      int      // ticks that came without those before
	events    []string // what happened, with the time since its beginning
	attempts  int
	refreshed int
}

var errSignedOut = errors.New("signed out")

// fresh returns a token that lasts for a while.
func (g *agent) fresh() (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.attempts++
	if time.Until(g.expires) > 2*time.Second {
		return g.token, nil
	}
	err := g.refresh()
	return g.token, err
}

// refresh takes another token. The caller has g.mu.
func (g *agent) refresh() error {
	got := g.browser.post("/auth/refresh", "")
	if got.status != http.StatusOK {
		g.log("refused: " + got.Error)
		return errSignedOut
	}
	g.refreshed++
	g.token, g.expires = got.Token, got.ExpiresAt
	return nil
}

// log notes what happened. The caller has g.mu.
func (g *agent) log(what string) {
	g.events = append(g.events, time.Since(g.began).Round(time.Second).String()+" "+what)
}

func (g *agent) hear(_ context.Context, tick Tick) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if tick.N <= g.last {
		return // it was caught up with
	}
	if g.last > 0 && tick.N != g.last+1 {
		g.gaps++
	}
	g.last = tick.N
}

// closed goes on, unless the session has ended.
func (g *agent) closed(_ context.Context, c core.CloseInfo) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.log("closed " + c.Reason)
	return c.Code != core.CloseAuthExpired || g.refresh() == nil
}

func (g *agent) catchUp(ctx context.Context) error {
	g.mu.Lock()
	g.log("connected again")
	last := g.last
	g.mu.Unlock()
	missed, err := core.Call[[]Tick](ctx, g.client, "since", last)
	for _, tick := range missed {
		g.hear(ctx, tick)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.missed += len(missed)
	return err
}

func (g *agent) open(l *memtransport.Listener) {
	g.t.Helper()
	g.began = time.Now()
	tr, err := l.Transport(core.Target{Binding: accountBinding, Instance: "ann"},
		memtransport.ClientID("ann"), memtransport.Protocols(offering(g.fresh)))
	if err != nil {
		g.t.Fatal(err)
	}
	g.client, err = core.NewClient(tr, lmzcodec.New(),
		core.OnDownstream(g.hear), core.OnClose(g.closed), core.OnReconnect(g.catchUp))
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.client.Connect(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
}

// end closes the client: afterwards nobody but the test uses g.
func (g *agent) end() {
	g.t.Helper()
	if err := g.client.Close(); err != nil {
		g.t.Error(err)
	}
	synctest.Wait()
}

// agentOf is an agent with a token, beside a feed that runs until the test ends.
func agentOf(t *testing.T, a *app) *agent {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.feed.run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	g := &agent{t: t, browser: newBrowser(t, a)}
	got := g.browser.post("/auth/login", `{"user":"ann","password":"ann"}`)
	g.token, g.expires = got.Token, got.ExpiresAt
	return g
}

func (g *agent) happened(want ...string) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if got, want := strings.Join(g.events, "\n"), strings.Join(want, "\n"); got != want {
		g.t.Errorf("it went\n%s\nwant\n%s", got, want)
	}
}

// Whenever the token expires, the connection is closed, the token refreshed, and the connection opened
// again: nothing is missed. The log has no token.
func TestExpiry_RefreshAndReconnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		a := open(t, core.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		g := agentOf(t, a)
		first := g.token
		g.open(listen(t, a))
		time.Sleep(100*time.Second + time.Second/2)
		who, err := core.Call[Who](t.Context(), g.client, "whoAmI")
		if err != nil || who.User != "ann" || who.Connections != 1 {
			t.Errorf("whoAmI = %+v, %v", who, err)
		}
		g.end()
		// A refresh is at once, the attempt to connect 1 s later: so the new token has 29 s left.
		g.happened(
			"30s closed authentication expired", "31s connected again",
			"1m0s closed authentication expired", "1m1s connected again",
			"1m30s closed authentication expired", "1m31s connected again")
		if g.last != 100 || g.gaps != 0 || g.missed == 0 || g.refreshed != 3 {
			t.Errorf("heard %d ticks of 100, %d of them later, with %d gaps and %d refreshes", g.last, g.missed, g.gaps, g.refreshed)
		}
		if !who.Expires.Equal(g.expires) {
			t.Errorf("the connection expires at %v, its token at %v", who.Expires, g.expires)
		}
		for _, token := range []string{first, g.token} {
			if text := log.String(); text == "" || strings.Contains(text, token) || strings.Contains(text, token[strings.LastIndex(token, "."):]) {
				t.Errorf("the log has a token, or nothing:\n%s", text)
			}
		}
	})
}

// When the session was ended, the connection lives until its token expires; then the refresh
// is refused, the close handler says no, and nothing is tried any more.
func TestExpiry_RefreshRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		g := agentOf(t, a)
		g.open(listen(t, a))
		time.Sleep(10*time.Second + time.Second/2)
		if got := g.browser.post("/auth/revoke", ""); got.status != http.StatusNoContent {
			t.Fatalf("revoke = %+v", got)
		}
		time.Sleep(19 * time.Second)
		g.happened() // yet
		time.Sleep(time.Hour)
		g.end()
		g.happened("30s closed authentication expired", "30s refused: "+errEnded.Error())
		if g.attempts != 1 || g.last < 29 || g.last > 30 {
			t.Errorf("%d attempts to connect, want the first alone; %d ticks", g.attempts, g.last)
		}
	})
}

// A connection that was cut comes back with the token it has. With an ended session it
// is refused, though the token would last.
func TestCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		g := agentOf(t, a)
		g.open(listen(t, a))
		cut := func() {
			t.Helper()
			if _, err := core.Call[any](t.Context(), g.client, "cut"); core.CodeOf(err) != core.CodeOutcomeUnknown {
				t.Errorf("cut: %v, want %s", err, core.CodeOutcomeUnknown)
			}
		}
		cut()
		time.Sleep(5*time.Second + time.Second/2)
		g.happened("0s closed you asked for it", "1s connected again")
		g.browser.post("/auth/revoke", "")
		cut()
		_, err := core.Call[Who](t.Context(), g.client, "whoAmI")
		if core.CodeOf(err) != core.CodeUnauthenticated || !strings.Contains(err.Error(), errEnded.Error()) {
			t.Errorf("a call with the token of an ended session: %v", err)
		}
		g.end()
		if g.last != 5 || g.gaps != 0 || g.refreshed != 0 {
			t.Errorf("heard %d ticks with %d gaps and %d refreshes", g.last, g.gaps, g.refreshed)
		}
	})
}

func TestFeed_Since(t *testing.T) {
	t.Parallel()
	f := &feed{}
	if got := f.since(0); got == nil || len(got) != 0 {
		t.Errorf("since(0) of nothing = %#v", got)
	}
	for i := range keptTicks + 10 {
		f.tick(t.Context(), time.Unix(int64(i), 0))
	}
	last := keptTicks + 10
	for _, tt := range []struct{ since, first, count int }{
		{last, 0, 0}, {last + 5, 0, 0}, {last - 1, last, 1}, {last - 3, last - 2, 3},
		{10, 11, keptTicks}, {0, 11, keptTicks}, {-1 << 62, 11, keptTicks},
	} {
		got := f.since(tt.since)
		if len(got) != tt.count || tt.count > 0 && (got[0].N != tt.first || got[len(got)-1].N != last) {
			t.Errorf("since(%d) = %d ticks, want %d from %d on", tt.since, len(got), tt.count, tt.first)
		}
	}
}
