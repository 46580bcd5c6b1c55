package core

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"runtime/debug"
	"sync"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// run is one batch on its way: from its place in the object's queue to its answer.
type run struct {
	srv   *Server
	conn  *conn
	codec Codec
	doc   *clone.Document
	items []item
	one   [1]item
	use   *call // instead of items: a message for the object itself
	frame frame
	x     exec
	ok    [1]success // the answer to a single item

	values, bytes int // of the outcomes kept for the answer to several items

	answers chan exchanged // takes the answer of an exchange; nil: the session does

	prev, next *run // among the connection's

	mu       sync.Mutex // guards what follows
	current  int        // the item that waits or runs
	running  *object    // whose code may be running; nil while a turn is awaited
	expired  bool       // the current item's deadline came while its turn was awaited
	answered bool
	canceled bool // all of it
	overdue  bool // answered at a deadline while user code ran
}

// prepare gives the items their deadlines. They count from the message's arrival.
func (r *run) prepare(now time.Time) {
	r.frame.obj = r.conn.obj
	r.frame.from = &r.conn.origin
	r.x.srv, r.x.run, r.x.root, r.x.frame = r.srv, r, &r.frame, &r.frame
	if r.x.nested != nil {
		r.x.build.Replace = r.x.replaceMarker
	}
	for i := range r.items {
		it := &r.items[i]
		it.call.frame = &r.frame
		it.call.deadline = until(now, r.srv.limits.CallTimeout, it.wait)
	}
}

// serve runs the items in order and answers. It is called once, with the frame in its queue.
func (r *run) serve() {
	defer r.end()
	defer func() {
		// User code is guarded where it is called. Whatever else panics costs this call, not the server.
		if p := recover(); p != nil {
			r.srv.panicked(p, r.frame.obj.target(), "a call", debug.Stack())
		}
	}()
	for i := range r.items {
		if !r.start(i) {
			return
		}
		r.do(&r.items[i])
	}
	r.finish()
}

// start makes an item the current one. It reports false when the batch was answered already.
func (r *run) start(i int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answered {
		return false
	}
	it := &r.items[i]
	r.current, r.running, r.expired = i, nil, false
	r.frame.ctx = &it.call
	if it.gone || r.canceled {
		it.call.cancel(context.Canceled)
	}
	if at := it.call.deadline; i > 0 && !at.IsZero() && !time.Now().Before(at) {
		// The connection's timer was for the items before.
		it.call.cancel(context.DeadlineExceeded)
	}
	return true
}

// do runs one item.
func (r *run) do(it *item) {
	if it.bad != nil {
		r.settle(it, nil, it.bad)
		return
	}
	if err := r.enter(&r.frame); err != nil {
		r.settle(it, nil, err)
		return
	}
	r.srv.stats.calls.Add(1)
	r.x.ops = it.ops
	cur, err := r.x.chain(it.ops)
	var v any
	if err == nil {
		v, err = r.x.result(cur)
	}
	if len(r.items) == 1 {
		// The answer is written in one pass while the turn is held.
		r.single(it, v, err)
		return
	}
	// Later items, and others meanwhile, may change what these lead to.
	if err == nil && !scalar(v) {
		v, err = r.snapshot(v)
	}
	if err != nil {
		v, err = r.snapshotError(err)
	}
	r.x.part()
	r.settle(it, v, err)
}

// enter waits for a turn and wakes the object. A deadline that comes while the turn is
// awaited is that frame's to find out; afterwards it is the timer's. A run that is nil
// has no timer.
func (r *run) enter(f *frame) error {
	if r == nil {
		return f.enter()
	}
	r.at(nil)
	f.again()
	err := f.await()
	r.mu.Lock()
	r.running = f.obj
	if err == nil && r.expired {
		err = f.obj.busy(context.DeadlineExceeded)
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return f.wake()
}

// at notes whose code may be running.
func (r *run) at(o *object) {
	if r != nil {
		r.mu.Lock()
		r.running = o
		r.mu.Unlock()
	}
}

func (r *run) snapshot(v any) (any, error) {
	rep := replacer{x: &r.x}
	doc, err := snapshot(r.room(), v, rep.replace)
	if err == nil {
		err = r.keep(doc)
	}
	if err != nil {
		r.unwritten(err)
		return nil, err
	}
	return doc.Root(), nil
}

// keep charges the outcome of an item, which waits for those of the others, against what an
// answer may hold. A small batch can ask for one large value many times over.
func (r *run) keep(doc *clone.Document) error {
	values, bytes := doc.Size()
	if limit := r.srv.limits.MessageBytes; fault.Over(r.bytes+bytes, limit) {
		return fault.Exceeded("core: bytes in the answer to a batch", int64(r.bytes+bytes), int64(limit), "MessageBytes")
	}
	r.values, r.bytes = r.values+values, r.bytes+bytes
	return nil
}

// room is the limits with as many values as the answer has room for.
func (r *run) room() Limits {
	l := r.srv.limits
	if l.ValueNodes > 0 {
		l.ValueNodes = max(1, l.ValueNodes-r.values)
	}
	return l
}

// snapshotError is an error as it travels, beside the error. What user code threw may
// lead to what user code changes.
func (r *run) snapshotError(err error) (any, error) {
	if _, ok := err.(*thrownError); !ok {
		return nil, err
	}
	doc, failed := snapshot(r.room(), r.srv.wireError(err), borderReplace)
	if failed == nil {
		failed = r.keep(doc)
	}
	if failed != nil {
		return nil, inPlainWords(err)
	}
	return doc.Root(), err
}

// scalar reports whether nothing can change v.
func scalar(v any) bool {
	switch v.(type) {
	case nil, bool, string, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return true
	case *big.Int:
		return false
	}
	return false
}

// settle notes an item's outcome; it is too late when the batch was answered.
func (r *run) settle(it *item, v any, err error) {
	it.call.cancel(context.Canceled)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answered {
		r.srv.stats.late.Add(1)
		return
	}
	it.done, it.value, it.err = true, v, err
}

// claim takes the right to answer.
func (r *run) claim() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answered {
		return false
	}
	r.answered = true
	return true
}

// single answers a batch of one item.
func (r *run) single(it *item, v any, err error) {
	var data []byte
	if err == nil {
		rep := replacer{x: &r.x, strip: pathToResult}
		o := clone.EncodeOptions{Limits: r.srv.limits, Replace: rep.replace}
		r.ok[0] = success{it.id, true, v}
		data, err = r.encode(envelopeOf(r.session(), r.ok[:]), o)
	}
	it.call.cancel(context.Canceled)
	failed := err != nil
	if failed {
		data = r.failures([]*item{it}, err)
	}
	if !r.claim() {
		r.srv.stats.late.Add(1)
		return
	}
	r.x.part()
	// The next call goes on before this answer is sent, so that their answers can share a write.
	r.frame.end()
	r.reply(data, failed)
}

func (r *run) session() bool { return r.conn.session != nil }

// encode writes an answer, and refuses one that is too large.
func (r *run) encode(v any, o clone.EncodeOptions) ([]byte, error) {
	data, err := r.codec.Encode(nil, v, o)
	if err != nil {
		r.unwritten(err)
		return nil, err
	}
	if limit := r.srv.limits.MessageBytes; fault.Over(len(data), limit) {
		return nil, fault.Exceeded("core: the answer is too large", int64(len(data)), int64(limit), "MessageBytes")
	}
	return data, nil
}

// unwritten logs a panic of user code that kept a result from being written.
func (r *run) unwritten(err error) {
	if p, ok := errors.AsType[*clone.PanicError](err); ok {
		r.srv.panicked(p.Value, r.conn.hs.Target, p.Error(), p.Stack)
	}
}

// finish answers when all items are settled.
func (r *run) finish() {
	if r.claim() {
		r.reply(r.batch())
	}
}

// batch writes the answer of settled items.
func (r *run) batch() (data []byte, failed bool) {
	o := clone.EncodeOptions{Limits: r.srv.limits, Replace: borderReplace}
	all := make([]any, len(r.items))
	for i := range r.items {
		it := &r.items[i]
		if it.err != nil {
			failed = true
		}
		all[i] = r.outcome(it)
	}
	data, err := r.encode(envelopeOf(r.session(), all), o)
	if err == nil {
		return data, failed
	}
	// Something in it cannot be written: find out what, and say so in its place.
	for i := range r.items {
		if _, bad := r.encode(envelopeOf(r.session(), all[i:i+1]), o); bad != nil {
			all[i] = failure{r.items[i].id, false, r.srv.wireError(inPlainWords(bad))}
		}
	}
	if data, err = r.encode(envelopeOf(r.session(), all), o); err == nil {
		return data, true
	}
	// Each fits, and all together do not.
	waiting := make([]*item, len(r.items))
	for i := range r.items {
		waiting[i] = &r.items[i]
	}
	return r.failures(waiting, err), true
}

func (r *run) outcome(it *item) any {
	switch {
	case it.err != nil && it.value != nil:
		return failure{it.id, false, it.value}
	case it.err != nil:
		return failure{it.id, false, r.srv.wireError(it.err)}
	}
	return success{it.id, true, it.value}
}

// failures writes an answer in which all items fail for one reason. What cannot be
// written of the reason is left out, so that there always is an answer.
func (r *run) failures(items []*item, err error) []byte {
	return r.srv.failures(r.codec, r.session(), items, err)
}

func (s *Server) failures(codec Codec, session bool, items []*item, err error) []byte {
	o := clone.EncodeOptions{Limits: s.limits, Replace: borderReplace}
	all := make([]failure, len(items))
	for _, reason := range []error{err, inPlainWords(err)} {
		for i, it := range items {
			// Each its own: one error in many places would be written as an alias.
			all[i] = failure{it.id, false, s.wireError(reason)}
		}
		data, failed := codec.Encode(nil, envelopeOf(session, all), o)
		if failed == nil && !fault.Over(len(data), s.limits.MessageBytes) {
			return data
		}
	}
	// The limits do not allow even that; these few bytes are no danger to anybody.
	unlimited := clone.EncodeOptions{Limits: Limits{ValueDepth: NoLimit, ValueNodes: NoLimit}}
	for i := range all {
		all[i].Error = s.wireError(errUnanswerable)
	}
	data, failed := codec.Encode(nil, envelopeOf(session, all), unlimited)
	if failed != nil {
		s.logger.Error("codec cannot write a plain error", "codec", codec.Name(), "error", failed)
	}
	return data
}

var errUnanswerable = fault.New(CodeUnencodable, "core: the answer cannot be written")

// inPlainWords is err with nothing but its code and a bounded text: what is left to say when the
// error itself cannot be written.
func inPlainWords(err error) error {
	const most = 1000
	text := errorText(err)
	if len(text) > most {
		text = bounded(text)
	}
	if !value.ValidText(text) {
		text = "an error whose text is not UTF-8"
	}
	code := CodeUnencodable
	if _, thrown := errors.AsType[*thrownError](err); !thrown {
		code = codeOr(err, code)
	}
	return fault.New(code, "%s", text)
}

func (r *run) reply(data []byte, failed bool) {
	for i := range r.items {
		if failed && r.items[i].err != nil || failed && len(r.items) == 1 {
			r.srv.stats.failed.Add(1)
		}
	}
	if r.answers != nil {
		r.answers <- exchanged{data, failed}
		return
	}
	if err := r.conn.session.Send(Message{Data: data, Binary: r.codec.Binary()}); err != nil {
		r.srv.logger.Debug("answer not sent", slog.String("object", r.conn.hs.Target.String()), slog.Any("error", err))
	}
}

// unwindTime is what a call gets to come back by itself when its deadline came while it waited.
const unwindTime = 100 * time.Millisecond

// expire is called when a deadline of the connection's runs has come, and returns this
// run's next one. An item that waits finds out by itself; one that runs is answered for now,
// with all that come after it.
func (r *run) expire(now time.Time) (next time.Time) {
	r.mu.Lock()
	if r.answered || len(r.items) == 0 {
		r.mu.Unlock()
		return time.Time{}
	}
	it := &r.items[r.current]
	if it.done || now.Before(it.call.deadline) || it.call.deadline.IsZero() {
		next = r.earliest(now)
		r.mu.Unlock()
		return next
	}
	if r.running == nil {
		// The wait ends by the context. Should the way back to the caller's own object take long,
		// another look finds this item running, and answers.
		r.expired = true
		next = now.Add(unwindTime)
		r.mu.Unlock()
		it.call.cancel(context.DeadlineExceeded)
		return next
	}
	r.answered, r.overdue = true, true
	name := r.running.turn.busyWith()
	for i := r.current; i < len(r.items); i++ {
		late := &r.items[i]
		switch {
		case i == r.current:
			late.err = ended(context.DeadlineExceeded, name)
		case late.bad != nil:
			late.err = late.bad
		default:
			late.err = r.frame.obj.busy(context.DeadlineExceeded)
		}
		late.done = true
	}
	r.mu.Unlock()
	r.srv.stats.timeouts.Add(1)
	r.srv.stats.overdue.Add(1)
	it.call.cancel(context.DeadlineExceeded)
	r.reply(r.batch())
	return time.Time{}
}

// earliest is the first deadline to come of the items that are not settled; zero for none.
func (r *run) earliest(now time.Time) (first time.Time) {
	for i := r.current; i < len(r.items); i++ {
		at := r.items[i].call.deadline
		if !at.IsZero() && at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// cancel cancels the items with the given ids; nil stands for all.
func (r *run) cancel(ids map[string]bool) {
	r.mu.Lock()
	var now *call
	if ids == nil {
		r.canceled = true
		now = r.use
	}
	for i := range r.items {
		it := &r.items[i]
		if ids != nil && !ids[it.id] {
			continue
		}
		it.gone = true
		if i == r.current && !it.done {
			now = &it.call
		}
	}
	r.mu.Unlock()
	if now != nil {
		now.cancel(context.Canceled)
	}
}

// end is the end of the run, however it came: also when user code ended the goroutine.
func (r *run) end() {
	r.mu.Lock()
	overdue, unanswered := r.overdue, !r.answered
	r.answered = true
	if unanswered {
		for i := range r.items {
			if it := &r.items[i]; !it.done {
				it.done, it.err = true, fault.New(CodeInternal, "core: %s ended its goroutine", r.frame.obj.turn.busyWith())
			}
		}
	}
	r.mu.Unlock()
	r.x.part()
	if unanswered {
		r.reply(r.batch())
	}
	if overdue {
		r.srv.stats.overdue.Add(-1)
	} else {
		r.doc.Release()
	}
	for i := range r.items {
		r.items[i].call.cancel(context.Canceled)
	}
	r.frame.end()
	r.conn.leave(r)
	r.srv.finish()
}
