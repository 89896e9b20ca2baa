package gossipkv

import (
	"maps"
	"sync"
)

// Seen is what a session has seen: for each key the greatest version that it has met, and its time, the greatest of all. The zero
// Seen has seen nothing. It only grows, but for Forget. Its methods may be called from any number of goroutines; it
// is not copied.
//
// It has an entry for each key that the session has written, deleted, read or dumped, whose key is kept as a copy. So
// a session that looks at a million keys holds some 100 MB; see Of and Forget.
type Seen struct {
	mu       sync.RWMutex
	time     uint64
	versions map[string]Version
}

// Time returns the time of the session: the greatest of all versions that it has met, also of keys that were forgotten.
func (s *Seen) Time() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.time
}

// Version returns the greatest version of a key that was met, zero if none.
func (s *Seen) Version(key []byte) Version {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.versions[string(key)]
}

// Len returns of how many keys a version is kept.
func (s *Seen) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.versions)
}

// Note has the session have met a version of a key. One without a time or a server is none.
func (s *Seen) Note(key []byte, version Version) {
	if !version.isOne() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(string(key), version)
}

func (s *Seen) note(key string, version Version) {
	s.time = max(s.time, version.Time)
	if version.Compare(s.versions[key]) <= 0 {
		return
	}
	if s.versions == nil {
		s.versions = make(map[string]Version)
	}
	s.versions[key] = version
}

// Merge has the session have met all that another one has: one that is handed on to who has a session already.
func (s *Seen) Merge(other *Seen) {
	time, versions := other.copy()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.time = max(s.time, time)
	for key, version := range versions {
		s.note(key, version)
	}
}

// Of returns what was seen of some keys, with the time of all. Who continues from there has all guarantees for these keys, and
// none for the others, but that writes win over all that was seen. It is for handing on a session that has seen many keys
// to a call that is about few, as its text grows with the keys.
func (s *Seen) Of(keys ...[]byte) *Seen {
	s.mu.RLock()
	defer s.mu.RUnlock()
	few := &Seen{time: s.time, versions: make(map[string]Version, len(keys))}
	for _, key := range keys {
		if version, met := s.versions[string(key)]; met {
			few.versions[string(key)] = version
		}
	}
	return few
}

// Forget drops the versions of keys; the time stays. It gives up what a session promises of these keys: the next Get may show what is older
// than what was read or written before. Only who knows that all servers that will ever be asked have what was seen loses nothing
// by it. Writes still win over what was seen.
func (s *Seen) Forget(keys ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.versions, string(key))
	}
}

// copy returns all of it as of one moment.
func (s *Seen) copy() (time uint64, versions map[string]Version) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.time, maps.Clone(s.versions)
}
