// Package lab has the situations in which the course's lab tests a sharded store, with the lab's network between clients and
// servers: whole clusters in one process, asked by the Clerk. All that clients see is checked for being linearizable.
package lab_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// patience is for how long a client waits for an answer, by the clock of the test.
const patience = time.Hour

// situation is clients that are at work with a cluster.
type situation struct {
	name    string
	shape   shape
	clients int
	calls   int // of each client
	choose  func(*client) call
}

var situations = []situation{
	{"one client", shape{nodes: 3, shards: 1, replicas: 3}, 1, 100, ownKeys},
	{"five clients", shape{nodes: 3, shards: 1, replicas: 3}, 5, 60, ownKeys},
	{"unreliable", shape{nodes: 3, shards: 1, replicas: 3, unreliable: true}, 5, 60, ownKeys},
	{"appending to one key", shape{nodes: 3, shards: 1, replicas: 3, unreliable: true}, 5, 40, oneKey},
	{"contended keys", shape{nodes: 3, shards: 1, replicas: 3, unreliable: true}, 5, 60, contended},
}

// TestLab: clients of a cluster, over a reliable network and over one that is not, see one thing happen after the other.
func TestLab(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			seed := seed(t)
			synctest.Test(t, func(t *testing.T) {
				if err := s.run(t, seed); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// run returns the first thing that was wrong.
func (s situation) run(t *testing.T, seed uint64) error {
	c := startCluster(t, seed, s.shape)
	defer c.stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	recorder := new(recorder)
	failures := make([]error, s.clients)
	var asking sync.WaitGroup
	for i := range s.clients {
		client := &client{recorder: recorder, clerk: c.clerk(t, c.addresses(i)...), number: i, random: rand.New(rand.NewPCG(seed, 100+uint64(i)))}
		defer client.clerk.Close()
		asking.Go(func() { failures[i] = client.run(ctx, s.calls, s.choose) })
	}
	asking.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	if s.shape.unreliable && (c.lost.requests == 0 || c.lost.replies == 0) {
		t.Errorf("%d requests and %d replies were lost; the network was not unreliable", c.lost.requests, c.lost.replies)
	}
	return linearizable(recorder.history)
}

// seed returns where all that is random begins: RAFTKV_SEED, if that is set. When the test fails, it says how to repeat it.
func seed(t *testing.T) uint64 {
	seed := rand.Uint64()
	if text := os.Getenv("RAFTKV_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("RAFTKV_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("with the same faults: RAFTKV_SEED=%d go test ./services/raftkv/internal/lab -count=1 -run '^%s$'", seed, t.Name())
		}
	})
	return seed
}
