package wstransport_test

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

func TestHandler_DisconnectAtEveryOffset(t *testing.T) {
	t.Parallel()
	h := &linktest.Handler{}
	url, wh := serve(t, h)
	fragmented := slices.Concat(part("Hello ").bytes(true), ping("p").bytes(true), last("wörld").bytes(true))
	for name, b := range map[string][]byte{
		"short": textFrame("short").bytes(true), "long": textFrame(strings.Repeat("l", 130)).bytes(true), "fragmented": fragmented,
	} {
		for n := range b {
			r := rawClient(t, url, nil)
			r.send(b[:n])
			if n%2 == 0 {
				_ = r.nc.(*net.TCPConn).SetLinger(0) // by a reset
			}
			_ = r.nc.Close()
			if t.Failed() {
				t.Fatalf("%s cut after %d bytes", name, n)
			}
		}
	}
	for wh.Sessions() > 0 {
		runtime.Gosched()
	}
	if n := h.Messages(); n != 0 {
		t.Errorf("%d messages were delivered from halves", n)
	}
	for _, e := range h.Ends() {
		if e.Code != core.CloseAbnormal || e.Clean {
			t.Errorf("ended with %+v, want 1006", e)
		}
	}
}

func TestTransport_ServerEndsAtEveryOffset(t *testing.T) {
	t.Parallel()
	b := textFrame("from the server").bytes(false)
	for n := range b {
		r, tr, losses := rawServer(t, core.Limits{})
		r.send(b[:n])
		_ = r.nc.Close()
		if c := <-losses; c.Code != core.CloseAbnormal || c.Clean || c.Err == nil {
			t.Errorf("cut after %d bytes: %+v, want 1006", n, c)
		}
		_ = tr.Close(core.CloseNormal, "")
	}
}

func TestHandler_SlowReaderAmongQuickOnes(t *testing.T) {
	t.Parallel()
	h := &linktest.Handler{}
	url, _ := serve(t, h)
	slow := rawClient(t, url, nil)
	var quick []*inbox
	for range 5 {
		tr := dial(t, url, room)
		quick = append(quick, newInbox(tr))
		if err := tr.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for len(h.Sessions()) < 6 {
		runtime.Gosched()
	}
	sessions := h.Sessions()
	b := sessions[0].(core.Broadcaster)
	payload := strings.Repeat("x", 16<<10)
	dropped := make([]int, len(sessions))
	sent := 0
	for ; sent < 3000 && slices.Max(dropped) == 0; sent++ {
		for i, err := range b.SendAll(sessions, core.Message{Data: []byte(payload)}) {
			if err != nil {
				dropped[i]++
				if core.CodeOf(err) != core.CodeLimit {
					t.Fatalf("SendAll() error = %v", err)
				}
			}
		}
		for _, in := range quick {
			in.wait(t, sent+1)
		}
	}
	victims := 0
	for _, n := range dropped {
		victims += n
	}
	if victims != 1 {
		t.Fatalf("%d deliveries failed in %d rounds, want exactly the slow client's", victims, sent)
	}
	last := ""
	for !strings.HasPrefix(last, "close") && last != "end" && last != "torn" && last != "silence" {
		last = slow.next() // it reads at last, within the close timeout
	}
	if last != "close:4408" {
		t.Errorf("the slow client read %.20q at the end, want 4408", last)
	}
}

func TestHandler_PingFloodWithoutReading(t *testing.T) {
	// Not parallel: it measures the heap.
	h := &linktest.Handler{}
	url, _ := serve(t, h, wstransport.Limits(core.Limits{CloseTimeout: 200 * time.Millisecond}))
	r := rawClient(t, url, nil)
	flood := slices.Repeat(ping(strings.Repeat("p", 125)).bytes(true), 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 200 {
		if r.send(flood); r.failed {
			break
		}
	}
	for len(h.Ends()) == 0 {
		runtime.Gosched()
	}
	runtime.ReadMemStats(&after)
	if e := h.Ends()[0]; e.Code != core.ClosePolicy || core.CodeOf(e.Err) != core.CodeLimit {
		t.Errorf("ended with %+v, want 1008", e)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestHandler_DeclaredLengthsCostNothing(t *testing.T) {
	// Not parallel: it measures allocation.
	url, _ := serve(t, &linktest.Handler{})
	for _, length := range []string{"\x7f\x00\x00\x00\x00\x00\x10\x00\x01", "\x7f\x00\x00\x00\x00\x80\x00\x00\x00", "\x7f\x40\x00\x00\x00\x00\x00\x00\x00"} {
		r := rawClient(t, url, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		r.send(frame{op: 2, length: length}.bytes(true))
		if got := r.next(); got != "close:1009" {
			t.Errorf("got %q, want 1009", got)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 || time.Since(start) > time.Second {
			t.Errorf("a length of %x cost %d bytes and %v", length, n, time.Since(start))
		}
		_ = r.nc.Close()
	}
}

func TestTransport_ManyLives(t *testing.T) {
	t.Parallel()
	url, wh := serve(t, &linktest.Handler{})
	for i := range 1000 {
		tr, err := wstransport.New(url, room)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 1)
		tr.SetMessageHandler(func(m core.Message) bool { got <- string(m.Data); return true })
		if _, err := tr.Send(t.Context(), core.Message{Data: []byte(strconv.Itoa(i))}); err != nil {
			t.Fatalf("life %d: Send() error = %v", i, err)
		}
		if s := <-got; s != strconv.Itoa(i) {
			t.Fatalf("life %d: echo %q", i, s)
		}
		if err := tr.Close(core.CloseNormal, ""); err != nil {
			t.Fatalf("life %d: Close() error = %v", i, err)
		}
	}
	for wh.Sessions() > 0 {
		runtime.Gosched()
	}
}

func TestTransport_OrderUnderLoad(t *testing.T) {
	t.Parallel()
	const senders, each = 8, 500
	h := &linktest.Handler{OnMessage: func(s core.Session, m core.Message) {
		if strings.HasSuffix(string(m.Data), "7") {
			s.HandOff() // answers overtake; what arrives stays in order
		}
		_ = s.Send(m)
	}}
	url, _ := serve(t, h, wstransport.Limits(core.Limits{QueueMessages: core.NoLimit}))
	tr := dial(t, url, room)
	in := newInbox(tr)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seqs := map[uint64]bool{}
	for w := range senders {
		wg.Go(func() {
			var before uint64
			for i := range each {
				seq, err := tr.Send(t.Context(), core.Message{Data: fmt.Appendf(nil, "%d:%d", w, i)})
				if err != nil || seq <= before {
					t.Errorf("Send() = %d after %d, %v", seq, before, err)
					return
				}
				before = seq
				mu.Lock()
				seqs[seq] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	got := in.wait(t, senders*each)
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != senders*each || len(seqs) != n {
		t.Errorf("%d different echoes and %d numbers, want %d", n, len(seqs), senders*each)
	}
}

func TestTransport_CloseWhileServerHoldsTheReader(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, wh := serve(t, &linktest.Handler{OnMessage: func(core.Session, core.Message) { <-release }},
		wstransport.Limits(core.Limits{DrainGrace: 50 * time.Millisecond}))
	tr := dial(t, url, room, wstransport.Limits(core.Limits{CloseTimeout: 50 * time.Millisecond}))
	if _, err := tr.Send(t.Context(), core.Message{Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_ = tr.Close(core.CloseNormal, "")
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("Close() took %v", d)
	}
	if err := wh.Shutdown(t.Context()); core.CodeOf(err) != core.CodeTimeout {
		t.Errorf("Shutdown() error = %v, want timeout", err)
	}
	close(release)
	for wh.Sessions() > 0 {
		runtime.Gosched()
	}
}
