//go:build !race

package storage

// stride is how far apart the bytes are that TestDamage changes.
const stride = 1
