package storage

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/confchange"
	"go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/shard"
)

// voters returns members that vote, each on a store of its own.
func voters(nodes ...NodeID) shard.Members {
	m := shard.Members{Version: 1}
	for _, node := range nodes {
		m.Members = append(m.Members, shard.Member{ID: shard.MemberOf(node, 0), Store: shard.StoreID{byte(node)}})
	}
	return m
}

// beginOf is the step that adds a node's next member.
func beginOf(m shard.Members, node NodeID, replaces MemberID) shard.Step {
	next := shard.Member{ID: m.Next(node), Store: shard.StoreID{byte(node), byte(m.Next(node).Incarnation())}}
	return shard.Step{Version: m.Version, Kind: shard.Begin, Learner: &shard.Learner{Member: next, Replaces: replaces}}
}

// raftStep is a step as Raft is told of it.
func raftStep(m shard.Members, step shard.Step) (joint bool, changes []*raftpb.ConfChangeSingle) {
	change := func(kind raftpb.ConfChangeType, id MemberID) {
		changes = append(changes, &raftpb.ConfChangeSingle{Type: kind.Enum(), NodeId: new(uint64(id))})
	}
	switch step.Kind {
	case shard.Begin:
		change(raftpb.ConfChangeAddLearnerNode, step.Learner.ID)
	case shard.Cancel:
		change(raftpb.ConfChangeRemoveNode, m.Learner.ID)
	case shard.Remove:
		change(raftpb.ConfChangeRemoveNode, step.Member)
	case shard.Promote:
		change(raftpb.ConfChangeAddNode, m.Learner.ID)
		if m.Learner.Replaces != 0 {
			change(raftpb.ConfChangeRemoveNode, m.Learner.Replaces)
			joint = true
		}
	}
	return joint, changes
}

// TestConfState: what Raft is told of members at a start is what it has made of the same steps itself.
func TestConfState(t *testing.T) {
	joints := 0
	random := seeded(t)
	for range 200 {
		m := voters(1, 2, 3)
		raft := raftOf(t, m)
		for range 40 {
			step := shard.Step{Version: m.Version, Kind: []shard.StepKind{shard.Begin, shard.Promote, shard.Leave, shard.Remove, shard.Cancel}[random.IntN(5)]}
			step.Member = m.Members[random.IntN(len(m.Members))].ID
			if step.Kind == shard.Begin {
				step = beginOf(m, NodeID(1+random.IntN(5)), []MemberID{0, step.Member}[random.IntN(2)])
			}
			if m.Check(step) != nil {
				continue
			}
			raft = raft.take(t, m, step)
			m = m.After(step)
			if err := confState(m).Equivalent(raft.conf()); err != nil {
				t.Fatalf("after %s, with %+v: %v", step.Kind, m, err)
			}
			if m.Joint() {
				joints++
			}
			if err := confState(m).Equivalent(raftOf(t, m).conf()); err != nil {
				t.Fatalf("a start with %+v: %v", m, err)
			}
		}
	}
	if joints == 0 {
		t.Error("no change was joint: this test has lost its subject")
	}
}

// raftMembers is what Raft has of members.
type raftMembers struct{ confchange.Changer }

// raftOf has Raft start with members.
func raftOf(tb testing.TB, m shard.Members) raftMembers {
	tb.Helper()
	r := raftMembers{confchange.Changer{Tracker: tracker.MakeProgressTracker(10, 0), LastIndex: 1}}
	config, progress, err := confchange.Restore(r.Changer, confState(m))
	if err != nil {
		tb.Fatalf("with %+v: %v", m, err)
	}
	r.Tracker.Config, r.Tracker.Progress = config, progress
	return r
}

func (r raftMembers) conf() *raftpb.ConfState { return r.Tracker.ConfState() }

func (r raftMembers) take(tb testing.TB, m shard.Members, step shard.Step) raftMembers {
	tb.Helper()
	joint, changes := raftStep(m, step)
	var err error
	switch {
	case step.Kind == shard.Leave:
		r.Tracker.Config, r.Tracker.Progress, err = r.LeaveJoint()
	case joint:
		r.Tracker.Config, r.Tracker.Progress, err = r.EnterJoint(true, changes...)
	default:
		r.Tracker.Config, r.Tracker.Progress, err = r.Simple(changes...)
	}
	if err != nil {
		tb.Fatalf("%s with %+v: %v", step.Kind, m, err)
	}
	return r
}

// stepped applies a step as an entry of the log, which is written before.
func (t *testStore) stepped(step shard.Step) error {
	index := uint64(t.log.last.Index) + 1
	data, err := json.Marshal(step)
	if err != nil {
		return err
	}
	entry := &raftpb.Entry{Term: new(uint64(1)), Index: &index, Type: raftpb.EntryConfChangeV2.Enum(), Data: data}
	pending, err := t.log.Append([]*raftpb.Entry{entry}, nil)
	if err != nil {
		return err
	}
	if err := pending.Await(); err != nil {
		return err
	}
	return t.applyStep(entry)
}

func (t *testStore) applyStep(entry *raftpb.Entry) error {
	var step shard.Step
	if err := json.Unmarshal(entry.GetData(), &step); err != nil {
		return err
	}
	_, _, err := t.state.ApplyMembers(PositionOf(entry), func(m shard.Members) shard.Members { return m.After(step) })
	return err
}

// TestApplyMembers: a change of members is shown at once, to Raft too, and is there after every end, with the changes of the
// entries before it; a snapshot has it.
func TestApplyMembers(t *testing.T) {
	for _, how := range reopenings {
		store := beginBehind(t, vfs.NewCrashableMem(), 1<<20)
		store.must(t, put(1, 1, "key", "value"))
		before := store.state.Members()
		step := beginOf(before, 2, 0)
		at := Position{1, store.log.last.Index + 1}
		if err := store.stepped(step); err != nil {
			t.Fatal(err)
		}
		want := before.After(step)
		members, kept, err := store.state.ApplyMembers(at, func(shard.Members) shard.Members {
			t.Error("an entry is applied again")
			return shard.Members{}
		})
		if err != nil || kept != at.Index || !reflect.DeepEqual(members, want) {
			t.Errorf("applied again: %+v, kept %d (%v)", members, kept, err)
		}
		if snapshot, err := store.log.Snapshot(); err != nil || !slices.Equal(snapshot.GetMetadata().GetConfState().GetLearners(), []uint64{2}) {
			t.Errorf("Raft is told of %v (%v)", snapshot, err)
		}
		staged := behind(t, Options{FS: vfs.NewMem()}).stage(t, store.snapshot(t))
		if !reflect.DeepEqual(staged.Members, want) || staged.Position != at {
			t.Errorf("the snapshot of %v has %+v", staged.Position, staged.Members)
		}
		store = store.reopen(t, how)
		if _, conf, _ := store.log.InitialState(); !reflect.DeepEqual(store.state.Members(), want) || !slices.Equal(conf.GetLearners(), []uint64{2}) {
			t.Errorf("%s: the members are %+v, and Raft is told of %v; want %+v", how, store.state.Members(), conf, want)
		}
		if record, exists, err := store.state.Get([]byte("key")); !exists || err != nil || string(record.Value) != "value" {
			t.Errorf("%s: the entry before: %v, %v", how, record, err)
		}
		store.end(t)
	}
}

// TestApplyMembers_crashes crashes a change of members at every operation: the state shows it together with its entry, or the
// entry is still to be applied.
func TestApplyMembers_crashes(t *testing.T) {
	var before, after shard.Members
	left, err := enginetest.CrashPoints(seeded(t), vfs.NewCrashableMem(), func(fs vfs.FS) error {
		store, err := openTest(Options{FS: fs})
		if err != nil {
			return err
		}
		before = store.state.Members()
		step := beginOf(before, 2, 0)
		after = before.After(step)
		if err := store.stepped(step); err != nil {
			return err
		}
		return store.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := make(map[bool]int)
	for i, disk := range left {
		m, err := openMember(Options{FS: disk})
		if err != nil {
			t.Fatalf("crash %d: %v", i, err)
		}
		applied := m.state.Applied() == 1
		want := before
		if applied {
			want = after
		}
		if got := m.state.Members(); got.Version != want.Version || (got.Learner != nil) != applied {
			t.Errorf("crash %d: after entry %d, the members are %+v; want %+v", i, m.state.Applied(), got, want)
		}
		shown[applied]++
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if shown[true] == 0 || shown[false] == 0 {
		t.Errorf("of the crashes, so many show the change: %v: this test has lost its subject", shown)
	}
}
