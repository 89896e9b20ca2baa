package main

import (
	"path/filepath"
	"strconv"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/markdown"
)

// The servers of the suite, and the series of raftkv, which is reached in two ways.
const (
	raftKV  = "raftkv"
	etcd    = "etcd"
	syncput = "bare put that syncs"

	clerk = "raftkv, one Clerk"
	unary = "raftkv, unary"
)

// raftkvSuite compares raftkv with etcd, on one node each, and with Redis where there is one: puts that are on disk before
// they are answered, and linearizable gets.
func raftkvSuite(b *bench) (*suite, error) {
	ours, err := lab.RaftkvCounted(b.rig(), "raftkv")
	if err != nil {
		return nil, err
	}
	s := &suite{
		servers: []lab.Command{
			ours,
			lab.Etcd(b.rig(), "etcd"),
			lab.Alone(syncput, lab.Process{Args: []string{filepath.Join(b.Bin, "syncput"), "--data-dir", filepath.Join(b.scratch, "syncput")}}),
		},
		// Puts come first: gets need keys that are there.
		groups: [][]load{
			{b.clerk("put", 1), b.unary("put", 1), b.etcd("put", 1), b.syncput(1)},
			{b.clerk("put", 64), b.unary("put", 64), b.etcd("put", 64)},
			{b.clerk("put", 256), b.etcd("put", 256)},
			{b.clerk("get", 64), b.etcd("get", 64)},
		},
		pairs: []pair{{clerk, etcd}, {unary, etcd}, {unary, syncput}},
		goals: []goal{
			{"durable puts, 64 goroutines on one Clerk", clerk, etcd, throughput, workload{"put", 64}, 4, 7},
			{"durable puts, 256 goroutines on one Clerk", clerk, etcd, throughput, workload{"put", 256}, 6, 12},
			{"linearizable gets, 64 goroutines on one Clerk", clerk, etcd, throughput, workload{"get", 64}, 3, 6},
			{"durable puts, unary, 1 client", unary, etcd, throughput, workload{"put", 1}, 1.1, 1.25},
			{"durable puts, unary, 64 clients", unary, etcd, throughput, workload{"put", 64}, 1.5, 2},
			{"p50 of one unary put, a bare put that syncs to ours", unary, syncput, p50, workload{"put", 1}, 1 / 1.05, 1 / 1.05},
		},
		restart: measureRestarts,
		more:    raftkvTables,
	}
	for callers := 1; callers <= 64; callers *= 2 {
		s.groups = append(s.groups, []load{b.clerk("mix", callers)})
	}
	redis, err := lab.Redis(b.rig(), "always")
	if err != nil {
		s.left = append(s.left, err.Error())
		return s, nil
	}
	s.servers = append(s.servers, redis)
	s.add(b.redis(redisClient, "put", 1), b.redis(redisClient, "put", 64), b.redis(redisEach, "put", 64),
		b.redis(redisClient, "put", 256), b.redis(redisEach, "put", 256), b.redis(redisClient, "get", 64))
	s.pairs = append(s.pairs, pair{clerk, redisClient}, pair{clerk, redisEach})
	return s, nil
}

// valueSize is how many bytes every value has.
const valueSize = 128

// mixes of loadgen.
var mixes = map[string]string{"put": "put=100", "get": "get=100", "mix": "get=50,put=50"}

func (b *bench) raftkv(series, server, call string, callers int, flags ...string) load {
	return load{server: server, Load: lab.Load{Series: series, Call: call, Callers: callers, Command: func(addresses []string) []string {
		return append([]string{"loadgen", "run", addresses[0], "--service", "raftkv", "--mix", mixes[call],
			"--keys", strconv.Itoa(b.Keys), "--value-size", strconv.Itoa(valueSize)}, flags...)
	}}}
}

func (b *bench) clerk(call string, callers int) load { return b.raftkv(clerk, raftKV, call, callers) }

func (b *bench) unary(call string, callers int) load {
	return b.raftkv(unary, raftKV, call, callers, "--unary", "--connections", "4")
}

func (b *bench) syncput(callers int) load {
	return b.raftkv(syncput, syncput, "put", callers, "--unary", "--connections", "4")
}

func (b *bench) etcd(call string, callers int) load {
	return b.peer("etcdload", etcd, etcd, call, callers, 4)
}

// raftkvTables are the mix and the restarts.
func raftkvTables(f findings) []string {
	return []string{markdown.Table(growth(f.samples)), markdown.Table(restartRows(f.restarts))}
}

// growth is how the throughput of the mix rises when the callers double, round by round.
func growth(samples []sample) [][]string {
	at := make(map[[2]int]float64) // throughput by round and callers
	rounds := 0
	for _, s := range samples {
		if s.Server == clerk && s.Call == "mix" {
			at[[2]int{s.Round, s.Callers}] = s.Throughput
			rounds = max(rounds, s.Round+1)
		}
	}
	rows := [][]string{{"50/50 mix, callers", "throughput to that of half as many"}}
	for callers := 2; at[[2]int{0, callers}] > 0; callers *= 2 {
		var values []float64
		for round := range rounds {
			if growth := at[[2]int{round, callers}] / at[[2]int{round, callers / 2}]; finite(growth) && growth > 0 {
				values = append(values, growth) // the last round may have ended early
			}
		}
		if len(values) > 0 {
			rows = append(rows, []string{strconv.Itoa(callers), summary(values)})
		}
	}
	return rows
}
