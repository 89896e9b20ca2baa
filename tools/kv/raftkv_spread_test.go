package main

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// TestGains: a new node gets its share by as few moves as that takes, of shards to lead too; where all have as many, none moves.
func TestGains(t *testing.T) {
	for name, c := range map[string]struct {
		h    holders
		to   uint64
		want []move
	}{
		"a fourth node": {
			holders{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}, {1, 2, 3}}, 4,
			[]move{{0, 1, 4}, {2, 2, 4}, {1, 3, 4}},
		},
		"a second node":                {holders{{1}, {1}, {1}, {1}}, 2, []move{{0, 1, 2}, {1, 1, 2}}},
		"one replica each":             {holders{{1, 2, 3}}, 4, nil},
		"a node that has it all":       {holders{{1, 2}, {1, 2}}, 1, nil},
		"a node that has a part of it": {holders{{1}, {1}, {1}, {2}}, 2, []move{{0, 1, 2}}},
	} {
		if got := c.h.gains(c.to, []uint64{1, 2, 3}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
}

// TestLosses: what a node has goes to those that have least and not the same, or to nobody where there are none.
func TestLosses(t *testing.T) {
	for name, c := range map[string]struct {
		h     holders
		nodes []uint64
		want  []move
	}{
		"to the one that has least": {holders{{1, 2}, {2, 3}, {1, 3}}, []uint64{1, 2, 3, 4}, []move{{0, 1, 4}, {2, 1, 4}}},
		"to several":                {holders{{1}, {1}, {2}}, []uint64{1, 2, 3, 4}, []move{{0, 1, 3}, {1, 1, 4}}},
		"to nobody":                 {holders{{1, 2, 3}}, []uint64{1, 2, 3}, []move{{0, 1, 0}}},
		"nothing":                   {holders{{2, 3}}, []uint64{1, 2, 3}, nil},
	} {
		if got := c.h.losses(1, c.nodes); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
}

// TestSpread_property: whatever the map, the moves leave each shard as many different nodes as it had; those by which a node comes
// leave nobody with two more than it has, unless nothing could move, and are no more than it gets.
func TestSpread_property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := uint64(rapid.IntRange(1, 6).Draw(t, "nodes"))
		replicas := rapid.IntRange(1, int(nodes)).Draw(t, "replicas")
		h := make(holders, rapid.IntRange(1, 30).Draw(t, "shards"))
		var all []uint64
		for node := range nodes {
			all = append(all, node+1)
		}
		for i := range h {
			h[i] = rapid.Permutation(all).Draw(t, "holding")[:replicas]
		}
		fresh := nodes + 1
		moves := h.gains(fresh, all)
		have, _ := h.after(moves).counts()
		if have[fresh] != len(moves) {
			t.Errorf("%d moves give the new node %d replicas", len(moves), have[fresh])
		}
		for _, node := range all {
			if have[node]-have[fresh] > 1 && have[fresh] < len(h) {
				t.Errorf("node %d has %d, and the new one %d of %d", node, have[node], have[fresh], len(h))
			}
		}
		for shard, holding := range h.after(h.losses(1, append(all, fresh))) {
			distinct := make(map[uint64]bool)
			for _, node := range holding {
				distinct[node] = true
			}
			if len(distinct) != replicas || distinct[1] {
				t.Errorf("shard %d is on %v; node 1 has gone", shard, holding)
			}
		}
	})
}

// after returns who has what after moves.
func (h holders) after(moves []move) holders {
	h = h.clone()
	for _, m := range moves {
		for i, node := range h[m.shard] {
			if node == m.from {
				h[m.shard][i] = m.to
			}
		}
	}
	return h
}
