package endtoend_test

import (
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
)

const (
	before = `{"json":{"type":"__rpc","batch":[{"id":"a","operations":[{"type":"get","key":"echo"},{"type":"apply","args":[`
	after  = `]}]}]},"meta":{}}`
)

// What is wrong with a message is told to its sender, nothing of it runs, and its
// neighbour notices nothing.
func TestHostile_AnswersAndCloses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		frame ws.Frame
		want  string        // in the answer
		close ws.StatusCode // or the connection ends with this code
	}{
		{"too-deep", ws.NewTextFrame([]byte(before + strings.Repeat("[", 300) + strings.Repeat("]", 300) + after)), "> 256 (setting: ValueDepth)", 0},
		{"too-many-values", ws.NewTextFrame([]byte(before + "[0" + strings.Repeat(",0", 100_001) + "]" + after)), "> 100000 (setting: ValueNodes)", 0},
		{"too-many-items", ws.NewTextFrame([]byte(`{"json":{"type":"__rpc","batch":[` + strings.Repeat(`{"id":"a"},`, 1000) + `{"id":"a"}]},"meta":{}}`)), "1001 > 1000 (setting: BatchItems)", 0},
		{"too-large", ws.NewTextFrame([]byte(before + `"` + strings.Repeat("x", 1<<20) + `"` + after)), "", ws.StatusMessageTooBig},
		{"declared-too-large", ws.Frame{Header: ws.Header{Fin: true, OpCode: ws.OpText, Length: 1 << 40}}, "", ws.StatusMessageTooBig},
		{"no-utf8", ws.NewTextFrame([]byte(before + "\"\xff\"" + after)), "", ws.StatusInvalidFramePayloadData},
		{"reserved-bits", ws.Frame{Header: ws.Header{Fin: true, OpCode: ws.OpText, Rsv: ws.Rsv(true, false, false)}}, "", ws.StatusProtocolError},
		{"reserved-opcode", ws.NewFrame(0x3, true, nil), "", ws.StatusProtocolError},
		{"continuation-of-nothing", ws.NewFrame(ws.OpContinuation, true, []byte("x")), "", ws.StatusProtocolError},
		{"long-ping", ws.NewFrame(ws.OpPing, true, make([]byte, 126)), "", ws.StatusProtocolError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			neighbour := h.client("")
			check := func() {
				t.Helper()
				if got, err := core.Call[int](h.ctx(), neighbour, "number", 7); got != 7 || err != nil {
					t.Errorf("the neighbour got %d, %v", got, err)
				}
			}
			check()
			p := h.peer()
			f := tt.frame
			f.Header.Masked = true // and a mask of zeros, so that headers can lie
			if err := ws.WriteHeader(p.conn, f.Header); err != nil {
				t.Fatal(err)
			}
			if _, err := p.conn.Write(f.Payload); err != nil && tt.close == 0 {
				t.Fatal(err)
			}
			check()
			got := p.next()
			if tt.close != 0 {
				if code, reason := ws.ParseCloseFrameData(got.Payload); got.Header.OpCode != ws.OpClose || code != tt.close || reason == "" {
					t.Errorf("opcode %d, code %d %q, want %d and a reason", got.Header.OpCode, code, reason, tt.close)
				}
			} else {
				answer := string(got.Payload)
				if got.Header.OpCode != ws.OpText || !strings.Contains(answer, `"success":false`) || !strings.Contains(answer, tt.want) || !strings.Contains(answer, `"millraceCode":"`) {
					t.Errorf("opcode %d %s, want a typed error with %q", got.Header.OpCode, answer, tt.want)
				}
				p.text(before + "2" + after)
				if got := string(p.next().Payload); got != `{"json":{"type":"__rpc","batch":[{"id":"a","success":true,"result":2}]},"meta":{}}` {
					t.Errorf("the next message is answered by %s", got)
				}
				h.ran.Add(-1)
			}
			check()
			if ran := h.ran.Load(); ran != 3 {
				t.Errorf("%d calls ran, want the neighbour's three", ran)
			}
		})
	}
}

// What the protocol does not know, and what cannot be read at all, is ignored and counted.
func TestHostile_UnknownEnvelopes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p := h.peer()
	unknown := []string{`{"json":{"type":"__tomorrow","batch":[]},"meta":{}}`, `{"json":{"type":"__downstream","payload":1},"meta":{}}`, `{"json":[],"meta":{}}`, `hello`,
		before + `1,` + after, before + `1` + after + `x`}
	for _, text := range unknown {
		p.text(text)
	}
	p.text(before + "2" + after)
	if got := string(p.next().Payload); got != `{"json":{"type":"__rpc","batch":[{"id":"a","success":true,"result":2}]},"meta":{}}` {
		t.Errorf("the first answer is %s", got)
	}
	if s := h.srv.Stats(); s.Ignored != int64(len(unknown)) || h.ran.Load() != 1 {
		t.Errorf("%d ignored, %d calls ran, want %d and one", s.Ignored, h.ran.Load(), len(unknown))
	}
}
