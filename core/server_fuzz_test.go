package core_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
)

// collector is a session that keeps what is sent.
type collector struct {
	st   core.Settings
	hs   core.Handshake
	mu   sync.Mutex
	sent []string
}

func (c *collector) Send(m core.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, string(m.Data))
	return nil
}
func (c *collector) Close(core.CloseCode, string) error { return nil }
func (c *collector) HandOff()                           {}
func (c *collector) Handshake() core.Handshake          { return c.hs }
func (c *collector) Value() any                         { return c.st.Value }

// FuzzServer feeds any bytes to a server as a message and as a request: it neither
// panics nor hangs, every id of a batch that a plain JSON reader finds is answered at most once,
// and exactly once when the message is answered at all.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		batch(itemOf("a", "add(1,2)")),
		batch(itemOf("a", "self().increment()"), itemOf("b", `echo(`+nest("r", "increment()")+`)`), itemOf("c", `echo(`+nest("r", "")+`)`)),
		batch(itemOf("a", "list()"), itemOf("a", "obj()")),
		batch(itemOf("", "exposed()"), "7"),
		batch(`{"id":"x","operations":7}`, `{"id":"y","operations":[{"type":"set"}],"timeoutMs":5}`),
		batch(itemOf("a", "")),
		`{"json":{"type":"__cancel","ids":["a",1]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"$ref":0},{"$ref":0}]},"meta":{"aliases":{"0":{"id":"s","operations":[]}}}}`,
		`{"json":{"batch":[{"id":"a","operations":[{"type":"get","key":"echo"},{"type":"apply","args":[{"$type":"map","entries":[[{"$ref":0},1]]}]}]}]},"meta":{"aliases":{"0":[{"$ref":0}]}}}`,
		`{`, `[`, "PING", "\xff", `{"json":{"type":"__rpc","batch":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	srv := newServer(f, func(*core.State) (any, error) { return newTally(), nil }, core.WithLimits(core.Limits{CallTimeout: 5 * time.Second}))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, reject := srv.Accept(t.Context(), objX)
		if reject != nil {
			t.Fatal(reject.Text)
		}
		c := &collector{st: st, hs: objX}
		srv.Opened(c)
		srv.Message(c, core.Message{Data: append([]byte(nil), data...)})
		srv.Closed(c, core.CloseInfo{})
		if len(c.sent) > 1 {
			t.Errorf("%q was answered %d times: %q", data, len(c.sent), c.sent)
		}
		asked := plainIDs(data)
		for _, text := range c.sent {
			count := map[string]int{}
			for _, a := range parseAnswer(t, text) {
				count[a.ID]++
			}
			for id, n := range count {
				if n > 1 {
					t.Errorf("id %q of %q was answered %d times", id, data, n)
				}
			}
			for _, id := range asked {
				if count[id] != 1 && count["parse-error"] == 0 {
					t.Errorf("id %q of %q was answered %d times: %s", id, data, count[id], text)
				}
			}
		}
		est, _ := srv.Accept(t.Context(), objX)
		m, _ := srv.Exchange(t.Context(), objX, est, core.Message{Data: append([]byte(nil), data...)})
		if !json.Valid(m.Data) {
			t.Errorf("%q was answered by %q", data, m.Data)
		}
	})
}

// plainIDs are the ids of a batch written without references or tags.
func plainIDs(data []byte) []string {
	var env struct {
		JSON struct {
			Batch []struct {
				ID *string `json:"id"`
			} `json:"batch"`
		} `json:"json"`
	}
	if json.Unmarshal(data, &env) != nil {
		return nil
	}
	var ids []string
	for _, item := range env.JSON.Batch {
		if item.ID != nil && *item.ID != "" && len(*item.ID) <= 64 {
			ids = append(ids, *item.ID)
		}
	}
	return ids
}
