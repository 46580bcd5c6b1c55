package wstransport_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
)

// rfcCase is a conversation: what the raw peer sends, and what it gets back. A case
// that does not end in a close frame is followed by a close handshake with 1000.
type rfcCase struct {
	name string
	send []frame
	want []string
}

func textFrame(s string) frame { return frame{op: ws.OpText, payload: s} }
func part(s string) frame      { return frame{op: ws.OpText, payload: s, more: true} }
func cont(s string) frame      { return frame{op: ws.OpContinuation, payload: s, more: true} }
func last(s string) frame      { return frame{op: ws.OpContinuation, payload: s} }
func ping(s string) frame      { return frame{op: ws.OpPing, payload: s} }
func pong(s string) frame      { return frame{op: ws.OpPong, payload: s} }
func closing(code int, reason string) frame {
	return frame{op: ws.OpClose, payload: string([]byte{byte(code >> 8), byte(code)}) + reason}
}

// rfcCases follow the numbering of the Autobahn suite, sections 1 to 7.
func rfcCases() []rfcCase {
	x := strings.Repeat
	var cases []rfcCase
	add := func(name string, send []frame, want ...string) {
		cases = append(cases, rfcCase{name, send, want})
	}
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536} {
		add(fmt.Sprintf("1.1.%d", i+1), []frame{textFrame(x("*", n))}, "text:"+x("*", n))
		add(fmt.Sprintf("1.2.%d", i+1), []frame{{op: ws.OpBinary, payload: x("\xfe", n)}}, "binary:"+x("\xfe", n))
	}

	add("2.1-ping", []frame{ping("")}, "pong:")
	add("2.2-text-ping", []frame{ping("Hello")}, "pong:Hello")
	add("2.3-binary-ping", []frame{ping("\x00\xff\xfe")}, "pong:\x00\xff\xfe")
	add("2.4-ping-125", []frame{ping(x("\xfe", 125))}, "pong:"+x("\xfe", 125))
	add("2.5-ping-126", []frame{ping(x("\xfe", 126))}, "close:1002")
	add("2.7-pong", []frame{pong("")})
	add("2.8-pong-payload", []frame{pong("unasked")})
	add("2.9-pong-then-ping", []frame{pong("unasked"), ping("p")}, "pong:p")

	good := textFrame("good")
	add("3.1-rsv1", []frame{{op: ws.OpText, rsv: 1, payload: "x"}}, "close:1002")
	for rsv := byte(2); rsv <= 4; rsv++ {
		add(fmt.Sprintf("3.%d-rsv", rsv), []frame{good, {op: ws.OpText, rsv: rsv, payload: "x"}}, "text:good", "close:1002")
	}
	add("3.5-rsv-binary", []frame{{op: ws.OpBinary, rsv: 5, payload: "x"}}, "close:1002")
	add("3.6-rsv-ping", []frame{{op: ws.OpPing, rsv: 6, payload: "x"}, ping("unanswered")}, "close:1002")
	add("3.7-rsv-close", []frame{{op: ws.OpClose, rsv: 7}}, "close:1002")

	for _, op := range []ws.OpCode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		add(fmt.Sprintf("4-opcode-%d", op), []frame{{op: op}}, "close:1002")
		add(fmt.Sprintf("4-opcode-%d-after", op), []frame{good, {op: op, payload: "payload"}, ping("unanswered")}, "text:good", "close:1002")
	}

	add("5.1-fragmented-ping", []frame{{op: ws.OpPing, more: true, payload: "a"}, last("b")}, "close:1002")
	add("5.2-fragmented-pong", []frame{{op: ws.OpPong, more: true, payload: "a"}, last("b")}, "close:1002")
	add("5.3-two-fragments", []frame{part("fragment1"), last("fragment2")}, "text:fragment1fragment2")
	add("5.6-ping-between", []frame{part("a"), ping("p"), last("b")}, "pong:p", "text:ab")
	add("5.9-continuation-of-nothing", []frame{last("x"), good}, "close:1002")
	add("5.12-unfinished-continuation-of-nothing", []frame{cont("x"), good}, "close:1002")
	add("5.15-continuation-after-message", []frame{part("a"), last("b"), cont("c"), good}, "text:ab", "close:1002")
	add("5.18-second-is-text", []frame{part("a"), textFrame("b")}, "close:1002")
	add("5.19-five-fragments-with-pings", []frame{part("1"), cont("2"), ping("p1"), cont("3"), cont("4"), ping("p2"), last("5")},
		"pong:p1", "pong:p2", "text:12345")

	add("6.1.1-empty", []frame{textFrame("")}, "text:")
	add("6.1.2-three-empty", []frame{part(""), cont(""), last("")}, "text:")
	add("6.1.3-empty-x-empty", []frame{part(""), cont("x"), last("")}, "text:x")
	word := "Hello-µ@ßöäüàá-UTF-8!!"
	add("6.2.1-valid", []frame{textFrame(word)}, "text:"+word)
	octets := []frame{part(word[:1])}
	for i := 1; i < len(word)-1; i++ {
		octets = append(octets, cont(word[i:i+1]))
	}
	add("6.2.3-octets", append(octets, last(word[len(word)-1:])), "text:"+word)
	const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
	add("6.3.1-invalid", []frame{textFrame(kosme + "\xed\xa0\x80" + "edited")}, "close:1007")
	add("6.4.1-fail-fast-fragment", []frame{part(kosme), cont("\xf4\x90\x80\x80")}, "close:1007")
	add("6.4.2-fail-fast-split-rune", []frame{part(kosme + "\xf4"), cont("\x90")}, "close:1007")
	add("6.4.3-fail-fast-in-frame", []frame{{op: ws.OpText, payload: kosme + "\xf4\x90", length: "\x7d"}}, "close:1007")
	add("6.6.2-prefix", []frame{textFrame(kosme[:3])}, "close:1007")
	add("6.6.5-kosme", []frame{textFrame(kosme)}, "text:"+kosme)
	for i, tt := range []struct {
		s     string
		valid bool
	}{
		{"\x00", true}, {"\xc2\x80", true}, {"\xe0\xa0\x80", true}, {"\xf0\x90\x80\x80", true}, {"\xf8\x88\x80\x80\x80", false}, {"\xfc\x84\x80\x80\x80\x80", false},
		{"\x7f", true}, {"\xdf\xbf", true}, {"\xef\xbf\xbf", true}, {"\xf7\xbf\xbf\xbf", false}, {"\xed\x9f\xbf", true}, {"\xee\x80\x80", true}, {"\xef\xbf\xbd", true},
		{"\xf4\x8f\xbf\xbf", true}, {"\xf4\x90\x80\x80", false}, {"\x80", false}, {"\xbf", false}, {"\xc0 \xc1 ", false}, {"\xe0 ", false}, {"\xc3", false}, {"\xe2\x82", false},
		{"\xfe", false}, {"\xff", false}, {"\xc0\xaf", false}, {"\xe0\x80\xaf", false}, {"\xf0\x80\x80\xaf", false}, {"\xc1\xbf", false}, {"\xe0\x9f\xbf", false},
		{"\xc0\x80", false}, {"\xed\xa0\x80", false}, {"\xed\xbf\xbf", false}, {"\xed\xa0\x80\xed\xb0\x80", false}, {"\xef\xbf\xbe", true}, {"\xf0\x9f\xbf\xbf", true},
	} {
		want := "close:1007"
		if tt.valid {
			want = "text:" + tt.s
		}
		add(fmt.Sprintf("6-kuhn-%d", i), []frame{textFrame(tt.s)}, want)
	}
	add("6-binary-is-not-checked", []frame{{op: ws.OpBinary, payload: "\xff"}}, "binary:\xff")

	add("7.1.1-message-then-close", []frame{good, closing(1000, "")}, "text:good", "close:1000")
	add("7.1.2-two-closes", []frame{closing(1000, ""), closing(1000, "")}, "close:1000")
	add("7.1.3-ping-after-close", []frame{closing(1000, ""), ping("x")}, "close:1000")
	add("7.1.4-text-after-close", []frame{closing(1000, ""), good}, "close:1000")
	add("7.1.5-close-in-message", []frame{part("a"), closing(1000, ""), last("b")}, "close:1000")
	add("7.3.1-no-code", []frame{{op: ws.OpClose}}, "close:none")
	add("7.3.2-half-a-code", []frame{{op: ws.OpClose, payload: "\x03"}}, "close:1002")
	add("7.3.4-reason", []frame{closing(1000, "Hello World!")}, "close:1000")
	add("7.3.5-reason-123", []frame{closing(1000, x("*", 123))}, "close:1000")
	add("7.3.6-reason-124", []frame{closing(1000, x("*", 124))}, "close:1002")
	add("7.5.1-reason-not-utf8", []frame{closing(1000, "\xce\xba\xed\xa0\x80")}, "close:1007")
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		add(fmt.Sprintf("7.7-code-%d", code), []frame{closing(code, "")}, fmt.Sprintf("close:%d", code))
	}
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		add(fmt.Sprintf("7.9-code-%d", code), []frame{closing(code, "")}, "close:1002")
	}

	add("own-mask-wrong", []frame{{op: ws.OpText, payload: "x", unmask: true}}, "close:1002")
	add("own-length-16-not-shortest", []frame{{op: ws.OpText, payload: "x", length: "\x7e\x00\x01"}}, "close:1002")
	add("own-length-64-not-shortest", []frame{{op: ws.OpText, payload: "x", length: "\x7f\x00\x00\x00\x00\x00\x00\x00\x01"}}, "close:1002")
	add("own-length-64-first-bit", []frame{{op: ws.OpText, length: "\x7f\x80\x00\x00\x00\x00\x00\x00\x00"}}, "close:1002")
	add("own-length-2^62", []frame{{op: ws.OpText, length: "\x7f\x40\x00\x00\x00\x00\x00\x00\x00"}}, "close:1009")
	add("own-length-2^31", []frame{{op: ws.OpText, length: "\x7f\x00\x00\x00\x00\x80\x00\x00\x00"}}, "close:1009")
	add("own-length-limit+1", []frame{{op: ws.OpText, length: "\x7f\x00\x00\x00\x00\x00\x10\x00\x01"}}, "close:1009")
	add("own-limit", []frame{textFrame(x("x", 1<<20))}, "text:"+x("x", 1<<20))
	half := x("x", 1<<19)
	add("own-fragments-at-limit", []frame{part(half), last(half)}, "text:"+half+half)
	add("own-fragments-over-limit", []frame{part(half), cont(half), last("x")}, "close:1009")
	flood := append([]frame{part("")}, slices.Repeat([]frame{cont("")}, 1024)...)
	add("own-empty-fragments", flood, "close:1008")
	add("own-ping-flood", slices.Repeat([]frame{pong("")}, 21), "close:1008")
	return cases
}

func TestRFC6455(t *testing.T) {
	t.Parallel()
	sides := map[string]func(*testing.T, core.Limits) *raw{"server": serverPeer, "client": clientPeer}
	for side, connect := range sides {
		for _, tt := range rfcCases() {
			for _, chop := range []string{"frames", "whole", "octets"} {
				size := 0
				for _, f := range tt.send {
					size += len(f.payload) + 8
				}
				if chop == "octets" && (size > 300 || len(tt.send) > 30) {
					continue
				}
				t.Run(side+"/"+tt.name+"/"+chop, func(t *testing.T) {
					t.Parallel()
					runRFC(t, connect(t, core.Limits{}), tt, chop)
				})
			}
		}
	}
}

func runRFC(t *testing.T, r *raw, tt rfcCase, chop string) {
	t.Helper()
	var pieces [][]byte
	for _, f := range tt.send {
		pieces = append(pieces, f.bytes(r.mask))
	}
	want := slices.Clone(tt.want)
	ends := len(want) > 0 && strings.HasPrefix(want[len(want)-1], "close:")
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		switch chop {
		case "frames":
			for _, p := range pieces {
				r.send(p)
			}
		case "whole":
			r.send(slices.Concat(pieces...))
		case "octets":
			for _, b := range slices.Concat(pieces...) {
				r.send([]byte{b})
			}
		}
	}()
	for i, w := range want {
		if got := r.next(); got != w {
			t.Fatalf("answer %d = %.60q, want %.60q", i, got, w)
		}
	}
	if !ends {
		<-sent
		r.send(closing(1000, "").bytes(r.mask))
		if got := r.next(); got != "close:1000" {
			t.Fatalf("answer to the close frame = %.60q", got)
		}
	}
	if got := r.next(); got != "end" {
		t.Errorf("after the close frame: %.60q, want the end of the connection", got)
	}
}
