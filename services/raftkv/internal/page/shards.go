package page

import (
	"fmt"

	"numstore.example/contracts/raftkvpb"
)

// place is a node's part in a shard.
type place struct {
	node  uint64
	shard uint32
}

// replicas returns what the nodes that answer tell of their shards.
func (s *seen) replicas() map[place]*raftkvpb.ShardStat {
	told := make(map[place]*raftkvpb.ShardStat)
	for id, report := range s.stats {
		if state(report.Err) != Answers {
			continue
		}
		for _, shard := range report.Last.Value.GetShards() {
			told[place{id, shard.GetShard()}] = shard
		}
	}
	return told
}

// describe puts together what is told of a shard.
func describe(shard *raftkvpb.Shard, told map[place]*raftkvpb.ShardStat) Shard {
	s := Shard{Shard: shard.GetShard(), Replicas: []Replica{}}
	var leads *raftkvpb.ShardStat // what the leader tells itself
	s.Leader, s.Term, leads = leader(shard, told)
	for _, node := range shard.GetReplicas() {
		replica := Replica{Node: node, Role: string(Unknown)}
		if stat := told[place{node, s.Shard}]; stat != nil {
			applied := stat.GetAppliedIndex()
			replica.Applied = &applied
			if role := name(stat.GetRole(), "ROLE_"); role != "" {
				replica.Role = role
			}
			if sum := stat.GetChecksum(); sum != nil {
				replica.Checksum = &Checksum{sum.GetIndex(), fmt.Sprintf("%016x", sum.GetSum()), sum.GetDiffers()}
			}
			if leads != nil {
				behind := max(leads.GetCommitIndex(), leads.GetAppliedIndex(), applied) - applied
				replica.Behind = &behind
			}
		}
		s.Replicas = append(s.Replicas, replica)
	}
	return s
}

// leader returns who leads a shard, in which term, and what he tells, if he does. Those who tell of the greatest term are
// right: one who leads in a lesser one has not heard yet that he was followed. If nobody tells anything, the node that was
// asked may know the leader all the same.
func leader(shard *raftkvpb.Shard, told map[place]*raftkvpb.ShardStat) (node, term uint64, leads *raftkvpb.ShardStat) {
	for _, replica := range shard.GetReplicas() {
		if stat := told[place{replica, shard.GetShard()}]; stat.GetTerm() > term {
			term = stat.GetTerm()
		}
	}
	for _, replica := range shard.GetReplicas() {
		stat := told[place{replica, shard.GetShard()}]
		switch {
		case stat == nil || stat.GetTerm() < term:
		case stat.GetRole() == raftkvpb.Role_ROLE_LEADER:
			return replica, term, stat
		case stat.GetLeader() != 0:
			node = stat.GetLeader()
		}
	}
	if term == 0 {
		node = shard.GetLeader()
	}
	return node, term, nil
}
