package main

import (
	"cmp"
	"slices"
)

// Which replicas move when nodes come and go: as few as leave the others where they are. Pure functions of who has what.

// holders are the nodes that have each shard, by its number; the first one of a shard is to lead it.
type holders [][]uint64

// move is a replica that goes from one node to another.
type move struct {
	shard    uint32
	from, to uint64
}

// gains returns the moves by which a new node gets its share: each takes one from the node that has most, as long as that has two more
// than the new one. Of what that node has, it takes shards to lead if that one leads more than its share.
func (h holders) gains(to uint64, nodes []uint64) (moves []move) {
	h = h.clone()
	for {
		have, first := h.counts()
		from := to
		for _, node := range slices.Sorted(slices.Values(nodes)) {
			if have[node] > have[from] && h.pick(node, to, false) >= 0 {
				from = node
			}
		}
		if have[from]-have[to] < 2 {
			return moves
		}
		shard := h.pick(from, to, first[from]-first[to] > 1)
		moves = append(moves, move{uint32(shard), from, to})
		h[shard][slices.Index(h[shard], from)] = to
	}
}

// losses returns the moves by which a node gives all that it has to others, each time to the one that has least. Where there is no
// node that does not have the shard already, the move is to nobody, 0.
func (h holders) losses(from uint64, nodes []uint64) (moves []move) {
	h = h.clone()
	for shard, holding := range h {
		i := slices.Index(holding, from)
		if i < 0 {
			continue
		}
		have, _ := h.counts()
		var to uint64
		for _, node := range slices.Sorted(slices.Values(nodes)) {
			if node != from && !slices.Contains(holding, node) && (to == 0 || have[node] < have[to]) {
				to = node
			}
		}
		moves = append(moves, move{uint32(shard), from, to})
		h[shard][i] = cmp.Or(to, from)
	}
	return moves
}

// pick returns a shard that one node has and another has not, or -1: one of which the first is the leader to be, if that is
// wanted and there is one, and otherwise rather one of which it is not.
func (h holders) pick(from, to uint64, leads bool) int {
	other := -1
	for shard, holding := range h {
		if !slices.Contains(holding, from) || slices.Contains(holding, to) {
			continue
		}
		if (holding[0] == from) == leads {
			return shard
		}
		if other < 0 {
			other = shard
		}
	}
	return other
}

// counts returns how many shards each node has, and how many of them it is to lead.
func (h holders) counts() (have, first map[uint64]int) {
	have, first = make(map[uint64]int), make(map[uint64]int)
	for _, holding := range h {
		for i, node := range holding {
			have[node]++
			if i == 0 {
				first[node]++
			}
		}
	}
	return have, first
}

func (h holders) clone() holders {
	cloned := make(holders, len(h))
	for i := range h {
		cloned[i] = slices.Clone(h[i])
	}
	return cloned
}
