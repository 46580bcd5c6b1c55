// Package wiretest replays literal frames, as the npm package @lumenize/rpc 0.26.0
// and its server put them on the wire, against the server and the client of this module. Two
// peers written by one hand prove little to each other, so the other end here is
// bytes: testdata/server.json holds what an upstream client sends and must get back,
// testdata/client.json what an upstream server receives and answers.
//
// The other end's WebSocket is written out in this package too, from RFC 6455 and
// the standard library alone.
package wiretest
