package value_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/core/value"
)

func TestDate_ISO(t *testing.T) {
	t.Parallel()
	tests := []struct {
		ms   float64
		want string
	}{
		{0, "1970-01-01T00:00:00.000Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{1735787045678, "2025-01-02T03:04:05.678Z"},
		{-62198755200000, "-000001-01-01T00:00:00.000Z"},
		{-62167219200000, "0000-01-01T00:00:00.000Z"},
		{327403382400000, "+012345-01-01T00:00:00.000Z"},
		{value.MaxDate, "+275760-09-13T00:00:00.000Z"},
		{-value.MaxDate, "-271821-04-20T00:00:00.000Z"},
	}
	for _, tt := range tests {
		d := value.DateOf(tt.ms)
		if got, ok := d.ISO(); !ok || got != tt.want || d.String() != tt.want {
			t.Errorf("ISO(%v) = %q, %v; want %q", tt.ms, got, ok, tt.want)
		}
		if p, err := value.ParseDate(tt.want); err != nil || p.Milliseconds != tt.ms {
			t.Errorf("ParseDate(%q) = %v, %v; want %v", tt.want, p, err, tt.ms)
		}
	}
}

func TestDate_Invalid(t *testing.T) {
	t.Parallel()
	var none *value.Date
	for _, d := range []*value.Date{value.InvalidDate(), value.DateOf(math.NaN()), value.DateOf(value.MaxDate + 1), value.DateOf(math.Inf(-1)),
		value.NewDate(time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC)), value.NewDate(time.Date(275760, 9, 13, 0, 0, 0, 1e6, time.UTC)), none} {
		_, hasTime := d.Time()
		text, hasISO := d.ISO()
		if d.Valid() || hasTime || hasISO || text != "" || d.String() != "Invalid Date" {
			t.Errorf("%v is a valid date", d)
		}
	}
}

func TestDate_Time(t *testing.T) {
	t.Parallel()
	in := time.Date(1965, 5, 6, 7, 8, 9, 123456789, time.FixedZone("x", 3600))
	got, ok := value.NewDate(in).Time()
	if want := in.Truncate(time.Millisecond).UTC(); !ok || got != want {
		t.Errorf("Time = %v, want %v", got, want)
	}
	if d := value.DateOf(-0.5); math.Signbit(d.Milliseconds) || d.Milliseconds != 0 {
		t.Errorf("DateOf(-0.5) = %v", d.Milliseconds)
	}
	if d := value.DateOf(1.9); d.Milliseconds != 1 {
		t.Errorf("DateOf(1.9) = %v", d.Milliseconds)
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2025":                              "2025-01-01T00:00:00.000Z",
		"2025-03":                           "2025-03-01T00:00:00.000Z",
		"2024-02-29":                        "2024-02-29T00:00:00.000Z",
		"2025-01-02T03:04Z":                 "2025-01-02T03:04:00.000Z",
		"2025-01-02T03:04:05Z":              "2025-01-02T03:04:05.000Z",
		"2025-01-02T03:04:05.1Z":            "2025-01-02T03:04:05.100Z",
		"2025-01-02T03:04:05.123456789012Z": "2025-01-02T03:04:05.123Z",
		"2025-01-02T24:00:00.000Z":          "2025-01-03T00:00:00.000Z",
		"2025-01-02T00:30:00.000+01:00":     "2025-01-01T23:30:00.000Z",
		"2025-01-02T23:30:00.000-01:30":     "2025-01-03T01:00:00.000Z",
		"+002025-01-02T00:00:00.000Z":       "2025-01-02T00:00:00.000Z",
	} {
		if d, err := value.ParseDate(s); err != nil || d.String() != want {
			t.Errorf("ParseDate(%q) = %v, %v; want %s", s, d, err, want)
		}
	}
	for _, s := range []string{"", "x", "25", "20250102", "2025-13", "2025-00", "2025-02-30", "2025-02-29", "2025-1-1", "2025-01-02T",
		"2025-01-02T03Z", "2025-01-02T03:04", "2025-01-02T25:00Z", "2025-01-02T24:01Z", "2025-01-02T24:00:00.001Z", "2025-01-02T03:60Z", "2025-01-02T03:04:60Z",
		"2025-01-02T03:04:05.Z", "2025-01-02T03:04:05z", "2025-01-02 03:04:05Z", "-000000-01-01T00:00:00.000Z", "+275760-09-13T00:00:00.001Z",
		"2025-01-02T03:04:05+1:00", "2025-01-02T03:04:05+24:00", "2025-01-02T03:04:05+01:60", "2025-01-02T03:04:05+0100", "2025-01-02T03:04:05ZZ", "+02025-01-01", strings.Repeat("9", 1e5)} {
		if d, err := value.ParseDate(s); err == nil {
			t.Errorf("ParseDate(%.40q) = %v", s, d)
		} else if len(err.Error()) > 200 {
			t.Errorf("ParseDate(%.40q): the error has %d bytes", s, len(err.Error()))
		}
	}
}

func TestDate_RoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := float64(rapid.Int64Range(-value.MaxDate, value.MaxDate).Draw(t, "ms"))
		d := value.DateOf(ms)
		p, err := value.ParseDate(d.String())
		if err != nil || p.Milliseconds != ms {
			t.Fatalf("%v becomes %s becomes %v, %v", ms, d, p, err)
		}
		at, _ := d.Time()
		if again := value.NewDate(at); again.Milliseconds != ms {
			t.Fatalf("%v becomes %v becomes %v", ms, at, again.Milliseconds)
		}
	})
}

func ExampleDate_ISO() {
	d := value.NewDate(time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC))
	fmt.Println(d.ISO())
	// Output: 2025-01-02T03:04:05.000Z true
}
