package core

import "unicode"

// lowerCamel is the form in which clients of other languages write a Go name:
// "GetURL" is "getURL", "URLFor" is "urlFor", "ID" is "id".
func lowerCamel(name string) string {
	r := []rune(name)
	for i := range r {
		if !unicode.IsUpper(r[i]) || i > 0 && i+1 < len(r) && unicode.IsLower(r[i+1]) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}

// suggest returns the name nearest to asked by edit distance, "" when none is near.
func suggest(asked string, names []string) string {
	const farthest = 64 // longer names are not worth the product of lengths
	if len(asked) > farthest {
		return ""
	}
	best, limit := "", max(1, len(asked)/3)+1
	for _, name := range names {
		if len(name) > farthest {
			continue
		}
		if d := distance(asked, name); d < limit {
			best, limit = name, d
		}
	}
	return best
}

// distance is Levenshtein's, with upper and lower case counted as equal.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if lowerByte(a[i]) == lowerByte(b[j]) {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
