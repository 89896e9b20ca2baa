package lab_test

import (
	"testing"
	"testing/synctest"
)

// TestLab_controls: without the mechanism, the checks notice. The seeds go on until they do.
func TestLab_controls(t *testing.T) {
	for name, shape := range map[string]shape{
		"no request ids": {unreliable: true, variant: variant{anonymous: true}},
		"two leaders":    {variant: variant{alone: true}},
	} {
		t.Run(name, func(t *testing.T) {
			shape.nodes, shape.shards, shape.replicas = 3, 1, 3
			s := situation{shape: shape, clients: 5, calls: 60, choose: contended}
			for seed := range uint64(20) {
				var err error
				synctest.Test(t, func(t *testing.T) { err = s.run(t, seed) })
				if err != nil {
					t.Logf("noticed with seed %d: %v", seed, err)
					return
				}
			}
			t.Error("no run showed it")
		})
	}
}
