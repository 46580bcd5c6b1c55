package fault

import (
	"cmp"
	"time"
)

// NoLimit switches a limit off, aloud. Zero means the default, never unlimited.
const NoLimit = -1

// Limits bounds everything that comes from outside. The zero value means the
// defaults given beside each field; a negative value ([NoLimit]) switches a
// limit off. Transports, codecs, clients and servers all take this one type.
type Limits struct {
	MessageBytes  int           // one message, frame or HTTP body, after inflation: 1 MiB
	Fragments     int           // fragments of one message: 1,024
	AssemblyTime  time.Duration // from a message's first fragment to its last: 30 s
	ControlFrames int           // ping, pong and close frames per second, twice that in a burst: 10
	HeaderBytes   int           // HTTP request header: 16 KiB
	HeaderTime    time.Duration // reading it: 5 s

	BatchItems    int // items of one batch: 1,000
	ChainLength   int // operations of one chain: 50
	Operations    int // operations of one message, nested ones too: 10,000
	NestedChains  int // nested chains of one message: 100
	NestingDepth  int // chains within chains: 8
	CallArguments int // arguments of one call: 100

	ValueDepth        int // containers within containers: 256
	ValueNodes        int // values of one message; elements of typed arrays are bytes, not nodes: 100,000
	BigIntDigits      int // decimal digits: 16,384
	RegExpSourceBytes int // 4 KiB

	PingInterval time.Duration // 25 s
	PongWait     time.Duration // 10 s
	WriteTimeout time.Duration // one write to a peer: 10 s
	CloseTimeout time.Duration // from our close frame to the end of the connection: 5 s

	QueueBytes         int           // waiting for one client: 1 MiB
	QueueMessages      int           // waiting for one client: 1,024
	InboxMessages      int           // downstream messages waiting for a client's own handler: 1,024
	Connections        int           // of one listener: 50,000
	ConnectionsPerID   int           // of one client id on one object: 8
	FanOut             int           // ids of one SendDownstream: 10,000
	CallTimeout        time.Duration // one call on the server: 30 s
	CallsPerConnection int           // in flight; beyond it the connection is not read: 256
	ObjectsPerBinding  int           // live objects: 100,000
	DrainGrace         time.Duration // for running calls when a server stops: 10 s
}

// WithDefaults returns l with every zero field set to its default.
func (l Limits) WithDefaults() Limits {
	return Limits{
		MessageBytes:  cmp.Or(l.MessageBytes, 1<<20),
		Fragments:     cmp.Or(l.Fragments, 1024),
		AssemblyTime:  cmp.Or(l.AssemblyTime, 30*time.Second),
		ControlFrames: cmp.Or(l.ControlFrames, 10),
		HeaderBytes:   cmp.Or(l.HeaderBytes, 16<<10),
		HeaderTime:    cmp.Or(l.HeaderTime, 5*time.Second),

		BatchItems:    cmp.Or(l.BatchItems, 1000),
		ChainLength:   cmp.Or(l.ChainLength, 50),
		Operations:    cmp.Or(l.Operations, 10_000),
		NestedChains:  cmp.Or(l.NestedChains, 100),
		NestingDepth:  cmp.Or(l.NestingDepth, 8),
		CallArguments: cmp.Or(l.CallArguments, 100),

		ValueDepth:        cmp.Or(l.ValueDepth, 256),
		ValueNodes:        cmp.Or(l.ValueNodes, 100_000),
		BigIntDigits:      cmp.Or(l.BigIntDigits, 16_384),
		RegExpSourceBytes: cmp.Or(l.RegExpSourceBytes, 4<<10),

		PingInterval: cmp.Or(l.PingInterval, 25*time.Second),
		PongWait:     cmp.Or(l.PongWait, 10*time.Second),
		WriteTimeout: cmp.Or(l.WriteTimeout, 10*time.Second),
		CloseTimeout: cmp.Or(l.CloseTimeout, 5*time.Second),

		QueueBytes:         cmp.Or(l.QueueBytes, 1<<20),
		QueueMessages:      cmp.Or(l.QueueMessages, 1024),
		InboxMessages:      cmp.Or(l.InboxMessages, 1024),
		Connections:        cmp.Or(l.Connections, 50_000),
		ConnectionsPerID:   cmp.Or(l.ConnectionsPerID, 8),
		FanOut:             cmp.Or(l.FanOut, 10_000),
		CallTimeout:        cmp.Or(l.CallTimeout, 30*time.Second),
		CallsPerConnection: cmp.Or(l.CallsPerConnection, 256),
		ObjectsPerBinding:  cmp.Or(l.ObjectsPerBinding, 100_000),
		DrainGrace:         cmp.Or(l.DrainGrace, 10*time.Second),
	}
}

// Over reports whether got exceeds limit; a negative limit is never exceeded.
func Over(got, limit int) bool { return limit >= 0 && got > limit }
