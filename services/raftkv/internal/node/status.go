package node

import (
	"fmt"
	"log/slog"

	"go.etcd.io/raft/v3"

	"numstore.example/services/raftkv/internal/storage"
)

// Role is what a replica is in its group.
type Role int

// The roles. Who stands for election, or asks whether he would be elected, is a candidate.
const (
	Follower Role = iota
	Candidate
	Leader
)

// Status is what a replica knows of its group.
type Status struct {
	Role    Role
	Leader  storage.NodeID // the node that leads; 0 when none is known
	Term    storage.Term
	Applied storage.Index // the last entry that the machine shows
	Commit  storage.Index // the last entry that is known to be committed
	Stalled bool          // the disk hangs: the replica takes no part in its group
}

// Status returns what the replica knew when it last did something.
func (r *Replica) Status() Status { return *r.status.Load() }

func (r *Replica) publish() {
	basic := r.raft.BasicStatus()
	r.status.Store(&Status{
		Role: role(basic.RaftState), Leader: storage.MemberID(basic.Lead).Node(), Term: storage.Term(basic.HardState.GetTerm()),
		Applied: r.applied, Commit: storage.Index(basic.HardState.GetCommit()), Stalled: r.stalled,
	})
}

func role(state raft.StateType) Role {
	switch state {
	case raft.StateLeader:
		return Leader
	case raft.StateCandidate, raft.StatePreCandidate:
		return Candidate
	default:
		return Follower
	}
}

// raftLogger passes on what Raft has to say: elections are for debugging, warnings are not.
type raftLogger struct{ log *slog.Logger }

func (l raftLogger) Debug(v ...any)                 {}
func (l raftLogger) Debugf(format string, v ...any) {}

func (l raftLogger) Info(v ...any)                 { l.log.Debug("raft: " + fmt.Sprint(v...)) }
func (l raftLogger) Infof(format string, v ...any) { l.log.Debug("raft: " + fmt.Sprintf(format, v...)) }

func (l raftLogger) Warning(v ...any) { l.log.Warn("raft: " + fmt.Sprint(v...)) }
func (l raftLogger) Warningf(format string, v ...any) {
	l.log.Warn("raft: " + fmt.Sprintf(format, v...))
}

func (l raftLogger) Error(v ...any) { l.log.Error("raft: " + fmt.Sprint(v...)) }
func (l raftLogger) Errorf(format string, v ...any) {
	l.log.Error("raft: " + fmt.Sprintf(format, v...))
}

// broken is what Raft panics with when the rules of the group were broken: a member has lost what it had promised to
// keep, for one. Going on could lose data; the replica stops (see run).
type broken struct{ what string }

func (b broken) Error() string {
	return "the group's rules were broken (has this member, or another, lost a part of its disk?): " + b.what
}

func (l raftLogger) Fatal(v ...any)                 { panic(broken{fmt.Sprint(v...)}) }
func (l raftLogger) Fatalf(format string, v ...any) { panic(broken{fmt.Sprintf(format, v...)}) }
func (l raftLogger) Panic(v ...any)                 { panic(broken{fmt.Sprint(v...)}) }
func (l raftLogger) Panicf(format string, v ...any) { panic(broken{fmt.Sprintf(format, v...)}) }
