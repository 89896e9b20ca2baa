package compat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// kvCluster is a cluster of raftkv, each node of which is a plain process of this machine.
type kvCluster struct {
	nodes     []*kvProcess // by their numbers, less one
	addresses []string
}

// newKVCluster starts a cluster of new nodes, with as many shards, and a replica of each shard on each node.
func newKVCluster(t *testing.T, nodes int, flags ...string) *kvCluster {
	t.Helper()
	c := prepareKVCluster(t, nodes, flags...)
	c.start(t, c.nodes...)
	return c
}

// prepareKVCluster returns a cluster whose nodes have not been started.
func prepareKVCluster(t *testing.T, nodes int, flags ...string) *kvCluster {
	t.Helper()
	requireCluster(t)
	c := &kvCluster{}
	var peers []string
	for i := range nodes {
		c.addresses = append(c.addresses, freeAddress(t))
		peers = append(peers, fmt.Sprintf("%d=%s", i+1, c.addresses[i]))
	}
	for i, address := range c.addresses {
		own := []string{
			"--addr=" + address, fmt.Sprintf("--node=%d", i+1), "--peers=" + strings.Join(peers, ","),
			fmt.Sprintf("--shards=%d", nodes), fmt.Sprintf("--replicas=%d", nodes),
		}
		c.nodes = append(c.nodes, prepareKVProcess(t, append(own, flags...)...))
	}
	return c
}

// start starts nodes at the same time, as none of a new cluster becomes ready without others.
func (c *kvCluster) start(t *testing.T, nodes ...*kvProcess) {
	t.Helper()
	var pids []int
	for _, node := range nodes {
		if err := node.begin(); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, node.server.PID())
	}
	failures := make([]error, len(nodes))
	var starting sync.WaitGroup
	for i, node := range nodes {
		starting.Go(func() {
			if failures[i] = node.awaitReady(); failures[i] != nil {
				for _, pid := range pids { // who waits for this one, for ever
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
	}
	starting.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
}

// pause stops a node's process where it is, until resume is called, it is killed, or the test ends.
func (s *kvProcess) pause(t *testing.T) (resume func()) {
	t.Helper()
	pid := s.server.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	resume = sync.OnceFunc(func() {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil && err != syscall.ESRCH {
			t.Error(err)
		}
	})
	t.Cleanup(resume)
	return resume
}

// leading returns which of the nodes, which all run, leads a shard, as soon as one says so of itself.
func (c *kvCluster) leading(t *testing.T, shard uint32) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var clients []raftkvpb.RaftKVClient
	for _, node := range c.nodes {
		clients = append(clients, dialRaftkv(t, node.port()))
	}
	for {
		for i, client := range clients {
			stat, err := client.Stat(ctx, &raftkvpb.StatRequest{})
			if err != nil {
				t.Fatalf("while nobody leads shard %d: %v", shard, err)
			}
			for _, s := range stat.GetShards() {
				if s.GetShard() == shard && s.GetRole() == raftkvpb.Role_ROLE_LEADER {
					return i
				}
			}
		}
	}
}
