package node_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// shapes are the clusters of the simulation.
var shapes = []shape{
	{nodes: 3, shards: 1, replicas: 3},
	{nodes: 3, shards: 4, replicas: 3},
	{nodes: 5, shards: 1, replicas: 5},
	{nodes: 5, shards: 5, replicas: 3},
}

// TestCluster is the simulation: it crashes the nodes of clusters of three, and of five, again and again, in all weathers
// (see weather_test.go), while clients write and read. RAFTKV_CRASHES sets how many crashes there are in all.
func TestCluster(t *testing.T) {
	crashes := number(t, "RAFTKV_CRASHES", fewer(300))
	seed := number(t, "RAFTKV_SEED", rand.Uint64())
	calls := 0
	var installs, steps atomic.Uint64
	for crashes > 0 {
		shape, each := shapes[seed%uint64(len(shapes))], 10
		t.Logf("seed %d: %+v", seed, shape)
		var err error
		synctest.Test(t, func(*testing.T) {
			variant := variantOf(seed)
			variant.installs, variant.steps = &installs, &steps
			cluster := newCluster(seed, shape, each, variant)
			err = cluster.run()
			calls += len(cluster.history)
		})
		if err != nil {
			t.Errorf("%v\nto repeat this run: RAFTKV_SEED=%d RAFTKV_CRASHES=1 go test ./services/raftkv/internal/node -count=1 -run '^TestCluster$'", err, seed)
			return
		}
		crashes -= min(crashes, uint64(shape.nodes*each))
		seed++
	}
	t.Logf("%d calls were answered; members got the state of others %d times; %d changes of members began or were taken back", calls, installs.Load(), steps.Load())
}

// variantOf chooses what is different in a run: whether members that were away need the state, as nearly nothing of the log
// is kept, whether clients ask any member, and whether the members change.
func variantOf(seed uint64) (v variant) {
	if seed/4%2 == 0 {
		v.maxLog = 100
	}
	v.routed = seed/8%2 == 0
	v.hasty = seed/16%4 == 0
	v.moves = seed/16%2 == 0
	return v
}

// TestCluster_controls: without the mechanism, the checks notice. The seeds go on until they do.
func TestCluster_controls(t *testing.T) {
	for name, variant := range map[string]variant{
		"no sync":                          {syncInterval: never},
		"no request ids":                   {anonymous: true},
		"a forwarded write under a new id": {routed: true, renames: true},
		"reads without a barrier":          {stale: true},
		"a state without sessions":         {maxLog: 100, rows: noSessions},
		"half of a state":                  {maxLog: 100, rows: halfOfKeys},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(40) {
				var err error
				synctest.Test(t, func(*testing.T) { err = newCluster(seed, shapes[seed%uint64(len(shapes))], 10, variant).run() })
				if err != nil {
					t.Logf("noticed with seed %d: %v", seed, err)
					return
				}
			}
			t.Error("no run showed it")
		})
	}
}
