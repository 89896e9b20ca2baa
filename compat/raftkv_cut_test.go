package compat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	clerk "numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

// TestRaftkv_cut takes one node of three after the other off the network while clients write, and puts it there again.
// No call fails, each client reads what it wrote last, and in the end every node tells all that was acknowledged.
func TestRaftkv_cut(t *testing.T) {
	requireCluster(t)
	cluster := compose(t)
	writers := newOwners(t, 8, cluster.servers(t))
	for _, node := range cluster.nodes {
		writers.during(t, 100, func() { cluster.cut(t, node) })
		// Those who named its port, which may be another one after this, go to the others.
		writers.during(t, 100, func() { cluster.heal(t, node) })
		cluster.awaitCaughtUp(t, node)
		writers.redial(t, cluster.servers(t))
	}
	writers.during(t, 10, func() {})
	for _, node := range cluster.nodes {
		if held := scanAll(t, dialRaftkv(t, node.published(t))); !maps.Equal(held, writers.last()) {
			t.Errorf("%s tells of %d keys that are not those that were written", node.name, len(held))
		}
	}
	port := cluster.nodes[0].published(t)
	if count := strings.TrimSpace(string(runKV(t, port, nil, "count"))); count != fmt.Sprint(len(writers.all)) {
		t.Errorf("kv count prints %s; want %d", count, len(writers.all))
	}
	if table := string(runKV(t, port, nil, "topology")); !strings.Contains(table, "raftkv-3:6003") || strings.Contains(table, "without a leader") {
		t.Errorf("kv topology prints:\n%s", table)
	}
}

// TestRaftkv_healthOffNetwork: a server whose container is taken off its network still says that it is well. An orchestrator that
// heard otherwise would kill it for what a restart does not mend.
func TestRaftkv_healthOffNetwork(t *testing.T) {
	requireEngine(t)
	image, err := kvImage()
	if err != nil {
		t.Fatal(err)
	}
	network := newNetwork(t)
	server := &composedNode{id: docker(t, "run", "--detach", "--network="+network, image)}
	t.Cleanup(func() { docker(t, "rm", "--force", "--volumes", server.id) })
	if err := eventually(t, server.healthy); err != nil {
		t.Fatalf("on the network: %v", err)
	}
	docker(t, "network", "disconnect", network, server.id)
	if err := server.healthy(t.Context()); err != nil {
		t.Errorf("off the network: %v", err)
	}
}

// awaitCaughtUp waits until a node's replicas have all that the others knew to be final when it was called.
func (c *composed) awaitCaughtUp(t *testing.T, node *composedNode) {
	t.Helper()
	final := make(map[uint32]uint64)
	for _, other := range c.nodes {
		if other == node {
			continue
		}
		stat, err := dialRaftkv(t, other.published(t)).Stat(t.Context(), &raftkvpb.StatRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, shard := range stat.GetShards() {
			final[shard.GetShard()] = max(final[shard.GetShard()], shard.GetCommitIndex())
		}
	}
	healed := dialRaftkv(t, node.published(t))
	err := eventually(t, func(ctx context.Context) error {
		stat, err := healed.Stat(ctx, &raftkvpb.StatRequest{})
		for _, shard := range stat.GetShards() {
			if shard.GetAppliedIndex() < final[shard.GetShard()] {
				err = errors.Join(err, fmt.Errorf("%s has %d entries of shard %d; want %d", node.name, shard.GetAppliedIndex(), shard.GetShard(), final[shard.GetShard()]))
			}
		}
		return err
	})
	if err != nil || len(final) == 0 {
		t.Fatalf("after the cut: %v, of the shards %v", err, final)
	}
}

// eventually calls again and again, until there is no error, or patience ends.
func eventually(t *testing.T, call func(context.Context) error) (err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) { // the machine has other things to do
		if err = call(ctx); err == nil {
			return nil
		}
	}
	return err
}

// owners are clients that write, each a key of its own, by a Clerk that they share.
type owners struct {
	clerk *clerk.Clerk
	all   []*owner
}

// owner is a client, and the last value of its key, which nobody else writes.
type owner struct {
	key   string
	count int
}

func (o *owner) value() string { return fmt.Sprintf("%s number %d", o.key, o.count) }

func newOwners(t *testing.T, n int, servers []string) *owners {
	t.Helper()
	w := new(owners)
	for i := range n {
		w.all = append(w.all, &owner{key: fmt.Sprintf("owner %d", i)})
	}
	w.redial(t, servers)
	return w
}

// redial has the clients use other servers from now on.
func (w *owners) redial(t *testing.T, servers []string) {
	t.Helper()
	c, err := clerk.Dial(servers, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: time.Second})) // a port without a container behind it says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	w.clerk = c
}

// during has each client write so often, and read what it wrote. Something is done when a quarter of that has been.
func (w *owners) during(t *testing.T, writes int, do func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	quarter := make(chan struct{})
	var done atomic.Int64
	var writing sync.WaitGroup
	for _, o := range w.all {
		writing.Go(func() {
			for range writes {
				if err := o.write(ctx, w.clerk); err != nil {
					t.Error(err)
					cancel()
					return
				}
				if done.Add(1) == int64(writes*len(w.all)/4) {
					close(quarter)
				}
			}
		})
	}
	select {
	case <-quarter:
		do()
	case <-ctx.Done():
	}
	writing.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// write writes the next value, and expects to read it.
func (o *owner) write(ctx context.Context, c *clerk.Clerk) error {
	o.count++
	if _, err := c.Put(ctx, []byte(o.key), []byte(o.value())); err != nil {
		return fmt.Errorf("writing %q: %w", o.value(), err)
	}
	got, err := c.Get(ctx, []byte(o.key))
	if err == nil && string(got.Value) != o.value() {
		err = fmt.Errorf("it is %q", got.Value)
	}
	if err != nil {
		return fmt.Errorf("reading %q: %w", o.value(), err)
	}
	return nil
}

// last returns what the store has to hold.
func (w *owners) last() map[string]string {
	held := make(map[string]string)
	for _, o := range w.all {
		held[o.key] = o.value()
	}
	return held
}
