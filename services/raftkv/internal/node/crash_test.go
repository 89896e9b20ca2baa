package node_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"

	"numstore.example/services/internal/engine/enginetest"
)

// TestCrashes crashes a replica, the real log and state under it, hundreds of times at every moment, while
// clients write and read. A crash takes what was not synced, all of it or some. RAFTKV_CRASHES sets how
// often.
func TestCrashes(t *testing.T) {
	crashes := number(t, "RAFTKV_CRASHES", fewer(1000))
	seed := number(t, "RAFTKV_SEED", rand.Uint64())
	calls := 0
	for crashes > 0 {
		trial := newTrial(seed, min(crashes, crashesPerTrial), variant{})
		if seed%8 == 0 {
			trial.enlarge()
		}
		var err error
		synctest.Test(t, func(*testing.T) { err = trial.run() })
		if err != nil {
			t.Errorf("%v\nto repeat this trial: RAFTKV_SEED=%d RAFTKV_CRASHES=%d go test ./services/raftkv/internal/node -count=1 -run '^TestCrashes$'", err, seed, trial.crashes)
			return
		}
		calls += len(trial.history)
		crashes -= trial.crashes
		seed++
	}
	t.Logf("%d calls were answered", calls)
}

// fewer is a third of n under the race detector, with which all takes ten times as long.
func fewer(n uint64) uint64 {
	if enginetest.Racing {
		return n / 3
	}
	return n
}

// number returns the number that a variable of the environment has, if it is set.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestCrashes_controls: without the mechanism, the checks notice. The seeds go on until they do.
func TestCrashes_controls(t *testing.T) {
	for name, variant := range map[string]variant{
		"no sync":                       {syncInterval: never},
		"acknowledged before the log":   {early: true},
		"no request ids":                {anonymous: true},
		"session apart from its effect": {machine: newApart},
		"log cut off too early":         {machine: newPremature},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				trial := newTrial(seed, crashesPerTrial, variant)
				if name == "log cut off too early" {
					trial.enlarge()
				}
				var err error
				synctest.Test(t, func(*testing.T) { err = trial.run() })
				if err != nil {
					t.Logf("noticed with seed %d: %v", seed, err)
					return
				}
			}
			t.Error("no trial showed it")
		})
	}
}
