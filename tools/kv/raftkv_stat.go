package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/tools/internal/cli"
)

// statRaftkv prints what the server says of itself, or every server.
func statRaftkv(a *app, all bool) error {
	return a.withClerk(func(ctx context.Context, clerk *raftkv.Clerk) error {
		if all {
			return a.printStatAll(ctx, clerk)
		}
		stat, err := clerk.Stat(ctx)
		if err != nil {
			return err
		}
		if a.json() {
			return a.printMessage(stat)
		}
		return printStat(a.out, stat)
	})
}

func printStat(out io.Writer, stat *raftkvpb.StatResponse) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "started\t%s\n", stat.GetStartTime().AsTime().Format(time.RFC3339))
	if stat.GetVersion() != "" {
		fmt.Fprintf(w, "version\t%s\n", cli.OneLine(stat.GetVersion()))
	}
	for _, row := range []struct {
		label string
		count uint64
	}{
		{"keys", stat.GetKeys()}, {"bytes", stat.GetBytes()}, {"sessions", stat.GetSessions()},
		{"sets", stat.GetSets()}, {"gets", stat.GetGets()}, {"appends", stat.GetAppends()},
		{"deletes", stat.GetDeletes()}, {"scans", stat.GetScans()},
		{"longest key", stat.GetLimits().GetKey()}, {"longest value", stat.GetLimits().GetValue()},
		{"longest message", stat.GetLimits().GetMessage()},
	} {
		fmt.Fprintf(w, "%s\t%d\n", row.label, row.count)
	}
	for _, s := range stat.GetShards() {
		fmt.Fprintf(w, "shard %d\t%s, %s, term %d, applied index %d\n", s.GetShard(), role(s), leader(s.GetLeader()), s.GetTerm(), s.GetAppliedIndex())
	}
	for _, damage := range stat.GetDamages() {
		fmt.Fprintf(w, "shard %d\t%s\n", damage.GetShard(), cli.OneLine("damaged and out of service: "+damage.GetReason()))
	}
	for _, line := range diskOf(stat).lines() {
		fmt.Fprintf(w, "disk\t%s\n", cli.OneLine(line))
	}
	return flush(w)
}

// role names what a server is in one of its shards.
func role(s *raftkvpb.ShardStat) string {
	return strings.ToLower(strings.TrimPrefix(s.GetRole().String(), "ROLE_"))
}

// diskOf returns a node's disk; a server of an older version says nothing of it.
func diskOf(stat *raftkvpb.StatResponse) disk {
	d := stat.GetDisk()
	return disk{d.GetFull(), d.GetStalled(), d.GetFree()}
}

// printStatAll asks every node of the cluster, and prints a line for each.
func (a *app) printStatAll(ctx context.Context, clerk *raftkv.Clerk) error {
	topology, err := clerk.Topology(ctx)
	if err != nil {
		return err
	}
	nodes := a.statAll(a.ctx, clerk, topology, a.within(callTimeout)) // whatever the map took
	if a.json() {
		err = a.printStatObjects(nodes)
	} else {
		err = printStatTable(a.out, nodes)
	}
	if err != nil {
		return err
	}
	return verdictOfAll("nodes", fates(nodes))
}

func (a *app) printStatObjects(nodes []asked) error {
	for _, n := range nodes {
		o := object{}.with("node", n.node.GetId()).with("address", n.node.GetAddress())
		if n.err != nil {
			o = o.with("error", cli.OneLine(message(n.err))).with("status", exitStatus(n.err))
		} else {
			o = o.with("stat", messageFields(n.stat))
		}
		if err := a.write(o.line()); err != nil {
			return err
		}
	}
	return nil
}

// printStatTable prints the nodes that answer, and of the others that they do not. Keys and bytes are those of a node's
// replicas: each counts on every node that has it.
func printStatTable(out io.Writer, nodes []asked) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "node\taddress\tversion\tstarted\tshards\tleads\tkeys\tbytes\tsessions\tsets\tgets\tappends\tdeletes\tscans\tdisk\n")
	for _, n := range nodes {
		fmt.Fprintf(w, "%d\t%s", n.node.GetId(), n.address())
		if n.err != nil {
			fmt.Fprintf(w, "\t%s\n", words(n.err))
			continue
		}
		leads := 0
		for _, s := range n.stat.GetShards() {
			if s.GetRole() == raftkvpb.Role_ROLE_LEADER {
				leads++
			}
		}
		s := n.stat
		fmt.Fprintf(w, "\t%s\t%s", cli.OneLine(s.GetVersion()), s.GetStartTime().AsTime().Format(time.RFC3339))
		for _, count := range []uint64{
			uint64(len(s.GetShards())), uint64(leads), s.GetKeys(), s.GetBytes(), s.GetSessions(),
			s.GetSets(), s.GetGets(), s.GetAppends(), s.GetDeletes(), s.GetScans(),
		} {
			fmt.Fprintf(w, "\t%d", count)
		}
		fmt.Fprintf(w, "\t%s\n", cli.OneLine(strings.Join(diskOf(s).lines(), "; ")))
	}
	return flush(w)
}

// leader names the node that leads a shard.
func leader(node uint64) string {
	if node == 0 {
		return "no known leader"
	}
	return fmt.Sprintf("leader %d", node)
}
