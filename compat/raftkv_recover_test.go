package compat

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// recovered runs the verb recover on a node's folder, which must end well, and returns what it says.
func (s *kvProcess) recovered(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), s.executable, append([]string{"recover", "--data-dir=" + s.folder}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("recover %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestRaftkvRecover: of two replicas one is lost for ever. Recovered, the other goes on with all that it has, and grows to two again.
// The lost node, when it comes back after all, has nothing of the shards any more, and changes nothing.
func TestRaftkvRecover(t *testing.T) {
	c := newOperated(t, 2)
	key, later := []byte("k"), []byte("later")
	if _, err := dialClerk(t, c.addresses...).Put(t.Context(), key, []byte("v")); err != nil {
		t.Fatal(err)
	}
	survivor, lost := c.nodes[0], c.nodes[1]
	lost.kill(t)
	survivor.kill(t)
	if said := survivor.recovered(t); !strings.Contains(said, "shard 1: member 1 would be the only one that votes") {
		t.Errorf("it would: %s", said)
	}
	survivor.recovered(t, "--unsafe", "--all")
	survivor.start(t)
	clerk := dialClerk(t, c.addresses[0])
	if value, err := clerk.Get(t.Context(), key); err != nil || string(value.Value) != "v" {
		t.Fatalf("recovered: %q, %v", value.Value, err)
	}
	if _, err := clerk.Put(t.Context(), later, []byte("w")); err != nil {
		t.Fatal(err)
	}
	c.expectHolders(t, c.addresses[0], 1)

	lost.start(t)
	client := dialRaftkv(t, portOf(c.addresses[1]))
	if err := eventually(t, func(ctx context.Context) error {
		stat, err := client.Stat(ctx, &raftkvpb.StatRequest{})
		if err == nil && len(stat.GetShards()) > 0 {
			err = fmt.Errorf("the lost node has %v", stat.GetShards())
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	c.expectHolders(t, c.addresses[1], 1)
	if value, err := dialClerk(t, c.addresses[1]).Get(t.Context(), later); err != nil || string(value.Value) != "w" {
		t.Errorf("through the lost node: %q, %v", value.Value, err)
	}
	lost.kill(t)

	c.addresses = c.addresses[:1]
	address := freeAddress(t)
	third := c.admit(t, 3, address)
	c.change(t, "add", "3="+address, "--more-replicas")
	if err := third.awaitReady(); err != nil {
		t.Fatal(err)
	}
	c.change(t, "remove", "2")
	c.expectHolders(t, address, 1, 3)
	if value, err := dialClerk(t, address).Get(t.Context(), later); err != nil || string(value.Value) != "w" {
		t.Errorf("grown again: %q, %v", value.Value, err)
	}
}
