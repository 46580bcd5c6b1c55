package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/core/fault"
)

func TestError_Is(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		target error
		want   bool
	}{
		{"same-code", fault.New(fault.CodeLimit, "too much"), &fault.Error{Code: fault.CodeLimit}, true},
		{"other-code", fault.New(fault.CodeLimit, "too much"), &fault.Error{Code: fault.CodeClosed}, false},
		{"same-code-other-text", fault.New(fault.CodeLimit, "too much"), fault.New(fault.CodeLimit, "too little"), false},
		{"canceled", fault.New(fault.CodeCanceled, "given up"), context.Canceled, true},
		{"timeout", fault.New(fault.CodeTimeout, "late"), context.DeadlineExceeded, true},
		{"timeout-is-not-canceled", fault.New(fault.CodeTimeout, "late"), context.Canceled, false},
		{"unsupported", fault.New(fault.CodeUnsupported, "no"), errors.ErrUnsupported, true},
		{"closed-is-supported", fault.New(fault.CodeClosed, "no"), errors.ErrUnsupported, false},
		{"cause-of-new", fault.New(fault.CodeUnreachable, "dial: %w", io.EOF), io.EOF, true},
		{"cause-of-wrap", fault.Wrap(fault.CodeUnreachable, "dial", io.EOF), io.EOF, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := errors.Is(tt.err, tt.target); got != tt.want {
				t.Errorf("errors.Is(%v, %v) = %v, want %v", tt.err, tt.target, got, tt.want)
			}
		})
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	inner := fault.FromPeer(fault.CodeForbidden, "not yours")
	if got := fault.CodeOf(fmt.Errorf("call: %w", inner)); got != fault.CodeForbidden || inner.Origin != fault.Remote {
		t.Errorf("CodeOf = %q, origin %d", got, inner.Origin)
	}
	for _, err := range []error{nil, io.EOF} {
		if got := fault.CodeOf(err); got != "" {
			t.Errorf("CodeOf(%v) = %q, want none", err, got)
		}
	}
}

func TestParseCode(t *testing.T) {
	t.Parallel()
	if c, ok := fault.ParseCode("object-busy"); c != fault.CodeObjectBusy || !ok {
		t.Errorf("ParseCode = %q, %v", c, ok)
	}
	if c, ok := fault.ParseCode("made-up"); c != fault.CodeInternal || ok {
		t.Errorf("ParseCode of an unknown code = %q, %v, want internal, false", c, ok)
	}
}

func TestExceeded(t *testing.T) {
	t.Parallel()
	err := fault.Exceeded("Operation chain too deep", 51, 50, "ChainLength")
	if want := "Operation chain too deep: 51 > 50 (setting: ChainLength)"; err.Error() != want || err.Code != fault.CodeLimit {
		t.Errorf("Exceeded = %q, code %q, want %q", err, err.Code, want)
	}
	if got := fault.Wrap(fault.CodeClosed, "link", io.EOF).Error(); got != "link: EOF" {
		t.Errorf("Wrap = %q", got)
	}
}

func TestCloseCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code               fault.CloseCode
		sendable, terminal bool
	}{
		{0, false, false}, {999, false, false}, {fault.CloseNormal, true, false}, {1003, true, false}, {1004, false, false},
		{fault.CloseNoStatus, false, false}, {fault.CloseAbnormal, false, false}, {1007, true, false}, {1014, true, false},
		{1015, false, false}, {2999, false, false}, {3000, true, false}, {fault.CloseAuthExpired, true, false},
		{fault.CloseForbidden, true, true}, {fault.CloseSlowConsumer, true, false}, {fault.CloseReplaced, true, true},
		{fault.CloseRateLimited, true, false}, {4499, true, false}, {4500, true, true}, {4999, true, true}, {5000, false, false},
	}
	for _, tt := range tests {
		if tt.code.Sendable() != tt.sendable || tt.code.Terminal() != tt.terminal {
			t.Errorf("%d: Sendable %v, Terminal %v, want %v, %v", tt.code, tt.code.Sendable(), tt.code.Terminal(), tt.sendable, tt.terminal)
		}
	}
}

func TestCloseReason(t *testing.T) {
	t.Parallel()
	if got := fault.CloseReason("Token expired"); got != "Token expired" {
		t.Errorf("CloseReason = %q", got)
	}
	for _, long := range []string{strings.Repeat("x", 124), strings.Repeat("x", 122) + "é", strings.Repeat("\U0001f600", 40)} {
		got := fault.CloseReason(long)
		if len(got) > fault.MaxCloseReason || len(got) < fault.MaxCloseReason-3 || !utf8.ValidString(got) || !strings.HasPrefix(long, got) {
			t.Errorf("CloseReason of %d bytes = %q, %d bytes", len(long), got, len(got))
		}
	}
}

func TestLimits_WithDefaults(t *testing.T) {
	t.Parallel()
	all := reflect.ValueOf(fault.Limits{}.WithDefaults())
	for i := range all.NumField() {
		if all.Field(i).IsZero() {
			t.Errorf("%s has no default", all.Type().Field(i).Name)
		}
	}
	got := fault.Limits{MessageBytes: 5, ValueDepth: fault.NoLimit}.WithDefaults()
	if got.MessageBytes != 5 || got.ValueDepth != fault.NoLimit {
		t.Errorf("what was set became %d, %d", got.MessageBytes, got.ValueDepth)
	}
}

func TestOver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		got, limit int
		want       bool
	}{{5, 5, false}, {6, 5, true}, {1, 0, true}, {math.MaxInt, fault.NoLimit, false}} {
		if got := fault.Over(tt.got, tt.limit); got != tt.want {
			t.Errorf("Over(%d, %d) = %v, want %v", tt.got, tt.limit, got, tt.want)
		}
	}
}
