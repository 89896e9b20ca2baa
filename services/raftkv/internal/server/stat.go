package server

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/version"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
)

// Stat implements the contract.
func (a *adapter) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	stat := &raftkvpb.StatResponse{
		StartTime: timestamppb.New(a.started),
		Sets:      a.calls.Writes[kv.Put].Load(),
		Gets:      a.calls.Gets.Load(),
		Appends:   a.calls.Writes[kv.Append].Load(),
		Deletes:   a.calls.Writes[kv.Delete].Load(),
		Scans:     a.calls.Scans.Load(),
		Limits:    &raftkvpb.Limits{Key: uint64(a.MaxKey), Value: uint64(a.MaxValue), Message: uint64(a.MaxMessage)},
		Disk:      diskStat(a.Node.Disk()),
		Version:   version.Short(),

		GetsTook:   a.calls.GetsTook.Message(),
		WritesTook: a.calls.WritesTook.Message(),
	}
	for _, shard := range a.Node.Locals() {
		figures, replica := shard.Figures(), shard.Status()
		stat.Keys += figures.Keys
		stat.Bytes += figures.Bytes
		stat.Sessions += uint64(figures.Sessions)
		stat.Shards = append(stat.Shards, &raftkvpb.ShardStat{
			Shard: uint32(shard.Shard()), Role: roles[replica.Role], Leader: uint64(replica.Leader), Term: uint64(replica.Term),
			AppliedIndex: uint64(replica.Applied), CommitIndex: uint64(replica.Commit), Checksum: checksum(shard),
		})
	}
	for _, damage := range a.Node.Damages() {
		stat.Damages = append(stat.Damages, &raftkvpb.Damage{Shard: uint32(damage.Shard), Reason: damage.Err.Error()})
	}
	return stat, nil
}

var roles = map[node.Role]raftkvpb.Role{
	node.Follower: raftkvpb.Role_ROLE_FOLLOWER, node.Candidate: raftkvpb.Role_ROLE_CANDIDATE, node.Leader: raftkvpb.Role_ROLE_LEADER,
}

// checksum returns the checksum of this node's member of a shard, or nil if there is none.
func checksum(shard *node.Local) *raftkvpb.Checksum {
	own, differs := shard.Checksum()
	if own.Index == 0 {
		return nil
	}
	return &raftkvpb.Checksum{Index: uint64(own.Index), Sum: own.Sum, Differs: differs}
}

func diskStat(disk node.Disk) *raftkvpb.DiskStat {
	stat := &raftkvpb.DiskStat{Free: disk.Free}
	if disk.Writable != nil {
		stat.Full = disk.Writable.Error()
	}
	if disk.Stalled > 0 {
		stat.Stalled = durationpb.New(disk.Stalled)
	}
	return stat
}

// Topology implements the contract.
func (a *adapter) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	return a.routes.topology()
}
