package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
)

// wrapped is an error type whose methods do not stand a nil pointer, as most do not.
type wrapped struct{ inner error }

func (w *wrapped) Error() string { return "wrapped: " + w.inner.Error() }
func (w *wrapped) Unwrap() error { return w.inner }

// many is an error that is its own causes, twice.
type many struct{}

func (m *many) Error() string   { return "many" }
func (m *many) Unwrap() []error { return []error{m, m, m, m} }

type badThrower struct{}

func (badThrower) TypedNil() error  { var e *wrapped; return e }
func (badThrower) NilThrown() error { var e *core.Thrown; return e }
func (badThrower) Joined() error    { return errors.Join(errors.New("a"), (*wrapped)(nil)) }
func (badThrower) Endless() error   { return &many{} }
func (badThrower) Fine() string     { return "fine" }

// A method may return what it likes as an error: it costs its own call and no other.
func TestServer_ErrorsWithBrokenMethods(t *testing.T) {
	t.Parallel()
	p := serve(t, badThrower{})
	for i, method := range []string{"typedNil", "nilThrown", "joined", "endless"} {
		p.write(batch(itemOf("a", method+"()")))
		if got := p.next(2 * i); !strings.Contains(got, `"id":"a","success":false`) {
			t.Errorf("%s: answer is %.300s", method, got)
		}
		p.write(batch(itemOf("b", method+"()"), itemOf("c", "fine()")))
		if got := p.next(2*i + 1); !strings.Contains(got, `"id":"b","success":false`) || !strings.Contains(got, `"result":"fine"`) {
			t.Errorf("%s in a batch: answer is %.300s", method, got)
		}
	}
}
