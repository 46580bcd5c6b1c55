package core

// The words of the wire, shared by client and server (docs/spec/rpc.md).
const (
	typeRPC        = "__rpc"
	typeDownstream = "__downstream"
	typeCancel     = "__cancel"

	// idUnreadable answers a message in which no id could be read.
	idUnreadable = "parse-error"

	opGet   = "get"
	opApply = "apply"

	// Own property of an error on the wire that says: Millrace reported this, and its code.
	propCode = "millraceCode"
)

// A nested operation: a chain in the place of an argument.
const (
	markNested = "__isNestedOperation"
	keyRefID   = "__refId"
	keyChain   = "__operationChain"
)

// A remote function: a chain in the place of a function in a result.
const (
	markFunction = "__isRemoteFunction"
	keyFuncName  = "__functionName"
)
