package lmzcodec

import jsoniter "github.com/json-iterator/go"

// assemble puts the document together from the one that was written and its marks: what is referred to more
// than once moves to meta.aliases, a number in each of its places; and bodies
// take their two forms. Aliases are numbered by their first places.
func (w *writer) assemble() {
	next := int32(0)
	for i := range w.marks {
		if m := &w.marks[i]; m.alias {
			m.id = next
			next++
		}
	}
	a := assembly{w: w, from: w.out.Buffer(), out: w.spare}
	a.out.Reset(nil)
	body := len(`{"json":`)
	a.copy(0, body)
	a.piece(body, len(a.from), 0, int32(len(w.marks)))
	a.out.WriteRaw(`,"meta":{`)
	for i := int32(0); i < int32(len(w.marks)) && next > 0; i++ {
		m := &w.marks[i]
		if !m.alias {
			continue
		}
		if m.id == 0 {
			a.out.WriteRaw(`"aliases":{"`)
		} else {
			a.out.WriteRaw(`,"`)
		}
		a.out.WriteInt32(m.id)
		a.out.WriteRaw(`":`)
		a.piece(m.start, m.end, i+1, m.next)
	}
	if next > 0 {
		a.out.WriteObjectEnd()
	}
	a.out.WriteRaw("}}")
	w.out, w.spare = a.out, w.out
}

// assembly is the document that grows in out.
type assembly struct {
	w    *writer
	from []byte
	out  *jsoniter.Stream
}

// copy writes from[start:end].
func (a *assembly) copy(start, end int) {
	a.out.SetBuffer(append(a.out.Buffer(), a.from[start:end]...))
}

// piece writes from[start:end], in which the marks from first to last lie.
func (a *assembly) piece(start, end int, first, last int32) {
	w := a.w
	for i := first; i < last; {
		m := &w.marks[i]
		switch {
		case m.kind == markBody:
			a.copy(start, m.start)
			a.body(m, i)
		case m.kind == markRef:
			a.copy(start, m.start)
			a.ref(w.marks[m.id].id)
		case m.alias:
			a.copy(start, m.start)
			a.ref(m.id)
		default:
			i++
			continue
		}
		start, i = m.end, m.next
	}
	a.copy(start, end)
}

func (a *assembly) ref(id int32) {
	a.out.WriteRaw(`{"$ref":`)
	a.out.WriteInt32(id)
	a.out.WriteObjectEnd()
}

// body writes a request's body as the npm package writes it, and behind it the
// whole value, as "$body", where that would lose something.
func (a *assembly) body(m *mark, at int32) {
	w := a.w
	rich := m.rich
	for i := at + 1; i < m.next && !rich; i++ {
		rich = w.marks[i].alias || w.marks[i].kind == markRef
	}
	if rich || m.escaped {
		a.out.SetBuffer(appendPlain(a.out.Buffer(), a.from[m.start:m.end]))
	} else {
		a.copy(m.start, m.end)
	}
	if rich {
		a.out.WriteRaw(`,"$body":`)
		a.piece(m.start, m.end, at+1, m.next)
	}
}
