package compat

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// way is from one node of a cluster to another: what the first one asks of the second, on connections that it opens itself, and what
// it acknowledges there. The way back is another one.
type way struct{ from, to int }

// TestRaftkv_links cuts ways between the nodes under load, some of them and in one direction, so that nodes have different opinions
// about who is there. The cluster serves all the time, nobody sees anything that is not linearizable, and a node that cannot lead leads nothing.
func TestRaftkv_links(t *testing.T) {
	requireCluster(t)
	cluster := compose(t)
	requireFilter(t, cluster.nodes[0])
	load := startLoad(t, newSeed(t), cluster.servers(t)...)
	for _, situation := range []struct {
		name string
		cut  []way
		idle int // the node that leads nothing meanwhile, if there is one
	}{
		// It hears the others, which do not hear it: not as a leader, nor when it wants to become one.
		{name: "mute", cut: []way{{1, 2}, {1, 3}}, idle: 1},
		// The others hear it, and it does not know. As a leader it must not go on, or they would wait for it for ever.
		{name: "deaf", cut: []way{{1, 2}, {3, 2}}, idle: 2},
		// Two who do not reach each other are both reached by the third: neither may disturb the shards that the other one leads.
		{name: "spokes", cut: []way{{1, 2}, {2, 1}}},
		// One is not heard by one other. The third is, and hears both.
		{name: "half a spoke", cut: []way{{2, 3}}},
	} {
		ok := t.Run(situation.name, func(t *testing.T) {
			if situation.idle != 0 {
				cluster.awaitLeads(t, situation.idle, func(shards int) bool { return shards > 0 })
			}
			load.await(t, 100)
			for _, way := range situation.cut {
				cluster.block(t, way)
			}
			load.await(t, 300)
			if situation.idle != 0 {
				cluster.awaitLeads(t, situation.idle, func(shards int) bool { return shards == 0 })
			}
			load.await(t, 300)
			for _, way := range situation.cut {
				cluster.unblock(t, way)
			}
			load.await(t, 100)
			for _, node := range cluster.nodes {
				cluster.awaitCaughtUp(t, node)
			}
		})
		if !ok {
			return // the ways may still be cut
		}
	}
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// awaitLeads waits until a node says that it leads as many shards as are wanted.
func (c *composed) awaitLeads(t *testing.T, node int, wanted func(shards int) bool) {
	t.Helper()
	client := dialRaftkv(t, c.nodes[node-1].published(t))
	err := eventually(t, func(ctx context.Context) error {
		stat, err := client.Stat(ctx, &raftkvpb.StatRequest{})
		leads := 0
		for _, shard := range stat.GetShards() {
			if shard.GetRole() == raftkvpb.Role_ROLE_LEADER {
				leads++
			}
		}
		if err == nil && !wanted(leads) {
			err = fmt.Errorf("node %d leads %d shards", node, leads)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// block has what goes one way be dropped, from now on. Nobody is told.
func (c *composed) block(t *testing.T, w way) {
	t.Helper()
	c.filter(t, w, "--append")
}

// unblock ends that. Something must have been dropped.
func (c *composed) unblock(t *testing.T, w way) {
	t.Helper()
	to := c.nodes[w.to-1]
	rules := to.iptables(t, "--list", "INPUT", "--verbose", "--exact", "--numeric")
	if !regexp.MustCompile(`(?m)^ *[1-9][0-9]* .*DROP .* ` + regexp.QuoteMeta(c.address(t, w.from)) + ` `).MatchString(rules) {
		t.Errorf("nothing was dropped from node %d to node %d:\n%s", w.from, w.to, rules)
	}
	c.filter(t, w, "--delete")
}

func (c *composed) filter(t *testing.T, w way, change string) {
	t.Helper()
	to := c.nodes[w.to-1]
	to.iptables(t, change, "INPUT", "--protocol", "tcp", "--source", c.address(t, w.from), "--destination-port", to.port, "--jump", "DROP")
}

// address returns the address of a node on the network of the cluster.
func (c *composed) address(t *testing.T, node int) string {
	t.Helper()
	return docker(t, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", c.nodes[node-1].id)
}

// iptables changes what a node's network lets in, with this machine's iptables: the node has no right to, and nothing to do it with.
func (n *composedNode) iptables(t *testing.T, args ...string) string {
	t.Helper()
	output, err := n.tryIptables(t, args...)
	if err != nil {
		t.Fatalf("iptables %s: %v: %s", strings.Join(args, " "), err, output)
	}
	return output
}

func (n *composedNode) tryIptables(t *testing.T, args ...string) (output string, err error) {
	pid := docker(t, "inspect", "--format", "{{.State.Pid}}", n.id)
	printed, err := exec.CommandContext(t.Context(), "nsenter", append([]string{"--target=" + pid, "--net", "iptables", "--wait"}, args...)...).CombinedOutput()
	return string(printed), err
}

// requireFilter skips a test where the network of a container cannot be filtered from this machine.
func requireFilter(t *testing.T, node *composedNode) {
	t.Helper()
	if output, err := node.tryIptables(t, "--list"); err != nil {
		t.Skipf("NOT TESTED, as this needs nsenter and iptables, and the right to use them on containers of this machine: %v: %s", err, output)
	}
}
