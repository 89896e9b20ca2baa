package node

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// The members of a group change by steps (see shard.Step), each of which is an entry of the log and counts when it is
// applied. The leader takes the first one because it was asked to; when the learner has caught up, it takes the next one by
// itself, and Raft the last. So a change goes on, whoever leads.

// ChangeMembers has a step taken, of those that begin or take back a change, and waits until it is applied. An error is a
// *NotLeader, says why the step cannot be taken, or is ErrDeposed or that of the context: it may be taken yet.
func (r *Replica) ChangeMembers(ctx context.Context, step shard.Step) error {
	taken := make(chan error, 1)
	if err := r.order(func(r *Replica) { r.takeStep(step, func(err error) { taken <- err }) }); err != nil {
		return err
	}
	select {
	case err := <-taken:
		return err
	case <-r.ended:
		return r.failure
	case <-ctx.Done():
		return ctx.Err()
	}
}

// order has the driver do something.
func (r *Replica) order(order func(*Replica)) error {
	return r.mail.put(func(m *mail) { m.orders = append(m.orders, order) })
}

// changing is a step that was proposed and is not applied.
type changing struct {
	step shard.Step
	done func(error)
}

// takeStep proposes a step.
func (r *Replica) takeStep(step shard.Step, done func(error)) {
	if err := r.proposeStep(step); err != nil {
		done(err)
		return
	}
	r.changing = &changing{step, done}
}

func (r *Replica) proposeStep(step shard.Step) error {
	members, basic := r.Members(), r.raft.BasicStatus()
	switch {
	case basic.RaftState != raft.StateLeader || r.stalled || basic.LeadTransferee != 0:
		return r.notLeader()
	case r.changing != nil || r.appliedTerm != storage.Term(basic.HardState.GetTerm()):
		// Raft would make an empty entry of it: it does not know yet what the last such entry has done.
		return fmt.Errorf("a change of shard %d is not decided yet; try again", r.config.Shard)
	}
	if err := members.Check(step); err != nil {
		return fmt.Errorf("shard %d: %w", r.config.Shard, err)
	}
	if err := r.checkMajorities(members.After(step)); err != nil {
		return err
	}
	if r.raft.ProposeConfChange(confChange(members, step)) != nil {
		return r.notLeader() // Raft drops it only when there is another leader
	}
	return nil
}

// checkMajorities says why nothing could be decided, now or when a change has come to its end: members that do not answer would
// be the majority.
func (r *Replica) checkMajorities(members shard.Members) error {
	answers := func(voter storage.MemberID) bool {
		return voter == r.config.ID || r.answers(voter) && !members.Forsaken(voter)
	}
	if learner := members.Learner; learner != nil {
		// A node that gets another member lets go of the one that it had.
		err := r.checkMajority(members.Members, func(voter storage.MemberID) bool { return voter.Node() != learner.ID.Node() && answers(voter) })
		if err != nil {
			return err
		}
		members = members.After(shard.Step{Kind: shard.Promote})
		// It votes only when it has caught up.
		return r.checkMajority(members.Members, func(voter storage.MemberID) bool { return voter == learner.ID || answers(voter) })
	}
	if members.Joint() {
		if err := r.checkMajority(members.Before, answers); err != nil {
			return err
		}
	}
	return r.checkMajority(members.Members, answers)
}

func (r *Replica) checkMajority(voters []shard.Member, answers func(storage.MemberID) bool) error {
	answering := 0
	for _, voter := range voters {
		if answers(voter.ID) {
			answering++
		}
	}
	if 2*answering <= len(voters) {
		return fmt.Errorf("shard %d would have %d voters of which %d answer, and no majority; bring one of the others back first, or if they are lost for ever, see raftkv recover --help",
			r.config.Shard, len(voters), answering)
	}
	return nil
}

// confChange is a step as Raft knows it, with the step itself as context. What Raft adds by itself, Leave, has none.
func confChange(members shard.Members, step shard.Step) *raftpb.ConfChangeV2 {
	context, err := json.Marshal(step)
	if err != nil {
		panic(err) // the type can be encoded
	}
	change := &raftpb.ConfChangeV2{Context: context}
	add := func(kind raftpb.ConfChangeType, id storage.MemberID) {
		change.Changes = append(change.Changes, &raftpb.ConfChangeSingle{Type: kind.Enum(), NodeId: new(uint64(id))})
	}
	switch step.Kind {
	case shard.Begin:
		add(raftpb.ConfChangeAddLearnerNode, step.Learner.ID)
	case shard.Cancel:
		add(raftpb.ConfChangeRemoveNode, members.Learner.ID)
	case shard.Remove:
		add(raftpb.ConfChangeRemoveNode, step.Member)
	case shard.Promote:
		add(raftpb.ConfChangeAddNode, members.Learner.ID)
		if replaced := members.Learner.Replaces; replaced != 0 {
			add(raftpb.ConfChangeRemoveNode, replaced)
			change.Transition = raftpb.ConfChangeTransitionJointImplicit.Enum()
		}
	}
	return change
}

// stepped is a step that was applied.
type stepped struct {
	shard.Step
	change  *raftpb.ConfChangeV2
	taken   bool // it was for these members
	members shard.Members
}

// applyStep applies an entry that changes the members. One that was for others, as the log of a leader that was deposed may
// have it, does nothing, on all members alike.
func (r *Replica) applyStep(entry *raftpb.Entry) (applied, error) {
	s := &stepped{change: new(raftpb.ConfChangeV2)}
	if err := unmarshalChange(entry, s); err != nil {
		return applied{}, fmt.Errorf("applying entry %d: %w", entry.GetIndex(), err)
	}
	at := storage.PositionOf(entry)
	members, kept, err := r.config.State.ApplyMembers(at, func(members shard.Members) shard.Members {
		if s.Kind == shard.Leave {
			s.Version = members.Version
		}
		if members.Check(s.Step) != nil {
			return members
		}
		s.taken = true
		return members.After(s.Step)
	})
	s.members = members
	return applied{Position: at, step: s, kept: kept, bytes: len(entry.GetData())}, err
}

func unmarshalChange(entry *raftpb.Entry, s *stepped) error {
	if entry.GetType() != raftpb.EntryConfChangeV2 {
		return errMalformed
	}
	if err := proto.Unmarshal(entry.GetData(), s.change); err != nil {
		return errMalformed
	}
	if len(s.change.GetContext()) == 0 {
		s.Kind = shard.Leave
		return nil
	}
	if json.Unmarshal(s.change.GetContext(), &s.Step) != nil {
		return errMalformed
	}
	return nil
}

// stepApplied has Raft go by a step, and answers who waits for it.
func (r *Replica) stepApplied(s *stepped) {
	if s.taken {
		// If Raft has taken a later state meanwhile, it has the members of that, and this step is among those before.
		if staged := r.snapshots.staged; staged == nil || !staged.taken {
			r.raft.ApplyConfChange(s.change)
		}
		r.setMembers(s.members)
		r.config.Logger.Info("the members of a shard have changed", "shard", r.config.Shard, "step", s.Kind, "version", s.members.Version,
			"voters", s.members.Members, "learner", s.members.Learner)
	}
	// One who has nothing must get the state: it does not know whom the first entries were for.
	if s.Kind == shard.Begin && r.truncated == 0 {
		r.cutOff(1)
	}
	waiting := r.changing
	switch {
	case waiting == nil:
	case s.taken && reflect.DeepEqual(waiting.step, s.Step):
		r.changing = nil
		waiting.done(nil)
	case waiting.step.Version != r.Members().Version:
		r.changing = nil
		waiting.done(fmt.Errorf("shard %d: %w", r.config.Shard, r.Members().Check(waiting.step)))
	}
}

// failChange tells who waits for a step that nobody here will know of its end.
func (r *Replica) failChange(err error) {
	if r.changing != nil {
		r.changing.done(err)
		r.changing = nil
	}
}

// goOn takes the next step of a change when the learner has all that was committed a tick ago: it will not be long until it
// has the rest. If it replaces the leader, somebody else leads first, if there is anybody.
func (r *Replica) goOn() {
	committed := r.committed
	r.committed = storage.Index(r.raft.BasicStatus().HardState.GetCommit())
	members := r.Members()
	if members.Learner == nil || r.changing != nil || !r.caughtUp(members.Learner.ID, committed) {
		return
	}
	if members.Learner.Replaces == r.config.ID && r.giveAny() {
		return
	}
	r.takeStep(shard.Step{Version: members.Version, Kind: shard.Promote}, func(err error) {
		if err != nil {
			r.config.Logger.Debug("a learner does not become a voter yet", "shard", r.config.Shard, "error", err)
		}
	})
}

// caughtUp says whether a learner has all entries up to an index.
func (r *Replica) caughtUp(learner storage.MemberID, index storage.Index) (caughtUp bool) {
	r.raft.WithProgress(func(id uint64, _ raft.ProgressType, progress tracker.Progress) {
		if storage.MemberID(id) == learner {
			caughtUp = progress.State == tracker.StateReplicate && storage.Index(progress.Match) >= index && r.answers(learner)
		}
	})
	return caughtUp
}

// Members returns who has the shard, as Raft knows it here. They must not be changed.
func (r *Replica) Members() shard.Members { return *r.members.Load() }

func (r *Replica) setMembers(members shard.Members) {
	r.members.Store(&members)
	r.config.OnMembers()
}

// alone says whether this member is the only one that votes: there is nobody else who could lead.
func (r *Replica) alone() bool { return r.Members().Alone(r.config.ID) }

// MemberProgress is how far a member is, as the leader knows.
type MemberProgress struct {
	ID      storage.MemberID
	Match   storage.Index // the last entry that it is known to have on its disk
	Answers bool          // it has answered lately
}

// Progress returns how far the members are, or a *NotLeader.
func (r *Replica) Progress(ctx context.Context) (all []MemberProgress, err error) {
	told := make(chan struct{})
	err = r.order(func(r *Replica) {
		defer close(told)
		if r.raft.BasicStatus().RaftState != raft.StateLeader {
			err = r.notLeader()
			return
		}
		r.raft.WithProgress(func(id uint64, _ raft.ProgressType, progress tracker.Progress) {
			member := storage.MemberID(id)
			all = append(all, MemberProgress{member, storage.Index(progress.Match), member == r.config.ID || r.answers(member)})
		})
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-told:
		return all, err
	case <-r.ended:
		return nil, r.failure
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
