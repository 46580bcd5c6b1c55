package contest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"runtime"
	"sync"

	"github.com/gobwas/ws"
)

// rawMux is the anchor of concurrent calls: many requests on one connection, each
// with an id of eight bytes; a reader that wakes the callers; frames that wait
// together leave in one write. There is no value, no method, no error.
func rawMux() Contestant {
	return Contestant{
		Name:       "raw gobwas mux, coalesced",
		Anchor:     RawMux,
		Concurrent: true,
		Serve:      func(ln net.Listener) { acceptLoop(ln, serveMux) },
		Dial: func(ctx context.Context, addr string) (Caller, error) {
			conn, err := dialWS(ctx, addr)
			if err != nil {
				return nil, err
			}
			c := &muxCaller{conn: conn, pending: map[uint64]chan bool{}}
			c.done.Go(c.read)
			return c, nil
		},
	}
}

// serveMux answers what has arrived in one write, once nothing more is buffered.
func serveMux(conn net.Conn) error {
	if _, err := ws.Upgrade(conn); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 64<<10)
	var in, out []byte
	for {
		var err error
		if in, err = readFrame(r, in); err != nil {
			return err
		}
		out = appendFrame(out, in, nil, nil)
		if r.Buffered() > 0 {
			continue
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
		out = out[:0]
	}
}

type muxCaller struct {
	conn net.Conn
	done sync.WaitGroup // read, which Close ends
	free sync.Pool      // of chan bool

	mu      sync.Mutex // guards what follows
	pending map[uint64]chan bool
	seq     uint64
	out     []byte // frames that wait for the writer
	spare   []byte
	writing bool
	err     error
}

func (c *muxCaller) Call(context.Context) error {
	answer, _ := c.free.Get().(chan bool)
	if answer == nil {
		answer = make(chan bool, 1)
	}
	if err := c.send(answer); err != nil {
		return err
	}
	if !<-answer {
		return errAnswer
	}
	c.free.Put(answer)
	return nil
}

// send queues a frame. The first sender becomes the writer: it lets others queue
// (one Gosched), and writes until nothing is left.
func (c *muxCaller) send(answer chan bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.seq++
	c.pending[c.seq] = answer
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], c.seq)
	c.out = appendFrame(c.out, id[:], payload, maskOf(uint32(c.seq)))
	if c.writing {
		return nil
	}
	c.writing = true
	for len(c.out) > 0 && c.err == nil {
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
		frames := c.out
		c.out = c.spare[:0]
		c.mu.Unlock()
		_, err := c.conn.Write(frames)
		c.mu.Lock()
		c.spare = frames
		if err != nil {
			c.err = err
		}
	}
	c.writing = false
	return c.err
}

func (c *muxCaller) read() {
	r := bufio.NewReaderSize(c.conn, 64<<10)
	var in []byte
	for {
		var err error
		in, err = readFrame(r, in)
		if err != nil || len(in) < 8 {
			c.fail(err)
			return
		}
		c.mu.Lock()
		id := binary.BigEndian.Uint64(in)
		answer := c.pending[id]
		delete(c.pending, id)
		c.mu.Unlock()
		if answer != nil {
			answer <- bytes.Equal(in[8:], payload)
		}
	}
}

// fail wakes everyone who still waits.
func (c *muxCaller) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	if c.err == nil {
		c.err = errAnswer
	}
	for id, answer := range c.pending {
		delete(c.pending, id)
		answer <- false
	}
}

func (c *muxCaller) Close() error {
	err := c.conn.Close()
	c.done.Wait()
	return err
}
