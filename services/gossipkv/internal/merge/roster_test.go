package merge_test

import (
	"testing"

	"pgregory.net/rapid"

	"numstore.example/services/gossipkv/internal/merge"
)

func rosters() *rapid.Generator[merge.Roster] {
	standing := rapid.Custom(func(t *rapid.T) merge.Standing {
		return merge.Standing{
			State: merge.State(rapid.Uint8Range(1, 4).Draw(t, "state")), Epoch: rapid.Uint64Range(1, 3).Draw(t, "epoch"),
			Known: vectors().Draw(t, "known"), Final: rapid.Uint64Range(0, 3).Draw(t, "final"),
		}
	})
	return rapid.Map(rapid.MapOfN(origins(), standing, 0, 4), func(m map[merge.Origin]merge.Standing) merge.Roster { return m })
}

// TestRoster: all servers come to the same roster, in whatever order they hear from others.
func TestRoster(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, s, u := rosters().Draw(t, "r"), rosters().Draw(t, "s"), rosters().Draw(t, "u")
		if !r.Join(s).Equal(s.Join(r)) {
			t.Fatalf("%v and %v: the order matters", r, s)
		}
		if !r.Join(s).Join(u).Equal(r.Join(s.Join(u))) || !r.Join(r).Equal(r) {
			t.Fatal("the grouping matters")
		}
		origin, state := origins().Draw(t, "origin"), merge.State(rapid.Uint8Range(1, 4).Draw(t, "state"))
		if got := r.Becomes(origin, state).Join(r)[origin].State; got != state {
			t.Fatalf("a later change was lost: %d, want %d", got, state)
		}
	})
}

// TestStable: what is stable is known to all members, and nothing is while one knows something that is not known here.
func TestStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roster, known := rosters().Draw(t, "roster"), vectors().Draw(t, "known")
		stable, complete := roster.Stable(known)
		members, unknown := 0, false
		for _, standing := range roster {
			if standing.State != merge.Member {
				continue
			}
			members++
			unknown = unknown || !known.Includes(standing.Known)
			if complete && !standing.Known.Includes(stable) {
				t.Fatalf("%v is stable, but a member knows %v alone", stable, standing.Known)
			}
		}
		if complete != (members > 0 && !unknown) {
			t.Fatalf("complete: %v, with %d members, of which one knows more: %v", complete, members, unknown)
		}
		version := versions().Draw(t, "version")
		all := members > 0
		for _, standing := range roster {
			all = all && (standing.State != merge.Member || standing.Known.Covers(version))
		}
		if complete && stable.Covers(version) != all {
			t.Fatalf("%v is stable: %v; all know it: %v", version, stable.Covers(version), all)
		}
	})
}

// TestCounts: of a forgotten server, what nobody knew of when it was forgotten has no effect.
func TestCounts(t *testing.T) {
	gone, there := merge.Origin{Server: 3, Incarnation: 1}, merge.Origin{Server: 1, Incarnation: 1}
	roster := merge.Roster{gone: {State: merge.Forgotten, Final: 5}, there: {State: merge.Member}}
	for _, test := range []struct {
		version merge.Version
		want    bool
	}{
		{merge.Version{Time: 5, Origin: gone}, true},
		{merge.Version{Time: 6, Origin: gone}, false},
		{merge.Version{Time: 6, Origin: there}, true},
		{merge.Version{Time: 6, Origin: merge.Origin{Server: 9}}, true},
	} {
		if got := roster.Counts(test.version); got != test.want {
			t.Errorf("%v counts: %v, want %v", test.version, got, test.want)
		}
	}
	if clipped := roster.Clip(merge.Vector{gone: 9, there: 9}); clipped[gone] != 5 || clipped[there] != 9 {
		t.Errorf("clipped: %v", clipped)
	}
}
