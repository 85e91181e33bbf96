//go:build race

package main

// memoryGrowth is the part by which the memory of the relay may grow under load.
// Most of the memory is that of the race detector, which grows by itself.
const memoryGrowth = 0.3

// underRace says whether this is a build of the race detector, which takes memory and
// time of its own.
const underRace = true
