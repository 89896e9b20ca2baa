// Package shard says who has which shard of a cluster: the numbers that everything else goes by, the map as a value, and
// the formula that a new cluster's map is made by. It knows no disk and no network.
//
// A map, Cluster, is made once, when the cluster is formed, and then lies in the store of each node. Who the members of a
// shard are is, from then on, a part of that shard's own replicated state (Members): changed by its log alone, and told to
// others from there. How a key's shard is found is said in contracts/placement.
package shard

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Cluster is the map of a cluster. It is a value: whoever has one does not change it.
type Cluster struct {
	ID        ClusterID `json:"id"`
	Placement uint32    `json:"placement"` // of keys, as in contracts/placement
	Nodes     []Node    `json:"nodes"`     // in the order of their numbers
	Shards    []Members `json:"shards"`    // by their numbers
	// Dead are stores that must not come back: those of nodes that were replaced or taken out.
	Dead []StoreID `json:"dead,omitempty"`
}

// Node is a server of the cluster.
type Node struct {
	ID    NodeID  `json:"id"`
	Store StoreID `json:"store"`
	// Address is HOST:PORT, or empty for a node alone that was not told where others would find it.
	Address string `json:"address,omitempty"`
	// Version grows with each change of what is said here. Who changes it is the node itself, or who replaces it.
	Version uint64 `json:"version,omitempty"`
	// Gone says that the node is none any more, and its number free.
	Gone bool `json:"gone,omitempty"`
}

// Members are who has a shard, the preferred leader first. A value, as Cluster.
type Members struct {
	// Version grows by one with each step of a change. The first is 1; 0 are those of a store that knows nothing of the shard yet.
	Version uint64 `json:"version"`
	// Members are those that vote.
	Members []Member `json:"members"`
	// Before are those that voted before the last step of a change, as long as their majority is needed too. See Joint.
	Before []Member `json:"before,omitempty"`
	// Learner is who is to vote when it has caught up.
	Learner *Learner `json:"learner,omitempty"`
	// Retired are those that are none any more, the last one of each node.
	Retired []Member `json:"retired,omitempty"`
}

// Member is a member of a shard's group, and the store that holds it.
type Member struct {
	ID    MemberID `json:"id"`
	Store StoreID  `json:"store"`
}

// MaxShards is how many shards there can be.
const MaxShards = 4096

// Form returns the map of a new cluster: shard s is on the nodes s, s+1 … s+replicas-1, in the order of their numbers and
// counted around; the first one is its preferred leader.
func Form(id ClusterID, placement uint32, nodes []Node, shards, replicas int) (Cluster, error) {
	nodes = slices.SortedFunc(slices.Values(nodes), func(a, b Node) int { return int(a.ID) - int(b.ID) })
	switch {
	case len(nodes) == 0:
		return Cluster{}, fmt.Errorf("a cluster must have a node")
	case shards < 1 || shards > MaxShards:
		return Cluster{}, fmt.Errorf("there cannot be %d shards; there may be 1 to %d", shards, MaxShards)
	case replicas < 1 || replicas > len(nodes):
		return Cluster{}, fmt.Errorf("there cannot be %d replicas of a shard on %d nodes; there may be 1 to %d", replicas, len(nodes), len(nodes))
	}
	for i, node := range nodes {
		switch {
		case node.ID < 1 || node.ID > MaxNode:
			return Cluster{}, fmt.Errorf("a node cannot have the number %d; it may be 1 to %d", node.ID, uint64(MaxNode))
		case i > 0 && nodes[i-1].ID == node.ID:
			return Cluster{}, fmt.Errorf("two nodes have the number %d", node.ID)
		}
	}
	c := Cluster{ID: id, Placement: placement, Nodes: nodes, Shards: make([]Members, shards)}
	for s := range c.Shards {
		members := make([]Member, replicas)
		for i := range members {
			node := nodes[(s+i)%len(nodes)]
			members[i] = Member{MemberOf(node.ID, 0), node.Store}
		}
		c.Shards[s] = Members{Version: 1, Members: members}
	}
	return c, nil
}

// Node returns a node by its number.
func (c *Cluster) Node(id NodeID) (Node, bool) {
	for _, node := range c.Nodes {
		if node.ID == id && !node.Gone {
			return node, true
		}
	}
	return Node{}, false
}

// Version is that of the map as a whole: greater with each change of a node or of any shard's members.
func (c *Cluster) Version() (version uint64) {
	version = 1
	for _, node := range c.Nodes {
		version += node.Version
	}
	for _, members := range c.Shards {
		version += members.Version - 1
	}
	return version
}

// Nodes returns the nodes whose members vote.
func (m Members) Nodes() []NodeID {
	nodes := make([]NodeID, len(m.Members))
	for i, member := range m.Members {
		nodes[i] = member.ID.Node()
	}
	return nodes
}

// Encode returns the map as it is kept and sent: JSON, to which fields can be added.
func (c *Cluster) Encode() []byte { return encode(c) }

// Encode is as Cluster.Encode.
func (m *Members) Encode() []byte { return encode(m) }

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types can be encoded
	}
	return b
}

// DecodeCluster reads a map.
func DecodeCluster(b []byte) (c Cluster, err error) {
	if err = json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("the map of the cluster: %w", err)
	}
	return c, nil
}

// DecodeMembers reads the members of a shard.
func DecodeMembers(b []byte) (m Members, err error) {
	if err = json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("the members of a shard: %w", err)
	}
	return m, nil
}
