package node_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// TestPropose_busy: more bytes than MaxInFlight do not wait, a single proposal may be as large as it likes, and
// what was answered or refused does not count.
func TestPropose_busy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, func(_ *member, c *node.Options) { c.MaxInFlight = 100 }).ready(t)
		defer m.end(t)
		for range 2 {
			m.gate.close()
			first, refused, second := m.send(strings.Repeat("a", 60)), m.send(strings.Repeat("b", 41)), m.send(strings.Repeat("c", 40))
			synctest.Wait()
			first.expect(t, "the first", 0, nil)
			refused.expect(t, "one byte too many", 1, node.ErrBusy)
			second.expect(t, "what fits exactly", 0, nil)
			m.gate.open()
			synctest.Wait()
			first.expect(t, "the first", 1, nil)
			second.expect(t, "what fits exactly", 1, nil)

			m.gate.close()
			large, small := m.send(strings.Repeat("d", 1000)), m.send("e")
			synctest.Wait()
			small.expect(t, "what comes beside a large one", 1, node.ErrBusy)
			m.gate.open()
			synctest.Wait()
			large.expect(t, "a large one alone", 1, nil)
		}
		for _, entry := range m.applied() {
			if text := strings.Join(entry, ""); strings.ContainsAny(text, "be") {
				t.Errorf("what was refused was applied: %.50q", text)
			}
		}
	})
}

// TestStop: whoever waits is told so, once, wherever the proposal is; and so is who comes later.
func TestStop(t *testing.T) {
	for name, moment := range map[string]node.Moment{"not synced": node.AfterSync, "not applied": node.BeforeApply, "not appended": node.BeforeAppend} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := launch(t, vfs.NewMem(), moment, nil).ready(t)
				m.gate.close()
				proposed := m.send("proposed")
				synctest.Wait()
				held := m.send("held")
				read := m.barrier()
				synctest.Wait()
				held.expect(t, "what is held", 0, nil)
				stopped := make(chan struct{})
				go func() { m.Stop(); close(stopped) }()
				synctest.Wait()
				proposed.expect(t, "what is on its way", 1, node.ErrStopped)
				held.expect(t, "what is held", 1, node.ErrStopped)
				m.gate.open()
				<-stopped
				for what, o := range map[string]*outcome{"what was proposed": proposed, "what was held": held, "the read": read} {
					if o.calls != 1 || o.err != nil && !errors.Is(o.err, node.ErrStopped) {
						t.Errorf("%s was told %d times, with %v", what, o.calls, o.err)
					}
				}
				m.send("late").expect(t, "a later proposal", 1, node.ErrStopped)
				m.barrier().expect(t, "a later read", 1, node.ErrStopped)
				if _, err := m.execute(t.Context(), []byte("late")); !errors.Is(err, node.ErrStopped) {
					t.Errorf("a later call ends with %v", err)
				}
				if err := m.AwaitBarrier(t.Context()); !errors.Is(err, node.ErrStopped) {
					t.Errorf("a later barrier ends with %v", err)
				}
				m.end(t) // a second Stop does nothing
				if len(m.failures) > 0 {
					t.Errorf("a stop is no failure: %v", m.failures)
				}
			})
		})
	}
}

// TestPropose_shared: what gathers while the disk is busy becomes one entry, in order, and one sync.
func TestPropose_shared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, nil).ready(t)
		defer m.end(t)
		m.gate.close()
		first := m.send("first")
		synctest.Wait()
		syncs := m.Syncs()
		var others []*outcome
		var want []string
		for i := range 100 {
			text := fmt.Sprint("other ", i)
			others = append(others, m.send(text, text+"b"))
			want = append(want, text, text+"b")
			if i%10 == 0 {
				synctest.Wait() // the replica has taken them from its mailbox
			}
		}
		synctest.Wait()
		if applied := m.applied(); len(applied) != 0 {
			t.Errorf("before the disk answers, %q was applied", applied)
		}
		m.gate.open()
		synctest.Wait()
		if applied := m.applied(); len(applied) != 2 || !slices.Equal(applied[1], want) {
			t.Errorf("a proposal and then 100 became %d entries: %.300q", len(applied), applied)
		}
		if got := m.Syncs() - syncs; got > 2 {
			t.Errorf("they took %d more syncs", got)
		}
		first.expect(t, "the first", 1, nil)
		for i, other := range others {
			if other.expect(t, "another", 1, nil); !slices.Equal(other.replies, want[2*i:2*i+2]) {
				t.Errorf("proposal %d got the replies %q", i, other.replies)
			}
		}
	})
}

// TestPropose_split: entries take about a megabyte; what is more goes into further ones.
func TestPropose_split(t *testing.T) {
	const size, proposals = 300 << 10, 20
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, nil).ready(t)
		defer m.end(t)
		m.gate.close()
		m.send("first")
		synctest.Wait()
		var all []*outcome
		for range proposals {
			all = append(all, m.send(strings.Repeat("v", size)))
		}
		m.gate.open()
		synctest.Wait()
		applied := m.applied()
		for i, entry := range applied[1:] {
			if n := len(entry) * size; n >= 1<<20+size || n < 1<<20 && i < len(applied)-2 {
				t.Errorf("an entry has %d bytes", n)
			}
		}
		for _, o := range all {
			o.expect(t, "each", 1, nil)
		}
	})
}

// TestPropose_alone: a proposal alone waits for no timer. The clock of the test moves only when all wait for it.
func TestPropose_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, nil).ready(t)
		defer m.end(t)
		start := time.Now()
		for i := range 100 {
			text := fmt.Sprint(i)
			reply, err := m.execute(t.Context(), []byte(text))
			if err != nil || string(reply) != text {
				t.Fatalf("call %d was answered with %q, %v", i, reply, err)
			}
			if err := m.AwaitBarrier(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(start); waited > 0 {
			t.Errorf("100 calls, one after the other, waited for %v", waited)
		}
		if entries := m.applied(); len(entries) != 100 {
			t.Errorf("they became %d entries", len(entries))
		}
	})
}

// TestContext: who waits gives up with the context. The command is executed all the same.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.BeforeApply, nil).ready(t)
		defer m.end(t)
		m.gate.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := m.execute(ctx, []byte("command")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call ends with %v", err)
		}
		if err := m.AwaitBarrier(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a barrier ends with %v", err)
		}
		m.gate.open()
		synctest.Wait()
		if applied := m.applied(); len(applied) != 1 {
			t.Errorf("%q was applied", applied)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a replica that never stands for election knows no leader
		m := launch(t, vfs.NewMem(), node.BeforeAppend, func(m *member, _ *node.Options) { m.gate.close() })
		defer m.end(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := m.AwaitLeader(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for a leader ends with %v", err)
		}
	})
}

// TestBarrier_applied: a barrier waits for entries that are committed and not yet applied.
func TestBarrier_applied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.BeforeApply, nil).ready(t)
		defer m.end(t)
		m.gate.close()
		m.send("command")
		synctest.Wait()
		read := m.barrier()
		synctest.Wait()
		read.expect(t, "a barrier behind an entry", 0, nil)
		m.gate.open()
		synctest.Wait()
		read.expect(t, "a barrier behind an entry", 1, nil)
	})
}

// crashed runs a replica that applies three entries and is held up before it applies the fourth, which is on disk. It
// returns the disk as a power failure leaves it then, and the index of the last entry applied.
func crashed(t *testing.T) (left *vfs.MemFS, applied storage.Index) {
	t.Helper()
	m := launch(t, vfs.NewCrashableMem(), node.BeforeApply, nil).ready(t)
	defer m.end(t)
	for i := range 3 {
		if _, err := m.execute(t.Context(), []byte(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	m.gate.close()
	m.send("3")
	synctest.Wait()
	return m.disk.CrashClone(vfs.CrashCloneCfg{}), m.indexes[len(m.indexes)-1]
}

// TestStart_unapplied: a replica that starts again applies, once and in order, what its machine does not show, and
// lets reads wait for that.
func TestStart_unapplied(t *testing.T) {
	for missing, want := range [][]string{{"3"}, {"2", "3"}, {"1", "2", "3"}, {"0", "1", "2", "3"}} {
		synctest.Test(t, func(t *testing.T) {
			left, applied := crashed(t)
			applied -= storage.Index(missing)
			m := launch(t, left, node.BeforeApply, func(m *member, c *node.Options) {
				m.gate.close()
				m.shows = applied
			})
			defer m.end(t)
			synctest.Wait()
			read := m.barrier()
			synctest.Wait()
			read.expect(t, "a read before the log is applied", 0, nil)
			m.gate.open()
			synctest.Wait()
			if missing == 0 {
				read.expect(t, "a read after that", 1, nil)
			} else if read.calls != 1 || read.err != nil && !errors.Is(read.err, node.ErrNotLeader) {
				// The log knew that more was committed, and the replica has applied that before it was elected.
				t.Errorf("a read after that was told %d times, with %v", read.calls, read.err)
			}
			m.ready(t)
			if n := len(m.applied()); n != len(want) {
				t.Errorf("after entry %d, a read was let through when %d of %d entries were applied", applied, n, len(want))
			}
			if reply, err := m.execute(t.Context(), []byte("new")); err != nil || string(reply) != "new" {
				t.Errorf("a new call: %q, %v", reply, err)
			}
			var got []string
			for _, entry := range m.applied() {
				got = append(got, entry...)
			}
			if !slices.Equal(got, append(want, "new")) {
				t.Errorf("after entry %d, %q was applied, not %q and new", applied, got, want)
			}
			for i, index := range m.indexes {
				if index != applied+1+storage.Index(i) {
					t.Errorf("after entry %d, the entries %v were applied", applied, m.indexes)
					break
				}
			}
		})
	}
}

// TestMachine_fails: an error of the machine ends the replica, is told once, and to everyone who waits.
func TestMachine_fails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the machine is broken")
		m := launch(t, vfs.NewMem(), node.AfterSync, nil).ready(t)
		m.gate.close()
		first := m.send("first")
		synctest.Wait()
		held := m.send("held")
		synctest.Wait()
		m.mu.Lock()
		m.refuse = broken
		m.mu.Unlock()
		m.gate.open()
		synctest.Wait()
		for what, o := range map[string]*outcome{
			"the entry": first, "what was held": held, "a later proposal": m.send("late"), "a later read": m.barrier(),
		} {
			o.expect(t, what, 1, node.ErrStopped)
			o.expect(t, what, 1, broken)
		}
		time.Sleep(time.Minute) // by the clock of the test
		m.end(t)
		if len(m.failures) != 1 || !errors.Is(m.failures[0], broken) {
			t.Errorf("OnFailure was told %v", m.failures)
		}
	})
}

// beyondLog returns a message to node 1 that only a leader could send who knows that node 1 has had more than its log has.
func beyondLog() *raftpb.Message {
	return &raftpb.Message{
		Type: raftpb.MsgHeartbeat.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(1000)), Commit: new(uint64(1000)),
	}
}

// TestBroken: a message that breaks the rules of the group ends the replica, and everyone is told who waits: in the
// mailbox beside it too.
func TestBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := launch(t, vfs.NewMem(), node.AfterSync, nil).ready(t)
		defer m.end(t)
		m.gate.close()
		underway := m.send("on its way")
		synctest.Wait()
		held := m.send("held")
		synctest.Wait()
		busy := make(chan struct{})
		m.Barrier(func(error) { <-busy }) // by the driver, while mail gathers
		synctest.Wait()
		late, read := m.send("late"), m.barrier()
		m.node.Receive(shard, beyondLog())
		close(busy)
		synctest.Wait()
		m.gate.open()
		synctest.Wait()
		for what, o := range map[string]*outcome{"what is on its way": underway, "what is held": held, "what comes with it": late, "a read": read} {
			o.expect(t, what, 1, node.ErrStopped)
		}
		if len(m.failures) != 1 || !strings.Contains(m.failures[0].Error(), "rules were broken") {
			t.Errorf("OnFailure was told %v", m.failures)
		}
	})
}

// TestMachine_failsAtStart: who waits for a replica to start is told why the machine cannot apply what is in the log.
func TestMachine_failsAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, applied := crashed(t)
		broken := errors.New("the machine is broken")
		m := launch(t, left, node.AfterSync, func(m *member, c *node.Options) {
			m.refuse = broken
			m.shows = applied - 2
		})
		defer m.end(t)
		// It may be elected first.
		if err := m.node.AwaitReady(t.Context()); !errors.Is(err, broken) || !errors.Is(err, node.ErrStopped) {
			t.Errorf("waiting for the node to be ready ends with %v", err)
		}
	})
}

// logged returns how many bytes of commands the log holds.
func (m *member) logged(t *testing.T) (size int) {
	t.Helper()
	first, err := m.Log().FirstIndex()
	if err != nil {
		t.Fatal(err)
	}
	last, err := m.Log().LastIndex()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := m.Log().Entries(first, last+1, math.MaxUint64)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		size += len(entry.GetData())
	}
	return size
}

// TestLog_cut: the log holds no more than two megabytes or so, however much is written, and however often the
// replica starts; and never less than what the machine does not keep.
func TestLog_cut(t *testing.T) {
	const size, lag = 100 << 10, 5
	const most = 2<<20 + lag*size
	for name, writes := range map[string]int{"in one life": 200, "in many lives": 5} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk, kept := vfs.NewMem(), storage.Index(0)
				for written := 0; written < 200; written += writes {
					m := launch(t, disk, node.AfterSync, func(m *member, c *node.Options) {
						m.lag, m.kept, m.shows = lag, kept, kept
					}).ready(t)
					for range writes {
						if _, err := m.execute(t.Context(), make([]byte, size)); err != nil {
							t.Fatal(err)
						}
					}
					m.Stop()
					kept = m.kept
					logged := m.logged(t)
					first, err := m.Log().FirstIndex()
					m.end(t)
					if err != nil || first > uint64(kept)+1 {
						t.Errorf("the machine keeps entries up to %d; the log begins with %d (%v)", kept, first, err)
					}
					if logged > most {
						t.Errorf("after %d writes of %d bytes the log holds %d bytes, more than %d", written+writes, size, logged, most)
						return
					}
				}
			})
		})
	}
}
