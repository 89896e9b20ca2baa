package lab

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkvpb"
)

// Raftkv is raftkv alone, on a folder of its own within the scratch folder. Who starts it again finds what it had there.
func Raftkv(r Rig, folder string, flags ...string) Command {
	c := Alone("raftkv", raftkvProcess(r, folder, append([]string{"--addr", "localhost:0"}, flags...)...))
	c.Dial = dialRaftkv
	return c
}

// RaftkvCounted is the same, whose syncs are counted.
func RaftkvCounted(r Rig, folder string, flags ...string) (Command, error) {
	free, err := FreeAddresses(1)
	if err != nil {
		return Command{}, err
	}
	c := Raftkv(r, folder, flags...)
	c.Processes[0] = c.Processes[0].counted(free[0])
	return c, nil
}

func raftkvProcess(r Rig, folder string, flags ...string) Process {
	args := []string{filepath.Join(r.Bin, "raftkv"), "--data-dir", filepath.Join(r.Scratch, folder), "--log-level", "warn"}
	return Process{Args: append(args, flags...)}
}

// counted lets the process serve its counters at an address.
func (p Process) counted(address string) Process {
	p.Args = append(p.Args, "--http-addr", address)
	p.Metrics, p.Syncs = address, "raftkv_log_syncs_total"
	return p
}

// RaftkvCluster is nodes of raftkv that find each other by their addresses, and all have a replica of each shard. Syncs are counted. Each
// cluster has folders of its own.
func RaftkvCluster(r Rig, nodes, shards int, flags ...string) (Command, error) {
	r, free, err := r.apart("raftkv-cluster", 2*nodes)
	if err != nil {
		return Command{}, err
	}
	addresses, metrics := free[:nodes], free[nodes:]
	c := Command{Name: "raftkv", Ask: raftkvStatus}
	for i, address := range addresses {
		node := strconv.Itoa(i + 1)
		own := append([]string{"--addr", address, "--node", node, "--peers", members(addresses),
			"--shards", strconv.Itoa(shards), "--replicas", strconv.Itoa(nodes)}, flags...)
		c.Processes = append(c.Processes, raftkvProcess(r, node, own...).counted(metrics[i]))
	}
	return c, nil
}

// RaftkvServers is so many of raftkv that know nothing of each other. Syncs are counted. Each has a folder of its own.
func RaftkvServers(r Rig, servers int, flags ...string) (Command, error) {
	r, metrics, err := r.apart("raftkv-servers", servers)
	if err != nil {
		return Command{}, err
	}
	c := Command{Name: "raftkv"}
	for i, address := range metrics {
		own := append([]string{"--addr", "localhost:0"}, flags...)
		c.Processes = append(c.Processes, raftkvProcess(r, strconv.Itoa(i+1), own...).counted(address))
	}
	return c, nil
}

// members lists nodes by their numbers: 1=host:port,2=…
func members(addresses []string) string {
	var all []string
	for i, address := range addresses {
		all = append(all, fmt.Sprintf("%d=%s", i+1, address))
	}
	return strings.Join(all, ",")
}

// raftkvStatus asks a raftkv.
func raftkvStatus(ctx context.Context, address string) (Status, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return Status{}, err
	}
	defer conn.Close()
	stat, err := raftkvpb.NewRaftKVClient(conn).Stat(ctx, &raftkvpb.StatRequest{})
	if err != nil {
		return Status{}, err
	}
	for _, shard := range stat.GetShards() {
		if shard.GetShard() == 0 {
			return Status{shard.GetRole() == raftkvpb.Role_ROLE_LEADER, shard.GetAppliedIndex()}, nil
		}
	}
	return Status{}, fmt.Errorf("%s has no replica of the first shard", address)
}
