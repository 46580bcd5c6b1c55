package wstransport_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

// BenchmarkEcho compares an echo over this transport with one by hand on gobwas/ws,
// both over loopback in one process.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{64, 10 << 10} {
		b.Run(fmt.Sprintf("raw-%d", size), func(b *testing.B) { benchRaw(b, size) })
		b.Run(fmt.Sprintf("wstransport-%d", size), func(b *testing.B) { benchTransport(b, size, 1) })
		b.Run(fmt.Sprintf("wstransport-%d-64-at-once", size), func(b *testing.B) { benchTransport(b, size, 64) })
		b.Run(fmt.Sprintf("wstransport-%d-64-callers", size), func(b *testing.B) { benchCallers(b, size, 64) })
	}
}

func benchTransport(b *testing.B, size, inFlight int) {
	b.Helper()
	h := wstransport.NewHandler(&linktest.Handler{OnMessage: func(s core.Session, m core.Message) { _ = s.Send(m) }})
	srv := httptest.NewServer(h)
	defer srv.Close()
	tr, err := wstransport.New(srv.URL, room)
	if err != nil {
		b.Fatal(err)
	}
	got := make(chan struct{}, inFlight)
	tr.SetMessageHandler(func(core.Message) bool { got <- struct{}{}; return true })
	m := core.Message{Data: bytes.Repeat([]byte("x"), size)}
	ctx := b.Context()
	if err := tr.Connect(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	waiting := 0
	for b.Loop() {
		if _, err := tr.Send(ctx, m); err != nil {
			b.Fatal(err)
		}
		if waiting++; waiting == inFlight {
			<-got
			waiting--
		}
	}
	for ; waiting > 0; waiting-- {
		<-got
	}
	_ = tr.Close(core.CloseNormal, "")
	_ = h.Shutdown(ctx)
}

// benchCallers has each of n goroutines wait for an echo before it sends again.
// The handler hands off first, as a server does before it runs a call.
func benchCallers(b *testing.B, size, n int) {
	b.Helper()
	h := wstransport.NewHandler(&linktest.Handler{OnMessage: func(s core.Session, m core.Message) {
		s.HandOff()
		_ = s.Send(m)
	}})
	srv := httptest.NewServer(h)
	defer srv.Close()
	tr, err := wstransport.New(srv.URL, room)
	if err != nil {
		b.Fatal(err)
	}
	got := make([]chan struct{}, n)
	for i := range got {
		got[i] = make(chan struct{}, 1)
	}
	tr.SetMessageHandler(func(m core.Message) bool { got[m.Data[0]] <- struct{}{}; return true })
	var next atomic.Int32
	b.ReportAllocs()
	b.SetParallelism(n / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		i := (next.Add(1) - 1) % int32(n)
		m := core.Message{Data: bytes.Repeat([]byte{byte(i)}, size), Binary: true}
		for pb.Next() {
			if _, err := tr.Send(b.Context(), m); err != nil {
				b.Error(err)
				return
			}
			<-got[i]
		}
	})
	_ = tr.Close(core.CloseNormal, "")
	_ = h.Shutdown(b.Context())
}

// benchRaw is an echo with hand-made frames: one read and one write each.
func benchRaw(b *testing.B, size int) {
	b.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer nl.Close()
	go func() {
		nc, err := nl.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		if _, err := ws.Upgrade(nc); err != nil {
			return
		}
		_ = echoRaw(nc)
	}()
	nc, br, _, err := ws.Dial(b.Context(), "ws://"+nl.Addr().String())
	if err != nil || br != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	r := bufio.NewReaderSize(nc, 16<<10)
	payload := []byte(strings.Repeat("x", size))
	var out, in []byte
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		out = appendRaw(out[:0], payload, true)
		if _, err := nc.Write(out); err != nil {
			b.Fatal(err)
		}
		if in, err = readRaw(r, in); err != nil || len(in) != size {
			b.Fatal(err, len(in))
		}
	}
}

func echoRaw(nc net.Conn) error {
	r := bufio.NewReaderSize(nc, 16<<10)
	var in, out []byte
	for {
		var err error
		if in, err = readRaw(r, in); err != nil {
			return err
		}
		out = appendRaw(out[:0], in, false)
		if _, err := nc.Write(out); err != nil {
			return err
		}
	}
}

func appendRaw(dst, p []byte, mask bool) []byte {
	b1 := byte(0)
	if mask {
		b1 = 0x80
	}
	if len(p) < 126 {
		dst = append(dst, 0x82, b1|byte(len(p)))
	} else {
		dst = binary.BigEndian.AppendUint16(append(dst, 0x82, b1|126), uint16(len(p)))
	}
	if !mask {
		return append(dst, p...)
	}
	key := [4]byte{9, 8, 7, 6}
	dst = append(dst, key[:]...)
	at := len(dst)
	dst = append(dst, p...)
	ws.Cipher(dst[at:], key, 0)
	return dst
}

func readRaw(r *bufio.Reader, buf []byte) ([]byte, error) {
	head, err := r.Peek(2)
	if err != nil {
		return buf, err
	}
	n, masked, size := int(head[1]&0x7f), head[1]&0x80 != 0, 2
	if n == 126 {
		size = 4
	}
	if masked {
		size += 4
	}
	if head, err = r.Peek(size); err != nil {
		return buf, err
	}
	if n == 126 {
		n = int(binary.BigEndian.Uint16(head[2:]))
	}
	var key [4]byte
	if masked {
		copy(key[:], head[size-4:])
	}
	_, _ = r.Discard(size)
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		return buf, err
	}
	if masked {
		ws.Cipher(buf, key, 0)
	}
	return buf, nil
}

// BenchmarkIdle reports the memory of an open connection on which nothing happens,
// both ends together.
func BenchmarkIdle(b *testing.B) {
	h := wstransport.NewHandler(&linktest.Handler{})
	srv := httptest.NewServer(h)
	defer srv.Close()
	for b.Loop() {
		const n = 500
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC() // twice empties pools
		runtime.ReadMemStats(&before)
		var all []*wstransport.Transport
		for range n {
			tr, err := wstransport.New(srv.URL, room)
			if err != nil {
				b.Fatal(err)
			}
			if err := tr.Connect(b.Context()); err != nil {
				b.Fatal(err)
			}
			all = append(all, tr)
		}
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/n, "B/connection")
		for _, tr := range all {
			_ = tr.Close(core.CloseNormal, "")
		}
	}
	_ = h.Shutdown(b.Context())
}
