//go:build race

package ungapcodec_test

// raceEnabled: sync.Pool drops values at random under the race detector.
const raceEnabled = true
