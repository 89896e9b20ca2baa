package shard

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func members(ids ...NodeID) Members {
	m := Members{Version: 1}
	for _, id := range ids {
		m.Members = append(m.Members, Member{MemberOf(id, 0), StoreID{byte(id)}})
	}
	return m
}

// begin is the step that adds a node's next member.
func begin(m Members, node NodeID, store StoreID, replaces MemberID) Step {
	return Step{Version: m.Version, Kind: Begin, Learner: &Learner{Member{m.Next(node), store}, replaces}}
}

// take takes steps that must be allowed.
func take(t *testing.T, m Members, steps ...Step) Members {
	t.Helper()
	for _, step := range steps {
		step.Version = m.Version
		if err := m.Check(step); err != nil {
			t.Fatalf("%s on %+v: %v", step.Kind, m, err)
		}
		m = m.After(step)
	}
	return m
}

func TestChange_replace(t *testing.T) {
	before := members(1, 2, 3)
	learning := take(t, before, begin(before, 4, StoreID{4}, 2))
	if _, ok := learning.On(StoreID{4}); !ok || learning.Votes(4) || learning.Joint() {
		t.Errorf("a learner: %+v", learning)
	}
	joint := take(t, learning, Step{Kind: Promote})
	if fmt.Sprint(joint.Nodes()) != "[1 4 3]" || !joint.Joint() || len(joint.All()) != 4 {
		t.Errorf("promoted: %+v", joint)
	}
	after := take(t, joint, Step{Kind: Leave})
	if _, ok := after.On(StoreID{2}); ok || after.Joint() || len(after.Retired) != 1 || after.Version != 4 {
		t.Errorf("after the change: %+v", after)
	}
	if fmt.Sprint(before.Nodes()) != "[1 2 3]" {
		t.Errorf("the members before the change have become %+v", before)
	}
}

// TestChange_sameNode: a node with another disk, or one whose replica is damaged, gets another member. The old one is never
// what its store has, whether the change is taken back or not.
func TestChange_sameNode(t *testing.T) {
	for _, store := range []StoreID{{2}, {22}} {
		m := take(t, members(1, 2, 3), begin(members(1, 2, 3), 2, store, 2))
		if id, ok := m.On(store); !ok || id != MemberOf(2, 1) {
			t.Errorf("the member of the store is %v, %v", id, ok)
		}
		cancelled := take(t, m, Step{Kind: Cancel})
		if forsaken := store == (StoreID{2}); cancelled.Forsaken(2) != forsaken || cancelled.Forsaken(1) {
			t.Errorf("after the change was taken back, forsaken are %v, %v", cancelled.Forsaken(2), cancelled.Forsaken(1))
		}
		if id, ok := cancelled.On(store); ok {
			t.Errorf("after the change was taken back, the store has the member %v", id)
		}
		if next := cancelled.Next(2); next != MemberOf(2, 2) {
			t.Errorf("the next member is %v", next)
		}
		ended := take(t, m, Step{Kind: Promote}, Step{Kind: Leave})
		if id, ok := ended.On(store); !ok || id != MemberOf(2, 1) {
			t.Errorf("at the end the member of the store is %v, %v", id, ok)
		}
	}
}

func TestChange_addRemove(t *testing.T) {
	m := take(t, members(1), begin(members(1), 2, StoreID{2}, 0), Step{Kind: Promote})
	if fmt.Sprint(m.Nodes()) != "[1 2]" || m.Joint() {
		t.Errorf("added: %+v", m)
	}
	m = take(t, m, Step{Kind: Remove, Member: 1})
	if fmt.Sprint(m.Nodes()) != "[2]" || m.Next(1) != MemberOf(1, 1) {
		t.Errorf("removed: %+v", m)
	}
}

func TestChange_refuses(t *testing.T) {
	three := members(1, 2, 3)
	learning := take(t, three, begin(three, 4, StoreID{4}, 2))
	joint := take(t, learning, Step{Kind: Promote})
	for _, c := range []struct {
		m    Members
		step Step
		want string
	}{
		{three, Step{Version: 7, Kind: Cancel}, "version 1 now"},
		{three, Step{Version: 1, Kind: Cancel}, "no change"},
		{three, Step{Version: 1, Kind: Promote}, "no change"},
		{three, Step{Version: 1, Kind: Leave}, "about to end"},
		{three, Step{Version: 1, Kind: Begin}, "without a new member"},
		{three, begin(three, 2, StoreID{2}, 3), "node 2 has a replica already"},
		{three, begin(three, 2, StoreID{2}, 0), "node 2 has a replica already"},
		{three, begin(three, 4, StoreID{4}, 5), "does not vote"},
		{three, Step{Version: 1, Kind: Begin, Learner: &Learner{Member: Member{MemberOf(4, 1), StoreID{4}}}}, "the next member of node 4 is 4"},
		{three, Step{Version: 1, Kind: Remove, Member: 9}, "does not vote"},
		{members(1), Step{Version: 1, Kind: Remove, Member: 1}, "only replica"},
		{learning, begin(learning, 5, StoreID{5}, 1), "another change"},
		{learning, Step{Version: 2, Kind: Remove, Member: 1}, "another change"},
		{joint, begin(joint, 5, StoreID{5}, 1), "about to end"},
		{joint, Step{Version: 3, Kind: Cancel}, "about to end"},
	} {
		if err := c.m.Check(c.step); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s on %+v: %v; want %q", c.step.Kind, c.m, err, c.want)
		}
	}
}

// TestChange_numbers: whatever happens, no two members ever have one number, and no node has two voters.
func TestChange_numbers(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		m := members(1, 2, 3)
		stores := map[MemberID]StoreID{1: {1}, 2: {2}, 3: {3}}
		for range 60 {
			node := NodeID(1 + random.IntN(5))
			step := Step{Version: m.Version, Kind: []StepKind{Begin, Promote, Leave, Remove, Cancel}[random.IntN(5)], Member: MemberOf(node, uint32(random.IntN(3)))}
			if step.Kind == Begin {
				step = begin(m, node, StoreID{byte(random.IntN(8))}, m.Members[random.IntN(len(m.Members))].ID)
			}
			if m.Check(step) != nil {
				continue
			}
			if step.Kind == Begin {
				if store, used := stores[step.Learner.ID]; used {
					t.Fatalf("seed %d: the number %v was that of the store %v", seed, step.Learner.ID, store)
				}
				stores[step.Learner.ID] = step.Learner.Store
			}
			m = m.After(step)
			voters := make(map[NodeID]bool)
			for _, member := range m.Members {
				if voters[member.ID.Node()] {
					t.Fatalf("seed %d: node %d has two voters: %+v", seed, member.ID.Node(), m)
				}
				voters[member.ID.Node()] = true
			}
		}
	}
}

// TestMerge: in whatever order news come, all know the same in the end.
func TestMerge(t *testing.T) {
	base, err := Form(ClusterID{9}, 1, nodes(1, 2, 3), 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	var news []Cluster
	replaced := base
	replaced.Nodes = []Node{{ID: 2, Store: StoreID{22}, Address: "new:6000", Version: 1}}
	added := base
	added.Nodes = []Node{{ID: 4, Store: StoreID{4}, Version: 1}}
	gone := base
	gone.Nodes = []Node{{ID: 2, Store: StoreID{22}, Version: 2, Gone: true}}
	changed := base
	changed.Shards = []Members{base.Shards[0], take(t, base.Shards[1], begin(base.Shards[1], 1, StoreID{1}, 2))}
	news = append(news, replaced, added, gone, changed, base)
	want := ""
	for seed := range uint64(50) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(news), func(i, j int) { news[i], news[j] = news[j], news[i] })
		known := base
		for _, other := range news {
			known, _ = known.Merge(other)
		}
		for _, other := range news {
			if _, more := known.Merge(other); more {
				t.Errorf("all was told, and %+v is still news", other)
			}
		}
		slices.SortFunc(known.Dead, func(a, b StoreID) int { return bytes.Compare(a[:], b[:]) })
		got := fmt.Sprint(known.Nodes, known.Shards, known.Version(), known.Dead)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("in one order it is %v, in another %v", got, want)
		}
	}
	if base.Version() != 1 || fmt.Sprint(base.Nodes[1].Store) != fmt.Sprint(StoreID{2}) {
		t.Errorf("the map that was added to has become %+v", base)
	}
}
