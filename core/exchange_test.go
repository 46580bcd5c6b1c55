package core_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

// fakeExchanger is a transport whose answers belong to their requests.
type fakeExchanger struct {
	*fakeTransport
	exchange func(ctx context.Context, frame string) (string, error)
}

func (f *fakeExchanger) Exchange(ctx context.Context, m core.Message) (core.Message, error) {
	f.mu.Lock()
	f.frames = append(f.frames, string(m.Data))
	f.mu.Unlock()
	answer, err := f.exchange(ctx, string(m.Data))
	return core.Message{Data: []byte(answer)}, err
}

var _ core.Exchanger = (*fakeExchanger)(nil)

func TestExchanger(t *testing.T) {
	t.Parallel()
	var answer func(ids []string) (string, error)
	f := &fakeExchanger{fakeTransport: newFake(core.TransportInfo{Name: "post"})}
	f.exchange = func(ctx context.Context, frame string) (string, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the exchange has no deadline")
		}
		return answer(sentIDs(frame))
	}
	c := clientOn(t, f, f.fakeTransport)
	ok := func(items ...string) (string, error) {
		return lmzDocument(`{"batch":[` + strings.Join(items, ",") + `]}`), nil
	}
	tests := []struct {
		name   string
		answer func(ids []string) (string, error)
		want   string // of the first call's error; "": it is answered by 1
		code   core.Code
		whole  bool // Batch fails as well
	}{
		{"answers in any order", func(ids []string) (string, error) { return ok(okItem(ids[1], "2"), okItem(ids[0], "1")) }, "", "", false},
		{"one failed", func(ids []string) (string, error) { return ok(failedItem(ids[0], `"no"`), okItem(ids[1], "2")) }, "no", "", false},
		{"one is missing", func(ids []string) (string, error) { return ok(okItem(ids[1], "2")) }, "nothing for this call", core.CodeOutcomeUnknown, true},
		{"parse-error", func([]string) (string, error) {
			return ok(failedItem("parse-error", `{"$type":"error","name":"Error","message":"too many","millraceCode":"limit"}`))
		}, "too many", core.CodeLimit, true},
		{"no batch", func([]string) (string, error) { return lmzDocument(`{}`), nil }, "nothing for this call", core.CodeOutcomeUnknown, true},
		{"a proxy's page", func([]string) (string, error) { return "<html>", nil }, "the answer cannot be read", core.CodeMalformed, true},
		{"not sent", func([]string) (string, error) { return "", errors.New("no route") }, "no route", core.CodeUnreachable, true},
		{"typed", func([]string) (string, error) { return "", &core.Error{Code: core.CodeOutcomeUnknown, Message: "cut"} }, "cut", core.CodeOutcomeUnknown, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer = tt.answer
			a, b := c.Call("a"), c.Call("b")
			err := c.Batch(t.Context(), a, b)
			if (err != nil) != tt.whole || tt.whole && core.CodeOf(err) != tt.code {
				t.Errorf("Batch() = %v, want an error: %t (%s)", err, tt.whole, tt.code)
			}
			got, err := core.Await[int](t.Context(), a)
			if tt.want == "" {
				if got != 1 || err != nil {
					t.Errorf("a = %v, %v, want 1", got, err)
				}
			} else if err == nil || core.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("a = %v (%s), want %q with %q", err, core.CodeOf(err), tt.code, tt.want)
			}
			if s := c.Stats(); s.Pending != 0 {
				t.Errorf("%d calls are pending", s.Pending)
			}
		})
	}
	answer = func([]string) (string, error) { return ok() }
	if _, err := core.Call[int](t.Context(), c, "a"); core.CodeOf(err) != core.CodeOutcomeUnknown {
		t.Errorf("a call that is not answered = %v, want %s", err, core.CodeOutcomeUnknown)
	}
	if got := f.sent()[0]; !strings.HasPrefix(got, `{"json":{"batch":[{"id":"id-0","operations":[`) {
		t.Errorf("sent %s, want no type: the request says what it is", got)
	}
}

func TestExchanger_contexts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeExchanger{fakeTransport: newFake(core.TransportInfo{Name: "post"})}
		f.exchange = func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		c := clientOn(t, f, f.fakeTransport)
		start := time.Now()
		if _, err := core.Call[any](t.Context(), c, "f"); core.CodeOf(err) != core.CodeTimeout || time.Since(start) != 30*time.Second {
			t.Errorf("after %v: %v, want %s after 30s", time.Since(start), err, core.CodeTimeout)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := core.Call[any](ctx, c, "f"); core.CodeOf(err) != core.CodeCanceled {
			t.Errorf("a cancelled call = %v, want %s", err, core.CodeCanceled)
		}
		done := make(chan error)
		go func() { _, err := core.Call[any](t.Context(), c, "f"); done <- err }()
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		if err := <-done; core.CodeOf(err) != core.CodeClosed {
			t.Errorf("a call at Close = %v, want %s", err, core.CodeClosed)
		}
		if got := f.sent(); len(got) != 3 {
			t.Errorf("sent %q, want three requests and no cancellations", got)
		}
	})
}
