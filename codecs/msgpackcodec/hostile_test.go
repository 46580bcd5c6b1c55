package msgpackcodec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// hostile is a message that is refused.
type hostile struct {
	name string
	wire string // hexadecimal, spaces between
	code fault.Code
	says string
}

// What hostile messages begin with: without and with references.
const (
	plain = "d44d10 "
	refs  = "d44d11 "
)

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// text is a string of n bytes.
func text(n int) string { return fmt.Sprintf("db%08x", n) + repeat("61", n) }

// hostiles is the corpus: what is short, what lies about its length, what is in no shape of the format,
// and what is too much.
func hostiles() []hostile {
	const m, l = fault.CodeMalformed, fault.CodeLimit
	return []hostile{
		{"empty", "", m, "begins like this at byte 0"},
		{"head-short", "d44d", m, "begins like this at byte 0"},
		{"head-only", "d44d10", m, "ends too early at byte 3"},
		{"head-other", "93 01 02 03", m, "begins like this at byte 0"},
		{"head-ext", "d44e10 c0", m, "begins like this at byte 0"},
		{"head-json", "7b226a736f6e223a317d", m, "begins like this at byte 0"},
		{"head-long-form", "c7014d10 c0", m, "begins like this at byte 0"},
		{"version-0", "d44d00 c0", m, "version 0 of the format at byte 2"},
		{"version-2", "d44d20 c0", m, "version 2 of the format at byte 2"},
		{"version-15", "d44df0 c0", m, "version 15 of the format at byte 2"},
		{"flags-unknown", "d44d12 c0", m, "unknown flags 0x2 at byte 2"},
		{"flags-all", "d44d1f c0", m, "unknown flags 0xf at byte 2"},
		{"trailing", plain + "c0 c0", m, "bytes after the message at byte 4"},
		{"trailing-message", plain + "c0 d44d10 c0", m, "bytes after the message at byte 4"},

		{"code-c1", plain + "c1", m, "code 0xc1 at byte 3"},
		{"map32-most", plain + "dfffffffff", m, "a length of 4294967295 at byte 3"},
		{"map32-half", plain + "df7fffffff", m, "2147483647 parts, 0 bytes are left at byte 3"},
		{"array32-4GiB", plain + "dd10000000", m, "268435456 parts, 0 bytes are left at byte 3"},
		{"array32-most", plain + "ddffffffff01", m, "a length of 4294967295"},
		{"bin32-most", plain + "c6ffffffff", m, "4294967295 bytes, 0 are left at byte 3"},
		{"str32-most", plain + "dbffffffff", m, "a length of 4294967295 at byte 3"},
		{"str32-half", plain + "db7fffffff61", m, "a string of 2147483647 bytes, 1 are left at byte 3"},
		{"ext32-most", plain + "c9ffffffff08", m, "4294967295 bytes, 0 are left"},
		{"ext32-bigint", plain + "c97fffffff0400", m, "2147483647 bytes, 1 are left"},
		{"array-one-short", plain + "92 01", m, "2 parts, 1 bytes are left"},
		{"array-inner-short", plain + "92 01 91", m, "1 parts, 0 bytes are left at byte 5"},
		{"map-value-short", plain + "81 a161", m, "ends too early at byte 6"},
		{"map-key-short", plain + "81 a261", m, "a string of 2 bytes, 1 are left at byte 4"},
		{"map-key-missing", plain + "91 81 a0", m, "1 parts, 1 bytes are left at byte 4"},
		{"str8-short", plain + "d9", m, "ends too early at byte 3"},
		{"str16-short", plain + "da00", m, "ends too early at byte 3"},
		{"uint64-short", plain + "cf00000000000000", m, "ends too early at byte 3"},
		{"int16-short", plain + "d100", m, "ends too early at byte 3"},
		{"float64-short", plain + "cb00000000000000", m, "ends too early at byte 3"},
		{"float32-short", plain + "ca000000", m, "ends too early at byte 3"},
		{"map16-short", plain + "de00", m, "ends too early at byte 3"},
		{"array32-short", plain + "dd000000", m, "ends too early at byte 3"},
		{"bin8-short", plain + "c4", m, "ends too early at byte 3"},
		{"ext8-short", plain + "c701", m, "ends too early at byte 3"},
		{"fixext-short", plain + "d705 00", m, "8 bytes, 1 are left at byte 3"},

		{"uint64-inexact", plain + "cf0020000000000000", m, "9007199254740992 is no number"},
		{"uint64-most", plain + "cfffffffffffffffff", m, "18446744073709551615 is no number"},
		{"int64-inexact", plain + "d3ffe0000000000000", m, "-9007199254740992 is no number"},
		{"int64-large", plain + "d30020000000000000", m, "9007199254740992 is no number"},
		{"key-integer", plain + "81 01 02", m, "a string expected, not code 0x1 at byte 4"},
		{"key-bin", plain + "81 c40161 02", m, "a string expected, not code 0xc4 at byte 4"},
		{"key-nil", plain + "81 c0 02", m, "a string expected"},
		{"key-twice", plain + "82 a161 01 a161 02", m, `has the key "a" twice at byte 7`},
		{"key-twice-long-form", plain + "82 a161 01 d90161 02", m, `has the key "a" twice at byte 7`},
		{"key-twice-many", plain + "de0028" + func() string {
			var b strings.Builder
			for i := range 39 {
				fmt.Fprintf(&b, "a2%02x%02x01", 'a'+i/10, '0'+i%10)
			}
			return b.String() + "a2613001"
		}(), m, "twice at byte 162"},
		{"text-invalid", plain + "a2 61ff", m, "not UTF-8 at byte 4"},
		{"text-overlong", plain + "a2 c080", m, "not UTF-8"},
		{"text-cut-rune", plain + "a2 e282", m, "not UTF-8"},
		{"text-surrogate-pair", plain + "a6 eda080edb080", m, "not UTF-8"},
		{"text-beyond-unicode", plain + "a4 f4908080", m, "not UTF-8"},
		{"key-invalid", plain + "81 a1ff 01", m, "not UTF-8 at byte 5"},

		{"ext-unknown", plain + "d40a00", m, "unknown extension 10 at byte 3"},
		{"ext-zero", plain + "d40000", m, "unknown extension 0"},
		{"ext-timestamp", plain + "d6ff00000000", m, "unknown extension -1"},
		{"ext-head-within", plain + "91 d44d10", m, "unknown extension 77 at byte 4"},
		{"simple-2", plain + "d40102", m, "a simple value 02"},
		{"simple-empty", plain + "c70001", m, "a simple value"},
		{"simple-two", plain + "d5010000", m, "a simple value"},
		{"hole-root", plain + "d40101", m, "a hole outside an array at byte 3"},
		{"hole-in-object", plain + "81 a161 d40101", m, "a hole outside an array at byte 6"},
		{"hole-in-map", plain + "93 d40201 01 d40101", m, "a hole outside an array at byte 8"},
		{"tag-root", plain + "d40201", m, "a tag that is not the first of an array at byte 3"},
		{"tag-second", plain + "92 01 d40202", m, "a tag that is not the first of an array at byte 5"},
		{"tag-long-form", plain + "91 c7010202", m, "a tag that is not the first"},
		{"tag-unknown", plain + "91 d4020a", m, "unknown tag 0xa at byte 3"},
		{"tag-zero", plain + "91 d40200", m, "unknown tag 0x0"},
		{"tag-beyond-views", plain + "94 d4021b c70008 00 00", m, "unknown tag 0x1b"},
		{"tag-cut", plain + "91 d402", m, "1 bytes, 0 are left at byte 4"},

		{"bigint-empty", plain + "c70004", m, "a bigint"},
		{"bigint-sign", plain + "d5040201", m, "a bigint 0201"},
		{"bigint-minus-zero", plain + "d40401", m, "a bigint 01"},
		{"bigint-zeros", plain + "d504 0000", m, "a bigint 0000"},
		{"bigint-long", plain + "c9 00001aa8 04 00" + repeat("ff", 6823), l, "BigIntDigits"},
		{"date-short", plain + "d605 00000000", m, "a date of 4 bytes"},
		{"date-fraction", plain + "d705 3ff8000000000000", m, "a date of 1.5 milliseconds"},
		{"date-infinite", plain + "d705 7ff0000000000000", m, "a date of +Inf"},
		{"date-far", plain + "d705 433eb208c2dc0001", m, "a date of 8.64"},
		{"date-negative-zero", plain + "d705 8000000000000000", m, "a date of -0"},
		{"url-invalid", plain + "d406ff", m, "not UTF-8 at byte 5"},
		{"function-invalid", plain + "d407ff", m, "not UTF-8 at byte 5"},
		{"typed-empty", plain + "c70009", m, "a typed array of 0 bytes that is none"},
		{"typed-kind", plain + "d4090b", m, "a typed array"},
		{"typed-half", plain + "d509 0300", m, "a typed array of 2 bytes"},

		{"ref-unannounced", plain + "91 d40300", m, "announces none at byte 4"},
		{"ref-root", refs + "d40300", m, "a reference to value 0, 0 began before at byte 3"},
		{"ref-forward", refs + "92 d40301 90", m, "a reference to value 1, 1 began before at byte 4"},
		{"ref-most", refs + "91 d603ffffffff", m, "a reference to value 4294967295"},
		{"ref-three", refs + "91 c70303000000", m, "a reference of 3 bytes"},
		{"ref-empty", refs + "91 c70003", m, "a reference of 0 bytes"},
		{"ref-to-string", refs + "92 a161 d40301", m, "a reference to value 1, 1 began before"},
		{"ref-boxed", refs + "91 92 d40209 d40300", m, "boxed value is a reference"},

		{"map-odd", plain + "92 d40201 01", m, "map of 1 parts"},
		{"map-lie", plain + "dd7fffffff d40201", m, "2147483647 parts, 3 bytes are left"},
		{"error-no-message", plain + "92 d40203 a145", m, "error of 1 parts at byte 3"},
		{"error-odd", plain + "94 d40203 a145 a16d a161", m, "error of 3 parts"},
		{"error-name", plain + "93 d40203 01 a16d", m, "a string expected, not code 0x1 at byte 7"},
		{"error-stack", plain + "94 d40204 a145 a16d c0", m, "a string expected, not code 0xc0"},
		{"error-stack-missing", plain + "93 d40204 a145 a16d", m, "error of 2 parts"},
		{"error-key-twice", plain + "97 d40203 a145 a16d a161 01 a161 02", m, `has the key "a" twice at byte 14`},
		{"error-key", plain + "95 d40203 a145 a16d 01 02", m, "a string expected"},
		{"request-short", plain + "94 d40205 a0 a0 91d40207", m, "request of 3 parts"},
		{"request-url", plain + "95 d40205 01 a0 91d40207 c0", m, "a string expected"},
		{"request-headers-nil", plain + "95 d40205 a0 a0 c0 c0", m, "headers expected at byte 9"},
		{"request-headers-array", plain + "95 d40205 a0 a0 90 c0", m, "headers expected at byte 9"},
		{"request-headers-map", plain + "95 d40205 a0 a0 91d40201 c0", m, "headers expected"},
		{"request-headers-ref", refs + "95 d40205 a0 a0 d40300 c0", m, "headers expected at byte 9"},
		{"request-headers-dangling", refs + "95 d40205 a0 a0 d40305 c0", m, "a reference to value 5"},
		{"request-headers-date", plain + "95 d40205 a0 a0 d7057ff8000000000000 c0", m, "headers expected"},
		{"request-cut", plain + "95 d40205 a161 a161", m, "ends too early"},
		{"response-long", plain + "96 d40206 00 a0 91d40207 c0 c0", m, "response of 5 parts"},
		{"response-status", plain + "95 d40206 ce00010000 a0 91d40207 c0", m, "65536 where at most 65535 belongs at byte 7"},
		{"response-status-negative", plain + "95 d40206 ff a0 91d40207 c0", m, "-1 where at most 65535 belongs"},
		{"response-status-text", plain + "95 d40206 a0 a0 91d40207 c0", m, "code 0xa0 at byte 7"},
		{"response-status-float", plain + "95 d40206 cb4069000000000000 a0 91d40207 c0", m, "code 0xcb at byte 7"},
		{"headers-odd", plain + "92 d40207 a161", m, "headers of 1 parts"},
		{"headers-number", plain + "93 d40207 a161 01", m, "a string expected"},
		{"headers-name", plain + "93 d40207 a3612062 a131", m, "headers"},
		{"headers-injection", plain + "93 d40207 a161 a3 310d0a", m, "headers"},
		{"headers-many", plain + "dd00030d43 d40207" + repeat("a0", 200_002), l, "ValueNodes"},
		{"regexp-short", plain + "92 d40208 a161", m, "regexp of 1 parts"},
		{"regexp-flags", plain + "93 d40208 a161 a26767", m, "flags"},
		{"regexp-flags-number", plain + "93 d40208 a161 01", m, "a string expected"},
		{"regexp-long", plain + "93 d40208 " + text(4097) + "a0", l, "RegExpSourceBytes"},
		{"boxed-empty", plain + "91 d40209", m, "boxed value of 0 parts"},
		{"boxed-two", plain + "93 d40209 01 02", m, "boxed value of 2 parts"},
		{"boxed-nil", plain + "92 d40209 c0", m, "a boxed value is null"},
		{"boxed-array", plain + "92 d40209 90", m, "a boxed value is code 0x90 at byte 7"},
		{"boxed-object", plain + "92 d40209 80", m, "a boxed value is code 0x80"},
		{"boxed-array16", plain + "92 d40209 dc0000", m, "a boxed value is code 0xdc"},
		{"boxed-bin", plain + "92 d40209 c400", m, "a boxed value is a typed array"},
		{"boxed-undefined", plain + "92 d40209 d40100", m, "a boxed value is undefined"},
		{"boxed-date", plain + "92 d40209 d7057ff8000000000000", m, "a boxed value is a date"},
		{"boxed-labelled", refs + "92 d40209 d7057ff8000000000000", m, "a boxed value with a label"},

		{"view-short", plain + "93 d40211 d40800 00", m, "view of 2 parts"},
		{"view-outside", plain + "94 d40211 d5080000 01 02", m, "does not fit its buffer of 2 bytes"},
		{"view-beyond", plain + "94 d40211 d5080000 03 00", m, "does not fit"},
		{"view-overflow", plain + "94 d40218 d5080000 00 ce7fffffff", m, "does not fit"},
		{"view-unaligned", plain + "94 d40213 d608 00000000 01 01", m, "does not fit"},
		{"view-negative", plain + "94 d40211 d40800 ff 01", m, "-1 where at most"},
		{"view-offset-large", plain + "94 d40211 d40800 ce80000000 00", m, "2147483648 where at most"},
		{"view-length-nil", plain + "94 d40211 d40800 00 c0", m, "code 0xc0"},
		{"view-no-buffer", plain + "94 d40211 c0 00 00", m, "a buffer expected, not code 0xc0 at byte 7"},
		{"view-of-bin", plain + "94 d40211 c40100 00 00", m, "a buffer expected, not code 0xc4"},
		{"view-of-date", plain + "94 d40211 d7057ff8000000000000 00 00", m, "a buffer expected, not extension 5"},
		{"view-of-itself", refs + "94 d40211 d40300 00 00", m, "a view of value 0, which is no buffer at byte 7"},
		{"view-of-array", refs + "91 94 d40211 d40300 00 00", m, "which is no buffer"},
		{"view-dangling", refs + "94 d40211 d40307 00 00", m, "a reference to value 7"},
		{"view-outside-shared", refs + "92 d40800 94 d40211 d40301 00 02", m, "does not fit its buffer of 1 bytes"},
		{"dataview-outside", plain + "94 d4020f d40800 00 02", m, "does not fit its buffer of 1 bytes"},
		{"view-cut", plain + "94 d40211 d408", m, "1 bytes, 0 are left at byte 7"},

		{"deep-arrays", plain + repeat("91", 300) + "c0", l, "ValueDepth"},
		{"deep-arrays-megabyte", plain + repeat("91", 1<<20-4) + "c0", l, "ValueDepth"},
		{"deep-objects", plain + repeat("81a0", 300) + "c0", l, "ValueDepth"},
		{"deep-maps", plain + repeat("93d40201c0", 300) + "c0", l, "ValueDepth"},
		{"deep-sets", plain + repeat("92d40202", 300) + "c0", l, "ValueDepth"},
		{"deep-errors", plain + repeat("95d40203a0a0a0", 300) + "c0", l, "ValueDepth"},
		{"deep-requests", plain + repeat("95d40205a0a091d40207", 300) + "c0", l, "ValueDepth"},
		{"many-nils", plain + "dd000186a0" + repeat("c0", 100_000), l, "ValueNodes"},
		{"many-arrays", plain + "dd000186a0" + repeat("90", 100_000), l, "ValueNodes"},
		{"many-shared", refs + "dd000186a0" + repeat("90", 100_000), l, "ValueNodes"},
		{"many-refs", refs + "dd000186a0" + repeat("d40300", 100_000), l, "ValueNodes"},
		{"large", plain + text(1<<20), l, "MessageBytes"},
	}
}

// TestParse_Refuses: what is no message is an error that says why and where.
func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	c := msgpackcodec.New()
	names := map[string]bool{}
	for _, tt := range hostiles() {
		if names[tt.name] {
			t.Errorf("two are called %s", tt.name)
		}
		names[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wire := unhex(t, strings.ReplaceAll(tt.wire, " ", ""))
			d, err := c.Parse(wire, clone.ParseOptions{})
			if d != nil || fault.CodeOf(err) != tt.code {
				t.Fatalf("Parse(%.40x) = %v, %v, want code %s", wire, d, err, tt.code)
			}
			text := err.Error()
			if !strings.Contains(text, tt.says) || !strings.HasPrefix(text, "msgpackcodec: ") {
				t.Errorf("Parse(%.40x) says %q, want msgpackcodec: ... %q", wire, text, tt.says)
			}
			if tt.code == fault.CodeMalformed && !strings.Contains(text, " at byte ") {
				t.Errorf("Parse(%.40x) says %q, and not where", wire, text)
			}
		})
	}
	if len(names) < 150 {
		t.Errorf("%d messages, want at least 150", len(names))
	}
}

// TestParse_EveryPrefix: no message that is cut short is accepted, and none panics; nor does one
// with a byte changed.
func TestParse_EveryPrefix(t *testing.T) {
	t.Parallel()
	c := msgpackcodec.New()
	for name, s := range readVectors(t) {
		wire := unhex(t, s)
		for i := range wire {
			_, err := c.Parse(wire[:i], clone.ParseOptions{})
			if fault.CodeOf(err) != fault.CodeMalformed || !strings.Contains(err.Error(), " at byte ") {
				t.Errorf("%s: Parse(%x) = %v, want code malformed and the byte", name, wire[:i], err)
			}
			for _, x := range []byte{1, 0x10, 0x80, 0xff} {
				wire[i] ^= x
				d, err := c.Parse(wire, clone.ParseOptions{})
				if err == nil {
					d.Release()
				} else if code := fault.CodeOf(err); code != fault.CodeMalformed && code != fault.CodeLimit {
					t.Errorf("%s: Parse(%x) = %v, want code malformed or limit", name, wire, err)
				}
				wire[i] ^= x
			}
		}
	}
}

// TestParse_Accepts: forms that this codec does not write, and reads because they mean one thing only.
func TestParse_Accepts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, wire, want string }{
		{"uint64-small", plain + "cf0000000000000001", plain + "01"},
		{"uint16-small", plain + "cd0001", plain + "01"},
		{"int64-positive", plain + "d30000000000000001", plain + "01"},
		{"int32-negative", plain + "d2ffffffff", plain + "ff"},
		{"int16-negative", plain + "d1ff00", plain + "d1ff00"},
		{"int8-negative", plain + "d0ff", plain + "ff"},
		{"exact-most", plain + "d3001fffffffffffff", plain + "cf001fffffffffffff"},
		{"exact-least", plain + "d3ffe0000000000001", plain + "d3ffe0000000000001"},
		{"float64-integer", plain + "cb3ff0000000000000", plain + "01"},
		{"float32", plain + "ca3fc00000", plain + "cb3ff8000000000000"},
		{"float32-negative-zero", plain + "ca80000000", plain + "cb8000000000000000"},
		{"nan-with-payload", plain + "cbfff8000000000123", plain + "cb7ff8000000000000"},
		{"date-nan-with-payload", plain + "d705fff8000000000123", plain + "d7057ff8000000000000"},
		{"str8-short", plain + "d90161", plain + "a161"},
		{"str16-short", plain + "da000161", plain + "a161"},
		{"str32-empty", plain + "db00000000", plain + "a0"},
		{"bin32", plain + "c60000000161", plain + "c40161"},
		{"array32", plain + "dd00000001c0", plain + "91c0"},
		{"map32", plain + "df00000001a161c0", plain + "81a161c0"},
		{"map16-empty", plain + "de0000", plain + "80"},
		{"ext32", plain + "c9000000010100", plain + "d40100"},
		{"ext8-ref", refs + "91 c7010300", refs + "91d40300"},
		{"ref-long", refs + "91 d60300000000", refs + "91d40300"},
		{"flag-in-vain", refs + "90", plain + "90"},
		{"uint8array-as-typed", plain + "d50901ff", plain + "c401ff"},
		{"whole-view", plain + "94 d40211 d408ff 00 01", plain + "c401ff"},
		{"view-long-integers", plain + "94 d40211 d50801ff d300000000000000 01 cd0001", plain + "94d40211d50801ff0101"},
		{"tagged-array32", plain + "dd00000001 d40202", plain + "91d40202"},
		{"headers-as-array16", plain + "95 d40205 a0 a0 dc0001d40207 c0", plain + "95d40205a0a091d40207c0"},
		{"boxed-float", plain + "92 d40209 ca3f800000", plain + "92d4020901"},
		{"header-names", plain + "93 d40207 a141 a120", plain + "93d40207a161a0"},
	}
	for _, tt := range tests {
		wire := unhex(t, strings.ReplaceAll(tt.wire, " ", ""))
		want := unhex(t, strings.ReplaceAll(tt.want, " ", ""))
		if got := encode(t, parse(t, wire).Root()); string(got) != string(want) {
			t.Errorf("%s: %x is written as %x, want %x", tt.name, wire, got, want)
		}
	}
}

// TestParse_NoLimit: limits that are switched off do not stand in the way, and depth does not take stack.
func TestParse_NoLimit(t *testing.T) {
	t.Parallel()
	limits := fault.Limits{MessageBytes: fault.NoLimit, ValueDepth: fault.NoLimit, ValueNodes: fault.NoLimit, BigIntDigits: fault.NoLimit, RegExpSourceBytes: fault.NoLimit}
	wire := unhex(t, strings.ReplaceAll(plain+"93"+repeat("91", 2000)+"01"+"c9 00010001 04 00"+repeat("ff", 1<<16)+"93d40208"+text(1<<20)+"a0", " ", ""))
	c := msgpackcodec.New()
	d, err := c.Parse(wire, clone.ParseOptions{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Encode([]byte("prefix"), d.Root(), clone.EncodeOptions{Limits: limits})
	if want := "prefix" + string(wire); err != nil || string(got) != want {
		t.Errorf("Encode gives %d bytes, %v, want the %d that came and the prefix", len(got), err, len(wire))
	}
	if _, err := c.Parse(unhex(t, strings.ReplaceAll(plain, " ", "")+repeat("91", 2<<20)), clone.ParseOptions{Limits: limits}); fault.CodeOf(err) != fault.CodeMalformed {
		t.Errorf("Parse of 2 MiB of 0x91 = %v, want code malformed", err)
	}
}
