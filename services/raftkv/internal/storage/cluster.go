package storage

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// description is what a node knows of its cluster, as its row has it: JSON, to which fields can be added.
type description struct {
	Node    NodeID        `json:"node"` // this one
	Cluster shard.Cluster `json:"cluster"`
}

func (d *description) encode() []byte {
	row, err := json.Marshal(d)
	if err != nil {
		panic(err) // the types can be encoded
	}
	return row
}

// StoreID returns the store's id, which is random, and made with the folder.
func (s *Store) StoreID() shard.StoreID { return s.ID() }

// Cluster returns the map of the cluster that the store is of, as it was formed or learned, and the number of the store's node. It
// returns nil and 0 for a new store: one that was filled with a backup is new too.
func (s *Store) Cluster() (*shard.Cluster, NodeID, error) {
	d, err := s.description()
	if d == nil || err != nil {
		return nil, 0, err
	}
	return &d.Cluster, d.Node, nil
}

func (s *Store) description() (*description, error) {
	row, err := s.Row(clusterKey)
	if row == nil || err != nil {
		return nil, err
	}
	d, err := decodeDescription(row)
	if err != nil {
		return nil, engine.Damage("the description of the cluster in %s cannot be read: %v", s.Dir(), err)
	}
	return d, nil
}

func decodeDescription(row []byte) (*description, error) {
	d := new(description)
	if err := json.Unmarshal(row, d); err != nil {
		return nil, err
	}
	if len(d.Cluster.Shards) == 0 {
		return nil, errors.New("it has no shards")
	}
	return d, nil
}

// Form makes a new store one of a cluster's node, before its states are opened: it keeps the map, and the members of each
// shard that the store has a member of since the cluster was formed. Of a shard whose members have changed it knows nothing:
// its member gets the state from the others. It is on disk then. To form it again in the same way does nothing; in another,
// it is refused. So is a store that was filled with a backup for another cluster than this.
func (s *Store) Form(cluster shard.Cluster, self NodeID) error {
	d := &description{self, cluster}
	switch node, known := cluster.Node(self); {
	case !known:
		return fmt.Errorf("cluster %v has no node %d", cluster.ID, self)
	case node.Store != s.StoreID():
		return fmt.Errorf("node %d of cluster %v has the store %v, and this is %v", self, cluster.ID, node.Store, s.StoreID())
	case len(cluster.Shards) == 0:
		return fmt.Errorf("cluster %v has no shards", cluster.ID)
	}
	formed, err := s.description()
	switch {
	case err != nil:
		return err
	case formed != nil && bytes.Equal(formed.encode(), d.encode()):
		return nil
	case formed != nil:
		return fmt.Errorf("the store %v in %s is of cluster %v already, as its node %d, and cannot become one of cluster %v, as its node %d, or of another map of the same; name an empty folder",
			s.StoreID(), s.Dir(), formed.Cluster.ID, formed.Node, cluster.ID, self)
	}
	filled, err := s.filledFor()
	if err != nil {
		return err
	}
	batch := s.NewBatch()
	if filled != nil {
		if err := filled.fits(&cluster, self, s.StoreID()); err != nil {
			return errors.Join(err, batch.Close())
		}
		batch.Delete(filledKey, nil)
	}
	d.writeTo(batch, s.StoreID())
	if err := s.Commit(batch, true); err != nil {
		return err // Pebble may still use the batch
	}
	s.describe(d)
	return batch.Close()
}

// Learn keeps what another map knows more of the same cluster. It is on disk then.
func (s *Store) Learn(cluster shard.Cluster) error {
	s.describing.Lock()
	defer s.describing.Unlock()
	d, err := s.description()
	switch {
	case err != nil:
		return err
	case d == nil:
		return fmt.Errorf("the store %v in %s is of no cluster yet", s.StoreID(), s.Dir())
	case d.Cluster.ID != cluster.ID || len(d.Cluster.Shards) != len(cluster.Shards):
		return fmt.Errorf("the store %v in %s is of cluster %v with %d shards, and the map is of cluster %v with %d shards",
			s.StoreID(), s.Dir(), d.Cluster.ID, len(d.Cluster.Shards), cluster.ID, len(cluster.Shards))
	}
	var news bool
	if d.Cluster, news = d.Cluster.Merge(cluster); !news {
		return nil
	}
	batch := s.NewBatch()
	batch.Set(clusterKey, d.encode(), nil)
	if err := s.Commit(batch, true); err != nil {
		return err // Pebble may still use the batch
	}
	return batch.Close()
}

// describe takes up what the store is of.
func (s *Store) describe(d *description) {
	s.shards, s.self = len(d.Cluster.Shards), d.Node
}

// writeTo puts the description into a batch, and what follows from it for the shards of a store that is new.
func (d *description) writeTo(batch *pebble.Batch, store shard.StoreID) {
	batch.Set(clusterKey, d.encode(), nil)
	for number, members := range d.Cluster.Shards {
		if _, here := members.On(store); here && members.Version == 1 {
			p := newSlot(ShardID(number)).prefix(stateMembers)
			batch.Set(p[:], members.Encode(), nil)
		}
	}
}

// lone describes a cluster of one node, with one shard, as every store was before there were others.
func lone(store shard.StoreID) (*description, error) {
	const (
		self          = 1
		placementHash = 1 // as in the contract
	)
	var id shard.ClusterID
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	cluster, err := shard.Form(id, placementHash, []shard.Node{{ID: self, Store: store}}, 1, 1)
	return &description{self, cluster}, err
}
