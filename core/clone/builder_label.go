package clone

// place returns the place of the value that bears a label.
func (b *Builder) place(id int) (uint32, bool) {
	if id < len(b.labels) && b.labels[id] != 0 {
		return b.labels[id] - 1, true
	}
	at, ok := b.sparse[id]
	return at, ok
}

func (b *Builder) setPlace(id int, at uint32) bool {
	if _, ok := b.place(id); ok {
		return false
	}
	// The table stays in proportion to the labels that were given, whatever their numbers are.
	b.labelled++
	if id >= 64+2*b.labelled {
		if b.sparse == nil {
			b.sparse = map[int]uint32{}
		}
		b.sparse[id] = at
		return true
	}
	for id >= len(b.labels) {
		b.labels = append(b.labels, 0)
	}
	b.labels[id] = at + 1
	return true
}

// Aside announces that the next value of the top level is not the root but one that
// bears a label and is referred to from elsewhere: a Label call and the value follow.
// Values may stand aside before and after the root.
func (b *Builder) Aside() {
	if b.err != nil {
		return
	}
	if len(b.frames) > 1 || b.label >= 0 || b.boxed || b.aside {
		b.malformed("a value aside within another")
		return
	}
	b.aside, b.odd = true, true
}

// Label gives the next value, which must have an identity, a number.
func (b *Builder) Label(id int) {
	switch {
	case b.err != nil:
	case id < 0:
		b.malformed("label %d is negative", id)
	case b.label >= 0:
		b.malformed("label %d has no value", b.label)
	case b.boxed:
		b.malformed("a boxed value with a label")
	default:
		b.label, b.odd = id, true
	}
}

// Ref stands for the value that bears the label, before or after this one.
func (b *Builder) Ref(id int) {
	if id < 0 {
		b.malformed("reference to label %d, which there is not", id)
		return
	}
	if b.begun(kindRef) {
		b.ref(id)
	}
}

func (b *Builder) ref(id int) {
	at := uint32(len(b.doc.tape))
	b.refs = append(b.refs, at)
	b.put(kindRef, 0, uint64(id))
	if f := &b.frames[len(b.frames)-1]; f.got == 1 && (f.kind == KindRequest || f.kind == KindResponse) {
		b.checks = true
	}
}
