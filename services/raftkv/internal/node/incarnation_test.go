package node_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// dir is two levels deep, so that a folder that nobody synced is missed.
	dir   = "/srv/raftkv"
	shard = 0
)

// anyOperation stands for a moment before some operation on a file, by whichever goroutine.
const anyOperation node.Moment = -1

// death says when an incarnation dies: when the moment comes for the count-th time.
type death struct {
	moment node.Moment
	count  int64 // 0 for never
	// percent is how likely each block that was not synced is there after it all the same.
	percent int
	random  *rand.Rand
}

// seat is a member's place in its group.
type seat struct {
	id      storage.NodeID
	found   nodetest.Found
	network *node.Network // nil for a member alone
	// pause is called at each moment, where it may hold the member up; nil for never.
	pause func(node.Moment)
	// drops says which messages to others do not leave; nil for none.
	drops func(*raftpb.Message) bool
	// patience is how long a client waits for an answer before it tries another member; 0 for as long as it takes.
	patience time.Duration
}

// onlySeat is that of a member alone.
var onlySeat = seat{id: 1, found: nodetest.Alone(1)}

// incarnation is one life of a replica, from its start to a crash.
type incarnation struct {
	seat
	variant variant
	disk    *vfs.MemFS
	death   death
	left    atomic.Int64 // how often death.moment may still come

	node    *node.Node
	state   *storage.State // of the first shard
	replica *node.Replica  // likewise

	mu      sync.Mutex
	dead    bool
	failure error          // what went wrong while it was alive
	remains *vfs.MemFS     // the disk as the crash has left it
	reads   sync.WaitGroup // that use the store

	failures atomic.Int64 // how often the node has told of one

	over     chan struct{} // closed when it has crashed or failed
	overOnce sync.Once
}

// begin starts an incarnation of a member alone on a disk, and waits until it serves. It may die before that.
func begin(disk *vfs.MemFS, variant variant, death death) (*incarnation, error) {
	in, err := open(onlySeat, disk, variant, death)
	if err == nil && in.replica.AwaitLeader(context.Background()) != nil {
		err = in.failed()
	}
	if err == nil {
		err = in.replica.AwaitBarrier(context.Background())
	}
	return in, err
}

// open starts an incarnation. It may die before it returns.
func open(seat seat, disk *vfs.MemFS, variant variant, death death) (*incarnation, error) {
	in := &incarnation{seat: seat, variant: variant, disk: disk, death: death, over: make(chan struct{})}
	in.left.Store(death.count)
	return in, in.open()
}

func (in *incarnation) open() (err error) {
	log := slog.New(slog.DiscardHandler)
	if in.variant.log != nil {
		log = slog.New(in.variant.log)
	}
	options := node.Options{
		ID: in.id, Found: in.found,
		Storage: storage.Options{
			Dir: dir, FS: errorfs.Wrap(in.disk, errorfs.InjectorFunc(in.beforeOperation)),
			SyncInterval: in.variant.syncInterval, WriteBehind: in.variant.writeBehind, ChecksumEvery: time.Second,
		},
		MaxInFlight: 1 << 30, MaxLog: in.variant.maxLog, Logger: log, At: in.at, Machine: in.variant.machine,
		OnFailure: func(err error) { in.failures.Add(1); in.fail(err) },
	}
	if in.network != nil {
		options.Transport = mortal{in, in.network.From(in.id)}
	}
	if in.node, err = node.Open(options); err != nil {
		return err
	}
	if in.node.Holds(shard) {
		in.state, in.replica = in.node.State(shard), in.node.Replica(shard)
	}
	if in.network != nil {
		in.network.Attach(in.id, in.node)
	}
	return nil
}

// mortal is the transport of an incarnation, which sends nothing after its death: what left later would tell of what is
// not on the disk that is left.
type mortal struct {
	*incarnation
	node.Transport
}

// Send implements node.Transport.
func (m mortal) Send(shard storage.ShardID, messages []*raftpb.Message) {
	if m.drops != nil {
		messages = slices.DeleteFunc(slices.Clone(messages), m.drops)
	}
	if m.alive() {
		m.Transport.Send(shard, messages)
	}
}

// at crashes if this moment is the one. A pause must not hold up who does something to files: he may hold locks, and
// the clock of the test stands still as long as somebody waits for a lock.
func (in *incarnation) at(moment node.Moment) {
	if in.pause != nil && moment != anyOperation {
		in.pause(moment)
	}
	if moment == in.death.moment && in.left.Add(-1) == 0 {
		in.crash()
	}
}

// beforeOperation is called before each operation on files.
func (in *incarnation) beforeOperation(op errorfs.Op) error {
	if err := enginetest.KeepManifest(in.disk, op); err != nil {
		return err
	}
	in.at(anyOperation)
	if in.variant.inject != nil {
		return in.variant.inject(op)
	}
	return nil
}

// crash is a power failure. Nobody hears from the incarnation after it has begun: an answer that left
// later would not be on the disk that is left.
func (in *incarnation) crash() {
	in.mu.Lock()
	in.dead = true
	in.mu.Unlock()
	in.remains = in.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: in.death.percent, RNG: in.death.random})
	in.overOnce.Do(func() { close(in.over) })
}

// end stops the goroutines of an incarnation, dead or alive.
func (in *incarnation) end() error {
	if in.node != nil {
		in.node.Stop()
	}
	in.mu.Lock()
	in.dead = true
	in.mu.Unlock()
	in.reads.Wait()
	if in.node == nil {
		return nil
	}
	if in.variant.installs != nil {
		for _, local := range in.node.Locals() {
			in.variant.installs.Add(local.Installs())
		}
	}
	return in.node.Close()
}

func (in *incarnation) fail(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.dead && in.failure == nil {
		in.failure = err
		in.overOnce.Do(func() { close(in.over) })
	}
}

func (in *incarnation) failed() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.failure
}

// alive says whether what was just read or answered still leaves the incarnation.
func (in *incarnation) alive() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return !in.dead
}

// propose has a command executed. What comes out is its reply, or nil when the incarnation died before that
// left.
func (in *incarnation) propose(shard storage.ShardID, command []byte) <-chan []byte {
	answers := make(chan []byte, 1)
	group := in.node.Local(shard)
	if in.variant.routed {
		group = in.node.Group(shard)
	}
	group.Propose(&node.Proposal{Commands: [][]byte{command}, Done: func(replies [][]byte, err error) {
		if err != nil || !in.alive() {
			answers <- nil
			return
		}
		answers <- append([]byte(nil), replies[0]...)
	}})
	return answers
}

// write waits for the reply to a command. It returns false when the incarnation died before that left, does not lead,
// or takes too long: the command may be executed all the same.
func (in *incarnation) write(shard storage.ShardID, command []byte) (kv.Reply, bool) {
	var answer []byte
	select {
	case answer = <-in.propose(shard, command):
	case <-in.tired():
	}
	if answer == nil {
		return kv.Reply{}, false
	}
	reply, err := kv.DecodeReply(answer)
	if err != nil {
		in.fail(err)
		return reply, false
	}
	return reply, true
}

// tired is told when a client has no more patience.
func (in *incarnation) tired() <-chan time.Time {
	if in.patience == 0 {
		return nil
	}
	return time.After(in.patience)
}

// read does a read behind a barrier. It returns false when the incarnation died before its answer left.
func (in *incarnation) read(shard storage.ShardID, read func(store) error) bool {
	in.mu.Lock()
	if in.dead {
		in.mu.Unlock()
		return false
	}
	in.reads.Add(1)
	in.mu.Unlock()
	defer in.reads.Done()
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(in.patience, time.Hour))
	defer cancel()
	if in.variant.routed {
		return read(asked{ctx, in.node.Group(shard)}) == nil && in.alive()
	}
	replica, state := in.node.Held(shard)
	if replica == nil {
		return false
	}
	if err := replica.AwaitBarrier(ctx); err != nil && !in.variant.stale {
		return false
	}
	if err := read(state); err != nil {
		if !errors.Is(err, storage.ErrClosed) { // another node has the shard by now
			in.fail(err)
		}
		return false
	}
	return in.alive()
}

var errStuck = errors.New("nothing has happened for a day, by the clock of the test")

// asked is a group that a client reads from, wherever that is done. Calls that find nobody are tried elsewhere.
type asked struct {
	ctx   context.Context
	group node.Group
}

func (a asked) Get(key []byte) (kv.Record, bool, error) { return a.group.Get(a.ctx, key) }

func (a asked) Scan(span storage.Range, values bool, tell func([]byte, kv.Record) (bool, error)) error {
	return a.group.Scan(a.ctx, span, values, tell)
}

// await waits for something, or for what went wrong before it.
func (in *incarnation) await(something <-chan struct{}) error {
	select {
	case <-something:
	case <-in.over:
	case <-time.After(24 * time.Hour):
		return errStuck
	}
	return in.failed()
}

// finish ends an incarnation in which an error was met. What is met after the crash does not count: the
// disk that is left has not seen it.
func (in *incarnation) finish(err error) error {
	if !in.alive() {
		<-in.over
		err = in.failed()
	}
	return errors.Join(err, in.end())
}
