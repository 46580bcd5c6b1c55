package core

// Throw returns an error that reaches the caller as the value v itself, as
// JavaScript's throw v does: a client gets it as a [Thrown]. A v that is an error already is
// returned as it is.
func Throw(v any) error {
	if err, ok := v.(error); ok {
		return err
	}
	return &Thrown{Value: v}
}
