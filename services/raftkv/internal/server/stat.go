package server

import (
	"context"

	"go.etcd.io/raft/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/server/wire"
	"numstore.example/services/raftkv/internal/storage"
)

// Stat implements the contract.
func (a *adapter) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	shard := a.Node.Locals()[0]
	figures, replica := shard.Figures(), shard.Status()
	return &raftkvpb.StatResponse{
		StartTime: timestamppb.New(a.started),
		Sets:      a.calls.Writes[kv.Put].Load(),
		Gets:      a.calls.Gets.Load(),
		Appends:   a.calls.Writes[kv.Append].Load(),
		Deletes:   a.calls.Writes[kv.Delete].Load(),
		Scans:     a.calls.Scans.Load(),
		Keys:      figures.Keys,
		Bytes:     figures.Bytes,
		Sessions:  uint64(figures.Sessions),
		Limits:    &raftkvpb.Limits{Key: uint64(a.MaxKey), Value: uint64(a.MaxValue), Message: uint64(a.MaxMessage)},
		Shards: []*raftkvpb.ShardStat{{
			Role:         role(replica.Role),
			Leader:       replica.Leader,
			Term:         replica.Term,
			AppliedIndex: replica.Applied,
		}},
		Disk: diskStat(a.Node.Store().Disk()),
	}, nil
}

func diskStat(disk storage.Disk) *raftkvpb.DiskStat {
	stat := &raftkvpb.DiskStat{Free: disk.Free}
	if disk.Writable != nil {
		stat.Full = disk.Writable.Error()
	}
	if disk.Stalled > 0 {
		stat.Stalled = durationpb.New(disk.Stalled)
	}
	return stat
}

func role(state raft.StateType) raftkvpb.Role {
	switch state {
	case raft.StateLeader:
		return raftkvpb.Role_ROLE_LEADER
	case raft.StateCandidate, raft.StatePreCandidate:
		return raftkvpb.Role_ROLE_CANDIDATE
	default:
		return raftkvpb.Role_ROLE_FOLLOWER
	}
}

// Topology implements the contract.
func (a *adapter) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return &raftkvpb.TopologyResponse{
		MapVersion: wire.MapVersion,
		Placement:  raftkvpb.Placement_PLACEMENT_HASH,
		Nodes:      []*raftkvpb.Node{{Id: a.Node.ID()}},
		Shards:     []*raftkvpb.Shard{{Replicas: []uint64{a.Node.ID()}, Leader: a.Node.Locals()[0].Status().Leader}},
	}, nil
}
