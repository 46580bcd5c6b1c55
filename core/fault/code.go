package fault

// Code says what kind of failure an [Error] is. The set is closed: a code that
// arrives from a peer and is not in it becomes [CodeInternal].
type Code string

const (
	// CodeConfig: an option, a registration or a handler does not fit; nothing was started.
	CodeConfig Code = "config"
	// CodeUnsupported: the module or the peer cannot do this; errors.Is(err, errors.ErrUnsupported) holds.
	CodeUnsupported Code = "unsupported"
	// CodeMalformed: bytes or an envelope that do not follow the format.
	CodeMalformed Code = "malformed"
	// CodeLimit: a limit of [Limits] was exceeded; the message names limit, value and setting.
	CodeLimit Code = "limit"
	// CodeUnencodable: a Go value that no codec, or not this codec, can carry.
	CodeUnencodable Code = "unencodable"
	// CodeMismatch: a received value that does not fit the Go type asked for; the message holds its path.
	CodeMismatch Code = "mismatch"
	// CodeUnknownBinding: the server has no such binding.
	CodeUnknownBinding Code = "unknown-binding"
	// CodeUnknownMember: the object has no such method or field, or it is not reachable.
	CodeUnknownMember Code = "unknown-member"
	// CodeNotCallable: a chain applies arguments to something that is no function.
	CodeNotCallable Code = "not-callable"
	// CodeBadArguments: the wrong number of arguments, or one of the wrong type.
	CodeBadArguments Code = "bad-arguments"
	// CodeUnauthenticated: no valid identity (HTTP 401, close code 4401).
	CodeUnauthenticated Code = "unauthenticated"
	// CodeForbidden: the identity may not do this (HTTP 403, close code 4403).
	CodeForbidden Code = "forbidden"
	// CodeRateLimited: too many, too fast (HTTP 429, close code 4429).
	CodeRateLimited Code = "rate-limited"
	// CodeUnreachable: the message was not sent; trying again is safe.
	CodeUnreachable Code = "unreachable"
	// CodeOutcomeUnknown: the message was sent, or may have been, and no answer came: it ran once or not at all.
	CodeOutcomeUnknown Code = "outcome-unknown"
	// CodeClosed: this side was closed by its owner.
	CodeClosed Code = "closed"
	// CodeCanceled: the caller gave up; errors.Is(err, context.Canceled) holds.
	CodeCanceled Code = "canceled"
	// CodeTimeout: a deadline passed; errors.Is(err, context.DeadlineExceeded) holds.
	CodeTimeout Code = "timeout"
	// CodeObjectBusy: the call waited for its object until its deadline; the message names the running method.
	CodeObjectBusy Code = "object-busy"
	// CodePluginCrashed: the plugin process that served the call ended.
	CodePluginCrashed Code = "plugin-crashed"
	// CodeInternal: a panic or a failure of the server's own.
	CodeInternal Code = "internal"
)

var codes = map[Code]bool{
	CodeConfig: true, CodeUnsupported: true, CodeMalformed: true, CodeLimit: true,
	CodeUnencodable: true, CodeMismatch: true, CodeUnknownBinding: true,
	CodeUnknownMember: true, CodeNotCallable: true, CodeBadArguments: true,
	CodeUnauthenticated: true, CodeForbidden: true, CodeRateLimited: true,
	CodeUnreachable: true, CodeOutcomeUnknown: true, CodeClosed: true,
	CodeCanceled: true, CodeTimeout: true, CodeObjectBusy: true,
	CodePluginCrashed: true, CodeInternal: true,
}

// ParseCode returns the code named s, or [CodeInternal] and false when there is none.
func ParseCode(s string) (Code, bool) {
	if c := Code(s); codes[c] {
		return c, true
	}
	return CodeInternal, false
}
