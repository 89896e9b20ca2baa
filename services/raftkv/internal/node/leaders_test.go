package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
)

// TestClock_leaders: the log's time goes on under the next leader, and stands still while there is none.
func TestClock_leaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, members := launchThree(t, node.AfterSync)
		cut := func(cut bool) {
			for _, from := range members {
				for _, to := range members {
					network.Cut(from.id, to.id, cut)
				}
			}
		}
		write := func() (logged time.Duration) {
			t.Helper()
			leader := elected(t, members)
			if _, err := leader.execute(t.Context(), []byte("x")); err != nil {
				t.Fatal(err)
			}
			return time.Duration(leader.Now()) * time.Millisecond
		}
		const long, election = time.Minute, 10 * time.Second
		before := write()
		time.Sleep(long) // by the clock of the test
		later := write()
		if passed := later - before; passed != long {
			t.Errorf("in some time with a leader, the log's time goes on by %v", passed)
		}
		cut(true)
		time.Sleep(10 * long)
		cut(false)
		time.Sleep(election) // of whoever leads next
		anew := write()
		if passed := anew - later; passed < 0 || passed > election {
			t.Errorf("in a long time without a leader, the log's time goes on by %v", passed)
		}
		time.Sleep(long)
		if passed := write() - anew; passed != long {
			t.Errorf("in some more time with a leader, the log's time goes on by %v", passed)
		}
	})
}

// TestClock_halted: the time in which a leader waits for its disk does not count.
func TestClock_halted(t *testing.T) {
	for name, moment := range map[string]node.Moment{"appending": node.BeforeAppend, "syncing": node.AfterSync, "applying": node.BeforeApply} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := launch(t, vfs.NewMem(), moment, nil).ready(t)
				defer m.end(t)
				m.gate.close()
				halted := m.send("x")
				time.Sleep(5 * time.Minute) // by the clock of the test
				halted.expect(t, "what waits", 0, nil)
				m.gate.open()
				synctest.Wait()
				halted.expect(t, "what has waited", 1, nil)
				before := m.Now()
				next := m.send("y")
				synctest.Wait()
				next.expect(t, "the next", 1, nil)
				if passed := m.Now() - before; passed > 2000 {
					t.Errorf("in five minutes in which the leader did nothing, the log's time goes on by %d ms", passed)
				}
			})
		})
	}
}
