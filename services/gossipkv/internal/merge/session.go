package merge

// Outcome is what a session is told that asks for a key.
type Outcome int

const (
	// Found: the value is what the session has seen, or newer.
	Found Outcome = iota
	// NoValue: there is none, and nothing that the session has seen says otherwise.
	NoValue
	// DependencyNotMet: what the session has seen of the key is not known here yet.
	DependencyNotMet
)

// Read says what a session is told of a key. Stored is what the server has of it, the zero entry if nothing; seen is the greatest version of the key that
// the session has met, zero if none; known is what the server knows.
//
// Where nothing is stored that is as new as what was seen, the vector decides: if it covers that, what was seen is gone for good: it was deleted, and the
// tombstone was collected.
func Read(stored Entry, seen Version, known Vector) Outcome {
	switch {
	case stored.Version.Compare(seen) < 0 && !(stored.Version.IsZero() && known.Covers(seen)):
		return DependencyNotMet
	case stored.Version.IsZero() || stored.Deleted:
		return NoValue
	}
	return Found
}
