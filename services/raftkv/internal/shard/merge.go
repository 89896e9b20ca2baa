package shard

import (
	"bytes"
	"cmp"
	"slices"
)

// Merge returns what two nodes know together of their cluster, and whether that is more than the first one knows. Of each node
// and of each shard's members, the greater version counts, so it does not matter who learns of what in which order. Two rows of
// a node with the same version were made by two who did not know of each other: the greater store counts, for all.
func (c Cluster) Merge(other Cluster) (merged Cluster, news bool) {
	c.Nodes, c.Shards, c.Dead = slices.Clone(c.Nodes), slices.Clone(c.Shards), slices.Clone(c.Dead)
	for _, node := range other.Nodes {
		news = c.learnNode(node) || news
	}
	for i, members := range other.Shards {
		if i < len(c.Shards) && members.Version > c.Shards[i].Version {
			c.Shards[i], news = members, true
		}
	}
	for _, store := range other.Dead {
		news = c.bury(store) || news
	}
	return c, news
}

func (c *Cluster) learnNode(node Node) bool {
	i, known := slices.BinarySearchFunc(c.Nodes, node.ID, func(n Node, id NodeID) int { return cmp.Compare(n.ID, id) })
	switch {
	case !known:
		c.Nodes = slices.Insert(c.Nodes, i, node)
	case compareRows(node, c.Nodes[i]) <= 0:
		return node.Store != c.Nodes[i].Store && c.bury(node.Store)
	default:
		if c.Nodes[i].Store != node.Store {
			c.bury(c.Nodes[i].Store)
		}
		c.Nodes[i] = node
	}
	if node.Gone {
		c.bury(node.Store)
	}
	return true
}

func compareRows(a, b Node) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), bytes.Compare(a.Store[:], b.Store[:]), cmp.Compare(a.Address, b.Address))
}

// bury adds a store to the dead, which are in order, so that those who know the same have the same map.
func (c *Cluster) bury(store StoreID) bool {
	i, dead := slices.BinarySearchFunc(c.Dead, store, func(a, b StoreID) int { return bytes.Compare(a[:], b[:]) })
	if !dead {
		c.Dead = slices.Insert(c.Dead, i, store)
	}
	return !dead
}
