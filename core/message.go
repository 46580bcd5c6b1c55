package core

// Message is one opaque message between a client and an object.
type Message struct {
	Data   []byte
	Binary bool // a codec's bytes are not text
}

// Target names one object of a server.
type Target struct{ Binding, Instance string }

// String is binding/instance.
func (t Target) String() string { return t.Binding + "/" + t.Instance }
