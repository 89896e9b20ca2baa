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
	free, err := freeAddresses(2 * gossips)
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
		servers: []command{
			alone(gossipKV, gossipkvProcess(b, "alone", 1, "localhost:0")),
			alone(raftKV, raftkvProcess(b, "raftkv", "--addr", "localhost:0")),
			alone(grouped, process{args: []string{filepath.Join(b.Bin, "syncput"), "--group", "--data-dir", filepath.Join(b.scratch, "syncput")}}),
			linked(b, mesh, token, free[:gossips], func(i int) []string { return free[:i] }),
			linked(b, chain, token, free[gossips:2*gossips], func(i int) []string { return free[gossips : gossips+i][max(0, i-1):] }),
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

// gossipkvProcess starts a gossipkv on a folder of its own.
func gossipkvProcess(b *bench, folder string, number int, address string, flags ...string) process {
	args := []string{filepath.Join(b.Bin, "gossipkv"), "--id", strconv.Itoa(number), "--addr", address,
		"--data-dir", filepath.Join(b.scratch, "gossipkv-"+folder), "--log-level", "warn"}
	return process{args: append(args, flags...)}
}

// linked is a server at each of the addresses, linked to its peers, which an administrator may tell to link itself otherwise.
func linked(b *bench, name, token string, addresses []string, peers func(i int) []string) command {
	c := command{name: name}
	for i, address := range addresses {
		flags := []string{"--admin-token-file", token}
		if peers := peers(i); len(peers) > 0 {
			flags = append(flags, "--peers", strings.Join(peers, ","))
		}
		number := i + 1
		c.processes = append(c.processes, gossipkvProcess(b, fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "-"), number), number, address, flags...))
	}
	return c
}

// sessions is a load of puts, by as many sessions.
func (b *bench) sessions(callers int) load {
	return load{series: gossipKV, server: gossipKV, call: "put", callers: callers, command: func(addresses []string) []string {
		return []string{"loadgen", "run", addresses[0], "--service", "gossipkv", "--mix", mixes["put"],
			"--keys", strconv.Itoa(b.Keys), "--value-size", strconv.Itoa(valueSize), "--connections", "4"}
	}}
}

// commandsPerSecond is what orchestrate says in its end.
var commandsPerSecond = regexp.MustCompile(`([0-9.]+) commands/s`)

// faultyLine is how orchestrate tells of a command that failed. With --strict it would end there, and do nothing at the same time.
var faultyLine = regexp.MustCompile(`line \d+: .*`)

// orchestrate runs a script of puts, and returns the commands in a second, with what it takes to start the servers.
func orchestrate(ctx context.Context, b *bench, _ *server) (float64, error) {
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
