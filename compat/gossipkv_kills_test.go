package compat

import (
	"math/rand/v2"
	"os"
	"testing"
)

// TestGossipkv_kills kills one of several servers while sessions write that move, again and again. After each kill, all that the server had
// acknowledged is in its folder; and when it is linked again, all that any server had acknowledged is everywhere. No session
// reads backwards meanwhile.
func TestGossipkv_kills(t *testing.T) {
	servers, kills := 3, 5
	if torture() {
		servers, kills = 5, 100
	}
	cluster := newGossipkvCluster(t, servers)
	movers := newMovers(t, 8, cluster.addresses)
	rng := rand.New(rand.NewPCG(newSeed(t), 0))
	for i := range kills {
		killed := rng.IntN(servers)
		movers.during(t, 100+rng.IntN(400), func() { cluster.servers[killed].kill(t) })
		if err := movers.judgeAlone(killed, cluster.alone(t, killed)); err != nil {
			t.Fatalf("after kill %d, of server %d: %v", i+1, killed+1, err)
		}
		cluster.servers[killed].start(t)
		if err := movers.judge(cluster.awaitEqual(t)); err != nil {
			t.Fatalf("after kill %d, of server %d, and healing: %v", i+1, killed+1, err)
		}
	}
	t.Logf("%d kills, %d writes acknowledged", kills, movers.acknowledged)
}

// TestGossipkv_kills_control: of a server that has lost what it had acknowledged, that is noticed.
func TestGossipkv_kills_control(t *testing.T) {
	cluster := newGossipkvCluster(t, 1)
	movers := newMovers(t, 8, cluster.addresses)
	movers.during(t, 100, func() { cluster.servers[0].kill(t) })
	if err := os.RemoveAll(cluster.servers[0].folder); err != nil {
		t.Fatal(err)
	}
	lost := cluster.alone(t, 0)
	if movers.judgeAlone(0, lost) == nil || movers.judge(lost) == nil {
		t.Error("no loss was noticed")
	}
}
