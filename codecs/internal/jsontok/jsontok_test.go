package jsontok_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/fault"
)

func TestAppendNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want string // as node prints it
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {7, "7"}, {-7, "-7"}, {10, "10"}, {1.5, "1.5"}, {-0.1, "-0.1"},
		{1e20, "100000000000000000000"}, {1e21, "1e+21"}, {-1e21, "-1e+21"}, {1.5e300, "1.5e+300"}, {123456789e13, "1.23456789e+21"},
		{1e-6, "0.000001"}, {1e-7, "1e-7"}, {1.25e-7, "1.25e-7"}, {1e-10, "1e-10"}, {5e-324, "5e-324"}, {math.MaxFloat64, "1.7976931348623157e+308"},
		{1 << 53, "9007199254740992"}, {-(1 << 53), "-9007199254740992"}, {1<<53 - 1, "9007199254740991"}, {1 << 62, "4611686018427388000"},
	}
	for _, tt := range tests {
		if got := string(jsontok.AppendNumber([]byte("x"), tt.in)); got != "x"+tt.want {
			t.Errorf("AppendNumber(%v) = %s, want x%s", tt.in, got, tt.want)
		}
	}
}

func scan(data string) *jsontok.Scanner {
	var s jsontok.Scanner
	s.Reset([]byte(data), "test")
	return &s
}

// TestNumber_RoundTrip: what is written is read as it was, and encoding/json agrees.
func TestNumber_RoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		f := math.Float64frombits(r.Uint64())
		switch r.IntN(4) {
		case 0:
			f = float64(r.Int64N(1<<55)) / float64([]int{1, 2, 10, 100, 1000, 1e9}[r.IntN(6)])
		case 1:
			f = math.Round(f*100) / 100
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		text := string(jsontok.AppendNumber(nil, f))
		s := scan(text + ",")
		got, ok := s.Number()
		if !ok || got != f || s.Pos != len(text) {
			t.Fatalf("Number(%s) = %v, %v up to %d, want %v", text, got, ok, s.Pos, f)
		}
		var std float64
		if err := json.Unmarshal([]byte(text), &std); err != nil || std != f {
			t.Fatalf("encoding/json reads %s as %v, %v, want %v", text, std, err, f)
		}
	}
}

func TestNumber_Forms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"-0", "0.1", "123456789012345.5", "1234567890123456.7", "0.00000000000000000000001", "1E+5", "1e-5", "9007199254740993", "0.1e1", "-12.5"} {
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := scan(text).Number(); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("Number(%s) = %v, %v, want %v", text, got, ok, want)
		}
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", `""`}, {"plain", `"plain"`}, {"a longer text without anything", `"a longer text without anything"`},
		{"\b\t\n\f\r", `"\b\t\n\f\r"`}, {"\x00\x0b\x1f\x7f", "\"\\u0000\\u000b\\u001f\x7f\""},
		{`"\/`, `"\"\\/"`}, {"<>&'\u2028\u2029", "\"<>&'\u2028\u2029\""}, {"é😀", `"é😀"`},
		{"\xed\xa0\x80", `"\ud800"`}, {"\xed\xbf\xbf.", `"\udfff."`}, {"12345678\xed\xad\xbf12345678", `"12345678\udb7f12345678"`},
		{"한글 and 힣 and more of it", `"한글 and 힣 and more of it"`}, {"1234567\n1234567\"", `"1234567\n1234567\""`}, {"\xed", "\"\xed\""},
	}
	for _, tt := range tests {
		if got := string(jsontok.AppendString(nil, tt.in)); got != tt.want {
			t.Errorf("AppendString(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

// TestString_RoundTrip sweeps lengths and places around the eight byte steps.
func TestString_RoundTrip(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{"", "\n", `"`, `\`, "\x00", "é", "\xed\xa0\x80", "\xed\xb0\x80", "\u2028", "😀", "퟿"} {
		for before := range 20 {
			for after := range 10 {
				want := strings.Repeat("a", before) + odd + strings.Repeat("b", after)
				quoted := string(jsontok.AppendString(nil, want))
				s := scan(quoted + " ")
				got, ok := s.String()
				if !ok || string(s.Bytes(got)) != want || s.Pos != len(quoted) {
					t.Fatalf("String(%s) = %q, %v, want %q", quoted, s.Bytes(got), ok, want)
				}
			}
		}
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`1`, `"a\n"`, `true`, `false`, `null`, `[]`, `{}`, `[1,[2,{"a":"b"}],null]`, ` { "a" : [ ] , "b" : -1e5 } `} {
		s := scan(text)
		if !s.Skip(0, 5) || !s.End() {
			t.Errorf("Skip(%s) = %v", text, s.Err)
		}
	}
	for _, text := range []string{``, `[`, `[1`, `[1,`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{1:1}`, `[1}`, `{]`, `tru`, `falsy`, `nul`, `"`, `"\u12"`, `.5`, `1..2`} {
		s := scan(text)
		if s.Skip(0, 5) && s.End() {
			t.Errorf("Skip(%s) succeeds, want a failure", text)
		} else if fault.CodeOf(s.Err) != fault.CodeMalformed {
			t.Errorf("Skip(%s) = %v, want code malformed", text, s.Err)
		}
	}
	s := scan("[[[]]]")
	if s.Skip(1, 3) || fault.CodeOf(s.Err) != fault.CodeLimit {
		t.Errorf("Skip of 3 containers within 1, of 3 = %v, want code limit", s.Err)
	}
}

// FuzzSkip holds what is accepted against encoding/json.
func FuzzSkip(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"x\u00e9",true,null]}`, `[1,]`, `{"a":1,"a":2}`, `"\ud800"`, `1e400`, "\"\xff\"", `01`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s jsontok.Scanner
		ours := s.Reset(data, "test") && s.Skip(0, 1000) && s.End()
		std := json.Valid(data)
		if ours && !std {
			t.Fatalf("%q is accepted, encoding/json refuses it", data)
		}
		if std && !ours && fault.CodeOf(s.Err) != fault.CodeLimit {
			// Two differences are on purpose: invalid UTF-8, and numbers that no float64 holds.
			if text := s.Err.Error(); !strings.Contains(text, "UTF-8") && !strings.Contains(text, "out of range") {
				t.Fatalf("%q is refused (%v), encoding/json accepts it", data, s.Err)
			}
		}
	})
}
