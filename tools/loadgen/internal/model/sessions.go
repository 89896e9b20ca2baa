package model

import (
	"fmt"
	"slices"

	"numstore.example/tools/internal/history"
)

// met is a version that somebody was told, and by which operation; the zero met is none.
type met struct {
	version history.Version
	by      *event
}

// grow makes it the greater one.
func (m *met) grow(version history.Version, by *event) {
	if version.Compare(m.version) > 0 {
		*m = met{version, by}
	}
}

// greater returns the greater of two.
func greater(a, b met) met {
	a.grow(b.version, b.by)
	return a
}

// session is what one session has met.
type session struct {
	last *event
	keys map[string]*known
	all  known // of all keys
}

// known is what a session has met in two ways.
type known struct{ written, read met }

func (k *known) greatest() met { return greater(k.written, k.read) }

// sessions checks what each session was told in turn. It is an error if a session did two things at a time.
func (g *gossip) sessions() error {
	all := make(map[int]*session)
	for _, e := range g.events {
		if !e.write() && e.Call != Get {
			continue
		}
		s := all[e.Client]
		if s == nil {
			s = &session{keys: make(map[string]*known)}
			all[e.Client] = s
		}
		if s.last != nil && e.Start < s.last.End {
			return fmt.Errorf("client %d begins %s before %s has ended; a session does one after the other", e.Client, e.what(), s.last.what())
		}
		s.last = e
		if s.keys[e.Key] == nil {
			s.keys[e.Key] = new(known)
		}
		if e.write() {
			g.sessionWrote(s, e)
		} else {
			g.sessionGot(s, e)
		}
	}
	return nil
}

// sessionWrote checks a write against all that the session had met, of all keys.
func (g *gossip) sessionWrote(s *session, e *event) {
	if top := s.all.greatest(); e.Seen != "" && top.by != nil {
		g.expect(toldSeen, e.time >= top.version.Time, []*event{top.by, e},
			"session %d told the time %d, and had met %v", e.Client, e.time, top.version)
	}
	if !e.answered() {
		return
	}
	version := e.stamp.Version
	for p, m := range map[promise]met{monotonicWrites: s.all.written, writesFollowReads: s.all.read} {
		if m.by != nil {
			g.expect(p, version.Compare(m.version) > 0, []*event{m.by, e},
				"session %d had met %v of %s, and then its write of %s got %v, which is not greater", e.Client, m.version, m.by.Key, e.Key, version)
		}
	}
	s.all.written.grow(version, e)
	s.keys[e.Key].written.grow(version, e)
}

// sessionGot checks an answer against what the session had met of the key.
func (g *gossip) sessionGot(s *session, e *event) {
	k := s.keys[e.Key]
	top := k.greatest()
	e.met = top.version
	if e.Seen != "" && top.by != nil {
		g.expect(toldSeen, e.seen.Compare(top.version) >= 0, []*event{top.by, e},
			"session %d told that it has seen %v of %s, and had met %v", e.Client, e.seen, e.Key, top.version)
	}
	if e.answered() && e.Answer == Unmet {
		g.expect(causeOfUnmet, top.by != nil, []*event{e}, "session %d had met nothing of %s", e.Client, e.Key)
	}
	if !e.shows() {
		return
	}
	for p, m := range map[promise]met{readYourWrites: k.written, monotonicReads: k.read} {
		if m.by != nil {
			g.expect(p, g.allows(m.version, e), []*event{m.by, e},
				"session %d had met %v of %s, and then read %s", e.Client, m.version, e.Key, e.read())
		}
	}
	k.read.grow(e.stamp.Version, e)
	s.all.read.grow(e.stamp.Version, e)
}

// read says for people what an operation has read.
func (e *event) read() string {
	switch {
	case e.stamp.Version.IsZero():
		return "that there is nothing, though no deletion explains that"
	case !e.stamp.Exists:
		return fmt.Sprintf("the deletion %v, which is older", e.stamp.Version)
	}
	return fmt.Sprintf("%v, which is older", e.stamp.Version)
}

// allows says whether what was read is no older than a version. That there is nothing, not even a tombstone, is
// right if the key was deleted: a tombstone that all servers know of is dropped, and then nobody has anything older.
func (g *gossip) allows(version history.Version, read *event) bool {
	if read.stamp.Version.IsZero() {
		return g.deleted(read.Key, version, read.End)
	}
	return read.stamp.Version.Compare(version) >= 0
}

// deletions of a key, in the order of their starts.
type deletions struct {
	starts   []int64
	greatest []history.Version // of this and those before; forAll if the outcome of one is unknown
}

// forAll is greater than the version of any write: a deletion of unknown outcome may have any.
var forAll = history.Version{Time: 1<<64 - 1, Server: 1<<32 - 1, Incarnation: 1<<64 - 1}

func (g *gossip) collectDeletions() {
	for _, e := range g.events {
		if e.Call != Delete || !e.answered() && !e.unknown() {
			continue
		}
		d := g.deletions[e.Key]
		if d == nil {
			d = new(deletions)
			g.deletions[e.Key] = d
		}
		version := e.stamp.Version
		if e.unknown() {
			version = forAll
		}
		if n := len(d.greatest); n > 0 && d.greatest[n-1].Compare(version) > 0 {
			version = d.greatest[n-1]
		}
		d.starts, d.greatest = append(d.starts, e.Start), append(d.greatest, version)
	}
}

// deleted says whether a deletion that had begun by then can be the one of that version, or a greater one.
func (g *gossip) deleted(key string, version history.Version, by int64) bool {
	d := g.deletions[key]
	if d == nil {
		return false
	}
	n, _ := slices.BinarySearch(d.starts, by+1)
	return n > 0 && d.greatest[n-1].Compare(version) >= 0
}
