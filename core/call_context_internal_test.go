package core

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestCall_context(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Hour)
	c := &call{deadline: at, frame: &frame{}}
	if got, ok := c.Deadline(); !ok || !got.Equal(at) {
		t.Errorf("Deadline = %v %v", got, ok)
	}
	if _, ok := (&call{}).Deadline(); ok {
		t.Errorf("a call without a deadline has one")
	}
	if frameFrom(c) != c.frame || c.Value("other") != nil {
		t.Errorf("Value does not find the frame alone")
	}
	child, cancel := context.WithCancel(c)
	defer cancel()
	stopped, stop := context.WithCancel(c)
	stop()
	if len(c.after) != 1 {
		t.Errorf("%d functions wait for the end, want the child's alone", len(c.after))
	}
	done := c.Done()
	c.cancel(context.DeadlineExceeded)
	c.cancel(context.Canceled)
	<-done
	<-child.Done()
	if !errors.Is(c.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) || !errors.Is(stopped.Err(), context.Canceled) {
		t.Errorf("ended with %v, child %v, stopped child %v", c.Err(), child.Err(), stopped.Err())
	}
	ran := false
	if stop := c.AfterFunc(func() { ran = true }); !ran || stop() {
		t.Errorf("a function for the end of an ended call: ran %v", ran)
	}
	early := &call{}
	early.cancel(context.Canceled)
	<-early.Done()
}

func TestTurn(t *testing.T) {
	t.Parallel()
	var tu turn
	if tu.busyWith() != "another call" {
		t.Errorf("busyWith = %q", tu.busyWith())
	}
	if p := tu.take(false); p != nil {
		t.Fatal("a free turn was not given at once")
	}
	if tu.try() {
		t.Error("try took a turn that is held")
	}
	a, b, first, c := tu.take(false), tu.take(false), tu.take(true), tu.take(false)
	granted := func(p *place) bool {
		select {
		case <-p.ready:
			return true
		default:
			return false
		}
	}
	tu.abandon(b)
	tu.give()
	if !granted(first) || granted(a) {
		t.Error("the one in front is not the next")
	}
	tu.give()
	if !granted(a) || granted(c) {
		t.Error("the order of arrival is not kept")
	}
	tu.abandon(a) // it has the turn already, and so gives it
	if !granted(c) || granted(b) {
		t.Error("a turn that was given up is lost")
	}
	tu.give()
	if !tu.try() {
		t.Error("a free turn cannot be had")
	}
	last := tu.take(true)
	tu.abandon(last)
	tu.give()
	if tu.first != nil || tu.last != nil || tu.held {
		t.Errorf("at the end: %+v", &tu)
	}
}

func TestLowerCamel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Add": "add", "ID": "id", "GetURL": "getURL", "URLFor": "urlFor", "HTTPGet": "httpGet", "X": "x", "": "", "already": "already", "A1": "a1", "ÄPfel": "äPfel"} {
		if got := lowerCamel(name); got != want {
			t.Errorf("lowerCamel(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	names := []string{"increment", "add", "getValue"}
	for asked, want := range map[string]string{"incremant": "increment", "INCREMENT": "increment", "ad": "add", "getvalue": "getValue", "xyz": "", "": "", string(make([]byte, 100)): ""} {
		if got := suggest(asked, names); got != want {
			t.Errorf("suggest(%q) = %q, want %q", asked, got, want)
		}
	}
	if got := suggest("a", []string{string(make([]byte, 100))}); got != "" {
		t.Errorf("a long name is near: %q", got)
	}
}
