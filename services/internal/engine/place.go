package engine

import "strings"

// Place tells where a folder lies. A copy of it, on this machine or another, has another place, and so has one that was removed and put back
// from a copy. A folder that was renamed has the same.
type Place struct {
	File    string // tells a file of the folder's from all copies of it; empty if nothing is known
	Machine string // the machine's id; empty if it is not known, as in many containers
}

// Place tells where the folder lies. Nothing is known of one on an FS that is not this machine's disk.
func (s *Store) Place() (Place, error) {
	if s.options.FS != nil {
		return Place{}, nil
	}
	return placeOf(s.fs.PathJoin(s.options.Dir, identityName))
}

// Differs says whether two places are not the same, by what is known of both.
func (p Place) Differs(q Place) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	return differ(p.File, q.File) || differ(p.Machine, q.Machine)
}

// String returns a text for ParsePlace.
func (p Place) String() string { return p.File + "\n" + p.Machine }

// ParsePlace is the reverse of Place.String.
func ParsePlace(text string) (p Place) {
	p.File, p.Machine, _ = strings.Cut(text, "\n")
	return p
}
