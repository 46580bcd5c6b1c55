package clone

import (
	"reflect"

	"github.com/millrace/millrace/core/fault"
)

// Special is implemented by types whose values mean something to a layer above
// and are never written as they are. [EncodeOptions.Replace] says what to write
// instead; without it they are refused as unencodable.
type Special interface{ CloneSpecial() }

// EncodeOptions configures one walk. The zero value means default limits and
// functions written by name.
type EncodeOptions struct {
	Limits fault.Limits

	// Replace is asked for every non-nil Go function and every [Special] value,
	// at each of its occurrences. It returns the value to write in its place:
	// for an ordinary value that one, aliases tracked as usual; for a
	// value.Function its name. An error ends the walk with it.
	Replace func(v any, at Path) (any, error)
}

// Path says where in a value a walk is, from the root. It is valid during the
// call that receives it; append to a copy to keep it.
type Path []Step

// Step is one step of a path.
type Step struct {
	Key   string // of an object; empty for the others
	Index int    // of an array, when Kind is KindArray; else the position
	Kind  Kind   // of the container that is stepped into: a function behind anything but objects and arrays has no address
}

// ParseOptions configures one parse.
type ParseOptions struct {
	Limits fault.Limits
}

// BuildOptions configures one build.
type BuildOptions struct {
	// Replace is asked for every object node that has a key beginning with "__is"
	// (see [Node.Marked]). When ok, v stands in the node's place: it is stored as it
	// is where its type is assignable to the destination's, converted as by
	// [Convert] otherwise. It is asked once for each node and destination type.
	Replace func(n Node) (v any, ok bool, err error)

	// Func is asked for a destination of a function type when Replace gave a value
	// that is not assignable to it; it returns a function of exactly type t.
	Func func(v any, t reflect.Type) (reflect.Value, error)
}
