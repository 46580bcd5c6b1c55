package ungapcodec

import (
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// mark begins a marker object.
func (w *writer) mark(m int, kind clone.Kind) {
	w.open(recObject, kind)
	w.member(markNames[m])
	w.place(w.one(comTrue))
}

// member writes the key of a marker's next part.
func (w *writer) member(key string) { w.place(w.textual(recString, key)) }

// part writes a part of a marker that is a string.
func (w *writer) part(key, s string) {
	w.member(key)
	w.place(w.textual(recString, s))
}

func (w *writer) flag(key string, c int) {
	w.member(key)
	w.place(w.one(c))
}

// BeginError begins an error. As on the lmz wire an empty name is "Error".
func (w *writer) BeginError(name, message string, stack *string, n int) {
	if name == "" {
		name = "Error"
	}
	if w.plain {
		w.plainError(name, message, n)
		return
	}
	w.open(recObject, clone.KindError)
	w.part("name", name)
	w.part("message", message)
	if stack != nil {
		w.part("stack", *stack)
	}
	w.flag(markNames[markError], comTrue)
}

// plainError writes an error as the npm package does: 1.3 takes all names for Error,
// and reads only those of constructors.
func (w *writer) plainError(name, message string, n int) {
	if n != 0 {
		w.fail("plain records lose an error's own properties")
	}
	if !w.profile14 {
		name = "Error"
	}
	w.lead()
	off := len(w.text)
	w.text = appendString(append(w.text, `[7,{"name":`...), name)
	w.text = appendString(append(w.text, `,"message":`...), message)
	w.text = append(w.text, "}]"...)
	w.frames = append(w.frames, frame{kind: clone.KindError, rec: w.leaf(recRaw, off), kids: len(w.kids)})
}

// URL writes a URL, which must be absolute, for readers construct one from it.
func (w *writer) URL(href string) {
	if !absolute(href) {
		w.fail("URL %.80q is not absolute", href)
	}
	if w.plain {
		w.lead()
		i := w.textual(recString, href)
		w.labelled(i)
		w.place(i)
		return
	}
	w.mark(markURL, clone.KindObject)
	w.part("href", href)
	w.close()
}

// Headers writes a header list.
func (w *writer) Headers(entries []value.HeaderEntry) {
	w.vanishes("Headers")
	w.mark(markHeaders, clone.KindObject)
	w.member("entries")
	w.open(recArray, clone.KindArray)
	for _, e := range entries {
		w.open(recArray, clone.KindArray)
		w.spread += len(e.Name) + len(e.Value) // readers look twice
		w.place(w.textual(recString, e.Name))
		w.place(w.textual(recString, e.Value))
		w.close()
	}
	w.close()
	w.close()
}

// vanishes refuses what is nothing but {} in plain records.
func (w *writer) vanishes(what string) {
	if w.plain {
		w.fail("plain records lose all of %s", what)
	}
}

// BeginRequest begins a Request, which JavaScript readers must be able to construct.
func (w *writer) BeginRequest(url, method string) {
	w.vanishes("a Request")
	if !absolute(url) || !validMethod(method) {
		w.fail("JavaScript has no request for %.80q with method %.40q", url, method)
	}
	w.mark(markRequest, clone.KindRequest)
	w.part("method", method)
	w.part("url", url)
}

// BeginResponse begins a Response, which JavaScript readers must be able to construct.
func (w *writer) BeginResponse(status int, statusText string) {
	w.vanishes("a Response")
	if !validStatus(float64(status)) {
		w.fail("JavaScript has no response with status %d", status)
	}
	w.mark(markResponse, clone.KindResponse)
	w.member("status")
	w.place(w.numeric(float64(status)))
	w.part("statusText", statusText)
}

// leadIn comes before the headers and the body of a request or response.
func (w *writer) leadIn(f *frame) {
	if f.n == 0 {
		w.member("headers")
	} else {
		w.between(f)
		w.place(-1) // endBody puts the key here
	}
	f.n++
}

// between writes what stands between headers and body: what JavaScript's have by default.
func (w *writer) between(f *frame) {
	if f.kind == clone.KindRequest {
		w.part("redirect", "follow")
		w.part("integrity", "")
		w.flag("keepalive", comFalse)
		w.flag("signal", comNull)
		return
	}
	status := w.recs[w.kids[f.kids+3]].num
	ok := comFalse
	if status < 300 {
		ok = comTrue
	}
	w.flag("ok", ok)
	w.flag("redirected", comFalse)
	w.part("type", "default")
	w.part("url", "")
}

// endBody completes a body by its key and its type.
func (w *writer) endBody(f *frame) {
	at := len(w.kids) - 2
	if w.kids[at] >= 0 { // there is none
		return
	}
	key, is := "body", bodyValue
	switch r := &w.recs[w.kids[at+1]]; {
	case r.kind == recString && !w.bodiless(f):
		is = bodyText
	case r.kind == recBytes && !w.bodiless(f):
		is = bodyBinary
	default:
		key = "bodyValue"
	}
	w.kids[at] = w.textual(recString, key)
	w.part("bodyType", is)
}

// bodiless reports whether JavaScript's constructor throws at a body: 0.14 must not see it.
func (w *writer) bodiless(f *frame) bool {
	r := &w.recs[w.kids[f.kids+3]]
	if f.kind == clone.KindResponse {
		return r.num == 204 || r.num == 205 || r.num == 304
	}
	method := string(w.text[r.off : r.off+r.n])
	return strings.EqualFold(method, "GET") || strings.EqualFold(method, "HEAD")
}
