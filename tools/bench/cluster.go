package main

import (
	"numstore.example/tools/internal/lab"
)

// nodes is how many a cluster of the bench has, and how many have each key.
const nodes = 3

// etcdLeader is etcd asked at its leader alone, which so passes nothing on.
const etcdLeader = "etcd, at its leader"

// clusterSuite compares raftkv with etcd on three nodes each.
func clusterSuite(b *bench) (*suite, error) {
	ours, err := lab.RaftkvCluster(b.rig(), nodes, 1)
	if err != nil {
		return nil, err
	}
	theirs, err := lab.EtcdCluster(b.rig(), nodes)
	if err != nil {
		return nil, err
	}
	s := &suite{servers: []lab.Command{ours, theirs}, pairs: []pair{{clerk, etcd}, {clerk, etcdLeader}}}
	for _, at := range []workload{{"put", 1}, {"put", 64}, {"put", 256}, {"get", 64}} {
		s.groups = append(s.groups, []load{b.clerk(at.call, at.callers), b.etcd(at.call, at.callers), b.etcdLeader(at.call, at.callers)})
	}
	for _, peer := range []string{etcd, etcdLeader} {
		s.goals = append(s.goals,
			goal{"durable puts, 64 goroutines on one Clerk, to " + peer, clerk, peer, throughput, workload{"put", 64}, 4, 8},
			goal{"durable puts, 256 goroutines on one Clerk, to " + peer, clerk, peer, throughput, workload{"put", 256}, 6, 12},
			goal{"linearizable gets, 64 goroutines on one Clerk, to " + peer, clerk, peer, throughput, workload{"get", 64}, 3, 6},
			goal{"p50 of one put at a time, to " + peer, clerk, peer, p50, workload{"put", 1}, 1, 1 / 0.8},
		)
	}
	return s, nil
}

// The servers of the suite that compares numbers of shards, and the way to each.
const (
	oneShard  = "raftkv, 1 shard"
	allShards = "raftkv, 16 shards"
)

// shardsSuite compares three nodes that have one shard with three that have sixteen.
func shardsSuite(b *bench) (*suite, error) {
	s := &suite{pairs: []pair{{allShards, oneShard}}}
	for _, server := range []struct {
		name   string
		shards int
	}{{allShards, 16}, {oneShard, 1}} {
		command, err := lab.RaftkvCluster(b.rig(), nodes, server.shards)
		if err != nil {
			return nil, err
		}
		command.Name = server.name
		s.servers = append(s.servers, command)
	}
	const callers = 256
	s.groups = [][]load{{b.raftkv(allShards, allShards, "put", callers), b.raftkv(oneShard, oneShard, "put", callers)}}
	s.goals = []goal{{"durable puts, 256 goroutines, 16 shards against 1", allShards, oneShard, throughput, workload{"put", callers}, 0.9, 1.2}}
	return s, nil
}

// etcdLeader is a load on the leader of a cluster of etcd.
func (b *bench) etcdLeader(call string, callers int) load {
	l := b.etcd(call, callers)
	all := l.Command
	l.Series, l.Command = etcdLeader, func(addresses []string) []string { return all(addresses[:1]) }
	return l
}
