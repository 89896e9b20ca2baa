package shard

import (
	"cmp"
	"slices"
)

// Merge returns what two nodes know together of their cluster, and whether that is more than the first one knows. Of each node
// and of each shard's members, the greater version counts, so it does not matter who learns of what in which order.
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
	case node.Version <= c.Nodes[i].Version:
		return false
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

func (c *Cluster) bury(store StoreID) bool {
	if slices.Contains(c.Dead, store) {
		return false
	}
	c.Dead = append(c.Dead, store)
	return true
}
