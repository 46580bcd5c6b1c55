package link

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// errEnded means that the connection takes no message any more.
var errEnded = errors.New("connection ended")

// errFull means that the queue has no room.
var errFull = errors.New("queue full")

// inlineRounds is how many writes a sender makes for others before a writer
// goroutine takes over.
const inlineRounds = 2

// outbox is the sending half of a connection: a bounded queue of frames and at most
// one writer, which is a sender that can write without blocking, or a goroutine
// that exists while there is something to write.
type outbox struct {
	conn    Conn
	try     TryWriter // nil when conn cannot
	crew    *crew
	limits  *core.Limits
	base    uint64 // number of the last message before this connection
	before  uint64 // number of the last message written before this connection
	flushed chan struct{}

	mu       sync.Mutex // guards what follows
	queue    []*chunk
	bytes    int // waiting or being written
	messages int // the same
	queued   uint64
	sent     uint64 // messages of which the kernel took bytes
	hasPing  bool
	pong     []byte
	hasPong  bool
	closing  bool // the close frame is queued: nothing follows
	writing  bool // somebody owns the fields below
	err      error
	room     chan struct{} // closed when there is room again; nil when nobody waits
	idle     chan struct{} // closed when writing ends; nil when nobody waits

	// Owned by the writer.
	batch   []*chunk
	first   int // chunk of batch to write next
	offset  int // and where in it
	scratch []byte
}

func (o *outbox) init(conn Conn, cr *crew, limits *core.Limits, base, before uint64) {
	o.conn, o.crew, o.limits, o.base, o.before = conn, cr, limits, base, before
	o.try, _ = conn.(TryWriter)
	o.flushed = make(chan struct{})
}

// hold lets nothing be written before release. It is called before anything is queued.
func (o *outbox) hold() { o.writing = true }

// release ends what hold began.
func (o *outbox) release() {
	o.mu.Lock()
	o.rest()
	o.kick(false)
}

// push queues a message and returns its number. The error is errEnded or errFull.
func (o *outbox) push(m core.Message) (uint64, error) {
	o.mu.Lock()
	if err := o.admit(len(m.Data)); err != nil {
		o.mu.Unlock()
		return 0, err
	}
	c := o.tail()
	at := len(c.b)
	c.b = o.conn.AppendMessage(c.b, m)
	c.starts = append(c.starts, at)
	seq := o.count(len(c.b) - at)
	o.kick(true)
	return seq, nil
}

// pushShared queues a frame that other outboxes have too. It is written by a
// later call of flush, or by a writer that is already busy.
func (o *outbox) pushShared(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.admit(len(frame)); err != nil {
		return err
	}
	o.queue = append(o.queue, newShared(frame))
	o.count(len(frame))
	return nil
}

// flush writes what pushShared queued.
func (o *outbox) flush() {
	o.mu.Lock()
	o.kick(false)
}

// pushWait is push, waiting for room as long as ctx lasts.
func (o *outbox) pushWait(ctx context.Context, m core.Message) (uint64, error) {
	for {
		seq, err := o.push(m)
		if err != errFull {
			return seq, err
		}
		o.mu.Lock()
		if o.err == nil && o.full(len(m.Data)) {
			if o.room == nil {
				o.room = make(chan struct{})
			}
			room := o.room
			o.mu.Unlock()
			select {
			case <-room:
			case <-ctx.Done():
				return 0, ctxError(ctx, "link: waiting for room in the queue")
			}
			continue
		}
		o.mu.Unlock()
	}
}

// frame builds a frame that can be shared; conn does not mask.
func (o *outbox) frame(m core.Message) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.conn.AppendMessage(make([]byte, 0, len(m.Data)+16), m)
}

func (o *outbox) admit(n int) error {
	if o.err != nil || o.closing {
		return errEnded
	}
	if o.full(n) {
		return errFull
	}
	return nil
}

// full reports whether n bytes more are too many. One message always has room in
// an empty queue.
func (o *outbox) full(n int) bool {
	return o.messages > 0 &&
		(fault.Over(o.messages+1, o.limits.QueueMessages) || fault.Over(o.bytes+n, o.limits.QueueBytes))
}

// count takes a queued message into account and returns its number.
func (o *outbox) count(n int) uint64 {
	o.bytes += n
	o.messages++
	o.queued++
	return o.base + o.queued
}

// tail returns the chunk to which frames of this outbox are appended.
func (o *outbox) tail() *chunk {
	if n := len(o.queue); n > 0 {
		if c := o.queue[n-1]; !c.shared && len(c.b) < chunkSize {
			return c
		}
	}
	c := newChunk()
	o.queue = append(o.queue, c)
	return c
}

// sendPing asks for a ping, ahead of what is queued.
func (o *outbox) sendPing() {
	o.mu.Lock()
	if o.err == nil && !o.closing {
		o.hasPing = true
	}
	o.kick(false)
}

// sendPong answers a ping ahead of what is queued. Only the newest unsent pong is
// kept, so that a flood of pings needs no memory.
func (o *outbox) sendPong(payload []byte) {
	o.mu.Lock()
	if o.err == nil && !o.closing {
		o.pong, o.hasPong = append(o.pong[:0], payload...), true
	}
	o.kick(false)
}

// close queues the close frame behind what is queued, or, with drop, in its
// place. Nothing can be queued after it.
func (o *outbox) close(code core.CloseCode, reason string, drop bool) {
	o.mu.Lock()
	if o.err != nil || o.closing {
		o.mu.Unlock()
		return
	}
	if drop {
		o.drop()
	}
	c := o.tail()
	c.b = o.conn.AppendClose(c.b, code, fault.CloseReason(reason))
	o.closing = true
	o.wake()
	o.kick(false)
}

// drop forgets what is queued and not yet being written.
func (o *outbox) drop() {
	for _, c := range o.queue {
		o.bytes -= len(c.b)
		o.messages -= len(c.starts)
		c.free()
	}
	o.queue = o.queue[:0]
}

// wake lets those who wait for room look again.
func (o *outbox) wake() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}

// kick sees to it that somebody writes. It is called with the lock held and
// releases it. With yield, other senders get the chance to join the first write.
func (o *outbox) kick(yield bool) {
	if o.writing || o.err != nil || len(o.queue) == 0 && !o.hasPing && !o.hasPong {
		o.mu.Unlock()
		return
	}
	o.writing = true
	o.mu.Unlock()
	if o.try == nil {
		o.background()
		return
	}
	o.inline(yield)
}

// inline writes without blocking on the goroutine of a sender.
func (o *outbox) inline(yield bool) {
	for range inlineRounds {
		if yield {
			runtime.Gosched()
		}
		if !o.take() {
			return
		}
		for o.first < len(o.batch) {
			p := o.group()
			n, err := o.try.TryWrite(p)
			o.advance(n)
			if err != nil {
				o.fail(err)
				return
			}
			if n < len(p) {
				o.background()
				return
			}
		}
	}
	o.background()
}

// background goes on writing on a goroutine of its own.
func (o *outbox) background() {
	if !o.crew.Go(o.write) {
		o.fail(errEnded)
	}
}

// write writes until nothing is left.
func (o *outbox) write() {
	for {
		for o.first < len(o.batch) {
			if o.limits.WriteTimeout > 0 {
				// An error of it shows in Write.
				_ = o.conn.SetWriteDeadline(time.Now().Add(o.limits.WriteTimeout))
			}
			n, err := o.conn.Write(o.group())
			o.advance(n)
			if err != nil {
				o.fail(err)
				return
			}
		}
		if o.limits.WriteTimeout > 0 {
			// Or TryWrite would see it pass, or TLS, when it answers the peer's new key.
			_ = o.conn.SetWriteDeadline(time.Time{})
		}
		runtime.Gosched()
		if !o.take() {
			return
		}
	}
}

// take ends the batch that was written and begins the next; it returns false, and
// the caller is no longer the writer, when there is nothing to write.
func (o *outbox) take() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finish()
	if o.err != nil {
		o.rest()
		return false
	}
	control := !o.closing && (o.hasPing || o.hasPong)
	if len(o.queue) == 0 && !control {
		if o.closing {
			o.flushedOnce()
		}
		o.rest()
		return false
	}
	if control {
		c := newChunk()
		if o.hasPong {
			c.b = o.conn.AppendPong(c.b, o.pong)
		}
		if o.hasPing {
			c.b = o.conn.AppendPing(c.b)
		}
		o.bytes += len(c.b)
		o.hasPing, o.hasPong = false, false
		o.batch = append(o.batch, c)
	}
	if len(o.batch) == 0 {
		o.batch, o.queue = o.queue, o.batch
	} else {
		o.batch = append(o.batch, o.queue...)
		clear(o.queue)
		o.queue = o.queue[:0]
	}
	return true
}

// finish frees the batch.
func (o *outbox) finish() {
	for i, c := range o.batch {
		o.bytes -= len(c.b)
		o.messages -= len(c.starts)
		c.free()
		o.batch[i] = nil
	}
	o.batch, o.first, o.offset = o.batch[:0], 0, 0
	o.wake()
}

// rest ends writing.
func (o *outbox) rest() {
	o.writing = false
	o.scratch = nil
	if o.idle != nil {
		close(o.idle)
		o.idle = nil
	}
}

// group returns the bytes to write in the next call: chunks joined up to
// chunkSize, or a piece of a long one.
func (o *outbox) group() []byte {
	c := o.batch[o.first]
	rest := c.b[o.offset:]
	if o.first == len(o.batch)-1 || len(rest) >= chunkSize {
		return rest[:min(len(rest), chunkSize)]
	}
	o.scratch = append(o.scratch[:0], rest...)
	for _, c := range o.batch[o.first+1:] {
		if len(o.scratch)+len(c.b) > chunkSize {
			break
		}
		o.scratch = append(o.scratch, c.b...)
	}
	return o.scratch
}

// advance moves past n written bytes.
func (o *outbox) advance(n int) {
	begun := 0
	for n > 0 && o.first < len(o.batch) {
		c := o.batch[o.first]
		to := min(o.offset+n, len(c.b))
		begun += c.begun(o.offset, to)
		n -= to - o.offset
		if o.offset = to; to == len(c.b) {
			o.first, o.offset = o.first+1, 0
		}
	}
	if begun > 0 {
		o.mu.Lock()
		o.sent += uint64(begun)
		o.mu.Unlock()
	}
}

// fail ends sending because of err; the caller was the writer.
func (o *outbox) fail(err error) {
	o.mu.Lock()
	o.finish()
	o.end(err)
	o.rest()
	o.mu.Unlock()
	_ = o.conn.Close() // the reader reports the loss
}

// abort ends sending because of err; the caller is not the writer and closes conn.
func (o *outbox) abort(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end(err)
}

// end refuses what comes and drops what is queued; the first reason stays.
func (o *outbox) end(err error) {
	if o.err == nil {
		o.err = err
	}
	o.drop()
	o.wake()
	o.flushedOnce()
}

// flushedOnce says that the close frame was written, or never will be.
func (o *outbox) flushedOnce() {
	select {
	case <-o.flushed:
	default:
		close(o.flushed)
	}
}

// stop ends sending after conn was closed, waits for the writer, and returns the
// numbers of the last message written and of the last one queued, and what
// failed in writing, if anything did.
func (o *outbox) stop() (written, queued uint64, err error) {
	o.mu.Lock()
	if o.err != nil && o.err != errEnded {
		err = o.err
	}
	o.end(errEnded)
	for o.writing {
		if o.idle == nil {
			o.idle = make(chan struct{})
		}
		idle := o.idle
		o.mu.Unlock()
		<-idle
		o.mu.Lock()
	}
	defer o.mu.Unlock()
	written = o.before
	if o.sent > 0 {
		written = o.base + o.sent
	}
	return written, o.base + o.queued, err
}
