package storage

import (
	"errors"
	"fmt"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// Survivor is what a store has of a shard, as it matters when the shard's other members are lost for ever.
type Survivor struct {
	Shard   ShardID
	Member  MemberID      // of this store
	Members shard.Members // as the store knows them, by what the shard has decided, or was told of it
	Last    Position      // of the last entry that the log has
	Applied Index         // of the last entry that the state shows
	// Refusal says why the member cannot become the only voter; nil if it can.
	Refusal error
}

// ErrAlone is the Refusal of a member that is the only voter already.
var ErrAlone = errors.New("it is the only voter already")

// OpenExisting is Open for a folder that has a store of a cluster. Another one is refused, and left as it is.
func OpenExisting(options Options) (*Store, error) {
	exists, err := engine.Exists(options.FS, options.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", options.Dir, err)
	}
	if !exists {
		return nil, fmt.Errorf("there is no store in %s; name the folder of a node", options.Dir)
	}
	s, err := Open(options)
	if err != nil {
		return nil, err
	}
	if s.self == 0 {
		return nil, errors.Join(fmt.Errorf("the store in %s is of no cluster yet: it has no shards", options.Dir), s.Close())
	}
	return s, nil
}

// Survivors opens all shards of which this store has a member, none of which may be open, and returns them in their order.
func (s *Store) Survivors() ([]Survivor, error) {
	d, err := s.description()
	if err != nil {
		return nil, err
	}
	var all []Survivor
	for number, members := range d.Cluster.Shards {
		if member, held := members.On(s.StoreID()); held {
			v := Survivor{Shard: ShardID(number), Member: member, Members: members}
			v.Refusal = s.examine(&v)
			all = append(all, v)
		}
	}
	return all, nil
}

// examine completes what is known of a survivor, and returns why it cannot become the only voter.
func (s *Store) examine(v *Survivor) error {
	state, err := s.OpenState(v.Shard, v.Member)
	if err != nil {
		return err
	}
	log, err := s.OpenLog(v.Shard, state.Applied())
	if err != nil {
		return err
	}
	v.Last, v.Applied = log.last, state.Applied()
	if own := state.Members(); own.Version > v.Members.Version {
		v.Members = own
	}
	switch member, held := v.Members.On(s.StoreID()); {
	case state.Members().Version == 0:
		return errors.New("nothing of the shard has come to this store yet")
	case !held || member != v.Member:
		return errors.New("it is no member of the shard any more")
	case v.Members.Alone(v.Member):
		return ErrAlone
	}
	return nil
}

// Survive makes a survivor, as Survivors has told of it, the only voter of its shard, and returns the members of the shard then.
// The state and the map of the cluster have them in one step, which is on disk when Survive returns: a crash before that leaves
// those of before in both.
func (s *Store) Survive(v Survivor) (shard.Members, error) {
	if v.Refusal != nil {
		return v.Members, v.Refusal
	}
	s.describing.Lock()
	defer s.describing.Unlock()
	d, err := s.description()
	if err != nil {
		return v.Members, err
	}
	alone := v.Members.Survive(v.Member, d.Cluster.Nodes)
	d.Cluster.Shards[v.Shard] = alone
	state := s.opened(v.Shard).state
	state.mu.Lock()
	defer state.mu.Unlock()
	batch := s.NewBatch()
	batch.Set(clusterKey, d.encode(), nil)
	p := state.slot.Load().prefix(stateMembers)
	batch.Set(p[:], alone.Encode(), nil)
	if err := s.Commit(batch, true); err != nil {
		return v.Members, err // Pebble may still use the batch
	}
	state.members = alone
	state.publish()
	return alone, batch.Close()
}
