package wiretest

import (
	"context"
	"errors"
	"math"
	"math/big"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// clientCases is what the client does in each case of testdata/client.json.
var clientCases = map[string]func(context.Context, *testing.T, *session){
	"add": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Call[int](ctx, s.client, "add", 1, 2)
		same(t, got, err, 3)
	},
	"no-arguments": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Call[int](ctx, s.client, "increment")
		same(t, got, err, 1)
	},
	"chain": func(ctx context.Context, t *testing.T, s *session) {
		stub := s.client.Get("env").Get("EXAMPLE_DO").Call("getByName", "test-example")
		got, err := core.Call[int](ctx, stub, "add", 2, 3)
		same(t, got, err, 5)
	},
	"get-only": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Await[string](ctx, s.client.Get("complexData").Get("config").Get("name"))
		same(t, got, err, "ExampleDO")
	},
	"index": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Await[int](ctx, s.client.Call("getArray").Index(2))
		same(t, got, err, 3)
	},
	"empty-chain": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Await[struct {
			Name      string         `json:"name"`
			Increment *core.Callable `json:"increment"`
		}](ctx, s.client.Object())
		same(t, got.Name, err, "ExampleDO")
		if got.Increment == nil || got.Increment.Name() != "increment" {
			t.Errorf("increment is %v, want a callable", got.Increment)
		}
	},
	"batch": func(ctx context.Context, t *testing.T, s *session) {
		a, b, c := s.client.Call("increment"), s.client.Call("add", 5, 3), s.client.Call("throwString", "no")
		if err := s.client.Batch(ctx, a, b, c); err != nil {
			t.Errorf("Batch: %v", err)
		}
		got, err := core.Await[int](ctx, a)
		same(t, got, err, 1)
		got, err = core.Await[int](ctx, b)
		same(t, got, err, 8)
		_, err = c.Await(ctx)
		thrown(t, err, "no")
	},
	"nested": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Call[string](ctx, s.client, "combineValues", s.client.Call("getValue", "a"), s.client.Call("getValue", "b"))
		same(t, got, err, "hello + world")
	},
	"nested-shared": func(ctx context.Context, t *testing.T, s *session) {
		x := s.client.Call("increment")
		a, b := s.client.Call("add", x, 10), s.client.Call("add", x, 20)
		if err := s.client.Batch(ctx, a, b); err != nil {
			t.Errorf("Batch: %v", err)
		}
		got, err := core.Await[int](ctx, a)
		same(t, got, err, 11)
		got, err = core.Await[int](ctx, b)
		same(t, got, err, 21)
	},
	"nested-three-deep": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Call[int](ctx, s.client, "increment", s.client.Call("increment", s.client.Call("increment")))
		same(t, got, err, 4)
	},
	"error": func(ctx context.Context, t *testing.T, s *session) {
		_, err := s.client.Call("throwError", "boom").Await(ctx)
		e := jsError(t, err, "Error", "boom")
		if code, _ := e.Props.Get("code"); code != "TEST_ERROR" {
			t.Errorf("code is %v", code)
		}
		if status, _ := e.Props.Get("statusCode"); status != 400.0 {
			t.Errorf("statusCode is %v", status)
		}
		metadata, _ := e.Props.Get("metadata")
		if o, ok := metadata.(*value.Object); !ok || o.Len() != 2 {
			t.Errorf("metadata is %v, want an object of two", metadata)
		}
		if e.Stack == nil || *e.Stack != "Error: boom\n    at ExampleDO.throwError (index.js:1:1)" {
			t.Errorf("stack is %v, want it verbatim", e.Stack)
		}
	},
	"error-class-and-cause": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[int](ctx, s.client, "fail")
		e := jsError(t, err, "TypeError", "o")
		cause, _ := e.Props.Get("cause")
		inner, ok := cause.(*value.Error)
		if !ok || inner.Message != "i" || !errors.Is(err, inner) {
			t.Errorf("cause is %v, want the inner error, found by errors.Is", cause)
		}
	},
	"error-string": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[int](ctx, s.client, "throwString", "String error")
		thrown(t, err, "String error")
	},
	"error-undefined": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[int](ctx, s.client, "fail")
		thrown(t, err, value.Undefined{})
	},
	"error-limit": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[int](ctx, s.client, "deep")
		_ = jsError(t, err, "Error", "Operation chain too deep: 51 > 50")
	},
	"parse-error": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[int](ctx, s.client, "add", 1, 2)
		_ = jsError(t, err, "SyntaxError", "Unexpected end of JSON input")
	},
	"undefined-result": func(ctx context.Context, t *testing.T, s *session) {
		got, err := s.client.Call("subscribe").Await(ctx)
		same[any](t, got, err, value.Undefined{})
	},
	"remote-functions": func(ctx context.Context, t *testing.T, s *session) {
		list, err := s.client.Call("getArrayWithFunctions").Await(ctx)
		if err != nil {
			t.Fatal(err)
		}
		elems := list.(*value.Array).Elems
		hello, ok := elems[2].(*core.Callable)
		if !ok {
			t.Fatalf("element 2 is a %T, want a callable", elems[2])
		}
		got, err := hello.Call(ctx)
		same[any](t, got, err, "hello")
		getValue, _ := elems[3].(*value.Object).Get("getValue")
		got, err = getValue.(*core.Callable).Call(ctx, "arg")
		same[any](t, got, err, 42.0)
	},
	"remote-function-of-an-argument": func(ctx context.Context, t *testing.T, s *session) {
		made, err := core.Call[struct {
			Again func(context.Context) (bool, error) `json:"again"`
		}](ctx, s.client, "make", time.Unix(0, 0))
		if err != nil || made.Again == nil {
			t.Fatalf("make = %+v, %v, want a function", made, err)
		}
		got, err := made.Again(ctx)
		same(t, got, err, true)
	},
	"map-and-its-key": func(ctx context.Context, t *testing.T, s *session) {
		got, err := s.client.Call("getMapWithKey").Await(ctx)
		if err != nil {
			t.Fatal(err)
		}
		o := got.(*value.Object)
		entries, _ := o.Get("map")
		key, _ := o.Get("key")
		if v, ok := entries.(*value.Map).Get(key); v != "user data" || !ok {
			t.Errorf("map.Get(key) = %v, %v, want user data", v, ok)
		}
		access, err := core.Call[map[string]any](ctx, s.client, "accessMapValue", entries, key)
		same(t, access, err, map[string]any{"canAccess": true, "value": "user data", "hasKey": true})
	},
	"cycle": func(ctx context.Context, t *testing.T, s *session) {
		o := value.NewObject(value.Member{Key: "n", Value: 1})
		o.Set("self", o)
		got, err := core.Call[*value.Object](ctx, s.client, "echo", o)
		if err != nil {
			t.Fatal(err)
		}
		if self, _ := got.Get("self"); self != got {
			t.Errorf("self is %v, want the object itself", self)
		}
	},
	"rich-values": func(ctx context.Context, t *testing.T, s *session) {
		digits, _ := new(big.Int).SetString("12345678901234567890", 10)
		sent := value.NewMap(
			value.Entry{Key: "k", Value: time.Date(2025, 1, 2, 3, 4, 5, 678e6, time.UTC)},
			value.Entry{Key: digits, Value: &value.RegExp{Source: `a\/b+`, Flags: "giu"}},
			value.Entry{Key: math.NaN(), Value: &value.URL{Href: "https://e.com/p?q=1#h"}})
		got, err := core.Call[*value.Map](ctx, s.client, "echo", sent)
		if err != nil {
			t.Fatal(err)
		}
		date, _ := got.Get("k")
		pattern, _ := got.Get(digits)
		href, _ := got.Get(math.NaN())
		want := []any{&value.Date{Milliseconds: 1735787045678}, &value.RegExp{Source: `a\/b+`, Flags: "giu"}, &value.URL{Href: "https://e.com/p?q=1#h"}}
		same(t, []any{date, pattern, href}, nil, want)
	},
	"dollar-keys": func(ctx context.Context, t *testing.T, s *session) {
		o := value.NewObject(value.Member{Key: "$type", Value: "date"}, value.Member{Key: "$ref", Value: 0}, value.Member{Key: "$x", Value: 1})
		got, err := core.Call[*value.Object](ctx, s.client, "echo", o)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got.Keys(), nil, []string{"$type", "$ref", "$x"})
	},
	"answers-overtake": func(ctx context.Context, t *testing.T, s *session) {
		var wg sync.WaitGroup
		wg.Go(func() {
			got, err := core.Call[string](ctx, s.client, "slow")
			same(t, got, err, "slow")
		})
		synctest.Wait() // the first call has been sent
		got, err := core.Call[string](ctx, s.client, "fast")
		same(t, got, err, "fast")
		wg.Wait()
	},
	"item-missing": func(ctx context.Context, t *testing.T, s *session) {
		a, b := s.client.Call("one"), s.client.Call("two")
		if err := s.client.Batch(ctx, a, b); core.CodeOf(err) != core.CodeOutcomeUnknown {
			t.Errorf("Batch: %v, want %s", err, core.CodeOutcomeUnknown)
		}
		got, err := core.Await[int](ctx, a)
		same(t, got, err, 1)
		_, err = b.Await(ctx)
		coded(t, err, core.CodeOutcomeUnknown)
	},
	"strangers-ignored": func(ctx context.Context, t *testing.T, s *session) {
		got, err := core.Call[int](ctx, s.client, "add", 1, 2)
		same(t, got, err, 3)
		if n := s.client.Stats(); n.Ignored+n.Malformed != 4 || n.Late != 1 {
			t.Errorf("%+v, want 4 ignored or malformed, 1 late", n)
		}
	},
	"downstream": func(ctx context.Context, t *testing.T, s *session) {
		for _, message := range []string{"hi", "there"} {
			o, ok := take(ctx, t, s.downstream).(*value.Object)
			if !ok {
				t.Fatalf("payload is %v, want an object", o)
			}
			kind, _ := o.Get("type")
			text, _ := o.Get("message")
			same(t, []any{kind, text}, nil, []any{"broadcast", message})
		}
	},
	"downstream-within-a-call": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[struct{}](ctx, s.client, "notifySubscriber", "hi")
		same(t, struct{}{}, err, struct{}{})
		text, _ := take(ctx, t, s.downstream).(*value.Object).Get("message")
		same[any](t, text, nil, "hi")
	},
	"close-4401": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[string](ctx, s.client, "ping")
		coded(t, err, core.CodeOutcomeUnknown)
		info := take(ctx, t, s.closes)
		if info.Code != core.CloseAuthExpired || info.Reason != "Token expired" || !info.Clean {
			t.Errorf("OnClose got %+v, want a clean 4401 Token expired", info)
		}
		<-time.After(time.Hour) // whoever dials again has done so by then
	},
	"close-and-come-back": func(ctx context.Context, t *testing.T, s *session) {
		_, err := core.Call[string](ctx, s.client, "ping")
		coded(t, err, core.CodeOutcomeUnknown)
		lost := time.Now()
		if info := take(ctx, t, s.closes); info.Code != core.CloseNormal {
			t.Errorf("OnClose got %+v, want 1000", info)
		}
		take(ctx, t, s.reconnects)
		if d := time.Since(lost); d < time.Second || d > 2*time.Second {
			t.Errorf("back after %v, want 1 s", d)
		}
		got, err := core.Call[string](ctx, s.client, "catchUp")
		same(t, got, err, "caught up")
	},
	"disposed": func(ctx context.Context, t *testing.T, s *session) {
		go func() { // ends with the test
			synctest.Wait() // the call has been sent
			if err := s.client.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}()
		_, err := core.Call[string](ctx, s.client, "slow")
		coded(t, err, core.CodeClosed)
	},
	"deadline": func(ctx context.Context, t *testing.T, s *session) {
		ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
		defer cancel()
		_, err := core.Call[string](ctx, s.client, "slow")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want the deadline", err)
		}
	},
}

// take waits for a value, and not longer than the script lasts.
func take[T any](ctx context.Context, t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-ctx.Done():
		t.Fatalf("no %T came", v)
	}
	return v
}

// same fails unless there is no error and the value is the wanted one.
func same[T any](t *testing.T, got T, err error, want T) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func thrown(t *testing.T, err error, want any) {
	t.Helper()
	if e, ok := errors.AsType[*core.Thrown](err); !ok || e.Value != want {
		t.Errorf("error is %v, want %v thrown", err, want)
	}
}

func jsError(t *testing.T, err error, name, message string) *value.Error {
	t.Helper()
	e, ok := errors.AsType[*value.Error](err)
	if !ok || e.Name != name || e.Message != message {
		t.Fatalf("error is %v, want a remote %s: %s", err, name, message)
	}
	return e
}

func coded(t *testing.T, err error, want core.Code) {
	t.Helper()
	if core.CodeOf(err) != want {
		t.Errorf("error is %v (%s), want %s", err, core.CodeOf(err), want)
	}
}
