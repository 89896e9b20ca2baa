package node_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// TestPut_durable: whichever operation of the disk a crash comes at, what was answered before it is there after it, and no
// version is used twice.
func TestPut_durable(t *testing.T) {
	if err := crashAtEach(t, node.NoControl); err != nil {
		t.Error(err)
	}
}

// TestPut_durable_control: a put that is answered before it is on disk is noticed.
func TestPut_durable_control(t *testing.T) {
	if err := crashAtEach(t, node.NoSync); err == nil {
		t.Error("nothing was noticed")
	}
}

func crashAtEach(t *testing.T, control node.Control) error {
	for until := 1; ; until++ {
		crashed := false
		var err error
		synctest.Test(t, func(*testing.T) { crashed, err = crashAt(until, control) })
		if err != nil {
			return fmt.Errorf("a crash at operation %d: %w", until, err)
		}
		if !crashed {
			return nil
		}
	}
}

// crashAt puts some keys, one after the other, and crashes at an operation of the disk, if there are so many.
func crashAt(until int, control node.Control) (crashed bool, err error) {
	random := rand.New(rand.NewPCG(uint64(until), 5))
	l, err := born(1, vfs.NewCrashableMem(), random, until, control, false)
	if err != nil {
		return true, nil // it was opening
	}
	network := node.NewNetwork(rand.New(rand.NewPCG(1, 9)), node.Faults{})
	network.Attach(1, l.node)
	answered := make(map[merge.Version]string)
	for i := range 5 {
		key := fmt.Sprint("key", i)
		version, err := l.node.Put(context.Background(), []byte(key), []byte("value"), 0)
		if err != nil || l.crashed.Load() {
			break
		}
		answered[version] = key
	}
	crashed = l.crashed.Load()
	network.Detach(1)
	disk, err := l.end()
	if err != nil {
		return crashed, err
	}
	again, err := born(1, disk, random, 0, control, false)
	if err != nil {
		return crashed, err
	}
	defer again.end()
	for version, key := range answered {
		if _, e, err := again.node.Get([]byte(key), version); err != nil || e.Version != version {
			return crashed, fmt.Errorf("%s, version %v, was answered; now there is %v (%v)", key, version, e.Version, err)
		}
	}
	network.Attach(1, again.node)
	version, err := again.node.Put(context.Background(), []byte("one more"), nil, 0)
	if _, twice := answered[version]; twice || err != nil {
		return crashed, fmt.Errorf("another put has the version %v, which was used (%v)", version, err)
	}
	network.Detach(1)
	return crashed, nil
}
