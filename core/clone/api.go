package clone

// Convert carries src into what dst points to, as a codec would.
func Convert(src, dst any, o EncodeOptions, b BuildOptions) error { panic("api") }
