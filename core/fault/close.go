package fault

import "unicode/utf8"

// CloseCode is the code with which a connection ends (RFC 6455 section 7.4).
type CloseCode uint16

const (
	CloseNormal          CloseCode = 1000 // finished
	CloseGoingAway       CloseCode = 1001 // drain; come back
	CloseProtocolError   CloseCode = 1002
	CloseUnsupportedData CloseCode = 1003
	CloseNoStatus        CloseCode = 1005 // never sent: the peer gave no code
	CloseAbnormal        CloseCode = 1006 // never sent: the connection was lost
	CloseInvalidData     CloseCode = 1007
	ClosePolicy          CloseCode = 1008
	CloseTooBig          CloseCode = 1009
	CloseInternal        CloseCode = 1011
	CloseAuthExpired     CloseCode = 4401 // authentication expired: refresh, then come back
	CloseForbidden       CloseCode = 4403 // no reconnect
	CloseSlowConsumer    CloseCode = 4408 // the client's queue overflowed: come back and catch up
	CloseReplaced        CloseCode = 4409 // a newer connection took the client id: no reconnect
	CloseRateLimited     CloseCode = 4429 // reason: retry-after=<seconds>
)

// Terminal reports whether a connection closed with this code must not be
// reopened by itself: 4403, 4409 and 4500 to 4999.
func (c CloseCode) Terminal() bool {
	return c == CloseForbidden || c == CloseReplaced || c >= 4500 && c <= 4999
}

// Sendable reports whether the code may travel in a close frame: the codes
// that RFC 6455 and its registry assign to endpoints, and 3000 to 4999.
func (c CloseCode) Sendable() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014, c >= 3000 && c <= 4999:
		return true
	}
	return false
}

// MaxCloseReason is the number of bytes that a close frame leaves for the reason.
const MaxCloseReason = 123

// CloseReason cuts s to what a close frame can hold, on a rune border.
func CloseReason(s string) string {
	if len(s) <= MaxCloseReason {
		return s
	}
	cut := MaxCloseReason
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}
