package node_test

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/storage"
)

// TestVote: a member whose vote has made a leader, and that crashes then, has that vote on disk: it makes no second leader
// in the same term, however it is asked.
func TestVote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := voteTwice(t, func(vfs.FS) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

// TestVote_control: when the crash has taken the vote, the checks notice. Who is asked again may be the faster one to stand
// for election, in a later term, in which no harm is done: so it is tried until they do.
func TestVote_control(t *testing.T) {
	for try := range 50 {
		var err error
		synctest.Test(t, func(t *testing.T) { err = voteTwice(t, forgetVote) })
		if err != nil {
			t.Logf("noticed at try %d: %v", try, err)
			return
		}
	}
	t.Error("no try showed it")
}

// ballot is three members of a group, of which one votes, crashes, and is asked again.
type ballot struct {
	network *node.Network
	seats   []seat
	members []*incarnation
	only    [3]atomic.Int32 // what each may send: see speech

	clock   int64
	history []porcupine.Operation
}

// What a member may send.
const (
	everything int32 = iota
	noEntries        // so that it can lead, and nothing of it is committed
	noCampaign       // so that it does not stand for election
)

// voteTwice has a member elect one leader, crash, which leaves a disk to which more may be done, and then be asked for its
// vote by another. It returns what the checks find.
func voteTwice(t *testing.T, lose func(vfs.FS) error) error {
	b := newBallot(t)
	defer b.end(t)
	b.put(t, 0, "a")
	b.awaitAll(t)

	// One of the others is elected, and gets nothing to the voter but that it leads.
	const candidate, voter = 1, 2
	b.only[candidate].Store(noEntries)
	b.only[voter].Store(noCampaign)
	b.isolate(0, true)
	b.awaitLeader(t, candidate)
	lost := b.members[candidate].propose(shard, named("b"))
	synctest.Wait()

	// The voter crashes, and is back among other neighbours.
	b.isolate(candidate, true)
	b.restart(t, voter, lose)
	b.connect(0, voter)
	b.put(t, 0, "c")

	for i := range b.only {
		b.only[i].Store(everything)
	}
	b.isolate(candidate, false)
	if reply := <-lost; reply != nil {
		b.note(t, putOf("b"), reply, 0)
	}
	return errors.Join(b.awaitAll(t), linearizable(b.history))
}

// putOf puts a value into the one key.
func putOf(value string) call {
	return call{kind: kv.Put, key: "key", value: value, expect: kv.AnyVersion}
}

// named is the command of that, by a client that makes no other.
func named(value string) []byte {
	return putOf(value).command(kv.RequestID{Client: kv.ClientID{value[0]}, Sequence: 1})
}

func newBallot(t *testing.T) *ballot {
	disks := make([]vfs.FS, 3)
	for i := range disks {
		disks[i] = vfs.NewCrashableMem()
	}
	found, err := nodetest.Together(nodetest.Cluster{Dir: dir, Disks: disks, Shards: 1, Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	b := &ballot{network: node.NewNetwork(rand.New(rand.NewPCG(1, 1)), node.Faults{}), members: make([]*incarnation, 3)}
	for i := range disks {
		b.seats = append(b.seats, seat{id: storage.NodeID(i + 1), found: found, network: b.network, drops: func(m *raftpb.Message) bool {
			switch b.only[i].Load() {
			case noEntries:
				return m.GetType() == raftpb.MsgApp
			case noCampaign:
				return m.GetType() == raftpb.MsgPreVote || m.GetType() == raftpb.MsgVote
			}
			return false
		}})
		b.open(t, i, disks[i].(*vfs.MemFS))
	}
	return b
}

func (b *ballot) open(t *testing.T, i int, disk *vfs.MemFS) {
	t.Helper()
	in, err := open(b.seats[i], disk, variant{}, death{})
	if err != nil {
		t.Fatal(err)
	}
	b.members[i] = in
}

// restart is a power failure, which takes what was not synced, and a start.
func (b *ballot) restart(t *testing.T, i int, lose func(vfs.FS) error) {
	t.Helper()
	in := b.members[i]
	in.crash()
	b.network.Attach(in.id, nil)
	if err := errors.Join(in.finish(nil), lose(in.remains)); err != nil {
		t.Fatal(err)
	}
	b.open(t, i, in.remains)
}

func (b *ballot) end(t *testing.T) {
	for _, in := range b.members {
		b.network.Attach(in.id, nil)
		if err := in.finish(in.failed()); err != nil {
			t.Error(err)
		}
	}
	b.network.Settle()
}

// isolate cuts a member off, or ends that.
func (b *ballot) isolate(member int, cut bool) {
	for other := range b.seats {
		if other != member {
			b.network.Cut(b.seats[member].id, b.seats[other].id, cut)
			b.network.Cut(b.seats[other].id, b.seats[member].id, cut)
		}
	}
}

func (b *ballot) connect(one, other int) {
	b.network.Cut(b.seats[one].id, b.seats[other].id, false)
	b.network.Cut(b.seats[other].id, b.seats[one].id, false)
}

// awaitLeader waits until a member leads.
func (b *ballot) awaitLeader(t *testing.T, member int) {
	t.Helper()
	for range 1000 {
		if b.members[member].replica.Status().Role == node.Leader {
			return
		}
		time.Sleep(100 * time.Millisecond) // by the clock of the test
	}
	t.Fatal("it is not elected")
}

// put puts a value through a member, again and again until that is done.
func (b *ballot) put(t *testing.T, member int, value string) {
	t.Helper()
	b.clock++
	begun := b.clock
	for range 100 {
		if reply := <-b.members[member].propose(shard, named(value)); reply != nil {
			b.note(t, putOf(value), reply, begun)
			return
		}
		time.Sleep(time.Second) // by the clock of the test
	}
	t.Fatalf("%s cannot be put", value)
}

func (b *ballot) note(t *testing.T, made call, reply []byte, begun int64) {
	t.Helper()
	decoded, err := kv.DecodeReply(reply)
	if err != nil {
		t.Fatal(err)
	}
	got, err := made.answer(decoded)
	if err != nil {
		t.Fatal(err)
	}
	b.clock++
	b.history = append(b.history, porcupine.Operation{ClientId: len(b.history), Input: made, Output: got, Call: begun, Return: b.clock})
}

// awaitAll waits until all members show the same entry, and returns how they differ then, if they do.
func (b *ballot) awaitAll(t *testing.T) error {
	t.Helper()
	for range 1000 {
		same, err := compare(b.members, shard)
		if same || err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond) // by the clock of the test
	}
	t.Fatal("the members do not come to the same entry")
	return nil
}
