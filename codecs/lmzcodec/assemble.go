package lmzcodec

import "strconv"

// assemble puts the document together from buf and marks: what is referred to more
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
	a := assembly{w: w, out: w.spare[:0]}
	body := len(`{"json":`)
	a.out = append(a.out, w.buf[:body]...)
	a.piece(body, len(w.buf), 0, int32(len(w.marks)))
	a.out = append(a.out, `,"meta":{`...)
	for i := int32(0); i < int32(len(w.marks)) && next > 0; i++ {
		m := &w.marks[i]
		if !m.alias {
			continue
		}
		if m.id == 0 {
			a.out = append(a.out, `"aliases":{"`...)
		} else {
			a.out = append(a.out, `,"`...)
		}
		a.out = strconv.AppendInt(a.out, int64(m.id), 10)
		a.out = append(a.out, `":`...)
		a.piece(m.start, m.end, i+1, m.next)
	}
	if next > 0 {
		a.out = append(a.out, '}')
	}
	a.out = append(a.out, "}}"...)
	w.buf, w.spare = a.out, w.buf
}

// assembly is the document that grows in out.
type assembly struct {
	w   *writer
	out []byte
}

// piece writes buf[start:end], in which the marks from first to last lie.
func (a *assembly) piece(start, end int, first, last int32) {
	w := a.w
	for i := first; i < last; {
		m := &w.marks[i]
		switch {
		case m.kind == markBody:
			a.out = append(a.out, w.buf[start:m.start]...)
			a.body(m, i)
		case m.kind == markRef:
			a.out = append(a.out, w.buf[start:m.start]...)
			a.ref(w.marks[m.id].id)
		case m.alias:
			a.out = append(a.out, w.buf[start:m.start]...)
			a.ref(m.id)
		default:
			i++
			continue
		}
		start, i = m.end, m.next
	}
	a.out = append(a.out, w.buf[start:end]...)
}

func (a *assembly) ref(id int32) {
	a.out = append(a.out, `{"$ref":`...)
	a.out = strconv.AppendInt(a.out, int64(id), 10)
	a.out = append(a.out, '}')
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
		a.out = appendPlain(a.out, w.buf[m.start:m.end])
	} else {
		a.out = append(a.out, w.buf[m.start:m.end]...)
	}
	if rich {
		a.out = append(a.out, `,"$body":`...)
		a.piece(m.start, m.end, at+1, m.next)
	}
}
