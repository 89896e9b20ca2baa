package node

import (
	"math"

	"numstore.example/services/gossipkv/internal/merge"
)

// maxAdopt is how many bytes of entries are looked at at a time.
const maxAdopt = 1 << 20

// adopt finds entries that came here with gaps before them which nobody will ever close, as their origin is lost and no member knows all that came
// before them. No vector covers them, so nobody would ask for them. They are written once more, under an origin of their own. Their times
// stay, and the new origin is the next greater one: so they win and lose as they did.
func (l *loop) adopt() {
	if l.exchange != nil || l.refused != nil {
		return
	}
	l.closeOwn()
	entries, upto, last, err := l.node.store.Lacking(l.state.Known, l.adopted, maxAdopt)
	if err != nil {
		_ = l.fail(err)
		return
	}
	if l.adopted = upto; last {
		l.adopted = merge.Version{}
	}
	adopters := make(map[merge.Origin]merge.Origin)
	for _, e := range entries {
		if !l.stray(e.Version) {
			continue
		}
		stands, err := l.stands(e)
		if err != nil {
			_ = l.fail(err)
			return
		}
		if !stands {
			continue
		}
		adopter, known := adopters[e.Version.Origin]
		if !known {
			adopter = l.adopter(e.Version.Origin)
			adopters[e.Version.Origin] = adopter
		}
		e.Version.Origin = adopter
		if l.stamp(e) != nil {
			return
		}
	}
}

// adopter makes up the next greater origin of the same server.
func (l *loop) adopter(lost merge.Origin) merge.Origin {
	above := math.MaxUint64 - uint64(lost.Incarnation)
	adopter := merge.Origin{Server: lost.Server, Incarnation: lost.Incarnation + 1 + merge.Incarnation(l.node.options.Random()%max(above, 1))}
	l.state.Roster = l.state.Roster.Becomes(adopter, merge.Replaced)
	return adopter
}

// stray says whether no vector will cover the write of a version: its origin is no member, and no member knows it. One that a member knows will count, if it does not yet.
func (l *loop) stray(v merge.Version) bool {
	if state := l.state.Roster[v.Origin].State; state == 0 || state == merge.Member || l.state.Known.Covers(v) {
		return false
	}
	for _, standing := range l.state.Roster {
		if standing.State == merge.Member && standing.Known.Covers(v) {
			return false
		}
	}
	return true
}
