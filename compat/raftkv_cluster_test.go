package compat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// TestRaftkvCluster_kills kills one of three nodes under load, any of them, again and again, and each fifth time all of
// them at once. Every call is answered, every write that was acknowledged is read back, and all that clients see is
// linearizable.
func TestRaftkvCluster_kills(t *testing.T) {
	kills := 10
	if torture() {
		kills = 200
	}
	seed := newSeed(t)
	rng := rand.New(rand.NewPCG(seed, 100))
	c := newKVCluster(t, 3)
	load := startLoad(t, seed, c.addresses...)
	for i := range kills {
		load.await(t, 100+rng.IntN(400))
		if i%5 == 4 {
			for _, node := range c.nodes {
				node.kill(t)
			}
			c.start(t, c.nodes...)
			continue
		}
		node := c.nodes[rng.IntN(3)]
		node.kill(t)
		load.await(t, rng.IntN(200))
		node.start(t)
	}
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// TestRaftkvCluster_kills_control: of nodes that answer writes before they are on disk, losses are noticed when all are killed.
func TestRaftkvCluster_kills_control(t *testing.T) {
	seed := newSeed(t)
	c := newKVCluster(t, 3, "--durability=interval")
	for i := range uint64(50) {
		load := startLoad(t, seed+i, c.addresses...)
		load.await(t, 200)
		for _, node := range c.nodes {
			node.kill(t)
		}
		c.start(t, c.nodes...)
		if err := load.end(t); err != nil {
			t.Logf("noticed after kill %d: %.200v", i+1, err)
			return
		}
	}
	t.Error("no loss was noticed")
}

// TestRaftkvCluster_five kills two of five nodes under load, which the others do not mind.
func TestRaftkvCluster_five(t *testing.T) {
	seed := newSeed(t)
	c := newKVCluster(t, 5)
	load := startLoad(t, seed, c.addresses...)
	load.await(t, 200)
	order := rand.New(rand.NewPCG(seed, 100)).Perm(5)
	first, second := c.nodes[order[0]], c.nodes[order[1]]
	first.kill(t)
	second.kill(t)
	load.await(t, 500)
	c.start(t, first, second)
	load.await(t, 200)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// TestRaftkvCluster_minority kills two of three nodes. The third answers nothing but that it cannot, within the deadline,
// until one of the others is back.
func TestRaftkvCluster_minority(t *testing.T) {
	c := newKVCluster(t, 3)
	client, patient := dialRaftkv(t, c.nodes[1].port()), dialClerk(t, c.addresses...)
	key := []byte("k")
	if _, err := patient.Put(t.Context(), key, []byte("before")); err != nil {
		t.Fatal(err)
	}
	c.nodes[0].kill(t)
	c.nodes[2].kill(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for name, call := range map[string]func(context.Context) error{
		"get": func(ctx context.Context) error { _, err := client.Get(ctx, &raftkvpb.GetRequest{Key: key}); return err },
		"put": func(ctx context.Context) error {
			_, err := client.Put(ctx, &raftkvpb.PutRequest{Key: key, Value: []byte("alone")})
			return err
		},
		"scan": func(ctx context.Context) error {
			return scan(ctx, client, &raftkvpb.ScanRequest{}, func(*raftkvpb.Pair) {})
		},
	} {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		if err := call(ctx); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v; want UNAVAILABLE, before the call's time is over", name, err)
		}
		cancel()
	}
	c.nodes[2].start(t)
	if value, err := patient.Get(ctx, key); err != nil || string(value.Value) == "" {
		t.Errorf("with two of three: %q, %v", value.Value, err)
	}
}

// TestRaftkvCluster_rolling restarts one node after the other under load, as the README says that it is done, and as an upgrade does.
// No call fails.
func TestRaftkvCluster_rolling(t *testing.T) {
	c := newKVCluster(t, 3)
	load := startLoad(t, newSeed(t), c.addresses...)
	for _, node := range c.nodes {
		c.awaitTable(t, "yes", "yes", "yes")
		load.await(t, 300)
		node.stop(t)
		load.await(t, 100)
		node.start(t)
	}
	load.await(t, 300)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
	if torture() && load.longest > time.Second {
		t.Errorf("a call took %v; want all within a second, on a machine that has nothing else to do", load.longest)
	}
}

// TestRaftkvCluster_paused stops the process of a shard's leader until the others have elected another one, and a write
// was answered. What is asked of the first one then, and read by it when it goes on, shows that write or nothing.
func TestRaftkvCluster_paused(t *testing.T) {
	c := newKVCluster(t, 3, "--shards=1")
	key := []byte("k")
	clerk := dialClerk(t, c.addresses...)
	for _, value := range []string{"first", "second", "third"} {
		leader := c.nodes[c.leading(t, 0)]
		client := dialRaftkv(t, leader.port())
		if _, err := client.Get(t.Context(), &raftkvpb.GetRequest{Key: key}); err != nil { // it is connected
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		resume := leader.pause(t)
		if _, err := clerk.Put(ctx, key, []byte(value)); err != nil {
			t.Fatalf("while the leader is paused: %v", err)
		}
		var asking sync.WaitGroup
		for range 20 {
			asking.Go(func() {
				got, err := client.Get(ctx, &raftkvpb.GetRequest{Key: key})
				if err == nil && string(got.GetValue()) != value || err != nil && status.Code(err) != codes.Unavailable {
					t.Errorf("the paused leader answers with %q, %v; want %q, or UNAVAILABLE", got.GetValue(), err, value)
				}
			})
		}
		resume()
		asking.Wait()
	}
}

// TestRaftkvCluster_mute stops the process of a leader under load, so that its connections live on and nobody answers, and
// later kills one that was well. All calls that wait for them are answered by the others, before the silence of a
// connection, which takes 25 seconds to be noticed, breaks it.
func TestRaftkvCluster_mute(t *testing.T) {
	c := newKVCluster(t, 3)
	load := startLoadOf(t, newSeed(t), clerkCallers(t, 20*time.Second, c.addresses...))
	load.await(t, 300)
	mute := c.nodes[c.leading(t, 0)]
	mute.pause(t)
	load.awaitEach(t)
	mute.kill(t)
	mute.start(t)
	load.await(t, 300)
	dead := c.nodes[c.leading(t, 0)]
	dead.kill(t)
	load.awaitEach(t)
	dead.start(t)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// TestRaftkvCluster_emptyDisk starts a node whose folder is empty, in place of one that the cluster knows. It waits, and
// says what to do; the node is no help to a minority, until its folder is back.
func TestRaftkvCluster_emptyDisk(t *testing.T) {
	c := newKVCluster(t, 3)
	clerk := dialClerk(t, c.addresses...)
	key := []byte("k")
	if _, err := clerk.Put(t.Context(), key, []byte("v")); err != nil {
		t.Fatal(err)
	}
	lost, away := c.nodes[2], c.nodes[2].folder+" away"
	lost.kill(t)
	if err := os.Rename(lost.folder, away); err != nil {
		t.Fatal(err)
	}
	c.nodes[1].kill(t)
	if err := lost.begin(); err != nil {
		t.Fatal(err)
	}
	if err := eventually(t, func(context.Context) error {
		log, command := lost.server.Log(), "kv member replace 3 --with 3="+c.addresses[2]
		if !strings.Contains(log, "node 3") || !strings.Contains(log, command) {
			return fmt.Errorf("a node whose folder was lost says nothing of %q:\n%s", command, log)
		}
		if log := c.nodes[0].server.Log(); !strings.Contains(log, "kv member replace 3 --with 3=HOST:PORT") {
			return fmt.Errorf("a node that such a one asks says nothing of it:\n%s", log)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := dialRaftkv(t, c.nodes[0].port()).Get(ctx, &raftkvpb.GetRequest{Key: key}); status.Code(err) != codes.Unavailable {
		t.Errorf("one of three, with the empty one beside it: %v; want UNAVAILABLE", err)
	}
	lost.kill(t)
	if err := os.RemoveAll(lost.folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, lost.folder); err != nil {
		t.Fatal(err)
	}
	lost.start(t)
	if value, err := clerk.Get(t.Context(), key); err != nil || string(value.Value) != "v" {
		t.Errorf("when the folder is back: %q, %v", value.Value, err)
	}
}
