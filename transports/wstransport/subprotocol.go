package wstransport

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// The subprotocols of a handshake.
const (
	protoRPC      = "lumenize.rpc"
	protoClientID = "lumenize.rpc.clientId."
	protoEscaped  = "millrace.clientId."
	protoCodec    = "millrace.codec."

	headerClientID = "X-Client-Id"
	headerProtocol = "Sec-WebSocket-Protocol"

	// maxProtocols bounds how many subprotocols a handshake may offer.
	maxProtocols = 32
)

// offer is what a client's handshake says by subprotocols and X-Client-Id.
type offer struct {
	rpc      bool
	codec    string
	clientID string
	others   []string
}

// readOffer reads the headers of an upgrade request.
func readOffer(h http.Header) (offer, error) {
	var o offer
	var raw, escaped string
	n := 0
	for _, line := range h.Values(headerProtocol) {
		for p := range strings.SplitSeq(line, ",") {
			p = strings.Trim(p, " \t")
			if p == "" {
				continue
			}
			if n++; n > maxProtocols {
				return o, fault.Exceeded("subprotocols", int64(n), maxProtocols, "fixed")
			}
			if !isToken(p) {
				return o, fault.New(fault.CodeMalformed, "subprotocol %d is no token of RFC 7230", n)
			}
			if p == protoRPC {
				o.rpc = true
			} else if id, ok := strings.CutPrefix(p, protoClientID); ok {
				raw = first(raw, id)
			} else if id, ok := strings.CutPrefix(p, protoEscaped); ok {
				b, err := base64.RawURLEncoding.Strict().DecodeString(id)
				if err != nil || !utf8.Valid(b) {
					return o, fault.New(fault.CodeMalformed, "%s is not followed by UTF-8 in unpadded base64url", protoEscaped)
				}
				escaped = first(escaped, string(b))
			} else if name, ok := strings.CutPrefix(p, protoCodec); ok {
				o.codec = first(o.codec, name)
			} else {
				o.others = append(o.others, p)
			}
		}
	}
	o.clientID = first(first(escaped, raw), h.Get(headerClientID))
	if !utf8.ValidString(o.clientID) {
		return o, fault.New(fault.CodeMalformed, "the client id is not UTF-8")
	}
	return o, nil
}

// answer is the subprotocol that the server answers; empty: none.
func (o *offer) answer(set core.Settings) string {
	switch {
	case isToken(set.Subprotocol):
		return set.Subprotocol
	case o.codec != "":
		return protoCodec + o.codec
	case o.rpc:
		return protoRPC
	}
	return ""
}

// writeOffer lists the subprotocols that a client offers, in order.
func writeOffer(clientID, codec string, others []string) ([]string, error) {
	list := []string{protoRPC}
	if clientID != "" {
		if isToken(clientID) {
			list = append(list, protoClientID+clientID)
		} else {
			list = append(list, protoEscaped+base64.RawURLEncoding.EncodeToString([]byte(clientID)))
		}
	}
	for i, p := range others {
		if !isToken(p) { // its text may be a secret
			return nil, fault.New(fault.CodeConfig, "websocket: subprotocol %d of Protocols is no token of RFC 7230", i)
		}
		list = append(list, p)
	}
	if codec != "" {
		list = append(list, protoCodec+codec)
	}
	if len(list) > maxProtocols {
		return nil, fault.Exceeded("websocket: subprotocols", int64(len(list)), maxProtocols, "fixed")
	}
	return list, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// isToken reports whether s is a token of RFC 7230.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// isHeaderValue reports whether s can travel in a header as it is.
func isHeaderValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && s[0] != ' ' && s[len(s)-1] != ' '
}
