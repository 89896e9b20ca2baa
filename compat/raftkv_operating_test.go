package compat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tryKV runs kv against a cluster, and returns its status and what it prints.
func (c *kvCluster) tryKV(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), build(t, "./tools/kv"), append([]string{"--servers=" + strings.Join(c.addresses, ",")}, args...)...)
	var out, err strings.Builder
	command.Stdout, command.Stderr = &out, &err
	if err := command.Run(); command.ProcessState == nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), out.String(), err.String()
}

// awaitTable waits until kv topology says of the nodes, one after the other, whether they may stop.
func (c *kvCluster) awaitTable(t *testing.T, mayStop ...string) {
	t.Helper()
	err := eventually(t, func(context.Context) error {
		status, table, stderr := c.tryKV(t, "topology")
		if status != 0 {
			return errors.New(stderr)
		}
		for i, want := range mayStop {
			prefix := fmt.Sprintf("\n%d     %s ", i+1, c.addresses[i])
			_, row, _ := strings.Cut(table, prefix)
			fields := strings.Fields(row)
			if len(fields) < 3 || fields[2] != want { // after replicas and leads
				return fmt.Errorf("node %d may not be in the table as %q:\n%s", i+1, want, table)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRaftkv_operating: kv shows a cluster with a node that is gone, and one that is back, and stops all of it.
func TestRaftkv_operating(t *testing.T) {
	requireCluster(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a token of the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster := newKVCluster(t, 3, "--admin-token-file="+token)
	if status, _, stderr := cluster.tryKV(t, "put", "color", "green"); status != 0 {
		t.Fatal(stderr)
	}
	cluster.awaitTable(t, "yes", "yes", "yes")

	cluster.nodes[2].kill(t)
	cluster.awaitTable(t, "no", "no", "yes")
	status, table, stderr := cluster.tryKV(t, "stat", "--all")
	if status != 3 || strings.Count(table, "\n") != 4 || !strings.Contains(stderr, "1 of 3 nodes did not answer: node 3, "+cluster.addresses[2]) {
		t.Errorf("kv stat --all, without node 3: status %d, printed\n%s%s", status, table, stderr)
	}
	if status, value, stderr := cluster.tryKV(t, "get", "color"); status != 0 || value != "green" {
		t.Errorf("kv get, without node 3: status %d, printed %q and %q", status, value, stderr)
	}

	cluster.start(t, cluster.nodes[2])
	cluster.awaitTable(t, "yes", "yes", "yes")
	status, lines, stderr := cluster.tryKV(t, "stat", "--all", "--output=json")
	if status != 0 {
		t.Errorf("kv stat --all: status %d, printed %q", status, stderr)
	}
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		var node struct {
			Node    int
			Address string
			Stat    struct{ Shards []struct{ Role string } }
		}
		if err := json.Unmarshal([]byte(line), &node); err != nil || node.Node != i+1 || node.Address != cluster.addresses[i] || len(node.Stat.Shards) != 3 {
			t.Errorf("node %d is shown as %s: %v", i+1, line, err)
		}
	}

	if status, _, stderr := cluster.tryKV(t, "shutdown", "--all", "--admin-token-file="+token); status != 0 {
		t.Errorf("kv shutdown --all: status %d, printed %q", status, stderr)
	}
	for i, node := range cluster.nodes {
		server := node.server
		node.stop(t) // it ends well
		if !strings.Contains(server.Log(), "told to shut down") {
			t.Errorf("node %d was not told to shut down by kv", i+1)
		}
	}
}
