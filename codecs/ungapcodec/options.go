package ungapcodec

// Option configures a [Codec].
type Option interface{ apply(*config) }

type config struct {
	profile14 bool
	plain     bool
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// Profile14 writes for readers of version 1.4 alone: -0 as that version writes it,
// where 1.3 throws, and keys "__proto__", with which 1.3 sets a prototype. Without
// it, such a key is refused. What is read does not depend on it.
func Profile14() Option { return optionFunc(func(c *config) { c.profile14 = true }) }

// Plain writes the npm package's records and nothing else, for peers that have
// no marker objects: NaN and the infinities are null, a URL is a string, a hole is
// undefined, an error is its name and message; functions are null in arrays and left
// out of objects and Sets. What would vanish altogether is refused. Marker objects are
// read as the objects that they are.
func Plain() Option { return optionFunc(func(c *config) { c.plain = true }) }
