package core_test

import (
	"testing"

	"github.com/millrace/millrace/core"
)

// silent is a session that drops what is sent.
type silent struct{ st core.Settings }

func (silent) Send(core.Message) error            { return nil }
func (silent) Close(core.CloseCode, string) error { return nil }
func (silent) HandOff()                           {}
func (silent) Handshake() core.Handshake          { return objX }
func (s silent) Value() any                       { return s.st.Value }

// BenchmarkServer_Message is a call from its bytes to the bytes of its answer.
func BenchmarkServer_Message(b *testing.B) {
	for _, bb := range []struct{ name, msg string }{
		{"add", batch(itemOf("1795400752494-0", "add(1,2)"))},
		{"context-and-error", batch(itemOf("1795400752494-0", "both()"))},
		{"echo", batch(itemOf("1795400752494-0", `echo({"user":"u","tags":["a","b"],"n":{"x":1,"y":2}})`))},
		{"batch-of-10", batch(itemOf("0", "add(1,2)"), itemOf("1", "add(1,2)"), itemOf("2", "add(1,2)"), itemOf("3", "add(1,2)"), itemOf("4", "add(1,2)"),
			itemOf("5", "add(1,2)"), itemOf("6", "add(1,2)"), itemOf("7", "add(1,2)"), itemOf("8", "add(1,2)"), itemOf("9", "add(1,2)"))},
	} {
		b.Run(bb.name, func(b *testing.B) {
			srv := newServer(b, func(*core.State) (any, error) { return newTally(), nil })
			st, reject := srv.Accept(b.Context(), objX)
			if reject != nil {
				b.Fatal(reject.Text)
			}
			s := silent{st}
			srv.Opened(s)
			b.Cleanup(func() { srv.Closed(s, core.CloseInfo{}) })
			m := core.Message{Data: []byte(bb.msg)}
			b.ReportAllocs()
			for b.Loop() {
				srv.Message(s, m)
			}
			if n := srv.Stats().Failed; n != 0 {
				b.Errorf("%d failed", n)
			}
		})
	}
}
