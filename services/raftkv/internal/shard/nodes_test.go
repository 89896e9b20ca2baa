package shard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNode: a number's next store comes before any address of the one before, and the one before is dead; who is gone stays
// gone until the number has another store.
func TestNode(t *testing.T) {
	base, err := Form(ClusterID{9}, 1, nodes(1, 2, 3), 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	old, _ := base.Row(2)
	moved := old
	for i := range 10 {
		moved = moved.Moved(fmt.Sprintf("n%d:6000", i))
	}
	replaced := old.Replaced(StoreID{22}, "new:6000")
	for _, c := range []Cluster{base.With(moved).With(replaced), base.With(replaced).With(moved)} {
		if row, ok := c.Node(2); !ok || row != replaced || !c.Buried(old.Store) || c.Buried(replaced.Store) {
			t.Errorf("after one that moves and does not know that it was replaced: %+v, dead %v", row, c.Dead)
		}
		if c.Version() <= base.Version() {
			t.Errorf("version %d came after %d", c.Version(), base.Version())
		}
	}
	if c := base.With(moved); c.Buried(old.Store) || c.Digest() == base.Digest() {
		t.Error("a node that moves is the same, and the map another one")
	}
	left := base.With(replaced.Left()).With(replaced.Moved("late:6000"))
	if _, ok := left.Node(2); ok || !left.Buried(replaced.Store) {
		t.Errorf("after a node has left: %+v", left)
	}
	row, ok := left.Row(2)
	again := left.With(row.Replaced(StoreID{23}, "again:6000"))
	if now, back := again.Node(2); !ok || !back || now.Store != (StoreID{23}) || now.Gone {
		t.Errorf("a number that is used again: %+v", now)
	}
	if _, ok := again.Row(4); ok {
		t.Error("a number is known that was never used")
	}
	if _, ok := base.Row(2); !ok || len(base.Dead) > 0 {
		t.Errorf("the map that was added to has become %+v", base)
	}
}

// TestNode_rivals: of two who replace a node at the same time, all take the same, in whatever order they hear of it, and know
// the same in the end to the letter.
func TestNode_rivals(t *testing.T) {
	base, err := Form(ClusterID{9}, 1, nodes(1, 2, 3), 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	old, _ := base.Row(3)
	news := []Cluster{
		base.With(old.Replaced(StoreID{31}, "a:1")), base.With(old.Replaced(StoreID{32}, "b:1")),
		base.With(old.Moved("c:1")), base.With(Node{ID: 4, Store: StoreID{4}}.Left()), base.With(Node{ID: 5, Store: StoreID{5}}.Left()), base,
	}
	want, _ := base.Merge(base)
	for _, other := range news {
		want, _ = want.Merge(other)
	}
	if now, _ := want.Node(3); now.Store != (StoreID{32}) || !want.Buried(StoreID{31}) || want.Buried(StoreID{32}) {
		t.Errorf("%+v, dead %v; want one of the two, and the other dead", now, want.Dead)
	}
	for seed := range uint64(50) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(news), func(i, j int) { news[i], news[j] = news[j], news[i] })
		known := base
		for _, other := range news {
			known, _ = known.Merge(other)
		}
		if known.Digest() != want.Digest() {
			t.Errorf("seed %d: %s; in another order %s", seed, known.Encode(), want.Encode())
		}
	}
}

// TestDuties: a node has to do with the shards of which it has any member, whether that votes, is to vote or leaves.
func TestDuties(t *testing.T) {
	c, err := Form(ClusterID{9}, 1, nodes(1, 2, 3), 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !c.AsFormed() || !slices.Equal(c.Duties(1), []ID{0, 2}) || c.Duties(4) != nil {
		t.Errorf("as formed (%v): node 1 has %v, node 4 %v", c.AsFormed(), c.Duties(1), c.Duties(4))
	}
	started := begin(c.Shards[1], 4, StoreID{4}, MemberOf(2, 0))
	c.Shards[1] = take(t, c.Shards[1], started)
	if c.AsFormed() || !slices.Equal(c.Duties(4), []ID{1}) {
		t.Errorf("with a learner (%v): node 4 has %v", c.AsFormed(), c.Duties(4))
	}
	c.Shards[1] = take(t, c.Shards[1], Step{Version: c.Shards[1].Version, Kind: Promote})
	if !slices.Equal(c.Duties(2), []ID{0, 1}) {
		t.Errorf("a member that leaves: node 2 has %v", c.Duties(2))
	}
	c.Shards[1] = take(t, c.Shards[1], Step{Version: c.Shards[1].Version, Kind: Leave})
	if !slices.Equal(c.Duties(2), []ID{0}) {
		t.Errorf("it has left, and node 2 has %v", c.Duties(2))
	}
}
