package core

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Message takes one message of a connection: a batch of calls, a cancellation, or
// something for the object itself.
func (s *Server) Message(sess Session, m Message) {
	c, ok := sess.Value().(*conn)
	if !ok || c.obj == nil {
		return
	}
	s.stats.messages.Add(1)
	codec := c.codecFor(m)
	if codec == nil {
		s.other(c, sess, m)
		return
	}
	doc, err := codec.Parse(m.Data, clone.ParseOptions{Limits: s.limits})
	if err != nil {
		if CodeOf(err) != CodeLimit || !looksRPC(m.Data) {
			s.other(c, sess, m)
			return
		}
		s.noteCodec(c, codec)
		s.refuse(c, codec, []item{{id: idUnreadable}}, err)
		return
	}
	root := doc.Root()
	switch kind := root.Key(keyType); {
	case kind.Is(typeRPC) && root.Key(keyBatch).Kind() == clone.KindArray:
		s.noteCodec(c, codec)
		s.batch(c, sess, codec, doc)
	case kind.Is(typeCancel) && root.Key(keyIDs).Kind() == clone.KindArray:
		s.cancelIDs(c, root.Key(keyIDs))
	default:
		s.other(c, sess, m)
	}
}

// looksRPC reports whether a message that could not be read is likely to be an RPC, and somebody
// likely to wait for an answer.
func looksRPC(data []byte) bool {
	const head = 256
	return bytes.Contains(data[:min(head, len(data))], []byte(typeRPC))
}

// noteCodec remembers what the client speaks, where it was not negotiated.
func (s *Server) noteCodec(c *conn, codec Codec) {
	if c.codec != nil {
		return
	}
	if latest := c.latest.Load(); latest == nil || *latest != codec {
		noted := codec // the parameter itself stays off the heap
		c.latest.Store(&noted)
	}
}

// batch runs the calls of a message.
func (s *Server) batch(c *conn, sess Session, codec Codec, doc *clone.Document) {
	r := &run{srv: s, conn: c, codec: codec, doc: doc}
	if err := s.readBatch(r, doc.Root().Key(keyBatch)); err != nil {
		s.refuse(c, codec, r.items, err)
		return
	}
	if len(r.items) == 0 {
		s.probed(c, codec)
		return
	}
	if !s.begin() {
		s.refuse(c, codec, r.items, errDraining)
		return
	}
	r.prepare(time.Now())
	c.enter(r)
	r.frame.line()
	sess.HandOff()
	r.serve()
}

// probed answers a batch of no calls. Clients that cannot ping, as pages in browsers, find out by it whether their
// connection lives, so it waits for nobody and wakes no object.
func (s *Server) probed(c *conn, codec Codec) {
	data, err := codec.Encode(nil, envelopeOf(true, []success{}), clone.EncodeOptions{Limits: s.limits})
	if err != nil {
		s.logger.Error("codec cannot write an empty batch", "codec", codec.Name(), "error", err)
		return
	}
	_ = c.session.Send(Message{Data: data, Binary: codec.Binary()}) // the session is going, if not
}

// refuse answers a message of which nothing was run.
func (s *Server) refuse(c *conn, codec Codec, items []item, err error) {
	s.stats.malformed.Add(1)
	if len(items) == 0 {
		items = []item{{id: idUnreadable}}
	}
	s.stats.failed.Add(int64(len(items)))
	waiting := make([]*item, len(items))
	for i := range items {
		waiting[i] = &items[i]
	}
	_ = c.session.Send(Message{Data: s.failures(codec, true, waiting, err), Binary: codec.Binary()}) // the session is going, if not
}

// cancelIDs cancels calls of the same connection that wait or run.
func (s *Server) cancelIDs(c *conn, list clone.Node) {
	ids := make(map[string]bool)
	for n := range list.Elems() {
		if id, ok := n.Text(); ok && !fault.Over(len(ids)+1, s.limits.BatchItems) {
			ids[id] = true
		}
	}
	if len(ids) > 0 {
		c.cancelRuns(ids)
	}
}

// other gives the object a message that is no RPC, if it takes such.
func (s *Server) other(c *conn, sess Session, m Message) {
	if !c.bind.might(doesMessages) || !s.begin() {
		s.ignored(c)
		return
	}
	defer s.finish()
	f := s.useFrame(c)
	r := &run{srv: s, conn: c, use: f.ctx.(*call)} // for its place among the calls in flight
	c.enter(r)
	defer c.leave(r)
	f.line()
	sess.HandOff()
	_ = s.use(f, "HandleMessage", func(ctx context.Context, v any) {
		if o, ok := v.(MessageObject); ok {
			o.HandleMessage(ctx, c.socket, m)
			return
		}
		s.ignored(c)
	}) // a failure is in the log
}

func (s *Server) ignored(c *conn) {
	s.stats.ignored.Add(1)
	s.logger.Debug("message ignored", slog.String("object", c.hs.Target.String()))
}

// Exchange answers one request. The codec is the negotiated one, or that of its first byte.
func (s *Server) Exchange(ctx context.Context, hs Handshake, st Settings, m Message) (Message, Outcome) {
	s.stats.messages.Add(1)
	c, ok := st.Value.(*conn)
	if !ok {
		return s.unreadable(s.textCodec("lmz"), fault.New(CodeInternal, "core: an exchange needs the settings that Accept made"))
	}
	codec := c.codecFor(m)
	if codec == nil {
		return s.unreadable(c.codecInUse(), fault.New(CodeMalformed, "core: the request is in no known codec (there are: %s)", s.codecNames()))
	}
	doc, err := codec.Parse(m.Data, clone.ParseOptions{Limits: s.limits})
	if err != nil {
		return s.unreadable(codec, err)
	}
	root := doc.Root()
	if kind := root.Key(keyType); root.Key(keyBatch).Kind() != clone.KindArray || !kind.IsZero() && !kind.Is(typeRPC) {
		return s.unreadable(codec, fault.New(CodeMalformed, "core: the request has no batch"))
	}
	return s.exchange(ctx, c, codec, doc)
}

func (s *Server) unreadable(codec Codec, err error) (Message, Outcome) {
	s.stats.malformed.Add(1)
	data := s.failures(codec, false, []*item{{id: idUnreadable}}, err)
	return Message{Data: data, Binary: codec.Binary()}, Unreadable
}

// exchanged is the answer of an exchange.
type exchanged struct {
	data   []byte
	failed bool
}

// exchange runs the calls of a request on a goroutine of their own, so that the answer
// can come at the deadline whatever they do. The goroutine ends with the last call.
func (s *Server) exchange(ctx context.Context, c *conn, codec Codec, doc *clone.Document) (Message, Outcome) {
	r := &run{srv: s, conn: c, codec: codec, doc: doc}
	err := s.readBatch(r, doc.Root().Key(keyBatch))
	if err == nil && !s.begin() {
		err = errDraining
	}
	if err != nil {
		s.stats.malformed.Add(1)
		if len(r.items) == 0 {
			return s.unreadable(codec, err)
		}
		waiting := make([]*item, len(r.items))
		for i := range r.items {
			waiting[i] = &r.items[i]
		}
		return Message{Data: r.failures(waiting, err), Binary: codec.Binary()}, SomeFailed
	}
	c.obj = c.bind.object(c.hs.Target.Instance)
	defer c.obj.unref()
	s.track(c, true)
	defer s.track(c, false)
	r.answers = make(chan exchanged, 1)
	r.prepare(time.Now())
	c.enter(r)
	r.frame.line()
	go r.serve()
	var a exchanged
	select {
	case a = <-r.answers:
	case <-ctx.Done():
		// The client is gone. What waits ends now, what runs sees its context end.
		c.cancelRuns(nil)
		a = <-r.answers
	}
	outcome := Succeeded
	if a.failed {
		outcome = SomeFailed
	}
	return Message{Data: a.data, Binary: codec.Binary()}, outcome
}

// track lets Shutdown find the calls of a connection or an exchange.
func (s *Server) track(c *conn, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.conns[c] = struct{}{}
	} else {
		delete(s.conns, c)
	}
}
