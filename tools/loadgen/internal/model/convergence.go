package model

import (
	"fmt"
	"maps"
	"slices"

	"numstore.example/tools/internal/history"
)

// ending is the end of a history: what each server had then.
type ending struct {
	converge *event
	dumps    map[string]*event            // of servers
	pairs    map[string]map[string]*event // of servers, of keys
}

// convergence checks the end of the history. It is an error if a part of it is missing.
func (g *gossip) convergence() error {
	end := ending{dumps: make(map[string]*event), pairs: make(map[string]map[string]*event)}
	for _, e := range g.events {
		switch e.Call {
		case Converge:
			end.converge = e
		case Dump:
			end.dumps[e.Server] = e
		case Pair:
			if end.pairs[e.Server] == nil {
				end.pairs[e.Server] = make(map[string]*event)
			}
			end.pairs[e.Server][e.Key] = e
		}
	}
	if end.converge == nil {
		g.open = "the history lacks its end, where the servers have become equal"
		return nil
	}
	g.expect(equalServers, end.converge.Answer == Equal, []*event{end.converge}, "the servers were not equal in the end: %s", end.converge.Value)
	for _, server := range slices.Sorted(maps.Keys(end.dumps)) {
		dump := end.dumps[server]
		switch pairs := len(end.pairs[server]); {
		case !dump.answered():
			g.open = fmt.Sprintf("what %s had in the end is not known: %s", server, dump.Failure)
			delete(end.dumps, server)
		case pairs != dump.count:
			return fmt.Errorf("the %s of %s had %d pairs, and %d are there", Dump, server, dump.count, pairs)
		}
	}
	g.equal(end)
	if end.converge.Answer == Equal { // else a server may only not have it yet
		g.greatest(end)
	}
	return nil
}

// equal checks that all servers have the same of each key.
func (g *gossip) equal(end ending) {
	servers := slices.Sorted(maps.Keys(end.dumps))
	keys := make(map[string]bool)
	for _, server := range servers {
		for key := range end.pairs[server] {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		shown, good := []*event{}, true
		for _, server := range servers {
			pair := end.pairs[server][key]
			if pair == nil {
				pair = end.dumps[server] // which lacks it
			}
			shown = append(shown, pair)
			good = good && pair.stamp == shown[0].stamp
		}
		g.expect(equalServers, good, shown, "not all servers have the same of %s", key)
	}
}

// greatest checks what each key has in the end, on each server, against all that was acknowledged or read of it.
func (g *gossip) greatest(end ending) {
	top := make(map[string]*met)
	for _, e := range g.events {
		if !e.answered() || e.stamp.Version.IsZero() || e.Call == Pair {
			continue
		}
		if top[e.Key] == nil {
			top[e.Key] = new(met)
		}
		top[e.Key].grow(e.stamp.Version, e)
	}
	for _, key := range slices.Sorted(maps.Keys(top)) {
		for _, server := range slices.Sorted(maps.Keys(end.dumps)) {
			m, last, have, had := top[key], end.dumps[server], history.Version{}, "nothing"
			if pair := end.pairs[server][key]; pair != nil {
				last, have, had = pair, pair.stamp.Version, pair.stamp.Version.String()
			}
			good := have.Compare(m.version) >= 0
			if have.IsZero() {
				good = g.deleted(key, m.version, last.End)
			}
			g.expect(greatestWins, good, []*event{m.by, last}, "%s had %s of %s in the end, and %v was acknowledged or read",
				server, had, key, m.version)
		}
	}
}
