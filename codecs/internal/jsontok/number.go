package jsontok

import (
	"math"
	"strconv"
)

// AppendNumber appends f, which must be finite, as JavaScript prints it: the
// shortest digits that read back as f, exponents from 1e+21 up and below 1e-6.
// Both zeros are "0", as with JSON.stringify.
func AppendNumber(b []byte, f float64) []byte {
	const exact = 1 << 53
	if f > -exact && f < exact {
		if i := int64(f); float64(i) == f {
			return appendInt(b, i)
		}
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// e-07 becomes e-7
	if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendInt is strconv.AppendInt with the one digit case in front.
func appendInt(b []byte, i int64) []byte {
	if uint64(i) < 10 {
		return append(b, byte('0'+i))
	}
	return strconv.AppendInt(b, i, 10)
}

// pow10 holds the powers of ten that a float64 has exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// Number reads a number. One too large for a float64 is refused: no JavaScript
// writes it, and reading it as Infinity would change it.
func (s *Scanner) Number() (float64, bool) {
	d, start := s.Data, s.Pos
	i := start
	negative := i < len(d) && d[i] == '-'
	if negative {
		i++
	}
	var mantissa uint64
	digits := i
	for i < len(d) && d[i]-'0' <= 9 {
		mantissa = mantissa*10 + uint64(d[i]-'0')
		i++
	}
	n := i - digits
	if n == 0 || n > 1 && d[digits] == '0' {
		return 0, s.Fail(start, "not a number")
	}
	exponent := 0
	if i < len(d) && d[i] == '.' {
		i++
		fraction := i
		for i < len(d) && d[i]-'0' <= 9 {
			mantissa = mantissa*10 + uint64(d[i]-'0')
			i++
		}
		exponent = fraction - i
		if exponent == 0 {
			return 0, s.Fail(start, "a number ends in its decimal point")
		}
		n -= exponent
	}
	plain := true
	if i < len(d) && d[i]|0x20 == 'e' {
		plain = false
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		power := i
		for i < len(d) && d[i]-'0' <= 9 {
			i++
		}
		if i == power {
			return 0, s.Fail(start, "a number's exponent has no digits")
		}
	}
	s.Pos = i
	// Up to 15 digits and a small power of ten are both exact, and so is one
	// division of the two.
	if plain && n <= 15 && exponent >= -22 {
		f := float64(mantissa)
		if exponent < 0 {
			f /= pow10[-exponent]
		}
		if negative {
			f = -f
		}
		return f, true
	}
	f, err := strconv.ParseFloat(string(d[start:i]), 64)
	if err != nil {
		s.Pos = start
		return 0, s.Fail(start, "number %.40s is out of range", d[start:i])
	}
	return f, true
}
