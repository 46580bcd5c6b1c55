package core_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
)

// fakeTransport is a transport whose other end is a function of the test. Messages
// and losses are handed to the client by one reader goroutine, in order.
type fakeTransport struct {
	info    core.TransportInfo
	serve   func(frame string) []string                 // answers to a frame; nil: none
	sending func(ctx context.Context, seq uint64) error // before a message is accepted; nil: nothing
	placed  func(seq uint64)                            // after it was accepted, before Send returns; nil: nothing
	dial    func(ctx context.Context) error             // of Connect; nil: succeeds

	message func(core.Message) bool
	opened  func(bool)
	closed  func(core.CloseInfo) bool

	mu        sync.Mutex // guards what follows
	seq       uint64
	frames    []string
	keepAlive []bool
	codec     string
	closings  []core.CloseCode

	events chan func()
	quit   chan struct{}
	once   sync.Once
	reader sync.WaitGroup
}

func newFake(info core.TransportInfo) *fakeTransport {
	f := &fakeTransport{info: info, events: make(chan func(), 4096), quit: make(chan struct{})}
	f.reader.Go(func() {
		for {
			select {
			case <-f.quit:
				return
			case event := <-f.events:
				event()
			}
		}
	})
	return f
}

// pushing describes a transport that can receive downstream messages.
var pushing = core.TransportInfo{Name: "fake", ClientID: "user-1", Push: true}

// newClient returns a client on a fake transport, closed with the test.
func fakeClient(tb testing.TB, f *fakeTransport, opts ...core.ClientOption) *core.Client {
	tb.Helper()
	return clientOn(tb, f, f, opts...)
}

func clientOn(tb testing.TB, on core.Transport, f *fakeTransport, opts ...core.ClientOption) *core.Client {
	tb.Helper()
	c, err := core.NewClient(on, lmzcodec.New(), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Errorf("Close() = %v", err)
		}
		f.reader.Wait()
	})
	f.do(func() { f.opened(false) })
	f.sync()
	return c
}

func (f *fakeTransport) Info() core.TransportInfo                    { return f.info }
func (f *fakeTransport) SetCodec(name string)                        { f.codec = name }
func (f *fakeTransport) SetMessageHandler(h func(core.Message) bool) { f.message = h }
func (f *fakeTransport) SetOpenHandler(h func(bool))                 { f.opened = h }
func (f *fakeTransport) SetCloseHandler(h func(core.CloseInfo) bool) { f.closed = h }

func (f *fakeTransport) SetKeepAlive(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keepAlive = append(f.keepAlive, on)
}

func (f *fakeTransport) Connect(ctx context.Context) error {
	if f.dial != nil {
		return f.dial(ctx)
	}
	return nil
}

func (f *fakeTransport) Send(ctx context.Context, m core.Message) (uint64, error) {
	f.mu.Lock()
	seq := f.seq + 1
	f.mu.Unlock()
	if f.sending != nil {
		if err := f.sending(ctx, seq); err != nil {
			return 0, err
		}
	}
	select {
	case <-f.quit:
		return 0, &core.Error{Code: core.CodeClosed, Message: "fake: closed"}
	default:
	}
	frame := string(m.Data)
	f.mu.Lock()
	f.seq++
	seq = f.seq
	f.frames = append(f.frames, frame)
	f.mu.Unlock()
	if f.serve != nil {
		for _, a := range f.serve(frame) {
			f.receive(a)
		}
	}
	if f.placed != nil {
		f.placed(seq)
	}
	return seq, nil
}

func (f *fakeTransport) Close(code core.CloseCode, _ string) error {
	f.mu.Lock()
	f.closings = append(f.closings, code)
	f.mu.Unlock()
	f.once.Do(func() { close(f.quit) })
	return nil
}

// do runs event on the reader after what was handed to it before.
func (f *fakeTransport) do(event func()) { f.events <- event }

// receive hands a text message to the client.
func (f *fakeTransport) receive(data string) {
	f.do(func() { f.message(core.Message{Data: []byte(data)}) })
}

// lose ends the connection and returns the close handler's verdict.
func (f *fakeTransport) lose(info core.CloseInfo) bool {
	verdict := make(chan bool, 1)
	f.do(func() { verdict <- f.closed(info) })
	return <-verdict
}

// sync returns when the reader has done all that was handed to it.
func (f *fakeTransport) sync() {
	done := make(chan struct{})
	f.do(func() { close(done) })
	<-done
}

// frame returns the frame with that number as it was sent.
func (f *fakeTransport) frame(i int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.frames[i]
}

// sent returns the frames sent so far, ids replaced by id-0, id-1... and the time limit by 0.
func (f *fakeTransport) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := map[string]string{}
	var frames []string
	for _, frame := range f.frames {
		frame = anyID.ReplaceAllStringFunc(frame, func(id string) string {
			if _, ok := ids[id]; !ok {
				ids[id] = fmt.Sprintf("id-%d", len(ids))
			}
			return ids[id]
		})
		frames = append(frames, limitMs.ReplaceAllString(frame, ""))
	}
	return frames
}

var (
	anyID   = regexp.MustCompile(`[A-Z2-7]{13}-[0-9]+`)
	limitMs = regexp.MustCompile(`,"timeoutMs":[0-9]+`)
)

// idsOf returns the ids of a request's items.
func sentIDs(frame string) []string { return anyID.FindAllString(frame, -1) }

// document wraps a JSON value as the codec does.
func lmzDocument(json string) string { return `{"json":` + json + `,"meta":{}}` }

// answerItems makes an answering message of items.
func answerFrame(items ...string) string {
	return lmzDocument(`{"type":"__rpc","batch":[` + strings.Join(items, ",") + `]}`)
}

func okItem(id, result string) string {
	return fmt.Sprintf(`{"id":%q,"success":true,"result":%s}`, id, result)
}

func failedItem(id, err string) string {
	return fmt.Sprintf(`{"id":%q,"success":false,"error":%s}`, id, err)
}

// always answers every item of a frame with the same result.
func alwaysAnswer(result string) func(string) []string {
	return func(frame string) []string {
		var items []string
		for _, id := range sentIDs(frame) {
			items = append(items, okItem(id, result))
		}
		return []string{answerFrame(items...)}
	}
}

// downstream makes a downstream message.
func downstreamFrame(payload string) string {
	return lmzDocument(`{"type":"__downstream","payload":` + payload + `}`)
}
