//go:build !linux

package engine

// placeOf knows nothing here.
func placeOf(string) (Place, error) { return Place{}, nil }
