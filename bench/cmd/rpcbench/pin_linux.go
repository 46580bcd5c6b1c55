package main

import "golang.org/x/sys/unix"

// pinThread ties the calling thread, and processes that it starts, to one core.
func pinThread(core int) error {
	var set unix.CPUSet
	set.Set(core)
	return unix.SchedSetaffinity(0, &set)
}
