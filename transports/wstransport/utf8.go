package wstransport

import "unicode/utf8"

// validUTF8 checks b from index from on, where everything before is known to be
// valid and whole. It returns up to where b is now; a rune that may still be completed at the end
// is left for the next time. False means that no continuation can make b valid.
func validUTF8(b []byte, from int) (int, bool) {
	end := len(b)
	for i := len(b) - 1; i >= from && i >= len(b)-utf8.UTFMax+1; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				end = i
			}
			break
		}
	}
	return end, utf8.Valid(b[from:end])
}
