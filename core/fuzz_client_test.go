package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
)

// FuzzClient_receive gives a client with a call in flight whatever a peer may send; ID
// stands for the id of the call. It must neither panic nor hang nor leak, and the
// call must have ended when the client is closed.
func FuzzClient_receive(f *testing.F) {
	for _, seed := range []string{
		answerFrame(okItem("ID", "3")),
		answerFrame(okItem("ID", remoteMarker)),
		answerFrame(failedItem("ID", `"oops"`), okItem("ID", "1")),
		answerFrame(failedItem("parse-error", `{"$type":"error","name":"Error","message":"m","millraceCode":"limit"}`)),
		answerFrame(`{"id":"ID","success":"maybe"}`, `{"id":{}}`, `7`),
		lmzDocument(`{"type":"__rpc","batch":{"0":1}}`),
		lmzDocument(`{"type":["__rpc"]}`),
		downstreamFrame(`{"text":"hi"}`),
		downstreamFrame(`{"$ref":0}`),
		`{"json":{"$ref":0},"meta":{"aliases":{"0":{"type":"__rpc","batch":[{"$ref":0}],"id":"ID","success":true,"result":{"$ref":0}}}}}`,
		"ID", "pong", "", "{", "[[-1]]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		fake := newFake(pushing)
		var id string
		fake.serve = func(frame string) []string {
			id = sentIDs(frame)[0]
			data = strings.ReplaceAll(data, "ID", id)
			return []string{data, answerFrame(okItem(id, "true"))}
		}
		c, err := core.NewClient(fake, lmzcodec.New(),
			core.OnDownstream(func(context.Context, textNote) {}), core.OnReconnect(func(context.Context) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		fake.do(func() { fake.opened(false) })
		result, err := c.Call("f").Await(t.Context())
		// The answer to the call follows what is fuzzed, so the call ends one way or the other.
		if err == nil && result == nil && !strings.Contains(data, "null") {
			t.Errorf("%q made a result of nothing", data)
		}
		fake.sync()
		if s := c.Stats(); s.Pending != 0 {
			t.Errorf("after %q %d calls are pending", data, s.Pending)
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		fake.reader.Wait()
	})
}
