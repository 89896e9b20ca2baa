//go:build race

package enginetest

// Racing says whether the race detector is on: what takes a second takes a minute then.
const Racing = true
