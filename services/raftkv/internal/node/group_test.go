package node_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestCluster crashes the members of a group of three, and of five, again and again, on a network that does what
// networks do, while clients write and read. RAFTKV_CRASHES sets how many crashes there are in all.
func TestCluster(t *testing.T) {
	crashes := number(t, "RAFTKV_CRASHES", fewer(300))
	seed := number(t, "RAFTKV_SEED", rand.Uint64())
	calls := 0
	var installs atomic.Uint64
	for crashes > 0 {
		members, each := 3, 10
		if seed%4 == 0 {
			members = 5
		}
		var err error
		synctest.Test(t, func(*testing.T) {
			variant := variantOf(seed)
			variant.installs = &installs
			cluster := newCluster(seed, members, each, variant)
			err = cluster.run()
			calls += len(cluster.history)
		})
		if err != nil {
			t.Errorf("%v\nto repeat this run: RAFTKV_SEED=%d RAFTKV_CRASHES=1 go test ./services/raftkv/internal/node -count=1 -run '^TestCluster$'", err, seed)
			return
		}
		crashes -= min(crashes, uint64(members*each))
		seed++
	}
	t.Logf("%d calls were answered; members got the state of others %d times", calls, installs.Load())
}

// variantOf chooses what is different in a run: whether members that were away need the state, as nearly nothing of the log
// is kept, and whether clients ask any member.
func variantOf(seed uint64) (v variant) {
	if seed%2 == 0 {
		v.maxLog = 100
	}
	v.routed = seed/2%2 == 0
	return v
}

// TestCluster_controls: without the mechanism, the checks notice. The seeds go on until they do.
func TestCluster_controls(t *testing.T) {
	for name, variant := range map[string]variant{
		"no sync":                 {syncInterval: never},
		"no request ids":          {anonymous: true},
		"reads without a barrier": {stale: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(40) {
				var err error
				synctest.Test(t, func(*testing.T) { err = newCluster(seed, 3, 10, variant).run() })
				if err != nil {
					t.Logf("noticed with seed %d: %v", seed, err)
					return
				}
			}
			t.Error("no run showed it")
		})
	}
}
