package core

import (
	"context"
	"net/http"
)

// ServeObject gives a plain HTTP request to an object that implements [HTTPObject],
// on whatever route the application mounts it. The authorizer is asked first; the request
// takes its turn like a call, and its context ends at the call timeout. It answers 404 where
// binding or method are not there, and 500 for a panic.
func (s *Server) ServeObject(w http.ResponseWriter, r *http.Request, t Target) {
	c, reject := s.accept(r.Context(), Handshake{Transport: "http", Target: t, Header: r.Header, RemoteAddr: r.RemoteAddr, Path: r.URL.Path})
	if reject == nil && !s.begin() {
		reject = &Reject{Status: http.StatusServiceUnavailable, Text: errDraining.Error(), Header: http.Header{"Retry-After": {"1"}}}
	}
	if reject != nil {
		s.stats.refused.Add(1)
		for name, values := range reject.Header {
			w.Header()[name] = values
		}
		http.Error(w, reject.Text, reject.Status)
		return
	}
	defer s.finish()
	c.obj = c.bind.object(c.hs.Target.Instance)
	defer c.obj.unref()
	f := s.useFrame(c)
	stop := context.AfterFunc(r.Context(), func() { f.ctx.(*call).cancel(context.Canceled) })
	defer stop()
	f.line()
	answer := &answerWriter{ResponseWriter: w}
	err := s.use(f, "ServeObjectHTTP", func(ctx context.Context, v any) {
		o, ok := v.(HTTPObject)
		if !ok {
			http.Error(answer, c.bind.name+" answers no plain HTTP", http.StatusNotFound)
			return
		}
		o.ServeObjectHTTP(answer, r.WithContext(requestContext{r.Context(), ctx}))
		answer.began = true
	})
	switch {
	case CodeOf(err) == CodeObjectBusy:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case !answer.began:
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

// answerWriter knows whether an answer was begun.
type answerWriter struct {
	http.ResponseWriter
	began bool
}

func (w *answerWriter) WriteHeader(status int) {
	w.began = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.began = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// requestContext is a call's context with the values of the request's.
type requestContext struct {
	request context.Context
	context.Context
}

func (c requestContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.request.Value(key)
}
