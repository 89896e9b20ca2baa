package node_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"testing/synctest"

	"numstore.example/services/gossipkv/internal/node"
)

// fromEnv returns a number that an environment variable sets.
func fromEnv(t *testing.T, name string, otherwise uint64) (number uint64, set bool) {
	text := os.Getenv(name)
	if text == "" {
		return otherwise, false
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s is %q; it must be a number", name, text)
	}
	return number, true
}

const steps = 40

// TestWorlds runs many worlds, each a function of its seed as far as goroutines allow: GOSSIPKV_SEED runs one, GOSSIPKV_WORLDS so many.
func TestWorlds(t *testing.T) {
	seed, one := fromEnv(t, "GOSSIPKV_SEED", 1)
	worlds, _ := fromEnv(t, "GOSSIPKV_WORLDS", 40)
	if one {
		worlds = 1
	}
	for ; worlds > 0; worlds-- {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := newWorld(seed, node.NoControl).run(steps); err != nil {
					t.Errorf("%v\nrepeat it: GOSSIPKV_SEED=%d go test -run '^TestWorlds$' ./services/gossipkv/internal/node", err, seed)
				}
			})
		})
		seed++
	}
}

// TestWorlds_controls: each mechanism is missed that is left out.
func TestWorlds_controls(t *testing.T) {
	for name, control := range map[string]node.Control{
		"no session check": node.NoSessionCheck, "no session time": node.NoSessionTime, "the same incarnation": node.SameIncarnation,
		"no gaps": node.NoGaps, "no last piece": node.NoLastPiece,
	} {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed <= 60; seed++ {
				var err error
				synctest.Test(t, func(*testing.T) { err = newWorld(seed, control).run(steps) })
				if err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Error("nothing was noticed")
		})
	}
}
