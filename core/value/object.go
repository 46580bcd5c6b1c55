package value

// Member is one property of an [Object].
type Member struct {
	Key   string
	Value any
}

// Object is an ordered object. Its members keep JavaScript's own-key order:
// canonical array-index keys ascending, then the others as they were first set.
// The zero value is an empty object. Small objects are searched linearly, large
// ones through an index built when it pays.
type Object struct {
	members []Member
	index   map[string]int // of members, from indexedSize members on
}
