package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"numstore.example/tools/internal/lab"
)

// The servers of the suite, and what raftkv and the bare put are called in it.
const (
	gossipKV = "gossipkv"
	mesh     = "five of gossipkv, each linked to all"
	chain    = "five of gossipkv in a chain"
	grouped  = "bare put that syncs, grouped"
)

// gossips is how many servers a mesh and a chain have.
const gossips = 5

// gossipkvSuite compares one server of gossipkv with one node of raftkv, and with puts that are only synced, as many together as
// there are; and measures how five servers tell each other what they have.
func gossipkvSuite(b *bench) (*suite, error) {
	free, err := lab.FreeAddresses(2 * gossips)
	if err != nil {
		return nil, err
	}
	token := filepath.Join(b.scratch, "token")
	if err := os.WriteFile(token, []byte(adminToken), 0o600); err != nil {
		return nil, err
	}
	const callers = 64
	putsOf := func(size int) string {
		return fmt.Sprintf("bytes between five servers for each put of %d bytes, to four times its own", size)
	}
	return &suite{
		servers: []lab.Command{
			lab.Gossipkv(b.rig(), "alone"),
			lab.Raftkv(b.rig(), "raftkv"),
			lab.Alone(grouped, lab.Process{Args: []string{filepath.Join(b.Bin, "syncput"), "--group", "--data-dir", filepath.Join(b.scratch, "syncput")}}),
			lab.GossipkvLinked(b.rig(), mesh, free[:gossips], func(i int) []string { return free[:i] }, "--admin-token-file", token),
			lab.GossipkvLinked(b.rig(), chain, free[gossips:2*gossips], func(i int) []string { return free[gossips : gossips+i][max(0, i-1):] }, "--admin-token-file", token),
		},
		groups: [][]load{{b.sessions(callers), b.unary("put", callers), b.raftkv(grouped, grouped, "put", callers, "--unary", "--connections", "4")}},
		pairs:  []pair{{gossipKV, unary}, {gossipKV, grouped}, {unary, grouped}},
		goals:  []goal{{"durable puts, 64 sessions, to raftkv on one node", gossipKV, unary, throughput, workload{"put", callers}, 1, 1.2}},
		trials: []trial{
			{fmt.Sprintf("%d keys after a heal, until five servers are equal", b.healed()), "s", "at most 1", "0.3", mesh, heal},
			{"one put, from one end of a chain of five to the other", "ms", "at most 50", "10", chain, cross},
			{putsOf(valueSize), "×", "at most 2", "1.2", mesh, onTheWire(valueSize)},
			{putsOf(1024), "×", "at most 2", "1.2", mesh, onTheWire(1024)},
			{"orchestrate: five servers, five clients, puts of 1 KB in turn", "commands/s", "at least 1500", "3000", "", orchestrate},
		},
	}, nil
}

// sessions is a load of puts, by as many sessions.
func (b *bench) sessions(callers int) load {
	return load{server: gossipKV, Load: lab.Load{Series: gossipKV, Call: "put", Callers: callers, Command: func(addresses []string) []string {
		return []string{"loadgen", "run", addresses[0], "--service", "gossipkv", "--mix", mixes["put"],
			"--keys", strconv.Itoa(b.Keys), "--value-size", strconv.Itoa(valueSize), "--connections", "4"}
	}}}
}

// commandsPerSecond is what orchestrate says in its end.
var commandsPerSecond = regexp.MustCompile(`([0-9.]+) commands/s`)

// faultyLine is how orchestrate tells of a command that failed. With --strict it would end there, and do nothing at the same time.
var faultyLine = regexp.MustCompile(`line \d+: .*`)

// orchestrate runs a script of puts, and returns the commands in a second, with what it takes to start the servers.
func orchestrate(ctx context.Context, b *bench, _ []string) (float64, error) {
	var script strings.Builder
	for i := range gossips {
		fmt.Fprintf(&script, "joinServer %d\n", i)
	}
	for i := range gossips {
		fmt.Fprintf(&script, "joinClient %d %d\n", gossips+i, i)
	}
	value := strings.Repeat("v", 1024)
	for i := range 30 * b.Keys {
		fmt.Fprintf(&script, "put %d key%d %s\n", gossips+i%gossips, i%b.Keys, value)
	}
	running := exec.CommandContext(ctx, filepath.Join(b.Bin, "orchestrate"), "--server", filepath.Join(b.Bin, "gossipkv"))
	running.Stdin = strings.NewReader(script.String())
	output, err := running.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("orchestrate: %w\n%s", err, output)
	}
	if complaint := faultyLine.Find(output); complaint != nil {
		return 0, fmt.Errorf("orchestrate: %s", complaint)
	}
	said := commandsPerSecond.FindSubmatch(output)
	if said == nil {
		return 0, fmt.Errorf("orchestrate says nothing of commands/s:\n%s", output)
	}
	return strconv.ParseFloat(string(said[1]), 64)
}
