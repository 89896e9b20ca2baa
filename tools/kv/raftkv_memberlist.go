package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

type memberListCommand struct{}

// Help is what kv member list --help says below the flags.
func (c *memberListCommand) Help() string {
	return `All servers are asked, and of each shard is shown what those know that know its newest members. A line for each node tells whether every shard would go on without it (may stop). A line for each shard tells who leads it, and its replicas: * marks the one that is to lead when it can, -12 that the leader has 12 entries more, "silent" that it does not answer the leader, "lost" that its folder is not the node's any more, "damaged" that the node says so of it. "+4 for 3" is a replica that node 4 gets, and that will vote in the place of node 3's when it has caught up; "3 leaves" is one that is about to go.`
}

// Run prints nodes and members.
func (c *memberListCommand) Run(a *app) error {
	return a.withClerk(func(ctx context.Context, clerk *raftkv.Clerk) error {
		o := newOperator(a)
		defer o.close()
		r, err := o.look(ctx)
		if err != nil {
			return err
		}
		if a.json() {
			return a.printMessage(r.ListMembersResponse)
		}
		topology, err := clerk.Topology(ctx)
		if err != nil {
			return err
		}
		return printRoster(a.out, r, topology, a.statAll(ctx, clerk, topology, askTimeout))
	})
}

func printRoster(out io.Writer, r *roster, topology *raftkvpb.TopologyResponse, nodes []asked) error {
	p, ails := newPicture(topology, nodes), make(map[uint64][]uint32)
	for _, n := range nodes {
		ails[n.node.GetId()] = damaged(n.stat)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "cluster\t%s\nmap version\t%d\n", hex.EncodeToString(r.GetClusterId()), r.GetMapVersion())
	fmt.Fprint(w, "\nnode\taddress\tfolder\treplicas\tmay stop\n")
	have, _ := r.holders().counts()
	for _, n := range r.GetNodes() {
		if n.GetGone() {
			continue
		}
		state := p.mayStop(n.GetId())
		if !r.answer[n.GetId()] {
			state = "no answer"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\n", n.GetId(), asked{node: &raftkvpb.Node{Address: n.GetAddress()}}.address(), hex.EncodeToString(n.GetStore()), have[n.GetId()], state)
	}
	fmt.Fprint(w, "\nshard\tleader\treplicas\n")
	for _, s := range r.GetShards() {
		lead := "none"
		if s.GetLeader() != 0 {
			lead = fmt.Sprintf("node %d", s.GetLeader())
		}
		fmt.Fprintf(w, "%d\t%s\t%s\n", s.GetShard(), lead, strings.Join(replicas(r, s, ails), ", "))
	}
	return flush(w)
}

// replicas says who has a shard, and how far each is. Of some nodes it is known which of their replicas are damaged.
func replicas(r *roster, s *raftkvpb.ShardMembers, ails map[uint64][]uint32) (words []string) {
	for i, m := range s.GetMembers() {
		var word string
		switch {
		case m.GetRole() == learner && m.GetReplaces() != 0:
			word = fmt.Sprintf("+%d for %d", m.GetNode(), m.GetReplaces())
		case m.GetRole() == learner:
			word = fmt.Sprintf("+%d", m.GetNode())
		case m.GetRole() == leaving:
			word = fmt.Sprintf("%d leaves", m.GetNode())
		default:
			word = fmt.Sprint(m.GetNode())
		}
		if i == 0 {
			word += "*"
		}
		switch told := m.GetProgress(); {
		case r.buried(m):
			word += " lost"
		case m.GetRole() != learner && slices.Contains(ails[m.GetNode()], s.GetShard()):
			word += " damaged"
		case told == nil:
		case !told.GetAnswers():
			word += " silent"
		case told.GetBehind() > 0:
			word += fmt.Sprintf(" -%d", told.GetBehind())
		}
		words = append(words, word)
	}
	return words
}
