package shard

import (
	"fmt"
	"testing"
)

// lostNodes are those of a cluster of four.
func lostNodes() (nodes []Node) {
	for id := NodeID(1); id <= 4; id++ {
		nodes = append(nodes, Node{ID: id, Store: StoreID{byte(id)}})
	}
	return nodes
}

// TestSurvive: who is left is the only voter, whatever it was before, and in whatever change; no other has anything.
func TestSurvive(t *testing.T) {
	plain := members(1, 2, 3)
	learning := take(t, plain, begin(plain, 4, StoreID{4}, 2))
	joint := take(t, learning, Step{Kind: Promote})
	for name, test := range map[string]struct {
		m        Members
		survivor MemberID
	}{
		"a voter": {plain, 2}, "while one learns": {learning, 1}, "who learns": {learning, 4},
		"who leaves": {joint, 2}, "who has come": {joint, 4},
	} {
		alone := test.m.Survive(test.survivor, lostNodes())
		if !alone.Alone(test.survivor) || len(alone.All()) != 1 || alone.Learner != nil || test.m.Alone(test.survivor) {
			t.Errorf("%s: %+v", name, alone)
		}
		for _, node := range lostNodes() {
			id, held := alone.On(node.Store)
			if survives := node.ID == test.survivor.Node(); held != survives || survives && id != test.survivor {
				t.Errorf("%s: node %d has member %v, %v", name, node.ID, id, held)
			}
		}
		for _, member := range test.m.All() {
			if alone.Gone(member.ID) != (member.ID != test.survivor) {
				t.Errorf("%s: that member %v is gone: %v", name, member.ID, alone.Gone(member.ID))
			}
		}
	}
}

// TestSurvive_unseen: what others have decided unseen counts for less than that one survives, in whatever order nodes learn of
// it; no member that they have taken in has the number of one to come; and what the survivor's own log has of it does nothing.
func TestSurvive_unseen(t *testing.T) {
	m := members(1, 2, 3)
	unseen := m
	var steps []Step
	for range 20 { // node 4 comes and goes
		for _, step := range []Step{begin(unseen, 4, StoreID{4}, 0), {Kind: Promote}, {Kind: Remove, Member: unseen.Next(4)}} {
			step.Version = unseen.Version
			steps = append(steps, step)
			unseen = take(t, unseen, step)
		}
	}
	came := unseen.Next(4) - 1<<32
	alone := m.Survive(1, lostNodes())
	for _, step := range steps {
		if alone.Check(step) == nil {
			t.Fatalf("the survivor takes %+v", step)
		}
	}
	c := Cluster{Nodes: lostNodes(), Shards: []Members{unseen}}
	if merged, news := c.Merge(Cluster{Nodes: lostNodes(), Shards: []Members{alone}}); !news || !merged.Shards[0].Alone(1) {
		t.Errorf("who learns of it has %+v", merged.Shards[0])
	}
	if next := alone.Next(4); next <= came || !alone.Gone(came) {
		t.Errorf("after %v, unseen, the next member of node 4 is %v, and gone: %v", came, next, alone.Gone(came))
	}
	grown := take(t, alone, begin(alone, 4, StoreID{4}, 0), Step{Kind: Promote})
	if id, held := grown.On(StoreID{4}); !held || id <= came || grown.Gone(id) || fmt.Sprint(grown.Nodes()) != "[1 4]" {
		t.Errorf("grown again: %+v", grown)
	}
}
