package core

import "github.com/millrace/millrace/core/fault"

// What package fault defines, under the names that users of core write.
type (
	Error     = fault.Error
	Code      = fault.Code
	CloseCode = fault.CloseCode
	Limits    = fault.Limits
)

// NoLimit switches a limit off, aloud.
const NoLimit = fault.NoLimit

// The codes of an [Error]; see package fault for what each means.
const (
	CodeConfig          = fault.CodeConfig
	CodeUnsupported     = fault.CodeUnsupported
	CodeMalformed       = fault.CodeMalformed
	CodeLimit           = fault.CodeLimit
	CodeUnencodable     = fault.CodeUnencodable
	CodeMismatch        = fault.CodeMismatch
	CodeUnknownBinding  = fault.CodeUnknownBinding
	CodeUnknownMember   = fault.CodeUnknownMember
	CodeNotCallable     = fault.CodeNotCallable
	CodeBadArguments    = fault.CodeBadArguments
	CodeUnauthenticated = fault.CodeUnauthenticated
	CodeForbidden       = fault.CodeForbidden
	CodeRateLimited     = fault.CodeRateLimited
	CodeUnreachable     = fault.CodeUnreachable
	CodeOutcomeUnknown  = fault.CodeOutcomeUnknown
	CodeClosed          = fault.CodeClosed
	CodeCanceled        = fault.CodeCanceled
	CodeTimeout         = fault.CodeTimeout
	CodeObjectBusy      = fault.CodeObjectBusy
	CodePluginCrashed   = fault.CodePluginCrashed
	CodeInternal        = fault.CodeInternal
)

// The close codes of a connection; see package fault for what each means.
const (
	CloseNormal          = fault.CloseNormal
	CloseGoingAway       = fault.CloseGoingAway
	CloseProtocolError   = fault.CloseProtocolError
	CloseUnsupportedData = fault.CloseUnsupportedData
	CloseNoStatus        = fault.CloseNoStatus
	CloseAbnormal        = fault.CloseAbnormal
	CloseInvalidData     = fault.CloseInvalidData
	ClosePolicy          = fault.ClosePolicy
	CloseTooBig          = fault.CloseTooBig
	CloseInternal        = fault.CloseInternal
	CloseAuthExpired     = fault.CloseAuthExpired
	CloseForbidden       = fault.CloseForbidden
	CloseSlowConsumer    = fault.CloseSlowConsumer
	CloseReplaced        = fault.CloseReplaced
	CloseRateLimited     = fault.CloseRateLimited
)

// CodeOf returns the code of the first [Error] in err's tree, and "" when there is none.
func CodeOf(err error) Code { return fault.CodeOf(err) }
