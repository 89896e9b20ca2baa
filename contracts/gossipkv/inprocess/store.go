package inprocess

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"numstore.example/contracts/gossipkvpb"
)

type (
	origin struct {
		server      uint32
		incarnation uint64
	}
	version struct {
		time uint64
		origin
	}
	entry struct {
		value   []byte // which nobody changes
		deleted bool
		version version
	}
)

func (v version) compare(w version) int {
	return cmp.Or(cmp.Compare(v.time, w.time), v.origin.compare(w.origin))
}

func (o origin) compare(p origin) int {
	return cmp.Or(cmp.Compare(o.server, p.server), cmp.Compare(o.incarnation, p.incarnation))
}

func (v version) message() *gossipkvpb.Version {
	if v == (version{}) {
		return nil
	}
	return &gossipkvpb.Version{Time: v.time, Server: v.server, Incarnation: v.incarnation}
}

func versionOf(m *gossipkvpb.Version) version {
	return version{time: m.GetTime(), origin: origin{server: m.GetServer(), incarnation: m.GetIncarnation()}}
}

// store is what one server has: the newest entry of each key, and up to which time it knows each origin's writes.
type store struct {
	self    origin
	entries map[string]entry
	known   map[origin]uint64
}

func newStore(number uint32) *store {
	return &store{self: origin{server: number, incarnation: random()}, entries: make(map[string]entry), known: make(map[origin]uint64)}
}

// time is the greatest of all writes that are known.
func (s *store) time() (latest uint64) {
	for _, time := range s.known {
		latest = max(latest, time)
	}
	return latest
}

func (s *store) covers(v version) bool { return s.known[v.origin] >= v.time }

// write makes a new entry, greater than all that the store and the session have seen.
func (s *store) write(key, value []byte, deleted bool, sessionTime uint64) entry {
	e := entry{value: bytes.Clone(value), deleted: deleted, version: version{time: max(s.time(), sessionTime) + 1, origin: s.self}}
	s.entries[string(key)] = e
	s.known[s.self] = e.version.time
	return e
}

// merge takes an entry of another store if it is greater.
func (s *store) merge(key string, e entry) {
	if e.version.compare(s.entries[key].version) > 0 {
		s.entries[key] = e
	}
}

// join takes all that another store has. What that one knows of and has no more was deleted, and the tombstone has gone as all knew
// of it: so this one had it too.
func (s *store) join(other *store) {
	for key, e := range other.entries {
		if !s.covers(e.version) {
			s.merge(key, e)
		}
	}
	for o, time := range other.known {
		s.known[o] = max(s.known[o], time)
	}
}

// read says what a session is told that has seen a version of a key.
func (s *store) read(key string, seen version) *gossipkvpb.GetResponse {
	e, stored := s.entries[key]
	switch {
	case e.version.compare(seen) < 0 && (stored || !s.covers(seen)):
		return &gossipkvpb.GetResponse{Outcome: gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET}
	case !stored || e.deleted:
		return &gossipkvpb.GetResponse{Outcome: gossipkvpb.Outcome_OUTCOME_NO_VALUE, Version: e.version.message()}
	}
	return &gossipkvpb.GetResponse{Outcome: gossipkvpb.Outcome_OUTCOME_VALUE, Value: e.value, Version: e.version.message()}
}

// dump returns the pairs that a request is for, in the order of their keys.
func (s *store) dump(r *gossipkvpb.DumpRequest) (pairs []*gossipkvpb.Pair) {
	for _, key := range slices.Sorted(maps.Keys(s.entries)) {
		e := s.entries[key]
		if e.deleted || !bytes.HasPrefix([]byte(key), r.GetPrefix()) || key <= string(r.GetAfter()) {
			continue
		}
		if r.GetLimit() > 0 && uint64(len(pairs)) == r.GetLimit() {
			break
		}
		pair := &gossipkvpb.Pair{Key: []byte(key), Value: e.value, Version: e.version.message()}
		if r.GetKeysOnly() {
			pair.Value = nil
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// vector is what is known, as the contract has it.
func (s *store) vector() (entries []*gossipkvpb.VectorEntry) {
	for _, o := range slices.SortedFunc(maps.Keys(s.known), origin.compare) {
		entries = append(entries, &gossipkvpb.VectorEntry{Server: o.server, Incarnation: o.incarnation, Time: s.known[o]})
	}
	return entries
}
