package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/cli"
)

type topologyCommand struct {
	Shards bool `help:"Show every shard, however many there are; else those without a leader alone when there are more than 64. With --output json, the map has them all in any case."`
}

// Help is what kv topology --help says below the flags.
func (c *topologyCommand) Help() string {
	return `The map comes from one server; then each node is asked, at its address in the map, for what it knows of its replicas. A line for each node tells how many replicas it has, how many shards it leads, whether each of its shards would go on without it (may stop), and what is wrong with it. A line for each shard tells what each node is in it: leader, follower, candidate, or - for a node that has no replica; * marks the replica that is to lead when it can. "follower -12" lacks 12 entries of the log that the leader knew to be final at about that time; ? is a replica whose node did not answer within a second. That is no error: the map is what was asked for. --output json prints the map alone, and asks no other node; kv stat --all --output json has the rest.`
}

// Run prints where the shards are, and how they are.
func (c *topologyCommand) Run(a *app) error {
	return a.withClerk(func(ctx context.Context, clerk *raftkv.Clerk) error {
		topology, err := clerk.Topology(ctx)
		if err != nil {
			return err
		}
		if a.json() {
			return a.printMessage(topology)
		}
		return printTopology(a.out, topology, a.statAll(ctx, clerk, topology, askTimeout), c.Shards)
	})
}

const (
	askTimeout = time.Second // for what makes a picture fuller, and is not waited for longer
	manyShards = 64          // more are not shown unless they are asked for
	nearEnough = 10_000      // entries, which a replica makes up for in a moment; under load some are always missing
)

// printTopology prints a map and what its nodes say, as tables for people.
func printTopology(out io.Writer, topology *raftkvpb.TopologyResponse, nodes []asked, everyShard bool) error {
	p := newPicture(topology, nodes)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if id := topology.GetClusterId(); len(id) > 0 { // an older server does not tell
		fmt.Fprintf(w, "cluster\t%s\n", hex.EncodeToString(id))
	}
	fmt.Fprintf(w, "map version\t%d\n", topology.GetMapVersion())
	fmt.Fprintf(w, "placement\t%s\n", strings.ToLower(strings.TrimPrefix(topology.GetPlacement().String(), "PLACEMENT_")))
	fmt.Fprintf(w, "shards\t%s\n", p.summary())

	fmt.Fprint(w, "\nnode\taddress\treplicas\tleads\tmay stop\n")
	for _, n := range nodes {
		replicas, leads := p.duties(n.node.GetId())
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%s%s\n", n.node.GetId(), n.address(), replicas, leads, p.mayStop(n.node.GetId()), state(n))
	}

	shown := p.shards
	if !everyShard && len(shown) > manyShards {
		shown = slices.DeleteFunc(slices.Clone(shown), func(s *raftkvpb.Shard) bool { return p.leader(s) != 0 })
	}
	if len(shown) > 0 {
		fmt.Fprint(w, "\nshard")
		for _, n := range nodes {
			fmt.Fprintf(w, "\tnode %d", n.node.GetId())
		}
		fmt.Fprint(w, "\n")
	}
	for _, s := range shown {
		fmt.Fprintf(w, "%d", s.GetShard())
		for _, n := range nodes {
			fmt.Fprintf(w, "\t%s", p.replica(s, n))
		}
		fmt.Fprint(w, "\n")
	}
	if left := len(p.shards) - len(shown); left > 0 {
		fmt.Fprintf(w, "\n%d more; --shards shows them\n", left)
	}
	return flush(w)
}

// state is a last cell about what is not as it should be with a node.
func state(n asked) string {
	if n.err != nil {
		return "\t" + words(n.err) + ": " + cli.OneLine(message(n.err))
	}
	if damages := n.stat.GetDamages(); len(damages) > 0 {
		var shards []string
		for _, damage := range damages {
			shards = append(shards, fmt.Sprint(damage.GetShard()))
		}
		return "\tdamaged: shard " + strings.Join(shards, ", ") + " (kv stat tells more, kv member rebuild takes it from the others)"
	}
	if troubles := diskOf(n.stat).troubles(); len(troubles) > 0 {
		return "\tits disk " + cli.OneLine(strings.Join(troubles, ", and "))
	}
	return ""
}

// picture is a map, and what the nodes say of the replicas that they have.
type picture struct {
	shards []*raftkvpb.Shard
	said   map[uint64]map[uint32]*raftkvpb.ShardStat // by node and shard, for nodes that have answered
	led    map[uint32]claim                          // by shard
}

// claim is what the node says that leads a shard.
type claim struct {
	node uint64
	said *raftkvpb.ShardStat
}

func newPicture(topology *raftkvpb.TopologyResponse, nodes []asked) *picture {
	p := &picture{topology.GetShards(), make(map[uint64]map[uint32]*raftkvpb.ShardStat), make(map[uint32]claim)}
	for _, n := range nodes {
		if n.stat == nil {
			continue
		}
		said := make(map[uint32]*raftkvpb.ShardStat)
		for _, s := range n.stat.GetShards() {
			said[s.GetShard()] = s
			// A leader that has not heard yet of its successor says still that it leads; its term is older.
			if s.GetRole() == raftkvpb.Role_ROLE_LEADER && s.GetTerm() >= p.led[s.GetShard()].said.GetTerm() {
				p.led[s.GetShard()] = claim{n.node.GetId(), s}
			}
		}
		p.said[n.node.GetId()] = said
	}
	return p
}

// leader returns the node that leads a shard: by its own account, or else by that of the map; 0 if there is none.
func (p *picture) leader(s *raftkvpb.Shard) uint64 {
	if led, ok := p.led[s.GetShard()]; ok {
		return led.node
	}
	return s.GetLeader()
}

// summary says how many shards there are, and how many of them are not as they should be.
func (p *picture) summary() string {
	leaderless, elsewhere := 0, 0
	for _, s := range p.shards {
		switch leader := p.leader(s); {
		case leader == 0:
			leaderless++
		case leader != preferred(s):
			elsewhere++
		}
	}
	text := fmt.Sprint(len(p.shards))
	if leaderless > 0 {
		text += fmt.Sprintf(", %d without a leader", leaderless)
	}
	if elsewhere > 0 {
		text += fmt.Sprintf(", %d led by another node than the preferred one (*)", elsewhere)
	}
	if leaderless+elsewhere == 0 {
		text += ", led by the preferred node (*)"
	}
	return text
}

// preferred returns the node that is to lead a shard when it can; 0 if nobody has the shard.
func preferred(s *raftkvpb.Shard) uint64 {
	if len(s.GetReplicas()) == 0 {
		return 0
	}
	return s.GetReplicas()[0]
}

// duties returns how many replicas a node has, and how many shards it leads.
func (p *picture) duties(node uint64) (replicas, leads int) {
	for _, s := range p.shards {
		if slices.Contains(s.GetReplicas(), node) {
			replicas++
		}
		if p.leader(s) == node {
			leads++
		}
	}
	return replicas, leads
}

// replica says what a node is in a shard.
func (p *picture) replica(s *raftkvpb.Shard, n asked) string {
	node := n.node.GetId()
	if !slices.Contains(s.GetReplicas(), node) {
		return "-"
	}
	mark := ""
	if node == preferred(s) {
		mark = "*"
	}
	said := p.said[node][s.GetShard()]
	switch {
	case said != nil:
		return role(said) + mark + p.lag(said)
	case n.err == nil:
		return "missing" + mark // the map gives it a replica that it does not have, or not yet
	case p.leader(s) == node:
		return "leader?" + mark
	}
	return "?" + mark
}

// lag says how many entries a replica has not applied yet, of those that the leader knows to be final.
func (p *picture) lag(said *raftkvpb.ShardStat) string {
	if behind := p.behind(said); behind > 0 {
		return fmt.Sprintf(" -%d", behind)
	}
	return ""
}

func (p *picture) behind(said *raftkvpb.ShardStat) uint64 {
	led := p.led[said.GetShard()].said
	final := max(led.GetCommitIndex(), led.GetAppliedIndex()) // older servers tell the second alone
	if said == led || final <= said.GetAppliedIndex() {
		return 0
	}
	return final - said.GetAppliedIndex()
}

// mayStop says whether every shard that a node has goes on without it: more than half of its replicas are on others that
// answer, know its leader, and are not far behind.
func (p *picture) mayStop(node uint64) string {
	for _, s := range p.shards {
		if !slices.Contains(s.GetReplicas(), node) {
			continue
		}
		well := 0
		for _, other := range s.GetReplicas() {
			if other != node && p.well(other, s.GetShard()) {
				well++
			}
		}
		if well <= len(s.GetReplicas())/2 {
			return "no"
		}
	}
	return "yes"
}

func (p *picture) well(node uint64, shard uint32) bool {
	said := p.said[node][shard]
	return said.GetLeader() != 0 && p.led[shard].said != nil && p.behind(said) <= nearEnough
}
