//go:build race

package storage

// stride is how far apart the bytes are that TestDamage changes: under the race detector, every one would
// take minutes.
const stride = 23
