package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

func (o *office) notify(from *window, user, text string, want Delivery) {
	o.t.Helper()
	if got, err := core.Call[Delivery](o.t.Context(), from.client, "notify", user, text); err != nil || got != want {
		o.t.Errorf("notify(%s) = %+v, %v, want %+v", user, got, err, want)
	}
}

// A note reaches all windows of its user, and nobody else.
func TestNotify(t *testing.T) {
	bubble(t, func(o *office) {
		ann, bob, bobToo := o.window("ann"), o.window("bob"), o.window("bob")
		o.notify(ann, "bob", "  Coffee?  ", Delivery{Sent: 2})
		longest := strings.Repeat("ä", maxText)
		o.notify(ann, "bob", longest, Delivery{Sent: 2})
		o.notify(bob, "ann", "Yes", Delivery{Sent: 1})
		want := []string{"notification from ann: Coffee?", "notification from ann: " + longest}
		o.equal("bob", bob.all(), want)
		o.equal("bob's other window", bobToo.all(), want)
		o.equal("ann", ann.all(), []string{"notification from bob: Yes"})
		o.notify(bob, "bob", "to myself", Delivery{Sent: 2})
		if h := <-bob.hears; h.Text != "to myself" || !h.Time.Equal(time.Now()) {
			o.t.Errorf("heard %+v", h)
		}
	})
}

// Whoever is away misses what is sent, and does not get it later; the sender is told.
func TestNotify_Absent(t *testing.T) {
	bubble(t, func(o *office) {
		ann := o.window("ann")
		o.notify(ann, "bob", "Are you there?", Delivery{Missing: 1})
		bob := o.window("bob")
		o.notify(ann, "bob", "Now you are.", Delivery{Sent: 1})
		o.equal("bob", bob.all(), []string{"notification from ann: Now you are."})
		if err := bob.client.Close(); err != nil {
			o.t.Fatal(err)
		}
		synctest.Wait()
		o.notify(ann, "bob", "Gone again?", Delivery{Missing: 1})
	})
}

func TestUsers(t *testing.T) {
	bubble(t, func(o *office) {
		o.window("bob")
		o.window("ann")
		o.window("bob")
		nobody := o.window("")
		if got, err := core.Call[[]string](o.t.Context(), nobody.client, "users"); err != nil || strings.Join(got, " ") != "ann bob" {
			o.t.Errorf("users = %q, %v", got, err)
		}
	})
}
