package node

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/raft/v3"

	"numstore.example/services/internal/budget"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// Machine is what a group replicates: a state that changes by commands alone. One goroutine of the replica's
// calls Apply; the machine guards against what it allows others to do at the same time.
type Machine interface {
	// Apply applies the commands of the entry at this place, which was proposed at a time of the log's (see clock), and
	// returns a reply to each. It must give the same result on every replica. The machine keeps
	// its state together with the index of the last entry that it shows, when and how it likes: kept is that
	// index. Later entries stay in the log, and are applied again after a crash. An error ends the replica.
	Apply(at storage.Position, time kv.Millis, commands [][]byte) (replies [][]byte, kept storage.Index, err error)

	// Now returns the latest of the times that Apply was told, now or before the state was stored; 0 if there was none.
	Now() kv.Millis

	// Applied returns the index of the last entry that it shows, and keeps, when it was opened.
	Applied() storage.Index
}

// replicaConfig says what a replica is a part of.
type replicaConfig struct {
	ID      storage.MemberID
	Shard   storage.ShardID
	Log     *storage.Log
	State   *storage.State // to be sent to other members, or replaced by theirs
	Machine Machine

	Transport Transport // to other members; nil if there are none

	Full func() bool // whether the disk is

	crew   *crew
	budget *budget.Budget // of bytes of commands that wait for their replies

	// OnFailure is told, once, when the replica had to stop because the machine or the log failed, or the rules of the group
	// were broken. Of its own failure the store tells.
	OnFailure func(error)

	// OnMembers is told, by the goroutine that everyone waits for, that the members have changed.
	OnMembers func()

	Logger *slog.Logger

	MaxLog   int // see Options
	LogShare int // of MaxLog, this shard's

	// At is for tests: it is called at each moment of the life of an entry. Nil otherwise.
	At func(Moment)
}

// Moment is a point in the life of an entry at which a crash may leave something half done.
type Moment int

// The moments, in their order.
const (
	BeforeAppend Moment = iota // nothing is written
	BeforeSync                 // written to the log, perhaps not on disk
	AfterSync                  // on disk; Raft has not been told
	BeforeApply                // committed
	AfterApply                 // applied, not answered

	// Waking is in the life of no entry: the driver is about to look at what has gathered. A process that was
	// halted goes on there.
	Waking
)

const (
	tickInterval  = 50 * time.Millisecond
	electionTicks = 10

	// maxEntry is about how many bytes of commands go into one entry; a single larger one does too.
	maxEntry = 1 << 20
	// maxLog is after how many bytes of applied entries the logs of all shards together are cut off, each after its share,
	// behind the last one that the machine keeps, unless Options.MaxLog says otherwise. It bounds what a start reads. Entries
	// that are cut off soon never leave Pebble's memory for a table.
	maxLog = 1 << 20
	// leastLog is the least share of a shard; it is worth a write.
	leastLog = 128 << 10
	// maxBehind is how many times as many bytes of applied entries the log keeps for a member that is behind. One that is
	// further behind needs the state instead.
	maxBehind = 64
	// maxAbsent is the same for one that does not answer: it may only be starting again.
	maxAbsent = 16

	// maxInflight is how many bytes of entries may be on their way to another member, which has not answered; one
	// message more may be.
	maxInflight = 16 << 20

	// maxUncommitted is how many bytes of entries may wait for a majority. What comes then is refused, and was not executed.
	// Options.MaxInFlight bounds it before that, but for what clients do not wait for any more.
	maxUncommitted = 256 << 20

	// maxAppends is how many appends may wait for the disk before the replica is overwhelmed. One
	// that follows gets some twenty each second by heartbeats alone; it should go on answering while its disk is busy. One
	// that leads, or is alone, has no more than one beside those of elections, as proposals are held meanwhile: what gathers
	// costs less as one entry than as many, and is on disk hardly later.
	maxAppends = 1024

	// maxApplying is how many bytes of committed entries may wait for the machine, one entry more excepted.
	maxApplying = 4 << 20
)

// Replica is one member of a Raft group.
type Replica struct {
	config replicaConfig
	raft   *raft.RawNode
	mail   mailbox
	ledger ledger
	reads  reads
	status atomic.Pointer[Status]

	members  atomic.Pointer[shard.Members] // as Raft knows them
	changing *changing                     // of the members, as long as that is not decided

	worked stopwatch
	clock  clock // of the log; it runs while this member leads

	ticks     int64                      // since the start
	heard     map[storage.MemberID]int64 // when other members have answered last, in ticks
	deposed   int64                      // in ticks: when it has last lost its leadership
	stalled   bool                       // the disk hangs: see stall
	giving    giving                     // of the leadership to others
	snapshots snapshots                  // on their way to and from others

	unsynced int         // appends that the appender has not reported
	applying int         // messages that the applier has not reported
	moved    int64       // in ticks: when one of these was reported last, or was the only one to begin
	held     []*Proposal // until the driver has all members propose

	lastEntry uint64 // the number in the last entry that it has proposed, and in which of the driver's rounds; 0 if there is none
	lastRound uint64
	holds     bool // it is in crew.holding
	proposes  bool // in this round
	writes    bool // it counts in crew.writing

	applied     storage.Index
	appliedTerm storage.Term  // of the last entry applied; 0 if there was none since the start
	kept        storage.Index // the last entry that the machine keeps
	committed   storage.Index // what the group had decided a tick ago, as long as this member leads
	truncated   storage.Index // the last entry that was cut off
	tail        tail          // of applied entries that were not cut off

	crew     *crew
	started  bool           // it has had its first turn
	underway sync.WaitGroup // what the appender and the applier shall do for it, or skip when it has ended
	led      chan struct{}  // closed when the group first has a leader
	ended    chan struct{}  // closed when nothing more is done
	failure  error          // then: why not
	syncs    atomic.Uint64
	states   atomic.Uint64 // of other members, installed

	unwritable  bool // belongs to the appender: the log cannot be written any more
	unappliable bool // belongs to the applier: the machine has failed
}

// startReplica starts a replica.
func startReplica(config replicaConfig) (*Replica, error) {
	applied := config.Machine.Applied()
	r := &Replica{
		config:    config,
		worked:    stopwatch{started: time.Now()},
		ledger:    newLedger(),
		applied:   applied,
		kept:      applied,
		heard:     make(map[storage.MemberID]int64),
		reads:     newReads(),
		snapshots: newSnapshots(),
		crew:      config.crew,
		led:       make(chan struct{}),
		ended:     make(chan struct{}),
	}
	r.mail.owner, r.mail.calls = r, &r.crew.calls
	r.members.Store(new(config.State.Members()))
	node, err := raft.NewRawNode(&raft.Config{
		ID:                        uint64(config.ID),
		ElectionTick:              electionTicks,
		HeartbeatTick:             1,
		Storage:                   config.Log,
		Applied:                   uint64(applied),
		AsyncStorageWrites:        true,
		MaxSizePerMsg:             maxEntry,
		MaxCommittedSizePerReady:  maxApplying,
		MaxInflightMsgs:           256,
		MaxInflightBytes:          maxInflight,
		MaxUncommittedEntriesSize: maxUncommitted,
		CheckQuorum:               true,
		PreVote:                   true,
		ReadOnlyOption:            raft.ReadOnlySafe,
		DisableProposalForwarding: true,
		StepDownOnRemoval:         true,
		Logger:                    raftLogger{config.Logger},
	})
	if err != nil {
		return nil, fmt.Errorf("starting replica %d: %w", config.ID, err)
	}
	r.raft = node
	if err := r.measureTail(); err != nil {
		return nil, fmt.Errorf("starting replica %d: %w", config.ID, err)
	}
	r.publish()
	r.crew.enter(r)
	return r, nil
}

// measureTail looks at what the log holds of entries that were applied.
func (r *Replica) measureTail() error {
	first, err := r.config.Log.FirstIndex()
	if err != nil {
		return err
	}
	r.truncated = storage.Index(first) - 1
	entries, err := r.config.Log.Entries(first, uint64(r.applied)+1, math.MaxUint64)
	for _, entry := range entries {
		r.tail.add(storage.Index(entry.GetIndex()), len(entry.GetData()))
	}
	return err
}

// Stop ends the replica. What waits for a reply gets ErrStopped. When the store has failed, goroutines that wait for it, for
// ever perhaps, are left behind.
func (r *Replica) Stop() {
	_ = r.mail.put(func(m *mail) { m.stop = true }) // an error means that it has ended
	<-r.ended
	over := make(chan struct{})
	go func() { r.underway.Wait(); close(over) }()
	select {
	case <-over:
	case <-r.Failed():
	}
}

// AwaitLeader returns when the group has a leader for the first time, or why it will have none.
func (r *Replica) AwaitLeader(ctx context.Context) error {
	select {
	case <-r.led:
		return nil
	case <-r.ended:
		return r.failure
	case <-r.Failed():
		return r.Failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Failed is closed when the log's store has failed. The replica ends then.
func (r *Replica) Failed() <-chan struct{} { return r.config.Log.Failed() }

// Failure returns why, once Failed is closed: an ErrStopped.
func (r *Replica) Failure() error { return fmt.Errorf("%w: %w", ErrStopped, r.config.Log.Failure()) }

// ID returns the member's number.
func (r *Replica) ID() storage.MemberID { return r.config.ID }

// Syncs returns how many appends the appender has seen reach the disk.
func (r *Replica) Syncs() uint64 { return r.syncs.Load() }

// Installs returns how many states of other members were installed.
func (r *Replica) Installs() uint64 { return r.states.Load() }

// randomID returns where a replica begins to number its entries: no other incarnation does nearby.
func randomID() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}
