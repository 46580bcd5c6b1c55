package main

import (
	"strings"
	"unicode"
)

// printable replaces the control characters of a text from outside, which could
// do anything to a terminal. Line breaks and tabs stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
