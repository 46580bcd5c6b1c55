package core

// clientConfig is what the options of [NewClient] say.
type clientConfig struct {
	common
}
