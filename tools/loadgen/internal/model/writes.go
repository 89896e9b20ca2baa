package model

import (
	"cmp"
	"slices"

	"numstore.example/tools/internal/history"
)

// written is what was written to a key.
type written struct {
	key    string
	exists bool
	value  string
}

func (e *event) written() written { return written{e.Key, e.stamp.Exists, e.stamp.Value} }

// unknowns are the writes of one value of a key whose outcome is unknown, and the versions that readers have found of them.
type unknowns struct {
	writes []*event // in the order of their starts
	found  []*event // the first reader of each version
}

// writes checks that what was read is what was written. Each write of unknown outcome explains one version: the client sends a
// write once.
func (g *gossip) writes() {
	acknowledged := make(map[history.Version]*event)
	lost := make(map[written]*unknowns)
	for _, e := range g.events {
		switch {
		case e.unknown():
			if lost[e.written()] == nil {
				lost[e.written()] = new(unknowns)
			}
			lost[e.written()].writes = append(lost[e.written()].writes, e)
		case e.write() && e.answered():
			first := cmp.Or(acknowledged[e.stamp.Version], e)
			g.expect(oneWrite, first == e, []*event{first, e}, "two writes have the version %v", e.stamp.Version)
			acknowledged[e.stamp.Version] = first
		}
	}
	ended := slices.Clone(g.events)
	slices.SortStableFunc(ended, byEnd)
	readers := make(map[history.Version]*event) // the first of each version
	for _, e := range ended {
		if !e.shows() || e.stamp.Version.IsZero() {
			continue
		}
		if write := acknowledged[e.stamp.Version]; write != nil {
			g.readOf(write, e)
			continue
		}
		first := cmp.Or(readers[e.stamp.Version], e)
		readers[e.stamp.Version] = first
		if first != e {
			g.expect(oneWrite, first.written() == e.written(), []*event{first, e}, "the version %v was read with different contents", e.stamp.Version)
			continue
		}
		g.readOfUnknown(lost[e.written()], e)
	}
}

// readOf checks what was read with the version of a write.
func (g *gossip) readOf(write, e *event) {
	g.expect(onlyWritten, write.written() == e.written() && write.Start <= e.End, []*event{write, e},
		"what was read with the version %v is not what was written with it, or was read before", e.stamp.Version)
}

// readOfUnknown checks what was read with a version that no acknowledged write has, for the first time.
func (g *gossip) readOfUnknown(u *unknowns, e *event) {
	if u == nil {
		g.expect(onlyWritten, false, []*event{e}, "nobody wrote that, neither with the version %v nor with one that is not known", e.stamp.Version)
		return
	}
	u.found = append(u.found, e)
	// Readers come in the order of their ends; each needs a write of its own that began before that.
	begun, _ := slices.BinarySearchFunc(u.writes, e.End+1, func(w *event, end int64) int { return cmp.Compare(w.Start, end) })
	g.expect(onlyWritten, len(u.found) <= begun, slices.Concat(u.writes[:min(len(u.writes), 3)], u.found[max(0, len(u.found)-3):]),
		"%d versions of it were read by then, and %d writes of it, of unknown outcome, had begun", len(u.found), begun)
}
