package model

import "slices"

// told is what one server has told: by key, and the greatest of all.
type told struct {
	keys map[string]*met
	all  met
}

// servers checks what each server told against what it had told before: in answers that had ended when a call began.
func (g *gossip) servers() {
	ended := slices.Clone(g.events)
	slices.SortStableFunc(ended, byEnd)
	all := make(map[string]*told)
	for _, e := range g.events {
		for len(ended) > 0 && ended[0].End < e.Start {
			tell(all, ended[0])
			ended = ended[1:]
		}
		if s := all[e.Server]; s != nil {
			g.againstTold(s, e)
		}
	}
}

// tell notes what a server has told.
func tell(all map[string]*told, e *event) {
	if !e.answered() || e.stamp.Version.IsZero() {
		return
	}
	s := all[e.Server]
	if s == nil {
		s = &told{keys: make(map[string]*met)}
		all[e.Server] = s
	}
	if s.keys[e.Key] == nil {
		s.keys[e.Key] = new(met)
	}
	s.keys[e.Key].grow(e.stamp.Version, e)
	s.all.grow(e.stamp.Version, e)
}

func (g *gossip) againstTold(s *told, e *event) {
	if e.write() && e.answered() && s.all.by != nil {
		g.expect(serverOrder, e.stamp.Version.Compare(s.all.version) > 0, []*event{s.all.by, e},
			"%s had told %v of %s, and then took a write of %s as %v, which is not greater", e.Server, s.all.version, s.all.by.Key, e.Key, e.stamp.Version)
	}
	m := s.keys[e.Key]
	if m == nil {
		return
	}
	switch {
	case e.shows():
		g.expect(keptTold, g.allows(m.version, e), []*event{m.by, e}, "%s had told %v of %s, and then %s", e.Server, m.version, e.Key, e.read())
	case e.answered() && e.Answer == Unmet:
		g.expect(keptTold, e.met.Compare(m.version) > 0, []*event{m.by, e},
			"%s had told %v of %s, and then did not have %v, which the session had seen", e.Server, m.version, e.Key, e.met)
	}
}
