package compat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// torture is how long the long tests are: "full" for their whole length, which `mage torture` asks for.
func torture() bool { return os.Getenv("COMPAT_TORTURE") == "full" }

// TestRaftkv_kills kills a server while clients write, again and again, on the same data. After each start
// everything that was acknowledged is there, what was not is there whole or not at all, and a write that is
// sent again has happened once.
func TestRaftkv_kills(t *testing.T) {
	kills := map[string]int{"process": 5, "container": 5}
	if torture() {
		kills["process"] = 200
	}
	for _, column := range raftkvColumns {
		t.Run(column.name, func(t *testing.T) {
			column.require(t)
			seed := newSeed(t)
			rng := rand.New(rand.NewPCG(seed, 0))
			crowd := newCrowd(seed)
			server := column.open(t)
			for i := range kills[column.name] {
				crowd.writeUntil(t, server, 50+rng.IntN(400), server.kill)
				server.start(t)
				client := dialRaftkv(t, server.port())
				if err := errors.Join(crowd.check(t, client), crowd.repeat(t.Context(), client), crowd.check(t, client)); err != nil {
					t.Fatalf("after kill %d: %v", i+1, err)
				}
			}
			t.Logf("%d kills, %d writes acknowledged, %d repeated", kills[column.name], crowd.acknowledged, crowd.repeated)
		})
	}
}

// TestRaftkv_stops tells a server to stop while clients write. It ends well, without waiting for its time to be over,
// and loses nothing, whether or not it syncs before it answers.
func TestRaftkv_stops(t *testing.T) {
	for _, durability := range []string{"always", "interval"} {
		t.Run(durability, func(t *testing.T) {
			crowd := newCrowd(newSeed(t))
			server := newKVProcess(t, "--durability="+durability, "--stop-timeout=1m")
			for range 3 {
				crowd.writeUntil(t, server, 300, server.stop)
				server.start(t)
				if err := crowd.check(t, dialRaftkv(t, server.port())); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestRaftkv_kills_control: of a server that answers writes before they are on disk, losses are noticed.
func TestRaftkv_kills_control(t *testing.T) {
	seed := newSeed(t)
	crowd := newCrowd(seed)
	server := newKVProcess(t, "--durability=interval")
	for i := range 50 {
		crowd.writeUntil(t, server, 200, server.kill)
		server.start(t)
		if err := crowd.check(t, dialRaftkv(t, server.port())); err != nil {
			t.Logf("noticed after kill %d: %.200v", i+1, err)
			return
		}
	}
	t.Error("no loss was noticed")
}

// crowd is writers with keys of their own: some send single calls, some share pipelines.
type crowd struct {
	single       []*writer
	pipelines    [][]*writer
	acknowledged int
	repeated     int
}

func newCrowd(seed uint64) *crowd {
	c := &crowd{}
	for i := range 8 {
		c.single = append(c.single, newWriter(seed, i))
	}
	for i := range 2 {
		var shared []*writer
		for j := range 16 {
			shared = append(shared, newWriter(seed, 100*(i+1)+j))
		}
		c.pipelines = append(c.pipelines, shared)
	}
	return c
}

func (c *crowd) all() []*writer {
	all := append([]*writer(nil), c.single...)
	for _, shared := range c.pipelines {
		all = append(all, shared...)
	}
	return all
}

// writeUntil lets all write, ends the server when so many writes were acknowledged, and returns when all have
// noticed.
func (c *crowd) writeUntil(t *testing.T, server restartable, writes int, end func(*testing.T)) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	enough := make(chan struct{})
	var count atomic.Int64
	acknowledged := func() {
		if count.Add(1) == int64(writes) {
			close(enough)
		}
	}
	var writing sync.WaitGroup
	for _, w := range c.single {
		client := dialRaftkv(t, server.port())
		writing.Go(func() { w.writeSingly(ctx, client, acknowledged) })
	}
	for _, shared := range c.pipelines {
		client := dialRaftkv(t, server.port())
		writing.Go(func() { writeOnPipeline(ctx, client, shared, acknowledged) })
	}
	select {
	case <-enough:
	case <-ctx.Done():
		t.Fatalf("%d writes were acknowledged in %v, not %d", count.Load(), patience, writes)
	}
	end(t)
	writing.Wait()
	c.acknowledged += int(count.Load())
}

// check compares everything that the server holds with what the writers know.
func (c *crowd) check(t *testing.T, client raftkvpb.RaftKVClient) error {
	t.Helper()
	return c.compare(scanAll(t, client))
}

// compare says what of the pairs that a server holds is not as the writers know it. Of a write that was not
// acknowledged, nobody knows whether it is there.
func (c *crowd) compare(held map[string]string) error {
	var wrong []error
	for _, w := range c.all() {
		wrong = append(wrong, w.wrong, w.compare(held))
	}
	for key := range held {
		wrong = append(wrong, fmt.Errorf("there is a key %q that nobody wrote, or that was deleted", key))
	}
	return errors.Join(wrong...)
}

// repeat sends every writer's last write twice again, and expects the same answer.
func (c *crowd) repeat(ctx context.Context, client raftkvpb.RaftKVClient) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, w := range c.all() {
		if w.last == nil {
			continue
		}
		for range 2 {
			answer, err := sendSingly(ctx, client, w.last)
			if err == nil {
				err = w.settle(answer)
			}
			if err != nil {
				return fmt.Errorf("%s, repeated: %w", w.name, err)
			}
			c.repeated++
		}
	}
	return nil
}

// scanAll returns all keys and values.
func scanAll(t *testing.T, client raftkvpb.RaftKVClient) map[string]string {
	t.Helper()
	held := make(map[string]string)
	err := scan(t.Context(), client, &raftkvpb.ScanRequest{}, func(pair *raftkvpb.Pair) {
		held[string(pair.GetKey())] = string(pair.GetValue())
	})
	if err != nil {
		t.Fatalf("scanning: %v", err)
	}
	return held
}

func scan(ctx context.Context, client raftkvpb.RaftKVClient, request *raftkvpb.ScanRequest, visit func(*raftkvpb.Pair)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stream, err := client.Scan(ctx, request)
	for err == nil {
		var part *raftkvpb.ScanResponse
		if part, err = stream.Recv(); err == nil {
			for _, pair := range part.GetPairs() {
				visit(pair)
			}
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
