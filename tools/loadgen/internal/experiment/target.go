package experiment

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"numstore.example/tools/internal/lab"
)

// Target is a server that can be measured, and the way to it.
type Target struct {
	Name    string // on the command line
	Series  string // in the report
	Promise string // of what is answered: the price is to be read beside it
	Peer    bool   // it is not ours: where its programs are not there, it is left out

	Programs []string                            // in the folder of the programs; a name with a slash before it is on PATH
	Largest  Size                                // value; 0 if it takes all that are measured
	Command  func(lab.Rig) (lab.Command, error)  // starts it, with no data
	Load     func(t Target, w Workload) lab.Load // held on it
}

// Workload is what a load asks for.
type Workload struct {
	Clients int
	Gets    int  // in per cent; what remains are puts. Peers can be asked for 0, 50 and 100.
	Keys    int  // all equally often
	Size    Size // of values
	Fill    bool // first put every key once
}

// onPath marks programs that are not in the folder of the programs.
const onPath = "/"

// lacks says which program of the target is not there, and how to come by it; empty if all are.
func (t Target) lacks(bin string) string {
	for _, program := range t.Programs {
		name, path := program, filepath.Join(bin, program)
		hint := "go tool mage build makes it"
		if t.Peer {
			hint = "go tool mage peers makes it"
		}
		if strings.HasPrefix(program, onPath) {
			name, path, hint = program[1:], program[1:], "apt-get install "+program[1:]+", on Debian"
		}
		if _, err := exec.LookPath(path); err != nil {
			return fmt.Sprintf("there is no program %s (%s)", name, hint)
		}
	}
	return ""
}

// The targets that several experiments have.
var (
	raftkvClerk = Target{
		Name: "raftkv", Series: "raftkv, one Clerk", Promise: "linearizable; on disk before it is answered; writes exactly once",
		Programs: []string{"raftkv", "loadgen"}, Command: raftkvAlone, Load: raftkvLoad(),
	}
	raftkvUnary = Target{
		Name: "raftkv-unary", Series: "raftkv, unary", Promise: raftkvClerk.Promise + "; each call by itself, over 4 connections",
		Programs: raftkvClerk.Programs, Command: raftkvAlone, Load: raftkvLoad("--unary", "--connections", "4"),
	}
	etcd = Target{
		Name: "etcd", Series: "etcd", Promise: "linearizable; on disk before it is answered; over 4 connections", Peer: true,
		Programs: []string{"etcd", "etcdload"}, Largest: 3 * MiB / 2,
		Command: func(r lab.Rig) (lab.Command, error) { return lab.Etcd(r, "etcd"), nil },
		Load:    peerLoad("etcdload", 4),
	}
	redisAlways = Target{
		Name: "redis", Series: "Redis, always", Promise: "on disk before it is answered (appendfsync always); one server", Peer: true,
		Programs: []string{"redisload", onPath + "redis-server"},
		Command:  func(r lab.Rig) (lab.Command, error) { return lab.Redis(r, "always") },
		Load:     peerLoad("redisload", 1),
	}
)

func raftkvAlone(r lab.Rig) (lab.Command, error) { return lab.Raftkv(r, "raftkv"), nil }

// raftkvLoad is a load by loadgen.
func raftkvLoad(flags ...string) func(Target, Workload) lab.Load {
	return func(t Target, w Workload) lab.Load {
		return lab.Load{Series: t.Series, Callers: w.Clients, Command: func(addresses []string) []string {
			args := []string{"loadgen", "run", addresses[0], "--service", "raftkv", "--mix", fmt.Sprintf("get=%d,put=%d", w.Gets, 100-w.Gets)}
			return append(append(args, w.flags()...), flags...)
		}}
	}
}

// peerLoad is a load by a program that drives a peer through its own client, with so many connections.
func peerLoad(program string, connections int) func(Target, Workload) lab.Load {
	calls := map[int]string{0: "put", 50: "mix", 100: "get"}
	return func(t Target, w Workload) lab.Load {
		return lab.Load{Series: t.Series, Callers: w.Clients, Command: func(addresses []string) []string {
			args := []string{program, strings.Join(addresses, ","), "--call", calls[w.Gets], "--connections", strconv.Itoa(connections)}
			return append(args, w.flags()...)
		}}
	}
}

// flags are those that all loads have in common.
func (w Workload) flags() []string {
	flags := []string{"--keys", strconv.Itoa(w.Keys), "--value-size", strconv.FormatInt(int64(w.Size), 10)}
	if w.Fill {
		flags = append(flags, "--fill")
	}
	return flags
}
