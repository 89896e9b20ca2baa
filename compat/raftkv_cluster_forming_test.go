package compat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestRaftkvCluster_forming starts the nodes of a new cluster one after the other, each when the one before has said for whom it
// waits, which it does after some seconds. Whatever the order, they form the cluster, serve it, and have nothing to warn of.
func TestRaftkvCluster_forming(t *testing.T) {
	for _, order := range [][]int{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			c := prepareKVCluster(t, 3)
			for i, number := range order {
				node := c.nodes[number-1]
				if err := node.begin(); err != nil {
					t.Fatal(err)
				}
				if i == 2 {
					break
				}
				c.awaitWaiting(t, node, order[i+1:])
			}
			for _, node := range c.nodes {
				if err := node.awaitReady(); err != nil {
					t.Fatal(err)
				}
			}
			c.awaitTable(t, "yes", "yes", "yes")
			clerk := dialClerk(t, c.addresses...)
			for i := range 30 { // of all shards
				if _, err := clerk.Put(t.Context(), fmt.Append(nil, i), []byte("v")); err != nil {
					t.Error(err)
				}
			}
			for i, node := range c.nodes {
				for line := range strings.Lines(node.server.Log()) {
					if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") {
						t.Errorf("node %d has logged:\n%s", i+1, line)
					}
				}
			}
		})
	}
}

// awaitWaiting waits until the last that a node says of whom it waits for is that these are missing.
func (c *kvCluster) awaitWaiting(t *testing.T, node *kvProcess, missing []int) {
	t.Helper()
	err := eventually(t, func(context.Context) error {
		var said string
		for line := range strings.Lines(node.server.Log()) {
			if strings.Contains(line, "waiting for the other nodes") {
				said = line
			}
		}
		for i, address := range c.addresses {
			absent := false
			for _, number := range missing {
				absent = absent || number == i+1
			}
			if at := fmt.Sprintf("node %d at %s", i+1, address); strings.Contains(said, at) != absent {
				return fmt.Errorf("it waits for others than %v: %s", missing, said)
			}
		}
		if said == "" {
			return errors.New("it does not say for whom it waits")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
