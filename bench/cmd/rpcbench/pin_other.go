//go:build !linux

package main

import "errors"

// pinThread cannot: only Linux offers it to a process without privileges.
func pinThread(int) error { return errors.ErrUnsupported }
