package wstransport_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var room = core.Target{Binding: "ROOM", Instance: "1"}

// inbox collects what a transport receives.
type inbox struct {
	mu   sync.Mutex
	got  []string
	more chan struct{}
}

func newInbox(t core.Transport) *inbox {
	in := &inbox{more: make(chan struct{}, 1)}
	t.SetMessageHandler(func(m core.Message) bool {
		in.mu.Lock()
		in.got = append(in.got, string(m.Data))
		in.mu.Unlock()
		select {
		case in.more <- struct{}{}:
		default:
		}
		return true
	})
	return in
}

func (in *inbox) wait(t *testing.T, n int) []string {
	t.Helper()
	for {
		in.mu.Lock()
		got := slices.Clone(in.got)
		in.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-in.more:
		case <-time.After(10 * time.Second):
			t.Fatalf("got %d messages, want %d", len(got), n)
		}
	}
}

// serve starts a server for h and returns its base URL.
func serve(t *testing.T, h core.Handler, opts ...wstransport.HandlerOption) (string, *wstransport.Handler) {
	t.Helper()
	wh := wstransport.NewHandler(h, opts...)
	srv := httptest.NewServer(wh)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := wh.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown() error = %v", err)
		}
		srv.Close()
	})
	return srv.URL, wh
}

func dial(t *testing.T, url string, target core.Target, opts ...wstransport.TransportOption) *wstransport.Transport {
	t.Helper()
	tr, err := wstransport.New(url, target, opts...)
	if err != nil {
		t.Fatalf("New() error = %v", err)
	}
	t.Cleanup(func() {
		if err := tr.Close(core.CloseNormal, ""); err != nil {
			t.Errorf("Close() error = %v", err)
		}
	})
	return tr
}

func TestTransport_Echo(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, &linktest.Handler{})
	for _, n := range []int{0, 1, 125, 126, 127, 128, 4095, 4096, 65535, 65536, 200_000, 1 << 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			tr := dial(t, url, room)
			in := newInbox(tr)
			want := bytes.Repeat([]byte("x"), n)
			for i := range 3 {
				seq, err := tr.Send(t.Context(), core.Message{Data: want, Binary: i == 1})
				if err != nil || seq != uint64(i+1) {
					t.Fatalf("Send() = %d, %v, want %d", seq, err, i+1)
				}
				if got := in.wait(t, i+1); got[i] != string(want) {
					t.Fatalf("echo of %d bytes differs, got %d bytes", n, len(got[i]))
				}
			}
		})
	}
}

func TestTransport_Handshake(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		id       string
		codec    string
		tokens   []string
		wantHead string // X-Client-Id
		agreed   string
	}{
		{name: "plain"},
		{name: "token-id", id: "user-1", wantHead: "user-1"},
		{name: "escaped-id", id: "a@b.c/é, d"},
		{name: "mail-id", id: "a@b.c", wantHead: "a@b.c"},
		{name: "codec-and-tokens", id: "u", codec: "lmz", tokens: []string{"token.abc", "x"}, wantHead: "u", agreed: "lmz"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan core.Handshake, 1)
			url, _ := serve(t, &linktest.Handler{OnAccept: func(_ context.Context, hs core.Handshake) (core.Settings, *core.Reject) {
				seen <- hs
				return core.Settings{}, nil
			}})
			target := core.Target{Binding: "MY_DO", Instance: "inst 1/é"}
			tr := dial(t, url, target, wstransport.ClientID(tt.id), wstransport.Header(http.Header{"X-Extra": {"1"}}),
				wstransport.Protocols(func(context.Context) ([]string, error) { return tt.tokens, nil }))
			tr.SetCodec(tt.codec)
			if err := tr.Connect(t.Context()); err != nil {
				t.Fatalf("Connect() error = %v", err)
			}
			hs := <-seen
			if hs.Target != target || hs.ClientID != tt.id || hs.Codec != tt.codec || !slices.Equal(hs.Protocols, tt.tokens) ||
				hs.Header.Get("X-Client-Id") != tt.wantHead || hs.Header.Get("X-Extra") != "1" || hs.Transport != "websocket" || hs.RemoteAddr == "" {
				t.Errorf("handshake = %+v", hs)
			}
			if got := tr.Info(); got.Codec != tt.agreed || got.Name != "websocket" || !got.Push {
				t.Errorf("Info() = %+v, want codec %q", got, tt.agreed)
			}
		})
	}
}
