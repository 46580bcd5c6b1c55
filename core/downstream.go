package core

import (
	"context"
	"log/slog"
	"reflect"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Delivery tells what became of a [SendDownstream].
type Delivery struct {
	Sent    int // connections that the message was queued for
	Missing int // ids without an open connection
	Dropped int // connections that did not take it: closed, or too slow and closed now
}

// downstream is the envelope of what a server sends unasked.
type downstream struct {
	Type    string `millrace:"type"`
	Payload any    `millrace:"payload"`
}

// SendDownstream sends payload to every open connection of each client id on the
// object, in the order of ids; an id that is listed twice gets it twice. Ids
// without a connection are skipped and counted. It is fire and forget: it encodes once
// for each codec in use, never waits for a client, and keeps nothing for those
// who are away. A client whose queue is full is closed with [CloseSlowConsumer].
// Functions in the payload travel by name.
//
// Its error is [CodeUnencodable] or [CodeLimit], and then nothing was sent. It may be called at
// any time and from any goroutine; messages keep the order of calls from one goroutine.
func SendDownstream(ctx context.Context, st *State, ids []string, payload any) (Delivery, error) {
	if st == nil {
		return Delivery{}, fault.New(CodeConfig, "core: SendDownstream: the state is nil")
	}
	s := st.obj.bind.srv
	if fault.Over(len(ids), s.limits.FanOut) {
		return Delivery{}, fault.Exceeded("core: too many ids for one downstream message", int64(len(ids)), int64(s.limits.FanOut), "FanOut")
	}
	var d Delivery
	var to []*Socket
	for _, id := range ids {
		n := len(to)
		if id != "" {
			to = st.obj.sockets.appendTagged(to, id)
		}
		if len(to) == n {
			d.Missing++
		}
	}
	f := fanOut{srv: s, payload: payload}
	if err := f.encode(to); err != nil {
		return Delivery{}, err
	}
	d.Dropped = f.send(to)
	d.Sent = len(to) - d.Dropped
	s.stats.downstream.Add(int64(d.Sent))
	s.stats.dropped.Add(int64(d.Dropped))
	s.logger.DebugContext(ctx, "downstream", slog.String("object", st.Target().String()), slog.Int("sent", d.Sent), slog.Int("missing", d.Missing), slog.Int("dropped", d.Dropped))
	return d, nil
}

// fanOut is one payload on its way, encoded for each codec that its receivers use.
type fanOut struct {
	srv     *Server
	payload any
	made    []encoded
}

type encoded struct {
	codec Codec
	msg   Message
}

// encode makes all messages before any is sent.
func (f *fanOut) encode(to []*Socket) error {
	for _, s := range to {
		codec := s.conn.codecInUse()
		if f.find(codec) != nil {
			continue
		}
		data, err := codec.Encode(nil, downstream{typeDownstream, f.payload}, clone.EncodeOptions{Limits: f.srv.limits})
		if err != nil {
			return err
		}
		if fault.Over(len(data), f.srv.limits.MessageBytes) {
			return fault.Exceeded("core: the downstream message is too large", int64(len(data)), int64(f.srv.limits.MessageBytes), "MessageBytes")
		}
		f.made = append(f.made, encoded{codec, Message{Data: data, Binary: codec.Binary()}})
	}
	return nil
}

func (f *fanOut) find(c Codec) *encoded {
	for i := range f.made {
		if f.made[i].codec == c {
			return &f.made[i]
		}
	}
	return nil
}

// send returns how many connections did not take their message. Runs of sessions that
// can share a frame get it together, so that the order of receivers is kept.
func (f *fanOut) send(to []*Socket) (dropped int) {
	for len(to) > 0 {
		codec := to[0].conn.codecInUse()
		e := f.find(codec)
		if e == nil {
			// The client changed its codec between encode and now.
			if f.encode(to[:1]) != nil {
				dropped++
				to = to[1:]
				continue
			}
			e = f.find(codec)
		}
		n := 1
		if b, ok := to[0].conn.session.(Broadcaster); ok {
			for n < len(to) && to[n].conn.codecInUse() == codec && sameListener(to[0], to[n]) {
				n++
			}
			if n > 1 {
				dropped += sendAll(b, to[:n], e.msg)
				to = to[n:]
				continue
			}
		}
		if to[0].conn.session.Send(e.msg) != nil {
			dropped++
		}
		to = to[n:]
	}
	return dropped
}

func sameListener(a, b *Socket) bool {
	return a.conn.hs.Transport == b.conn.hs.Transport && reflect.TypeOf(a.conn.session) == reflect.TypeOf(b.conn.session)
}

func sendAll(b Broadcaster, to []*Socket, m Message) (dropped int) {
	sessions := make([]Session, len(to))
	for i, s := range to {
		sessions[i] = s.conn.session
	}
	for _, err := range b.SendAll(sessions, m) {
		if err != nil {
			dropped++
		}
	}
	return dropped
}
