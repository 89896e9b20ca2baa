package merge

import "slices"

// maxPending is how many intervals of an origin are remembered. What comes when there are more is learnt again by an exchange.
const maxPending = 1024

// Interval is writes of one origin that came together: all that it has made later than After, up to Upto.
type Interval struct {
	Origin      Origin
	After, Upto uint64
}

// Pending is intervals that came before those that they follow on. Their writes are taken, but a vector cannot cover them before the gap
// is closed.
type Pending map[Origin][]Interval

// Add returns the vector once all of an interval is known, and of those that were waiting for it. News says that the interval was
// not there yet, whether or not the vector can cover it.
func (p Pending) Add(known Vector, in Interval) (_ Vector, news bool) {
	if in.Upto <= known[in.Origin] || slices.Contains(p[in.Origin], in) {
		return known, false
	}
	if in.After > known[in.Origin] {
		if len(p[in.Origin]) < maxPending {
			p[in.Origin] = append(p[in.Origin], in)
		}
		return known, true
	}
	return p.Close(known.With(in.Origin, in.Upto), in.Origin), true
}

// Close returns the vector with the intervals of an origin that follow on what it covers, and forgets what is covered.
func (p Pending) Close(known Vector, origin Origin) Vector {
	for again := len(p[origin]) > 0; again; {
		again = false
		p[origin] = slices.DeleteFunc(p[origin], func(in Interval) bool {
			if in.After > known[origin] {
				return false
			}
			if in.Upto > known[origin] {
				known, again = known.With(origin, in.Upto), true
			}
			return true
		})
	}
	if len(p[origin]) == 0 {
		delete(p, origin)
	}
	return known
}
