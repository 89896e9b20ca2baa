package merge

import (
	"cmp"
	"maps"
	"slices"
)

// State is what has become of an origin.
type State uint8

const (
	// Member is a server's store that is one of the system's, whether it runs or not.
	Member State = iota + 1
	// Replaced is one whose server has another store now.
	Replaced
	// Duplicate is one that was found to have the number of another that was there before, and is refused.
	Duplicate
	// Forgotten is one that was taken off by an operator, and is refused.
	Forgotten
)

// Standing is what is known of one origin.
type Standing struct {
	State State
	// Epoch is how often the state was changed. The later change wins, and of two at once the one with the greater State.
	Epoch uint64
	// Known is what the member is known to know. It knew all of that when it was a member with all that this roster tells of others (see Roster).
	Known Vector
	// Final, of one that is forgotten, is the time up to which its writes count: all that some server had of it when it learnt that it was
	// forgotten. Later ones have no effect.
	Final uint64
}

func (s Standing) join(t Standing) Standing {
	joined := s
	if cmp.Or(cmp.Compare(t.Epoch, s.Epoch), cmp.Compare(t.State, s.State)) > 0 {
		joined = t
	}
	joined.Known = s.Known.Join(t.Known)
	joined.Final = max(s.Final, t.Final)
	return joined
}

// Equal says whether both are the same.
func (s Standing) Equal(t Standing) bool {
	return s.State == t.State && s.Epoch == t.Epoch && s.Final == t.Final && s.Known.Equal(t.Known)
}

// Roster is all origins that a server has heard of. It travels as a whole, and is joined as a whole: so who reads in one that a member knows of a write also reads
// of all others to whom that member may have sent older writes before it did. That is what Collectable rests on.
//
// A roster is read by many: who has one does not change it, but makes another.
type Roster map[Origin]Standing

// Join returns what is known from both.
func (r Roster) Join(s Roster) Roster {
	joined := maps.Clone(r)
	if joined == nil {
		joined = make(Roster, len(s))
	}
	for origin, standing := range s {
		joined[origin] = joined[origin].join(standing)
	}
	return joined
}

// Equal says whether both tell the same.
func (r Roster) Equal(s Roster) bool { return maps.EqualFunc(r, s, Standing.Equal) }

// With returns the roster with another standing of one origin.
func (r Roster) With(origin Origin, standing Standing) Roster {
	changed := maps.Clone(r)
	if changed == nil {
		changed = make(Roster, 1)
	}
	changed[origin] = standing
	return changed
}

// Knows returns the roster in which a member is known to know a vector.
func (r Roster) Knows(origin Origin, known Vector) Roster {
	standing := r[origin]
	standing.Known = standing.Known.Join(known)
	return r.With(origin, standing)
}

// Becomes returns the roster in which the state of an origin was changed.
func (r Roster) Becomes(origin Origin, state State) Roster {
	standing := r[origin]
	standing.State = state
	standing.Epoch++
	return r.With(origin, standing)
}

// Of returns the origins of a server, in order.
func (r Roster) Of(server ServerID) (origins []Origin) {
	for _, origin := range r.Origins() {
		if origin.Server == server {
			origins = append(origins, origin)
		}
	}
	return origins
}

// Origins returns all origins, in order.
func (r Roster) Origins() []Origin { return slices.SortedFunc(maps.Keys(r), Origin.Compare) }

// Stable returns what every member knows, and whether a server that knows so much itself may act on it: it must know all that any member knows.
// Then a write that all members know beats, or is known to be beaten by, every older write of its key there is: each member's later writes have
// greater times, and its earlier ones are known here. So a tombstone among them may be forgotten here.
func (r Roster) Stable(known Vector) (stable Vector, complete bool) {
	first := true
	for _, standing := range r {
		if standing.State != Member {
			continue
		}
		if !known.Includes(standing.Known) {
			return nil, false
		}
		if first {
			stable, first = standing.Known, false
		} else {
			stable = meet(stable, standing.Known)
		}
	}
	return stable, !first
}

// meet returns what both cover.
func meet(v, w Vector) Vector {
	both := make(Vector, len(v))
	for origin, time := range v {
		if t := min(time, w[origin]); t > 0 {
			both[origin] = t
		}
	}
	return both
}

// Counts says whether the write of a version has an effect: one that a forgotten server has made and that nobody knew of when it was forgotten has none.
func (r Roster) Counts(w Version) bool {
	standing := r[w.Origin]
	return standing.State != Forgotten || w.Time <= standing.Final
}

// Clip returns what counts of a vector (see Counts).
func (r Roster) Clip(v Vector) Vector {
	clipped := v
	for origin, time := range v {
		if standing := r[origin]; standing.State == Forgotten && time > standing.Final {
			clipped = maps.Clone(clipped)
			clipped[origin] = standing.Final
		}
	}
	return clipped
}
