package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"numstore.example/tools/internal/history"
)

// Staleness is what the clients of gossipkv saw that a store of one copy would never have shown them.
type Staleness struct {
	Reads   int    // that showed a value, or that there is none
	Stale   int    // of these, showed what had been overwritten before they began
	Writes  int    // acknowledged
	Losing  int    // of these, lost to a write that had ended before they began
	Example string // the first stale read, in words; empty if there was none
}

// Stale counts them. A read is stale if it shows a write that had ended before another one began, which had ended itself
// before the read began: so whatever order the writes are given, the read is wrong. Reads that may be right are not
// counted, and so the number is a least one. Where a key was deleted, that there is nothing of it counts as right.
func Stale(operations []history.Operation) (found Staleness, err error) {
	g := &gossip{deletions: make(map[string]*deletions)}
	for i, o := range operations {
		e, err := parseGossip(o)
		if err != nil {
			return found, fmt.Errorf("line %d: %w", i+1, err)
		}
		g.events = append(g.events, e)
	}
	slices.SortStableFunc(g.events, byStart)
	g.collectDeletions()
	writers := make(map[history.Version]*event)
	var ended []*event
	for _, e := range g.events {
		if e.write() && e.answered() {
			writers[e.stamp.Version] = e
			ended = append(ended, e)
		}
	}
	slices.SortStableFunc(ended, byEnd)
	keys := make(map[string]*overwriting)
	for _, e := range g.events {
		for ; len(ended) > 0 && ended[0].End < e.Start; ended = ended[1:] {
			over := cmp.Or(keys[ended[0].Key], new(overwriting))
			over.add(ended[0])
			keys[ended[0].Key] = over
		}
		switch over := keys[e.Key]; {
		case e.write() && e.answered():
			found.Writes++
			if over != nil && over.greatest.version.Compare(e.stamp.Version) > 0 {
				found.Losing++
			}
		case e.Call == Get && e.shows():
			found.Reads++
			if over != nil && g.shownAfter(over.latest, writers, e) {
				found.note(over.latest, e)
			}
		}
	}
	return found, nil
}

// overwriting is what is known of the writes of a key that have ended.
type overwriting struct {
	latest   *event // the one that began last: all that had ended by then are overwritten
	greatest met
}

func (o *overwriting) add(write *event) {
	if o.latest == nil || write.Start > o.latest.Start {
		o.latest = write
	}
	o.greatest.grow(write.stamp.Version, write)
}

// shownAfter says whether a read shows what a write had overwritten.
func (g *gossip) shownAfter(write *event, writers map[history.Version]*event, read *event) bool {
	if read.stamp.Version.IsZero() { // nothing, from before all writes, or after a deletion
		return g.deletions[read.Key] == nil
	}
	shown := writers[read.stamp.Version]
	return shown != nil && shown.End < write.Start // nil: its writer was not told, and it may have happened at any time
}

func (s *Staleness) note(write, read *event) {
	s.Stale++
	if s.Stale > 1 {
		return
	}
	s.Example = fmt.Sprintf("session %d at %s read %s of %s from %.4f s on, though the %s of %s by session %d at %s had been answered at %.4f s",
		read.Client, read.Server, plain(read), read.Key, seconds(read.Start), write.Call, plain(write), write.Client, write.Server, seconds(write.End))
}

// plain is a value without what loadgen fills it up with.
func plain(e *event) string {
	if !e.stamp.Exists {
		return "nothing"
	}
	return shorten(strings.TrimRight(e.stamp.Value, "."))
}

func seconds(nanoseconds int64) float64 { return float64(nanoseconds) / 1e9 }
