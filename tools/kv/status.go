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

type statCommand struct{}

// Run prints what the server says of itself.
func (c *statCommand) Run(a *app) error {
	return a.call(func(ctx context.Context, clerk *raftkv.Clerk) error {
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
		role := strings.ToLower(strings.TrimPrefix(s.GetRole().String(), "ROLE_"))
		fmt.Fprintf(w, "shard %d\t%s, %s, term %d, applied index %d\n", s.GetShard(), role, leader(s.GetLeader()), s.GetTerm(), s.GetAppliedIndex())
	}
	for _, line := range diskLines(stat.GetDisk()) {
		fmt.Fprintf(w, "disk\t%s\n", cli.OneLine(line))
	}
	return flush(w)
}

// diskLines tells of a server's disk; a server of an older version says nothing of it.
func diskLines(disk *raftkvpb.DiskStat) (lines []string) {
	if disk.GetFull() != "" {
		lines = append(lines, "takes deletions alone: "+disk.GetFull())
	}
	if disk.GetStalled() != nil {
		lines = append(lines, fmt.Sprintf("hangs: it has not answered for %v", disk.GetStalled().AsDuration()))
	}
	if disk.GetFree() > 0 {
		lines = append(lines, fmt.Sprintf("%d bytes free", disk.GetFree()))
	}
	return lines
}

// flush writes a table.
func flush(table *tabwriter.Writer) error {
	if err := table.Flush(); err != nil {
		return failure{err}
	}
	return nil
}

// leader names the node that leads a shard.
func leader(node uint64) string {
	if node == 0 {
		return "no known leader"
	}
	return fmt.Sprintf("leader %d", node)
}
