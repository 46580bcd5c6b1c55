package value_test

import (
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/core/value"
)

const high, low = "\xed\xa0\xbd", "\xed\xb8\x80" // the halves of U+1F600

func TestValidText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": true, "abc": true, "é\U0001f600": true, "\x00": true, high: true, low: true, low + high: true, "a" + high + "b" + low: true,
		high + high: true, "é" + high + "é" + low: true, high + low: false, "x" + low + high + low: false,
		"\xff": false, "\xed": false, "\xed\xa0": false, "\xc0\x80": false, "\xf4\x90\x80\x80": false, high + "\x80": false, "\xed\xa0\x7f": false,
	} {
		if got := value.ValidText(s); got != want {
			t.Errorf("ValidText(%+q) = %v, want %v", s, got, want)
		}
	}
}

func TestJoinText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parts []string
		want  string
	}{
		{nil, ""},
		{[]string{"a", "b"}, "ab"},
		{[]string{"a" + high, low + "b"}, "a\U0001f600b"},
		{[]string{high, "", low}, "\U0001f600"},
		{[]string{low, high}, low + high},
		{[]string{high, high}, high + high},
		{[]string{"xyz", low}, "xyz" + low},
	} {
		if got := value.JoinText(tt.parts...); got != tt.want {
			t.Errorf("JoinText(%+q) = %+q, want %+q", tt.parts, got, tt.want)
		}
	}
}

func TestReplaceSurrogates(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"é": "é", "a" + high + "b": "a\ufffdb", "\xff\xed": "\ufffd\ufffd"} {
		if got := value.ReplaceSurrogates(s); got != want {
			t.Errorf("ReplaceSurrogates(%+q) = %+q, want %+q", s, got, want)
		}
	}
}

// TestAppendUnit_EveryStringHasOneForm spells strings of UTF-16 as WTF-8 and compares them, where they
// are well-formed, with what package utf16 decodes.
func TestAppendUnit_EveryStringHasOneForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.SliceOf(rapid.OneOf(rapid.Uint16(), rapid.Uint16Range(0xd700, 0xe100))).Draw(t, "units")
		var text []byte
		for _, u := range units {
			text = value.AppendUnit(text, u)
		}
		if !value.ValidText(string(text)) {
			t.Fatalf("%x becomes %+q", units, text)
		}
		decoded := string(utf16.Decode(units))
		if utf8.Valid(text) && string(text) != decoded {
			t.Fatalf("%x becomes %+q, want %+q", units, text, decoded)
		}
		if got := value.ReplaceSurrogates(string(text)); got != decoded {
			t.Fatalf("%x becomes %+q without surrogates, want %+q", units, got, decoded)
		}
		cut := rapid.IntRange(0, len(units)).Draw(t, "cut")
		var a, b []byte
		for i, u := range units {
			if i < cut {
				a = value.AppendUnit(a, u)
			} else {
				b = value.AppendUnit(b, u)
			}
		}
		if got := value.JoinText(string(a), string(b)); got != string(text) {
			t.Fatalf("joined at %d: %+q, want %+q", cut, got, text)
		}
	})
}
