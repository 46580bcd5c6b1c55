package core

// serverConfig is what the options of [NewServer] say.
type serverConfig struct {
	common
}
