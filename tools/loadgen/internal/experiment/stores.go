package experiment

import (
	"strings"

	"numstore.example/tools/internal/lab"
)

// store is a target, and what it claims.
type store struct {
	Target
	service string            // whose history is recorded and checked; empty of a peer, where none is
	limit   int               // of calls, of a history that is checked in seconds
	claims  map[promise]claim // of each promise
}

// claim is a word, promised or notPromised, if the promise is checked; else what is known of it.
type claim struct{ word, says string }

// The claims of which there are several.
var (
	isPromised = claim{word: promised}
	isNot      = claim{word: notPromised}
	follows    = known("follows from linearizable")
	oneServer  = known("it is one server")
	synced     = known("promised: on disk before it is answered; a kill cannot show that")
	documented = known("promised, its documentation says")
	mayLose    = known("not promised: may lose a second of writes, its documentation says")
	serial     = known("one server runs one command after the other, its documentation says")
)

func known(says string) claim { return claim{says: says} }

// claims are those of a store, in the order of promises.
func claims(all ...claim) map[promise]claim {
	of := make(map[promise]claim)
	for i, p := range promises {
		of[p] = all[i]
	}
	return of
}

// longest is how many calls a history may have where it is checked key by key, and longestOfAll where all keys are one object.
const (
	longest      = 100_000
	longestOfAll = 20_000
)

// clusterOf is how many servers a store has that has several.
const clusterOf = 3

// stores are those whose promises are compared.
var stores = []store{{
	Target: Target{
		Name: "numstore", Series: "numstore", Programs: []string{"numstore", "loadgen"},
		Promise: "linearizable; in memory alone (its own calls, with small numbers)",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.Numstore(r), nil }, Load: numstoreLoad,
	},
	service: "numstore", limit: longestOfAll,
	claims: claims(isPromised, follows, oneServer, oneServer, isNot, known("not promised: all is in memory")),
}, {
	Target: Target{
		Name: "raftkv-interval", Series: "raftkv, interval", Programs: raftkvClerk.Programs,
		Promise: "linearizable; on disk within 5 s; writes exactly once",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.Raftkv(r, "raftkv", "--durability=interval"), nil }, Load: raftkvLoad(),
	},
	service: "raftkv", limit: longest,
	claims: claims(isPromised, follows, oneServer, oneServer, isNot, known("not promised: may lose the last 5 s (--sync-interval); a kill cannot show that")),
}, {
	Target: Target{
		Name: "raftkv-always", Series: "raftkv, always", Programs: raftkvClerk.Programs,
		Promise: raftkvClerk.Promise,
		Command: raftkvAlone, Load: raftkvLoad(),
	},
	service: "raftkv", limit: longest,
	claims: claims(isPromised, follows, oneServer, oneServer, isPromised, synced),
}, {
	Target: Target{
		Name: "raftkv-3", Series: "raftkv, 3 nodes", Programs: raftkvClerk.Programs,
		Promise: "linearizable; on the disks of two before it is answered; writes exactly once; goes on without any one node",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.RaftkvCluster(r, clusterOf, 1) }, Load: raftkvLoad(),
	},
	service: "raftkv", limit: longest,
	claims: claims(isPromised, follows, follows, isPromised, isPromised, synced),
}, {
	Target: Target{
		Name: "gossipkv", Series: "gossipkv", Programs: []string{"gossipkv", "loadgen"},
		Promise: "session guarantees; on disk before it is answered",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.Gossipkv(r, "gossipkv"), nil }, Load: gossipkvLoad,
	},
	service: "gossipkv", limit: longest,
	claims: claims(isNot, isPromised, oneServer, oneServer, isPromised, synced),
}, {
	Target: Target{
		Name: "gossipkv-3", Series: "gossipkv, 3 servers", Programs: []string{"gossipkv", "loadgen"},
		Promise: "session guarantees, also of a session that moves; on one disk before it is answered; any server goes on alone",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.GossipkvMesh(r, clusterOf) }, Load: gossipkvLoad,
	},
	service: "gossipkv", limit: longest,
	claims: claims(isNot, isPromised, isPromised, isPromised, isPromised, synced),
}, {
	Target: etcd,
	claims: claims(documented, follows, oneServer, oneServer, documented, documented),
}, {
	Target: Target{
		Name: "etcd-3", Series: "etcd, 3 nodes", Peer: true, Programs: etcd.Programs,
		Promise: "linearizable; on the disks of two before it is answered; goes on without any one node; over 4 connections",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.EtcdCluster(r, clusterOf) }, Load: etcd.Load,
	},
	claims: claims(documented, follows, follows, documented, documented, documented),
}, {
	Target: Target{
		Name: "redis-everysec", Series: "Redis, everysec", Peer: true, Programs: redisAlways.Programs,
		Promise: "on disk within about a second (appendfsync everysec); one server",
		Command: func(r lab.Rig) (lab.Command, error) { return lab.Redis(r, "everysec") }, Load: redisAlways.Load,
	},
	claims: claims(serial, follows, oneServer, oneServer, mayLose, mayLose),
}, {
	Target: redisAlways,
	claims: claims(serial, follows, oneServer, oneServer, documented, documented),
}}

func targetsOf(stores []store) (all []Target) {
	for _, s := range stores {
		all = append(all, s.Target)
	}
	return all
}

// numstoreLoad is a load of numstore's own calls.
func numstoreLoad(t Target, w Workload) lab.Load {
	return lab.Load{Series: t.Series, Callers: w.Clients, Command: func(addresses []string) []string {
		return append([]string{"loadgen", "run", addresses[0]}, w.flags()...)
	}}
}

// gossipkvLoad is a load of sessions that move between servers.
func gossipkvLoad(t Target, w Workload) lab.Load {
	return lab.Load{Series: t.Series, Callers: w.Clients, Command: func(addresses []string) []string {
		return append([]string{"loadgen", "run", strings.Join(addresses, ","), "--service", "gossipkv"}, w.flags()...)
	}}
}
