// Package node is a server of a cluster without its contract: a Node opens the store, and has a Group for each shard,
// which is what a server asks for the shard's keys. Where the node has a member of the group, that is a Replica: its
// goroutines take proposals and reads, write the log and the state machine in the right order, and tell the replies. The
// algorithm is go.etcd.io/raft; the disk is package storage; what the commands mean is the machine's business. Messages to
// other nodes leave through a Transport, and come in through Node.Receive.
//
// # The life of a proposal
//
// Propose leaves it in the mailbox. The replica's goroutine takes all that lie there, makes as few entries of
// them as their size allows, and gives these to Raft. It waits for nothing but mail: others do what may have to wait
// for the disk, each in the order in which it was told, and report back through the mailbox. The appender writes
// entries to the log; the syncer awaits the disk; meanwhile further proposals gather. When Raft says that an entry is
// committed, the applier has the machine apply it, and then the replica's goroutine calls Done with the replies. So
// whatever is in flight together shares one entry, one write and one sync, a lone proposal waits for nobody, and a
// replica whose disk is slow, or stands still, is not taken for a dead one.
//
// A group of one voter takes the same way: its own vote, and its own disk, are the majority.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// Options say what a node opens.
type Options struct {
	// ID is the node's number, 1 or greater. Members are the numbers of all nodes of the cluster, each of which has a
	// member of every shard's group; nil means this node alone.
	ID      storage.NodeID
	Members []storage.NodeID

	// Shards is how many shards there are, 65536 at most. Zero means one.
	Shards int

	// Transport reaches the other members; nil when there are none.
	Transport Transport

	// Storage says where the store is and how it is treated. The node sets what is said here as well.
	Storage Storage

	// Restore, if not nil, is what a new store is filled with before it becomes usable. A store that is there already is
	// refused, unless it was filled with the same.
	Restore *Backup

	// MaxInFlight is how many bytes of commands may wait for their replies, in all groups together; more are refused with
	// ErrBusy.
	MaxInFlight int64

	// SessionTTL is after which time, of the log, clients may be forgotten that have written nothing. Zero means never.
	SessionTTL time.Duration

	// OnFailure is told, once, when the store, or the first of the replicas, cannot go on; see storage.Options.
	OnFailure func(error)

	Logger *slog.Logger

	// For tests. At is called at each moment of the life of an entry. Machine returns what stands in for a shard's state.
	At      func(Moment)
	Machine func(*storage.State) Machine
}

// Node is the store of a server and its members of the shards' groups. It owns all of it, until Close.
type Node struct {
	options Options
	store   *storage.Store
	locals  []*Local // of each shard

	stop     context.CancelFunc
	stopping context.Context
	running  sync.WaitGroup // the ticker, and who forgets
}

// Open opens a node, or makes a new one. Its groups begin to look for their leaders, which it does not wait for.
func Open(options Options) (*Node, error) {
	if options.Shards == 0 {
		options.Shards = 1
	}
	if options.Members == nil {
		options.Members = []storage.NodeID{options.ID}
	}
	if err := options.check(); err != nil {
		return nil, err
	}
	failed := options.OnFailure
	if failed == nil {
		failed = func(error) {}
	}
	var once sync.Once
	options.OnFailure = func(err error) { once.Do(func() { failed(err) }) }
	if options.Restore != nil {
		options.Storage.Restore = storage.RestoreFrom(options.Restore, 0)
	}
	options.Storage.OnFailure = options.OnFailure
	options.Storage.Logger = options.Logger
	store, err := storage.Open(options.Storage)
	if err != nil {
		return nil, err
	}
	n := &Node{options: options, store: store}
	n.stopping, n.stop = context.WithCancel(context.Background())
	err = form(store, &options)
	if err == nil {
		err = n.start()
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (o *Options) check() error {
	switch {
	case o.ID == 0:
		return errors.New("a node's number must be 1 or greater")
	case !slices.Contains(o.Members, o.ID):
		return fmt.Errorf("node %d is not among the members, which are %v", o.ID, o.Members)
	case len(o.Members) > 1 && o.Transport == nil:
		return fmt.Errorf("there is no transport to the other members of %v", o.Members)
	case o.Shards < 0 || o.Shards > math.MaxUint16+1:
		return fmt.Errorf("there cannot be %d shards; there may be 1 to %d", o.Shards, math.MaxUint16+1)
	}
	return nil
}

// start opens all states and logs, which the store wants before its own start, and then starts what runs on them.
func (n *Node) start() error {
	budget := &budget{limit: n.options.MaxInFlight}
	var configs []replicaConfig
	for shard := range n.options.Shards {
		state, config, err := n.open(storage.ShardID(shard))
		if err != nil {
			return err
		}
		config.budget = budget
		configs = append(configs, config)
		n.locals = append(n.locals, &Local{state: state})
	}
	n.store.Start()
	for shard, config := range configs {
		replica, err := startReplica(config)
		if err != nil {
			return fmt.Errorf("shard %d: %w", shard, err)
		}
		n.locals[shard].replica = replica
	}
	n.running.Go(n.tick)
	if n.options.SessionTTL > 0 {
		n.running.Go(n.forget)
	}
	return nil
}

// open opens the state and the log of a shard.
func (n *Node) open(shard storage.ShardID) (*storage.State, replicaConfig, error) {
	state, err := n.store.OpenState(shard)
	if err != nil {
		return nil, replicaConfig{}, err
	}
	machine := Machine(state)
	if n.options.Machine != nil {
		machine = n.options.Machine(state)
	}
	log, err := n.store.OpenLog(shard, machine.Applied())
	if err != nil {
		return nil, replicaConfig{}, err
	}
	return state, replicaConfig{
		ID: n.options.ID, Log: log, Machine: machine,
		Send:      func(messages []*raftpb.Message) { n.options.Transport.Send(shard, messages) },
		Campaign:  len(n.options.Members) == 1,
		OnFailure: n.options.OnFailure, Logger: n.options.Logger, At: n.options.At,
	}, nil
}

// tick moves the clocks of all groups.
func (n *Node) tick() {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, local := range n.locals {
				local.replica.Tick()
			}
		case <-n.stopping.Done():
			return
		}
	}
}

// AwaitReady waits until each group has a leader, and until those that this node leads show all that was ever answered.
// It returns why that will not be, as soon as that is so for one of them, or why the context has ended.
func (n *Node) AwaitReady(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan error, len(n.locals))
	for _, local := range n.locals {
		go func() { ready <- local.awaitReady(ctx) }()
	}
	for range n.locals {
		if err := <-ready; err != nil {
			if failure := n.store.Failure(); failure != nil {
				return failure // what the replica says is a consequence
			}
			return err
		}
	}
	return nil
}

// ID returns the node's number.
func (n *Node) ID() storage.NodeID { return n.options.ID }

// Group returns the group of a shard, from 0 to Options.Shards less one.
func (n *Node) Group(shard int) Group { return n.locals[shard] }

// Locals returns the groups of which this node has a member, which are all.
func (n *Node) Locals() []*Local { return n.locals }

// Receive takes a message that another node has sent to this one's member of a shard's group. It does not wait. The
// message belongs to the node from then on.
func (n *Node) Receive(shard storage.ShardID, message *raftpb.Message) {
	if int(shard) < len(n.locals) {
		n.locals[shard].replica.receive(message)
	}
}

// Stop ends the groups: who waits for an answer gets ErrStopped. The store can be read until Close.
func (n *Node) Stop() {
	n.stop()
	n.running.Wait()
	for _, local := range n.locals {
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
		return nil // nothing can be written any more
	}
	if stalled := n.store.Disk().Stalled; stalled > 0 {
		return fmt.Errorf("the disk has not answered for %v: the store is left as a crash would leave it; nothing that was acknowledged is lost", stalled)
	}
	n.Stop()
	return n.store.Close()
}
