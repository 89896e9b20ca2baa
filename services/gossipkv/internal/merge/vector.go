package merge

import (
	"maps"
	"reflect"
	"slices"
)

// Vector says up to which time all writes of each origin are known. An origin that is missing has the time 0.
//
// A vector only grows. It is read by many: who has one does not change it, but makes another (With, Join).
type Vector map[Origin]uint64

// Covers says whether the write of a version is known: it is here, or one that beats it was.
func (v Vector) Covers(w Version) bool { return v[w.Origin] >= w.Time }

// Includes says whether all that another vector covers is covered.
func (v Vector) Includes(w Vector) bool {
	for origin, time := range w {
		if v[origin] < time {
			return false
		}
	}
	return true
}

// Equal says whether both cover the same. Who compares rosters nearly always meets the same map, which need not be looked through, as nobody
// changes it.
func (v Vector) Equal(w Vector) bool {
	return reflect.ValueOf(v).UnsafePointer() == reflect.ValueOf(w).UnsafePointer() || v.Includes(w) && w.Includes(v)
}

// Join returns what covers all that either covers.
func (v Vector) Join(w Vector) Vector {
	if v.Includes(w) {
		return v
	}
	joined := maps.Clone(v)
	if joined == nil {
		joined = make(Vector, len(w))
	}
	for origin, time := range w {
		joined[origin] = max(joined[origin], time)
	}
	return joined
}

// With returns a vector that covers an origin's writes up to a time too.
func (v Vector) With(origin Origin, time uint64) Vector { return v.Join(Vector{origin: time}) }

// Latest returns the greatest time.
func (v Vector) Latest() (time uint64) {
	for _, t := range v {
		time = max(time, t)
	}
	return time
}

// Origins returns the origins in order.
func (v Vector) Origins() []Origin {
	return slices.SortedFunc(maps.Keys(v), Origin.Compare)
}
