package node_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
)

// slowDisk makes each sync of a member take some time, by the clock of the test.
func slowDisk(takes time.Duration) func(*member, *node.Options) {
	return func(_ *member, o *node.Options) {
		o.At = func(moment node.Moment) {
			if moment == node.AfterSync {
				time.Sleep(takes)
			}
		}
	}
}

// callers have a replica execute commands, each as many as it likes, one after the other.
func (m *member) callers(t *testing.T, each ...func(execute func())) {
	var callers sync.WaitGroup
	for i, call := range each {
		callers.Go(func() {
			call(func() {
				if _, err := m.execute(t.Context(), []byte{byte(i)}); err != nil {
					t.Error(err)
				}
			})
		})
	}
	callers.Wait()
}

func repeatedly(times int) func(func()) {
	return func(execute func()) {
		for range times {
			execute()
		}
	}
}

const syncTime = 400 * time.Microsecond

// TestGather: callers who come back at once share their entries, though they did not begin together.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, slowDisk(syncTime)).ready(t)
		defer m.end(t)
		const times = 100
		late := func(execute func()) {
			time.Sleep(syncTime / 2)
			repeatedly(times)(execute)
		}
		m.callers(t, repeatedly(times), late, late, late)
		if n := len(m.applied()); n > times+5 {
			t.Errorf("4 callers with %d commands each made %d entries", times, n)
		}
	})
}

// TestGather_alone: who is alone waits for the disk alone, whatever was before.
func TestGather_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, slowDisk(syncTime)).ready(t)
		defer m.end(t)
		m.callers(t, repeatedly(10), repeatedly(10), repeatedly(10))
		m.callers(t, repeatedly(2)) // the last of the others may be expected by the first
		start := time.Now()
		m.callers(t, repeatedly(100))
		if took := time.Since(start); took != 100*syncTime {
			t.Errorf("100 commands of one caller took %v; want %v", took, 100*syncTime)
		}
	})
}
