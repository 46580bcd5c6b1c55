package ungapcodec

import "strings"

// The marker objects of Lumenize RPC 0.14: objects with a member of one of these
// names, which is true, and others that are fixed (see readmark.go).
const (
	markNone = iota
	markSpecial
	markError
	markURL
	markHeaders
	markRequest
	markResponse
)

var markNames = [...]string{
	markNone: "", markSpecial: "__isSpecialNumber", markError: "__isSerializedError", markURL: "__isSerializedURL",
	markHeaders: "__isSerializedHeaders", markRequest: "__isSerializedRequest", markResponse: "__isSerializedResponse",
}

// What "bodyType" says: that "body" is text or bytes, or that "bodyValue", which 0.14
// does not know, is any other value. Without it there is no body.
const (
	bodyText   = "text"
	bodyBinary = "binary"
	bodyValue  = "value"
)

// absolute reports whether a URL begins with a scheme.
func absolute(href string) bool {
	for i := range len(href) {
		c := href[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && c == ':':
			return true
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return false
}

// validStatus reports whether JavaScript can construct a Response of that status.
func validStatus(status float64) bool {
	return status >= 200 && status <= 599 && status == float64(int(status))
}

// validMethod reports whether JavaScript can construct a Request of that method: a
// token, and none of those that the Fetch standard forbids.
func validMethod(method string) bool {
	for i := range len(method) {
		c := method[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return method != "" && !strings.EqualFold(method, "CONNECT") &&
		!strings.EqualFold(method, "TRACE") && !strings.EqualFold(method, "TRACK")
}
