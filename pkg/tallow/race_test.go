//go:build race

package tallow_test

const raceDetector = true
