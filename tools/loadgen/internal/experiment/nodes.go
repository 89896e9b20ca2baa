package experiment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/study"
)

// nodes asks what replicas cost, and what they are good for. One cluster runs at a time, all of it on this machine.
var nodes = Experiment{
	Name: "nodes", Title: "What do more nodes cost, and what becomes of a load when the leader is lost?",
	Summary: "1, 3 and 5 nodes, 1, 3 and 16 shards: puts, gets at the leader, gets at any node; the leader of 3 is killed (--full: of 5 too, with repeats)",
	Targets: clusterTargets(), Clients: []int{64},
	Measure: measureNodes, Show: showNodes,
}

// Values of callFactor.
const (
	puts      = "puts"
	getsFirst = "gets at the leader"
	getsAny   = "gets at any node"
)

// cluster is a target of any number of nodes; as a Target it is one of a single node, with a load that knows all nodes.
type cluster struct {
	Target
	command func(r lab.Rig, nodes int) (lab.Command, error)
	calls   map[string]func(Target, Workload) lab.Load // by the values of callFactor
}

var clusters = []cluster{raftkvShards(1), raftkvShards(3), raftkvShards(16), clusterOfNodes(
	Target{Name: "etcd", Series: "etcd", Promise: etcd.Promise, Peer: true, Programs: etcd.Programs, Load: etcd.Load},
	lab.EtcdCluster, firstAlone(etcd.Load), etcd.Load,
)}

func raftkvShards(shards int) cluster {
	series := "raftkv, 1 shard"
	if shards > 1 {
		series = fmt.Sprintf("raftkv, %d shards", shards)
	}
	return clusterOfNodes(
		Target{Name: fmt.Sprintf("raftkv-%d", shards), Series: series, Promise: raftkvClerk.Promise, Programs: raftkvClerk.Programs, Load: raftkvLoad()},
		func(r lab.Rig, nodes int) (lab.Command, error) { return lab.RaftkvCluster(r, nodes, shards) },
		raftkvLoad(), raftkvLoad("--any"),
	)
}

func clusterOfNodes(t Target, command func(r lab.Rig, nodes int) (lab.Command, error), leader, anyNode func(Target, Workload) lab.Load) cluster {
	t.Command = func(r lab.Rig) (lab.Command, error) { return command(r, 1) }
	return cluster{t, command, map[string]func(Target, Workload) lab.Load{puts: leader, getsFirst: leader, getsAny: anyNode}}
}

// firstAlone is a load that knows the leader alone.
func firstAlone(load func(Target, Workload) lab.Load) func(Target, Workload) lab.Load {
	return func(t Target, w Workload) lab.Load {
		l := load(t, w)
		all := l.Command
		l.Command = func(addresses []string) []string { return all(addresses[:1]) }
		return l
	}
}

func clusterTargets() (all []Target) {
	for _, c := range clusters {
		all = append(all, c.Target)
	}
	return all
}

func measureNodes(ctx context.Context, b *Bench) error {
	w := Workload{Clients: b.Clients[0], Keys: cmp.Or(b.Keys, 1000), Size: 128}
	for _, number := range []int{1, 3, 5} {
		for _, t := range b.Targets {
			i := slices.IndexFunc(clusters, func(c cluster) bool { return c.Name == t.Name })
			if err := b.Apart(func() error { return clusters[i].measure(ctx, b, w, number) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure holds each call on a cluster of so many nodes, and then kills its leader.
func (c cluster) measure(ctx context.Context, b *Bench, w Workload, number int) error {
	t := c.Target
	t.Command = func(r lab.Rig) (lab.Command, error) { return c.command(r, number) }
	at := func(call string) map[string]string {
		return map[string]string{nodesFactor: strconv.Itoa(number), callFactor: call}
	}
	servers := b.startFilled(ctx, []Target{t}, w, at(puts), at(getsFirst), at(getsAny))
	for _, call := range []string{puts, getsFirst, getsAny} {
		for i := range servers {
			servers[i].Load = c.calls[call]
		}
		if w.Gets = 100; call == puts {
			w.Gets = 0
		}
		b.measureAll(ctx, servers, w, at(call))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if number == 3 || number > 3 && b.Full {
		for _, s := range servers {
			c.measureLoss(ctx, b, s.server, w, number)
		}
	}
	return nil
}

// measureLoss notes what becomes of puts when the leader is killed: once, or with --full again when it is back, until all repeats are
// made, or one fails.
func (c cluster) measureLoss(ctx context.Context, b *Bench, server *lab.Server, w Workload, number int) {
	at := map[string]string{nodesFactor: strconv.Itoa(number), lossFactor: fmt.Sprintf("the leader of %d was killed", number)}
	w.Gets = 0
	losses := 1
	if b.Full {
		losses = b.Repeats
	}
	for repeat := range losses {
		loss, err := b.Rig.LoseLeader(ctx, server, c.Load(c.Target, w))
		if err != nil {
			b.NoteFailure(ctx, c.Series, at, repeat, err)
			return
		}
		b.Note(study.Measurement{Series: c.Series, At: at, Repeat: repeat,
			Figures: map[string]float64{gapFigure: loss.Gap.Seconds()}, Timeline: secondsOf(loss)})
	}
}

// secondsOf is the timeline of a loss. The last second, which is not whole, is not in it.
func secondsOf(loss lab.Loss) (all []study.Second) {
	for _, interval := range loss.Run.Steps[0].Intervals {
		if interval.Seconds < 1 {
			continue
		}
		second := study.Second{At: interval.Start, Answered: interval.Throughput(), Failed: float64(interval.Failed())}
		if at := loss.Killed.Seconds(); at >= interval.Start && at < interval.Start+interval.Seconds {
			second.Event = "the leader is killed"
		}
		all = append(all, second)
	}
	return all
}
