package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// Plan is for which node of which new cluster a store is filled with a backup. All nodes of the cluster are filled with the
// same backup by the same plan: then each replica of a shard begins with the same state.
type Plan struct {
	// Cluster is the map as it will be when the cluster is formed, but for the ids of cluster and stores, and the addresses.
	Cluster shard.Cluster
	Self    NodeID
	// Place returns the shard of a key, or why the key can have none.
	Place func(key []byte) (ShardID, error)
}

// held returns the shards that the node will have.
func (p *Plan) held() (held []ShardID) {
	for number, members := range p.Cluster.Shards {
		if slices.Contains(members.Nodes(), p.Self) {
			held = append(held, ShardID(number))
		}
	}
	return held
}

// filled is what is remembered of a plan until the cluster is formed.
type filled struct {
	Backup  string        `json:"backup"` // its name
	Digest  string        `json:"digest"` // SHA-256 of all of it
	Cluster shard.Cluster `json:"cluster"`
}

func (f *filled) encode() []byte {
	row, err := json.Marshal(f)
	if err != nil {
		panic(err) // the types can be encoded
	}
	return row
}

// String says all in which nodes of one cluster must agree.
func (f *filled) String() string {
	return fmt.Sprintf("%s (SHA-256 %.16s) for %s", f.Backup, f.Digest, shape(&f.Cluster))
}

// shape says what a plan and the cluster that it is for have in common.
func shape(c *shard.Cluster) string {
	var nodes []NodeID
	for _, node := range c.Nodes {
		nodes = append(nodes, node.ID)
	}
	return fmt.Sprintf("%d shards with %d replicas, placement %d, on the nodes %v", len(c.Shards), len(c.Shards[0].Members), c.Placement, nodes)
}

// fits says why a store that was filled by a plan cannot become one of a cluster, or nil. A store that was filled is one
// of those that a cluster begins with: later its shards go on elsewhere, and a member that comes must have nothing.
func (f *filled) fits(cluster *shard.Cluster, self NodeID, store shard.StoreID) error {
	member := func(planned, formed shard.Member) bool {
		return planned.ID == formed.ID && (planned.ID.Node() == self) == (formed.Store == store)
	}
	same := func(planned, formed shard.Members) bool {
		return planned.Version == formed.Version && slices.EqualFunc(planned.Members, formed.Members, member)
	}
	if f.Cluster.Placement == cluster.Placement && slices.EqualFunc(f.Cluster.Shards, cluster.Shards, same) {
		return nil
	}
	return fmt.Errorf("the folder was filled with %v, and the cluster %v has %s, version %d of its map: "+
		"start with the flags with which it was filled, or fill an empty folder", f, cluster.ID, shape(cluster), cluster.Version())
}

// filledFor returns for what the store was filled, if it was, and is of no cluster yet; else nil.
func (s *Store) filledFor() (*filled, error) {
	row, err := s.Row(filledKey)
	if row == nil || err != nil {
		return nil, err
	}
	f := new(filled)
	if err = json.Unmarshal(row, f); err == nil && len(f.Cluster.Shards) == 0 {
		err = errors.New("it has no shards")
	}
	if err != nil {
		return nil, engine.Damage("what the store in %s was filled for cannot be read: %v", s.Dir(), err)
	}
	return f, nil
}

// Filled says with which backup, and for which cluster, the store was filled: the same at all nodes of a new cluster. It is
// empty for one that was not filled, or is of a cluster already.
func (s *Store) Filled() (string, error) {
	f, err := s.filledFor()
	if f == nil || err != nil {
		return "", err
	}
	return f.String(), nil
}
