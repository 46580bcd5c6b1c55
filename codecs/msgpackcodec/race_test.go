//go:build race

package msgpackcodec_test

// raceEnabled: sync.Pool drops values at random under the race detector.
const raceEnabled = true
