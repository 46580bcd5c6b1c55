package room

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/store"
)

// person is somebody who joined. He is present while he has a connection, and is remembered
// without one until his name or his place is needed.
type person struct {
	clientID, name string
	present        bool // what the others know
}

// Participant is somebody who is in the room now.
type Participant struct {
	Name string `millrace:"name"`
}

// Joined is what [Room.Join] returns.
type Joined struct {
	You          Participant   `millrace:"you"`
	LastID       int64         `millrace:"lastId"` // number of the last message, 0 in a new room, -1 with Trouble
	Participants []Participant `millrace:"participants"`
	Settings     *value.Map    `millrace:"settings"`
	Trouble      string        `millrace:"trouble,omitempty"` // why the history cannot be read
}

// Presence is sent downstream when somebody comes ("joined"), goes ("left"), or takes another
// name ("joined", with the former one).
type Presence struct {
	Type         string        `millrace:"type"`
	Name         string        `millrace:"name"`
	Former       string        `millrace:"former,omitempty"`
	Participants []Participant `millrace:"participants"` // from now on
}

// Typing is sent downstream to the others when somebody writes.
type Typing struct {
	Type string `millrace:"type"` // "typing"
	Name string `millrace:"name"`
}

var (
	_ core.SocketOpener = (*Room)(nil)
	_ core.SocketCloser = (*Room)(nil)
)

// Join gives the calling client a name in the room; joining again changes it. The name of
// somebody who is here is taken; the name of somebody who has gone goes to who asks for it.
//
// People come and go without the history too: [Joined] says so then.
func (r *Room) Join(ctx context.Context, name string) (Joined, error) {
	id, err := caller(ctx)
	if err != nil {
		return Joined{}, err
	}
	name = strings.TrimSpace(name)
	if problem := nameProblem(name); problem != "" {
		return Joined{}, refuse(CodeBadName, "the name %s", problem)
	}
	p := r.person(id)
	if other := r.named(name); other != nil && other != p {
		if r.connected(other) {
			return Joined{}, refuse(CodeNameTaken, "the name %q is taken", name)
		}
		r.forget(ctx, other)
	}
	if p == nil {
		if err := r.makePlace(ctx); err != nil {
			return Joined{}, err
		}
		p = &person{clientID: id}
		r.people = append(r.people, p)
	}
	former := p.name
	p.name = name
	if p.present && former != name {
		r.tell(ctx, r.people, Presence{"joined", name, former, r.GetParticipants()})
	}
	r.notice(ctx, p)
	return r.joined(ctx, p)
}

func (r *Room) joined(ctx context.Context, p *person) (Joined, error) {
	j := Joined{You: Participant{p.name}, LastID: -1, Participants: r.GetParticipants()}
	last, err := r.store.LastID(ctx, r.name())
	if err == nil {
		err = r.load(ctx)
	}
	if trouble, ok := errors.AsType[*store.Error](err); ok {
		j.Trouble = trouble.Error() + "."
	} else if err != nil {
		return Joined{}, err
	} else {
		r.reached(ctx, last)
		j.LastID = last
	}
	j.Settings = asMap(r.settings)
	return j, nil
}

// Leave takes the calling client out of the room: he hears nothing more of it, and others may
// have his name. Who has not joined may leave too.
func (r *Room) Leave(ctx context.Context) error {
	id, err := caller(ctx)
	if err != nil {
		return err
	}
	if p := r.person(id); p != nil {
		r.forget(ctx, p)
	}
	return nil
}

// Typing tells the others that the calling client is writing. Nothing says that he stopped:
// it is worth a few seconds.
func (r *Room) Typing(ctx context.Context) error {
	p, err := r.callingPerson(ctx)
	if err != nil {
		return err
	}
	r.tell(ctx, r.allBut(p), Typing{"typing", p.name})
	return nil
}

// GetParticipants returns who is in the room now, in the order of joining.
func (r *Room) GetParticipants() []Participant {
	list := []Participant{}
	for _, p := range r.people {
		if r.connected(p) {
			list = append(list, Participant{p.name})
		}
	}
	return list
}

// SocketOpened lets somebody who had lost his connection be present again.
func (r *Room) SocketOpened(ctx context.Context, s *core.Socket) {
	r.notice(ctx, r.person(s.ClientID()))
}

// SocketClosed lets somebody be absent when his last connection ended.
func (r *Room) SocketClosed(ctx context.Context, s *core.Socket, _ core.CloseInfo) {
	r.notice(ctx, r.person(s.ClientID()))
}

// notice tells the others when a person, who may be nil, has come or gone.
func (r *Room) notice(ctx context.Context, p *person) {
	if p == nil || p.present == r.connected(p) {
		return
	}
	p.present = !p.present
	kind := "left"
	if p.present {
		kind = "joined"
	}
	r.tell(ctx, r.people, Presence{Type: kind, Name: p.name, Participants: r.GetParticipants()})
}

// forget takes a person out of the room.
func (r *Room) forget(ctx context.Context, p *person) {
	r.people = slices.DeleteFunc(r.people, func(o *person) bool { return o == p })
	if p.present {
		r.tell(ctx, r.people, Presence{Type: "left", Name: p.name, Participants: r.GetParticipants()})
	}
}

// makePlace makes place for one more: whoever is away goes first.
func (r *Room) makePlace(ctx context.Context) error {
	if len(r.people) < MaxParticipants {
		return nil
	}
	for _, p := range r.people {
		if !r.connected(p) {
			r.forget(ctx, p)
			return nil
		}
	}
	return refuse(CodeRoomFull, "the room is full: %d people are here, and no more are allowed", MaxParticipants)
}

// callingPerson is who calls, if he has joined.
func (r *Room) callingPerson(ctx context.Context) (*person, error) {
	id, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	if p := r.person(id); p != nil {
		return p, nil
	}
	return nil, refuse(CodeNotJoined, "you have not joined this room, or it has forgotten you: call join(name) first")
}

func (r *Room) connected(p *person) bool { return len(r.state.Sockets(p.clientID)) > 0 }

func (r *Room) person(clientID string) *person {
	return r.find(func(p *person) bool { return p.clientID == clientID })
}

func (r *Room) named(name string) *person {
	return r.find(func(p *person) bool { return strings.EqualFold(p.name, name) })
}

func (r *Room) find(is func(*person) bool) *person {
	if i := slices.IndexFunc(r.people, is); i >= 0 {
		return r.people[i]
	}
	return nil
}

func (r *Room) allBut(p *person) []*person {
	return slices.DeleteFunc(slices.Clone(r.people), func(o *person) bool { return o == p })
}
