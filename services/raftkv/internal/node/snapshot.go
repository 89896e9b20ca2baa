package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// A member that needs entries which were cut off gets the state instead. What Raft says that it shows is a lower bound:
// the state is that of the moment at which it begins to be sent, and the member tells Raft which entries that shows. From
// the moment on that Raft has named, the log is kept until the state has arrived: or else, under load, the member would
// need the next one.

// sendTimeout bounds how long the log is kept for a state that is on its way.
const sendTimeout = 10 * time.Minute

// sendPause is how long a member that could not be sent a state is left alone.
const sendPause = time.Second

// snapshots are the states that are on their way.
type snapshots struct {
	sending map[storage.MemberID]sending
	staged  *staging // what came from another member, and is not installed yet
}

func newSnapshots() snapshots { return snapshots{sending: make(map[storage.MemberID]sending)} }

// sending is a state on its way to another member, or what is left of one that has failed, for a while.
type sending struct {
	from  storage.Index // the log is kept after it
	since int64         // in ticks
	until int64         // in ticks: when Raft is told that it has failed; 0 as long as it has not
}

// sentSnapshot is how a state has arrived at a member.
type sentSnapshot struct {
	to  storage.MemberID
	err error
}

// sendSnapshot has the state sent to the member that Raft's message is for.
func (r *Replica) sendSnapshot(message *raftpb.Message) {
	to := storage.MemberID(message.GetTo())
	r.snapshots.sending[to] = sending{from: storage.Index(message.GetSnapshot().GetMetadata().GetIndex()), since: r.ticks}
	r.config.Logger.Info("sending a member the state", "shard", r.config.Shard, "to", to)
	r.config.Transport.SendSnapshot(r.config.Shard, message, r.writeSnapshot, func(err error) {
		_ = r.mail.put(func(m *mail) { m.sent = append(m.sent, sentSnapshot{to, err}) })
	})
}

// writeSnapshot writes the state as of now.
func (r *Replica) writeSnapshot(w io.Writer) error {
	err := r.config.State.WriteSnapshot(w)
	if storage.IsDamage(err) {
		r.mail.fail(err)
	}
	return err
}

// arrived takes note of how a state has arrived. A failure Raft hears of after a pause: it would send the next one at once.
func (r *Replica) arrived(sent sentSnapshot) {
	if sent.err == nil {
		delete(r.snapshots.sending, sent.to)
		r.raft.ReportSnapshot(uint64(sent.to), raft.SnapshotFinish)
		r.config.Logger.Info("a member has the state", "shard", r.config.Shard, "to", sent.to)
		return
	}
	failed, ok := r.snapshots.sending[sent.to]
	if !ok {
		return
	}
	failed.until = r.ticks + int64(sendPause/tickInterval)
	r.snapshots.sending[sent.to] = failed
	r.config.Logger.Warn("a member could not be sent the state; it is tried again", "shard", r.config.Shard, "to", sent.to, "error", sent.err)
}

// retrySnapshots tells Raft of failures whose pause is over.
func (r *Replica) retrySnapshots() {
	for to, s := range r.snapshots.sending {
		if s.until > 0 && r.ticks >= s.until {
			delete(r.snapshots.sending, to)
			r.raft.ReportSnapshot(uint64(to), raft.SnapshotFailure)
		}
	}
}

// keptForSnapshots returns after which entry the log is kept for states that are on their way, or otherwise.
func (r *Replica) keptForSnapshots(otherwise storage.Index) storage.Index {
	for _, s := range r.snapshots.sending {
		if r.ticks-s.since < int64(sendTimeout/tickInterval) {
			otherwise = min(otherwise, s.from)
		}
	}
	return otherwise
}

// staging is the state of another member, which has arrived and is to be installed.
type staging struct {
	message *raftpb.Message
	staged  *storage.Staged
	taken   bool          // Raft has taken it
	done    chan error    // gets one element at the end
	at      storage.Index // what it shows
}

func (s *staging) refuse(err error) {
	s.staged.Discard()
	s.done <- err
}

var errOtherState = errors.New("another state is being installed")

// install has a state that has arrived installed, and waits for the end. It does nothing if the member has as much.
func (r *Replica) install(ctx context.Context, message *raftpb.Message, staged *storage.Staged) error {
	s := &staging{message: message, staged: staged, done: make(chan error, 1), at: staged.Position.Index}
	metadata := message.GetSnapshot().GetMetadata()
	if metadata == nil || staged.Position.Index < storage.Index(metadata.GetIndex()) {
		staged.Discard()
		return fmt.Errorf("the state shows entry %d, and entry %d was announced", staged.Position.Index, metadata.GetIndex())
	}
	metadata.Index, metadata.Term = new(uint64(staged.Position.Index)), new(uint64(staged.Position.Term))
	metadata.ConfState = staged.ConfState()
	if err := r.mail.put(func(m *mail) { m.offered = append(m.offered, s) }); err != nil {
		staged.Discard()
		return err
	}
	select {
	case err := <-s.done:
		return err
	case <-r.ended:
		return ErrStopped
	case <-r.Failed():
		return r.Failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// offer gives Raft a state that has arrived. If it does not take it at once, it needs none.
func (r *Replica) offer(s *staging) {
	if r.snapshots.staged != nil || r.stalled {
		s.refuse(errOtherState)
		return
	}
	r.snapshots.staged = s
	_ = r.raft.Step(s.message) // an error means that it came too late
	for r.raft.HasReady() {
		r.handle(r.raft.Ready())
	}
	if !s.taken {
		r.snapshots.staged = nil
		s.refuse(nil)
	}
}

// take returns the state that Raft wants to be written with a message.
func (r *Replica) take(snapshot *raftpb.Snapshot) *staging {
	s := r.snapshots.staged
	if s == nil || uint64(s.at) != snapshot.GetMetadata().GetIndex() {
		panic(broken{fmt.Sprintf("the state up to entry %d is to be installed, and is not there", snapshot.GetMetadata().GetIndex())})
	}
	s.taken = true
	return s
}

// installed is told that a state is on disk, and shown.
func (r *Replica) installed(s *staging) {
	r.snapshots.staged = nil
	r.ledger.fail(ErrDeposed) // what it shows has no replies
	position := s.staged.Position
	r.applied, r.appliedTerm, r.kept, r.truncated = position.Index, position.Term, position.Index, position.Index
	r.tail = tail{}
	r.setMembers(r.config.State.Members())
	r.states.Add(1)
	r.config.Logger.Info("installed the state of another member", "shard", r.config.Shard, "entry", position.Index)
	s.done <- nil
}
