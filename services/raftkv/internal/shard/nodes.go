package shard

import (
	"cmp"
	"crypto/sha256"
	"slices"
)

// How the row of a node changes. Its version counts the stores that the number has had in thousands, and the addresses of one
// store in between: so a node that moves, and does not know that it was replaced, does not come before who took its place. People
// see these numbers, in the version of the map.

const nextStore = 1000

// Moved returns the row of a node that others find elsewhere from now on.
func (n Node) Moved(address string) Node {
	n.Address = address
	n.Version++
	return n
}

// Replaced returns the row of a node's number with another store. The one before is dead from then on (see Merge).
func (n Node) Replaced(store StoreID, address string) Node {
	return Node{ID: n.ID, Store: store, Address: address, Version: n.nextStore()}
}

// Left returns the row of a node that is none any more. Its number can be used again, with another store.
func (n Node) Left() Node {
	n.Gone, n.Version = true, n.nextStore()
	return n
}

func (n Node) nextStore() uint64 { return (n.Version/nextStore + 1) * nextStore }

// Row returns what is known of a number, be the node gone or not; false if it was never used.
func (c *Cluster) Row(id NodeID) (Node, bool) {
	i, known := slices.BinarySearchFunc(c.Nodes, id, func(n Node, id NodeID) int { return cmp.Compare(n.ID, id) })
	if !known {
		return Node{}, false
	}
	return c.Nodes[i], true
}

// With returns the map that knows a row of a node as well.
func (c Cluster) With(row Node) Cluster {
	merged, _ := c.Merge(Cluster{Nodes: []Node{row}})
	return merged
}

// Buried says whether a store must not come back.
func (c *Cluster) Buried(store StoreID) bool { return slices.Contains(c.Dead, store) }

// AsFormed says whether no shard's members have changed since the cluster was formed.
func (c *Cluster) AsFormed() bool {
	return !slices.ContainsFunc(c.Shards, func(m Members) bool { return m.Version != 1 })
}

// Duties returns the shards of which a node has a member that is, was, or is to be a voter.
func (c *Cluster) Duties(id NodeID) (shards []ID) {
	for s, members := range c.Shards {
		if slices.ContainsFunc(members.All(), func(m Member) bool { return m.ID.Node() == id }) {
			shards = append(shards, ID(s))
		}
	}
	return shards
}

// Digest is the same for those who know the same.
func (c *Cluster) Digest() [sha256.Size]byte { return sha256.Sum256(c.Encode()) }
