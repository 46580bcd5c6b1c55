package value

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// NewDate returns the date of t, cut to milliseconds; an invalid date when t is
// further from 1970 than a Date can be.
func NewDate(t time.Time) *Date {
	s := t.Unix()
	if s < -MaxDate/1000-1 || s > MaxDate/1000+1 {
		return InvalidDate()
	}
	return DateOf(float64(s)*1000 + float64(t.Nanosecond()/1e6))
}

// DateOf returns the date that is so many milliseconds from 1970 UTC, as JavaScript's
// constructor does: the fraction is cut off, and what is too far away, or NaN, is an invalid date.
func DateOf(milliseconds float64) *Date {
	if !(math.Abs(milliseconds) <= MaxDate) {
		return InvalidDate()
	}
	return &Date{math.Trunc(milliseconds) + 0} // +0: there is no -0 here
}

// InvalidDate returns a new invalid date.
func InvalidDate() *Date { return &Date{math.NaN()} }

// Valid reports whether the date is one.
func (d *Date) Valid() bool { return d != nil && math.Abs(d.Milliseconds) <= MaxDate }

// Time returns the instant in UTC; false for an invalid date.
func (d *Date) Time() (time.Time, bool) {
	if !d.Valid() {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(d.Milliseconds)).UTC(), true
}

// ISO is the date as JavaScript's toISOString writes it: 2025-01-02T03:04:05.678Z, with
// a sign and six digits for years before 0 and after 9999. False for an invalid date.
func (d *Date) ISO() (string, bool) {
	if !d.Valid() {
		return "", false
	}
	return string(d.AppendISO(make([]byte, 0, 27))), true
}

// AppendISO appends what [Date.ISO] returns, and nothing for an invalid date.
func (d *Date) AppendISO(dst []byte) []byte {
	t, ok := d.Time()
	if !ok {
		return dst
	}
	year, month, day := t.Date()
	switch {
	case year < 0:
		dst = appendDigits(append(dst, '-'), -year, 6)
	case year > 9999:
		dst = appendDigits(append(dst, '+'), year, 6)
	default:
		dst = appendDigits(dst, year, 4)
	}
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	hour, minute, second := t.Clock()
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	dst = appendDigits(append(dst, '.'), t.Nanosecond()/1e6, 3)
	return append(dst, 'Z')
}

func appendDigits(dst []byte, n, width int) []byte {
	for p := pow10(width - 1); p > 0; p /= 10 {
		dst = append(dst, '0'+byte(n/p%10))
	}
	return dst
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// String is the ISO form, or "Invalid Date".
func (d *Date) String() string {
	if s, ok := d.ISO(); ok {
		return s
	}
	return "Invalid Date"
}

var errDate = errors.New("not a date in ISO form")

// ParseDate reads the ISO forms of ECMAScript's date time string format: a year of
// four digits, or a sign and six, then -MM, -DD, THH:mm, :ss, a fraction, and Z or an
// offset like +01:30. A date alone is UTC; a time without an offset is refused, because
// it would mean the reader's time zone. The year -000000 is refused.
func ParseDate(s string) (*Date, error) {
	p := isoParser{rest: s}
	ms, ok := p.date()
	if !ok || p.rest != "" || !(math.Abs(ms) <= MaxDate) {
		return nil, fmt.Errorf("%.40q: %w", s, errDate)
	}
	return DateOf(ms), nil
}

type isoParser struct{ rest string }

func (p *isoParser) byte(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *isoParser) digits(n int) (int, bool) {
	if len(p.rest) < n {
		return 0, false
	}
	for i := range n {
		if p.rest[i]-'0' > 9 {
			return 0, false
		}
	}
	v, err := strconv.Atoi(p.rest[:n])
	p.rest = p.rest[n:]
	return v, err == nil
}

// number reads n digits that lie between low and high.
func (p *isoParser) number(n, low, high int) (int, bool) {
	v, ok := p.digits(n)
	return v, ok && v >= low && v <= high
}

func (p *isoParser) year() (int, bool) {
	switch {
	case p.byte('-'):
		y, ok := p.digits(6)
		return -y, ok && y != 0
	case p.byte('+'):
		return p.digits(6)
	}
	return p.digits(4)
}

func (p *isoParser) date() (float64, bool) {
	year, ok := p.year()
	month, day := 1, 1
	if ok && p.byte('-') {
		if month, ok = p.number(2, 1, 12); ok && p.byte('-') {
			day, ok = p.number(2, 1, 31)
		}
	}
	if !ok {
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return 0, false // the 31st of a month with 30 days
	}
	ms := float64(t.Unix()) * 1000
	if !p.byte('T') {
		return ms, true
	}
	clock, ok := p.clock()
	return ms + clock, ok
}

// clock reads HH:mm[:ss[.fraction]] and the offset, as milliseconds from midnight UTC.
func (p *isoParser) clock() (float64, bool) {
	hour, ok := p.number(2, 0, 24)
	if !ok || !p.byte(':') {
		return 0, false
	}
	minute, ok := p.number(2, 0, 59)
	second, fraction := 0, 0.0
	if ok && p.byte(':') {
		if second, ok = p.number(2, 0, 59); ok && p.byte('.') {
			fraction, ok = p.fraction()
		}
	}
	if !ok || hour == 24 && (minute > 0 || second > 0 || fraction > 0) {
		return 0, false
	}
	offset, ok := p.offset()
	return float64(hour*3600+(minute-offset)*60+second)*1000 + fraction, ok
}

// fraction reads the digits after the point: milliseconds, the rest cut off.
func (p *isoParser) fraction() (float64, bool) {
	n, ms, unit := 0, 0, 100
	for ; n < len(p.rest) && p.rest[n]-'0' <= 9; n++ {
		ms += int(p.rest[n]-'0') * unit
		unit /= 10
	}
	p.rest = p.rest[n:]
	return float64(ms), n > 0
}

// offset reads Z or ±HH:mm as minutes east of UTC.
func (p *isoParser) offset() (int, bool) {
	if p.byte('Z') {
		return 0, true
	}
	sign := 1
	if p.byte('-') {
		sign = -1
	} else if !p.byte('+') {
		return 0, false
	}
	h, ok := p.number(2, 0, 23)
	if !ok || !p.byte(':') {
		return 0, false
	}
	m, ok := p.number(2, 0, 59)
	return sign * (h*60 + m), ok
}
