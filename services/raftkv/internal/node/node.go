// Package node is a server of a cluster without its contract: a Node opens the store, and has a Group for each shard,
// which is what a server asks for the shard's keys. Where the node has a member of the group, that is a Replica: its
// goroutines take proposals and reads, write the log and the state machine in the right order, and tell the replies. The
// algorithm is go.etcd.io/raft; the disk is package storage; what the commands mean is the machine's business. Messages to
// other nodes leave through a Transport, and come in through Node.Receive.
//
// # The life of a proposal
//
// Propose leaves it in the mailbox. The driver, a goroutine that all members of the node share (crew.go), holds what lies there
// as long as the disk is busy with the last entries, then makes as few entries of it as sizes allow, and gives these to Raft: those
// of all shards at once. It waits for nothing but mail: others do what may have to wait for the disk, each in the order in which
// it was told, and report back through the mailbox. The appender writes entries to the logs, all that it was given as one batch, and
// awaits the disk; meanwhile further proposals gather. When Raft says that an entry is committed, the applier has the machine apply
// it, and then the driver calls Done with the replies. So whatever is in flight together, in however many shards, shares one write
// and one sync, in each shard one entry, and one message to each node; a lone proposal waits for nobody, and a replica whose disk is
// slow, or stands still, is not taken for a dead one.
//
// A group of one voter takes the same way: its own vote, and its own disk, are the majority.
//
// # Many nodes
//
// Whatever node is asked, its Group of a shard is a route: it leads to the node's own member, if that can answer, and otherwise
// to another node's. Which nodes have members, the map says; it changes by entries of the shards' own logs (members.go), and
// members of this node start and end with it (map.go), also when their files are damaged (damage.go). How a leader gives its
// office away is in leadership.go, how who is far behind gets the state in snapshot.go. What a node asks of others, and they of
// it, goes through a Transport; package peer is the real one, Network that of tests.
package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"numstore.example/services/internal/budget"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// Options say what a node opens.
type Options struct {
	// ID is the node's number in its cluster, 1 or greater. One that contradicts the store is refused.
	ID storage.NodeID

	// Found returns the cluster that a new store becomes a part of. A store that is of a cluster stays in it, and Found is not
	// called. Nil means that a new store is of none until Join.
	Found func(store shard.StoreID) (shard.Cluster, error)

	// Transport reaches the other nodes; nil when there are none.
	Transport Transport

	// Storage says where the store is and how it is treated. The node sets what is said here as well.
	Storage Storage

	// Restore, if not nil, is what a new store is filled with before it becomes usable. A store that is there already is
	// refused, unless it was filled with the same.
	Restore storage.Source

	// MaxInFlight is how many bytes of commands may wait for their replies, in all groups together; more are refused with
	// ErrBusy.
	MaxInFlight int64

	// SessionTTL is after which time, of the log, clients may be forgotten that have written nothing. Zero means never.
	SessionTTL time.Duration

	// OnCluster is told, by the goroutine that keeps the map, that Cluster returns another one; it must not wait. Nil is nobody.
	OnCluster func()

	// OnFailure is told, once, when the store, or the first of the replicas, cannot go on; see storage.Options.
	OnFailure func(error)

	Logger *slog.Logger

	// For tests. MaxLog is after how many bytes of applied entries a shard's log is cut off, instead of maxLog. At is called
	// at each moment of the life of an entry. Machine returns what stands in for a shard's state.
	MaxLog  int
	At      func(Moment)
	Machine func(*storage.State) Machine
}

// Node is the store of a server and its members of the shards' groups. It owns all of it, until Close.
type Node struct {
	options Options
	store   *storage.Store
	budget  *budget.Budget
	filled  string                 // see Filled
	crew    *crew                  // of all of its members
	joined  atomic.Pointer[joined] // nil as long as the node is of no cluster

	lifecycle lock          // held by Join, Stop, and while the map changes
	changed   chan struct{} // has an element when members have changed (see keep)
	stop      context.CancelFunc
	stopping  context.Context
	running   sync.WaitGroup // the ticker, who keeps the map, and who forgets

	ailing sync.Mutex // of what follows
	ails   []Damage   // of members that are to be taken out
}

// Open opens a node, or makes a new one. Its groups begin to look for their leaders, which it does not wait for.
func Open(options Options) (*Node, error) {
	if options.ID < 1 || options.ID > shard.MaxNode {
		return nil, fmt.Errorf("a node cannot have the number %d; it may be 1 to %d", options.ID, uint64(shard.MaxNode))
	}
	failed := options.OnFailure
	if failed == nil {
		failed = func(error) {}
	}
	var once sync.Once
	options.OnFailure = func(err error) { once.Do(func() { failed(err) }) }
	n := &Node{options: options, budget: budget.New(options.MaxInFlight), lifecycle: newLock(), changed: make(chan struct{}, 1)}
	n.stopping, n.stop = context.WithCancel(context.Background())
	if err := n.openStore(); err != nil {
		return nil, err
	}
	n.crew = startCrew(n.store)
	var err error
	if n.filled, err = n.store.Filled(); err == nil {
		err = n.rejoin()
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) openStore() (err error) {
	options := n.options.Storage
	options.Restore = n.options.Restore
	stalled := options.OnStall
	options.OnStall = func(stalls bool) {
		n.stalled(stalls)
		if stalled != nil {
			stalled(stalls)
		}
	}
	options.OnFailure, options.OnDamage = n.options.OnFailure, n.rowsLost
	options.Logger = n.options.Logger
	n.store, err = storage.Open(options)
	return err
}

// Filled says with which backup the node was filled, and for which cluster, in words that are the same at all nodes of it. It
// is empty for a node that was not filled, or was of a cluster when it was opened. It stays what it was then: who asks while the
// node joins its cluster, and is told that it is of none yet, is not told that it was filled with nothing.
func (n *Node) Filled() string { return n.filled }

// rejoin goes on in the cluster that the store is of, or becomes a part of the one that Options name.
func (n *Node) rejoin() error {
	cluster, self, err := n.store.Cluster()
	if err != nil {
		return err
	}
	if cluster == nil {
		if n.options.Found == nil {
			return nil
		}
		found, err := n.options.Found(n.StoreID())
		if err != nil {
			return err
		}
		return n.Join(found)
	}
	if self != n.options.ID {
		return fmt.Errorf("the folder %s is of node %d of its cluster, not of node %d", n.store.Dir(), self, n.options.ID)
	}
	return n.start(cluster)
}

// Join makes a node that is of no cluster a part of one, in which it has its number and its store. It is on disk when Join
// returns.
func (n *Node) Join(cluster shard.Cluster) error {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	if n.stopping.Err() != nil {
		return ErrStopped
	}
	if node, ok := cluster.Node(n.options.ID); !ok || node.Store != n.StoreID() {
		return fmt.Errorf("the cluster %v does not have this folder, which is %v, as node %d", cluster.ID, n.StoreID(), n.options.ID)
	}
	if len(cluster.Nodes) > 1 && n.options.Transport == nil {
		return fmt.Errorf("there is no transport to the other nodes of the cluster %v", cluster.ID)
	}
	if err := n.store.Form(cluster, n.options.ID); err != nil {
		return err
	}
	return n.start(&cluster)
}

// start opens all states and logs, which the store wants before its own start, and then starts what runs on them.
func (n *Node) start(cluster *shard.Cluster) error {
	if len(cluster.Nodes) > 1 && n.options.Transport == nil {
		return fmt.Errorf("the folder %s is of node %d of the cluster %v, which has %d nodes, and there is no way to the others",
			n.store.Dir(), n.options.ID, cluster.ID, len(cluster.Nodes))
	}
	j := &joined{cluster: cluster}
	rows := n.store.Held()
	var configs []replicaConfig
	for i, members := range cluster.Shards {
		number := storage.ShardID(i)
		j.groups = append(j.groups, &route{node: n, shard: number})
		j.locals = append(j.locals, nil)
		member, held := members.On(n.StoreID())
		if of, any := rows[number]; any && !(held && of == member) {
			if err := n.store.Drop(number); err != nil { // which a crash came before
				return err
			}
		}
		if !held {
			continue
		}
		local, config, err := n.open(number, member)
		if outlives(err, members) {
			damage := Damage{number, member, err}
			n.tellOf(damage)
			j = j.damaged(damage)
			continue
		}
		if err != nil {
			return err
		}
		configs = append(configs, config)
		j.locals[i] = local
	}
	j.index()
	n.store.Start()
	for i, config := range configs {
		replica, err := startReplica(config)
		if err != nil {
			stopAll(j.held)
			return fmt.Errorf("shard %d: %w", j.held[i].shard, err)
		}
		j.held[i].replica = replica
	}
	n.joined.Store(j)
	n.running.Go(n.keep)
	n.membersChanged() // the members may know more than the map
	n.running.Go(n.tick)
	n.running.Go(n.compare)
	if n.options.SessionTTL > 0 {
		n.running.Go(n.forget)
	}
	return nil
}

// open opens the state and the log of a shard for a member.
func (n *Node) open(number storage.ShardID, member storage.MemberID) (*Local, replicaConfig, error) {
	state, err := n.store.OpenState(number, member)
	if err != nil {
		return nil, replicaConfig{}, err
	}
	machine := Machine(state)
	if n.options.Machine != nil {
		machine = n.options.Machine(state)
	}
	log, err := n.store.OpenLog(number, machine.Applied())
	if err != nil {
		return nil, replicaConfig{}, errors.Join(err, n.store.CloseShard(number))
	}
	return &Local{node: n, shard: number, member: member, state: state}, replicaConfig{
		ID: member, Log: log, State: state, Machine: machine, Shard: number, Transport: n.options.Transport, Full: func() bool { return n.Writable() != nil },
		OnFailure: func(err error) { n.memberFailed(Damage{number, member, err}, state.Members()) }, OnMembers: n.membersChanged, Logger: n.options.Logger, At: n.options.At, crew: n.crew, budget: n.budget,
		MaxLog: cmp.Or(n.options.MaxLog, maxLog), LogShare: n.store.Share(cmp.Or(n.options.MaxLog, maxLog), leastLog),
	}, nil
}

// tick moves the clocks of all groups.
func (n *Node) tick() {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		j := n.joined.Load()
		select {
		case <-ticker.C:
			n.crew.tick()
			for _, route := range j.groups {
				route.tick()
			}
		case <-n.stopping.Done():
			for _, route := range j.groups {
				route.stop()
			}
			return
		}
	}
}

// ID returns the node's number.
func (n *Node) ID() storage.NodeID { return n.options.ID }

// StoreID returns the id of the node's store.
func (n *Node) StoreID() shard.StoreID { return n.store.StoreID() }

// Cluster returns the map of the cluster, as far as this node knows it by now, or nil as long as it is of none. It must
// not be changed.
func (n *Node) Cluster() *shard.Cluster {
	if j := n.joined.Load(); j != nil {
		return j.cluster
	}
	return nil
}

// Group returns the group of a shard of the cluster, wherever its members are: what this node cannot do, it passes on. As
// long as the node is of no cluster, there is none.
func (n *Node) Group(shard storage.ShardID) Group { return n.joined.Load().groups[shard] }

// Locals returns the groups of which this node has a member; none as long as it is of no cluster.
func (n *Node) Locals() []*Local {
	if j := n.joined.Load(); j != nil {
		return j.held
	}
	return nil
}

// local returns the group of a shard of which this node has a member, or nil.
func (n *Node) local(shard storage.ShardID) *Local {
	if j := n.joined.Load(); j != nil && int(shard) < len(j.locals) {
		return j.locals[shard]
	}
	return nil
}

// Stop ends the groups: who waits for an answer gets ErrStopped. The store can be read until Close.
func (n *Node) Stop() {
	n.stop()
	n.awaitChanges()
	n.running.Wait()
	stopAll(n.Locals())
	n.crew.end()
}

// awaitChanges waits until nobody joins, or changes the map. Who comes later finds the node stopping.
func (n *Node) awaitChanges() {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
}

func stopAll(locals []*Local) {
	for _, local := range locals {
		if local.replica != nil {
			local.replica.Stop()
		}
	}
}

// Close stops the groups and closes the store. Nobody must use the node any more. When the disk has failed or hangs, it
// closes nothing, as locks may be held for ever: end the process.
func (n *Node) Close() error {
	n.stop()
	if n.store.Failure() != nil {
		n.crew.end() // nothing can be written any more
		return nil
	}
	if stalled := n.store.Disk().Stalled; stalled > 0 {
		return fmt.Errorf("the disk has not answered for %v: the store is left as a crash would leave it; nothing that was acknowledged is lost", stalled)
	}
	n.Stop()
	return n.store.Close()
}
