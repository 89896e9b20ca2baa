package peer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// Wish is what a node that is of no cluster yet was told of the one that it shall be of. Where it was told nothing, a field is nil, and
// the one that founds the cluster has a default.
type Wish struct {
	Shards    *int
	Replicas  *int
	Placement *uint32 // of keys, as in contracts/placement
}

// Defaults are what a cluster is founded with where nobody has said otherwise.
type Defaults struct {
	Shards, Replicas int
	Placement        uint32
}

// forming is what a node knows that is of no cluster yet.
type forming struct {
	self      storage.NodeID
	store     shard.StoreID
	addresses map[storage.NodeID]string // of all nodes that it was told of, its own included
	wish      Wish
	filled    string // see Node
}

// described is what another node has answered, or why it has not.
type described struct {
	node    storage.NodeID
	store   shard.StoreID
	peers   []storage.NodeID // those that it was told of, if it is of no cluster
	filled  string           // see Node
	cluster *shard.Cluster   // nil if it is of none
	version uint32           // of the protocol
	err     error
}

// decision is what follows from the answers of the others. All zero, it is to found the cluster.
type decision struct {
	join    *shard.Cluster // adopt this map
	waits   []string       // ask again: for whom, and why
	outside bool           // there is a cluster, and it has no such node: the waits say what to do
	refused error          // this can come to nothing
}

// decide is the rule by which nodes find to one cluster:
//
//   - whoever tells a map that has this node's own number with its own store has formed the cluster with it, or has taken it in: it
//     is joined;
//   - who is told of a cluster that has not, waits until it has: it never votes in the name of another store, and founds nothing;
//   - one node, that with the lowest number, founds the cluster, when all the others have said that they are of none, and that
//     they were told of the same nodes, and were filled with the same backup, or with none. What it founds it keeps on its disk before it tells it, so there is no second one;
//   - everything else waits, or contradicts itself and is refused.
//
// So a node whose folder was lost does not found anything as long as one of the others, all of which it needs, remembers the
// cluster.
func (f *forming) decide(answers map[storage.NodeID]described) decision {
	told, err := f.told(answers)
	if err != nil {
		return decision{refused: err}
	}
	if told != nil {
		return f.join(told)
	}
	var waits []string
	stores := map[shard.StoreID]storage.NodeID{f.store: f.self}
	for _, id := range f.others() {
		answer, ok := answers[id]
		at := fmt.Sprintf("node %d at %s", id, f.addresses[id])
		switch {
		case !ok:
			waits = append(waits, at)
			continue
		case answer.err != nil:
			waits = append(waits, fmt.Sprintf("%s (%v)", at, answer.err))
			continue
		case answer.node != id:
			waits = append(waits, fmt.Sprintf("%s (there is node %d)", at, answer.node))
			continue
		}
		if twin, ok := stores[answer.store]; ok {
			return decision{refused: fmt.Errorf("nodes %d and %d have the same store, %v: the folder of one is a copy of the other's; give one of them an empty folder", twin, id, answer.store)}
		}
		stores[answer.store] = id
		if all := slices.Sorted(maps.Keys(f.addresses)); !slices.Equal(answer.peers, all) {
			return decision{refused: fmt.Errorf("node %d was told to form a cluster of the nodes %v, and this one, %d, of %v; give all of them the same list", id, answer.peers, f.self, all)}
		}
		if answer.filled != f.filled {
			return decision{refused: fmt.Errorf("node %d %s, and this one, %d, %s; empty their folders, and give all nodes the same backup (--restore), --shards, --replicas and --placement",
				id, filledWith(answer.filled), f.self, filledWith(f.filled))}
		}
	}
	if founder := slices.Min(slices.Collect(maps.Keys(f.addresses))); founder != f.self && waits == nil {
		waits = []string{fmt.Sprintf("node %d at %s to form the cluster", founder, f.addresses[founder])}
	}
	return decision{waits: waits}
}

func filledWith(filled string) string {
	if filled == "" {
		return "was filled with no backup"
	}
	return "was filled with " + filled
}

// others returns the other nodes, in the order of their numbers.
func (f *forming) others() (others []storage.NodeID) {
	for _, id := range slices.Sorted(maps.Keys(f.addresses)) {
		if id != f.self {
			others = append(others, id)
		}
	}
	return others
}

// told returns the newest map that is told, of the one cluster that is told of.
func (f *forming) told(answers map[storage.NodeID]described) (newest *shard.Cluster, err error) {
	var by storage.NodeID
	for _, id := range f.others() {
		cluster := answers[id].cluster
		switch {
		case cluster == nil || answers[id].err != nil || answers[id].node != id:
		case newest == nil:
			newest, by = cluster, id
		case cluster.ID != newest.ID:
			return nil, fmt.Errorf("node %d is of the cluster %v, and node %d of the cluster %v; --peers must name the nodes of one", by, newest.ID, id, cluster.ID)
		case cluster.Version() > newest.Version():
			newest, by = cluster, id
		}
	}
	return newest, nil
}

// join says whether this node is of a cluster, and whether that is as this node was told.
func (f *forming) join(cluster *shard.Cluster) decision {
	known, ok := cluster.Node(f.self)
	how := howToTakeIn(cluster, f.self, f.addresses[f.self])
	switch {
	case cluster.Buried(f.store):
		return decision{refused: Excluded(cluster, f.self, f.store)}
	case !ok:
		return decision{outside: true, waits: []string{fmt.Sprintf("the cluster %v, which has no node %d (its nodes are %v), to take it in: %s", cluster.ID, f.self, numbersOf(cluster), how)}}
	case known.Store != f.store:
		return decision{outside: true, waits: []string{fmt.Sprintf("the cluster %v, which knows node %d with the store %v, to take it in with this folder, whose store is %v. "+
			"What the number has voted for and holds is in the other folder: start the node with that one, or, if it is lost: %s",
			cluster.ID, f.self, known.Store, f.store, how)}}
	}
	if err := f.wish.Differs(cluster); err != nil {
		return decision{refused: err}
	}
	return decision{join: cluster}
}

// Excluded returns an error that says that a node's store was one of the cluster's and must not come back, and what to do; nil
// if that is not so.
func Excluded(cluster *shard.Cluster, self storage.NodeID, store shard.StoreID) error {
	if !cluster.Buried(store) {
		return nil
	}
	return fmt.Errorf("the store %v was replaced, or taken out of the cluster %v, and must not come back; start node %d with an empty folder, and let that take part: %s",
		store, cluster.ID, self, howToTakeIn(cluster, self, ""))
}

// Differs returns an error that says in what a cluster is not as this node was told, with both readings, or nil. How many replicas
// there are is a matter of its operators once its members have changed.
func (w Wish) Differs(cluster *shard.Cluster) error {
	var differ []string
	if shards := len(cluster.Shards); w.Shards != nil && *w.Shards != shards {
		differ = append(differ, fmt.Sprintf("%d shards, where --shards says %d", shards, *w.Shards))
	}
	if replicas := len(cluster.Shards[0].Members); cluster.AsFormed() && w.Replicas != nil && *w.Replicas != replicas {
		differ = append(differ, fmt.Sprintf("%d replicas of each shard, where --replicas says %d", replicas, *w.Replicas))
	}
	if w.Placement != nil && *w.Placement != cluster.Placement {
		differ = append(differ, fmt.Sprintf("the placement %d, where --placement says %d", cluster.Placement, *w.Placement))
	}
	if len(differ) == 0 {
		return nil
	}
	return fmt.Errorf("the cluster %v has %s", cluster.ID, strings.Join(differ, ", and "))
}
