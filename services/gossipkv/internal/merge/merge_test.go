package merge_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"numstore.example/services/gossipkv/internal/merge"
)

func origins() *rapid.Generator[merge.Origin] {
	return rapid.Custom(func(t *rapid.T) merge.Origin {
		return merge.Origin{Server: rapid.Map(rapid.Uint32Range(1, 3), func(n uint32) merge.ServerID { return merge.ServerID(n) }).Draw(t, "server"), Incarnation: merge.Incarnation(rapid.Uint64Range(1, 2).Draw(t, "incarnation"))}
	})
}

func versions() *rapid.Generator[merge.Version] {
	return rapid.Custom(func(t *rapid.T) merge.Version {
		return merge.Version{Time: rapid.Uint64Range(1, 4).Draw(t, "time"), Origin: origins().Draw(t, "origin")}
	})
}

func entries() *rapid.Generator[merge.Entry] {
	return rapid.Custom(func(t *rapid.T) merge.Entry {
		e := merge.Entry{Key: []byte("k"), Version: versions().Draw(t, "version"), Deleted: rapid.Bool().Draw(t, "deleted")}
		if !e.Deleted {
			e.Value = []byte(rapid.StringMatching("[ab]?").Draw(t, "value"))
		}
		return e
	})
}

func vectors() *rapid.Generator[merge.Vector] {
	return rapid.Map(rapid.MapOfN(origins(), rapid.Uint64Range(1, 5), 0, 4), func(m map[merge.Origin]uint64) merge.Vector { return m })
}

// TestVersion: the order is total.
func TestVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, v, w := versions().Draw(t, "u"), versions().Draw(t, "v"), versions().Draw(t, "w")
		if (u.Compare(v) == 0) != (u == v) {
			t.Fatalf("%v and %v compare as %d", u, v, u.Compare(v))
		}
		if u.Compare(v) != -v.Compare(u) {
			t.Fatalf("%v to %v is not the opposite of the other way round", u, v)
		}
		if u.Compare(v) <= 0 && v.Compare(w) <= 0 && u.Compare(w) > 0 {
			t.Fatalf("%v, %v, %v: the order is not transitive", u, v, w)
		}
		if !u.IsZero() && (merge.Version{}).Compare(u) >= 0 {
			t.Fatalf("%v is not greater than none", u)
		}
	})
}

// better returns the one of two entries that is kept.
func better(e, f merge.Entry) merge.Entry {
	if f.Beats(e) {
		return f
	}
	return e
}

// TestBeats: which of several entries is kept does not depend on the order, the grouping, or the number of times in which they come.
func TestBeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		es := rapid.SliceOfN(entries(), 1, 5).Draw(t, "entries")
		best := es[0]
		for _, e := range es[1:] {
			best = better(best, e)
		}
		shuffled := rapid.Permutation(slices.Concat(es, es)).Draw(t, "in another order, twice")
		again := shuffled[0]
		for _, e := range shuffled[1:] {
			again = better(again, e)
		}
		if !equal(best, again) {
			t.Fatalf("%+v and %+v", best, again)
		}
		e, f, g := es[0], entries().Draw(t, "f"), entries().Draw(t, "g")
		if !equal(better(better(e, f), g), better(e, better(f, g))) {
			t.Fatal("not associative")
		}
	})
}

func equal(e, f merge.Entry) bool {
	return e.Version == f.Version && e.Deleted == f.Deleted && string(e.Value) == string(f.Value)
}

// TestNext: a write's time is greater than all that its server and its session have seen, and no stranger's number spoils it.
func TestNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, seen := rapid.Uint64Range(0, 1<<60).Draw(t, "now"), rapid.Uint64().Draw(t, "seen")
		time, ok := merge.Next(now, seen)
		if ok != (seen <= now || seen-now <= merge.MaxLead) {
			t.Fatalf("a session at %d and a server at %d: %v", seen, now, ok)
		}
		if ok && (time <= now || time <= seen) {
			t.Fatalf("%d is not greater than %d and %d", time, now, seen)
		}
	})
	if _, ok := merge.Next(0, math.MaxUint64); ok {
		t.Error("the greatest number was taken for a time")
	}
	if time, ok := merge.Next(math.MaxUint64, 0); ok {
		t.Errorf("behind the greatest time comes %d", time)
	}
}

// TestVector: joining obeys the laws of a set that grows.
func TestVector(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, v, w := vectors().Draw(t, "u"), vectors().Draw(t, "v"), vectors().Draw(t, "w")
		if !u.Join(v).Equal(v.Join(u)) || !u.Join(v).Join(w).Equal(u.Join(v.Join(w))) || !u.Join(u).Equal(u) {
			t.Fatal("joining depends on the order")
		}
		if joined := u.Join(v); !joined.Includes(u) || !joined.Includes(v) {
			t.Fatalf("%v with %v is %v", u, v, joined)
		}
		version := versions().Draw(t, "version")
		if u.Join(v).Covers(version) != (u.Covers(version) || v.Covers(version)) {
			t.Fatalf("%v with %v covers %v: %v", u, v, version, u.Join(v).Covers(version))
		}
	})
}

// TestRead: what a session is told, in all cases.
func TestRead(t *testing.T) {
	a, b := merge.Origin{Server: 1, Incarnation: 1}, merge.Origin{Server: 2, Incarnation: 1}
	at := func(time uint64, o merge.Origin) merge.Version { return merge.Version{Time: time, Origin: o} }
	value := func(v merge.Version) merge.Entry { return merge.Entry{Key: []byte("k"), Version: v} }
	tombstone := func(v merge.Version) merge.Entry {
		return merge.Entry{Key: []byte("k"), Version: v, Deleted: true}
	}
	for _, test := range []struct {
		name   string
		stored merge.Entry
		seen   merge.Version
		known  merge.Vector
		want   merge.Outcome
	}{
		{"nothing, nothing seen", merge.Entry{}, merge.Version{}, nil, merge.NoValue},
		{"nothing, and not known of", merge.Entry{}, at(1, a), nil, merge.DependencyNotMet},
		{"nothing, and known of: collected", merge.Entry{}, at(1, a), merge.Vector{a: 1}, merge.NoValue},
		{"nothing, and only another origin known", merge.Entry{}, at(1, a), merge.Vector{b: 9}, merge.DependencyNotMet},
		{"a value, nothing seen", value(at(1, a)), merge.Version{}, nil, merge.Found},
		{"the value that was seen", value(at(1, a)), at(1, a), nil, merge.Found},
		{"a newer value", value(at(1, b)), at(1, a), nil, merge.Found},
		{"an older value", value(at(1, a)), at(1, b), nil, merge.DependencyNotMet},
		{"an older value, of known time", value(at(1, a)), at(2, b), merge.Vector{b: 1}, merge.DependencyNotMet},
		{"a tombstone, nothing seen", tombstone(at(1, a)), merge.Version{}, nil, merge.NoValue},
		{"a newer tombstone", tombstone(at(2, a)), at(1, a), nil, merge.NoValue},
		{"an older tombstone", tombstone(at(1, a)), at(2, a), nil, merge.DependencyNotMet},
	} {
		if got := merge.Read(test.stored, test.seen, test.known); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// TestPending: whatever the order in which intervals come, and however often, the vector covers exactly what has no gap before it.
func TestPending(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin := merge.Origin{Server: 1, Incarnation: 7}
		times := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 50), 1, 12, rapid.ID).Draw(t, "times")
		slices.Sort(times)
		var all []merge.Interval
		for i, after := 0, uint64(0); i < len(times); after, i = times[i], i+1 {
			all = append(all, merge.Interval{Origin: origin, After: after, Upto: times[i]})
		}
		coming := rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "coming")
		pending := make(merge.Pending)
		known := merge.Vector(nil)
		came := make(map[merge.Interval]bool)
		for _, in := range coming {
			fresh := !came[in]
			came[in] = true
			var news bool
			if known, news = pending.Add(known, in); news != fresh {
				t.Fatalf("%v is news: %v, want %v", in, news, fresh)
			}
			want := uint64(0)
			for _, in := range all {
				if !came[in] {
					break
				}
				want = in.Upto
			}
			if known[origin] != want {
				t.Fatalf("after %v, up to %d is covered, want %d", coming, known[origin], want)
			}
		}
		if len(came) == len(all) && len(pending) > 0 {
			t.Fatalf("%v waits for nothing", pending)
		}
	})
}

// TestPending_bounded: what waits for a gap does not fill memory.
func TestPending_bounded(t *testing.T) {
	origin := merge.Origin{Server: 1, Incarnation: 7}
	pending := make(merge.Pending)
	for i := range uint64(10_000) {
		pending.Add(nil, merge.Interval{Origin: origin, After: 2*i + 1, Upto: 2*i + 2})
	}
	if n := len(pending[origin]); n > 1024 {
		t.Errorf("%d intervals wait", n)
	}
}
