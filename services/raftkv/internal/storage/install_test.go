package storage

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
)

// shows compares a store with what was installed: the rows, what is known of them in memory, the log.
func (t *testStore) shows(tb testing.TB, rows []string, want *testStore) error {
	tb.Helper()
	if err := enginetest.Difference(t.allRows(tb), rows); err != nil {
		return err
	}
	if got, want := t.state.Figures(), want.state.Figures(); got != want {
		return fmt.Errorf("it counts %+v, not %+v", got, want)
	}
	if left := t.rowsOf(tb, t.state.slot.Load().other()); len(left) > 0 {
		return fmt.Errorf("in the other slot, there is %v", left)
	}
	position := want.state.applied
	first, errFirst := t.log.FirstIndex()
	last, errLast := t.log.LastIndex()
	term, errTerm := t.log.Term(last)
	if err := errors.Join(errFirst, errLast, errTerm); err != nil || Index(last) != position.Index || first != last+1 || Term(term) != position.Term {
		return fmt.Errorf("the log has entries %d to %d, of term %d (%v), after %v", first, last, term, err, position)
	}
	if hard, conf, err := t.log.InitialState(); err != nil || hard.GetCommit() != last || len(conf.GetVoters()) != len(want.state.Members().Members) {
		return fmt.Errorf("Raft is told of %v and %v (%v)", hard, conf, err)
	}
	return nil
}

// TestInstall: a snapshot becomes the state, at once and after every end, with sessions, large replies and who was dropped;
// nothing is left of the state of before; the log goes on after it.
func TestInstall(t *testing.T) {
	source, snapshot, rows := ahead(t)
	for _, how := range reopenings {
		t.Run(how, func(t *testing.T) {
			store := behind(t, Options{FS: vfs.NewCrashableMem()})
			staged := store.stage(t, snapshot)
			store.must(t, put(16, 2, "only here", "changed while another state is staged"))
			if err := store.log.Install(staged, hardly(4, 3, uint64(staged.Position.Index))); err != nil {
				t.Fatal(err)
			}
			staged.Discard() // it is too late for that
			if mark := store.log.mark.Last(); mark != synced(staged.Position) {
				t.Errorf("the mark of the log is %+v after %v", mark, staged.Position)
			}
			for range 2 {
				if err := store.shows(t, rows, source); err != nil {
					t.Fatal(err)
				}
				if hard := store.log.hard; hard.term != 4 || hard.vote != 3 {
					t.Errorf("the hard state is %+v", hard)
				}
				for key, want := range map[string]bool{"only here": false, "deleted": false, "key1": true, "large": true} {
					if _, exists, err := store.state.Get([]byte(key)); exists != want || err != nil {
						t.Errorf("there is %q: %t (%v)", key, exists, err)
					}
				}
				store = store.reopen(t, how)
			}
			if err := store.goOn(); err != nil {
				t.Error(err)
			}
			changed := store.everything(t)
			store = store.reopen(t, how)
			defer store.end(t)
			if err := enginetest.Difference(store.everything(t), changed); err != nil {
				t.Error(err)
			}
			store.stage(t, snapshot).Discard() // the other slot can be used again
		})
	}
}

// TestInstall_controls leaves rows of one kind out of a snapshot: the replies to what comes then show it.
func TestInstall_controls(t *testing.T) {
	source, _, _ := ahead(t)
	for name, kind := range map[string]byte{"sessions": stateSession, "large replies": stateLargeReply, "who was dropped": stateDropped} {
		var snapshot bytes.Buffer
		if err := source.state.writeRows(&snapshot, []byte(snapshotMagic), func(k byte) bool { return k != kind }); err != nil {
			t.Fatal(err)
		}
		store := behind(t, Options{FS: vfs.NewMem()})
		if err := store.log.Install(store.stage(t, snapshot.Bytes()), nil); err != nil {
			t.Fatal(err)
		}
		if err := store.goOn(); err == nil {
			t.Errorf("without %s, all is well", name)
		} else {
			t.Logf("without %s: %v", name, err)
		}
		store.end(t)
	}
}

// TestInstall_refused: a state is not put back, and nothing is installed that was discarded.
func TestInstall_refused(t *testing.T) {
	_, snapshot, _ := ahead(t)
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	if err := fillSample(store); err != nil {
		t.Fatal(err)
	}
	before := store.everything(t)
	if err := store.log.Install(store.stage(t, snapshot), nil); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("what is shown already: %v", err)
	}
	if err := enginetest.Difference(store.everything(t), before); err != nil {
		t.Error(err)
	}
	late := behind(t, Options{FS: vfs.NewMem()})
	defer late.end(t)
	before = late.everything(t)
	staged := late.stage(t, snapshot)
	staged.Discard()
	if err := late.log.Install(staged, nil); err == nil || !strings.Contains(err.Error(), "discarded before") {
		t.Errorf("what was discarded: %v", err)
	}
	if err := enginetest.Difference(late.everything(t), before); err != nil {
		t.Error(err)
	}
	staged = late.stage(t, snapshot)
	if err := late.log.Install(staged, nil); err != nil {
		t.Fatal(err)
	}
	if err := late.log.Install(staged, nil); err == nil {
		t.Error("a snapshot was installed twice")
	}
}

// TestApply_shown: an entry that the installed state shows is not applied again.
func TestApply_shown(t *testing.T) {
	source, snapshot, rows := ahead(t)
	store := behind(t, Options{FS: vfs.NewMem()})
	defer store.end(t)
	next := store.state.applied
	next.Index++
	if err := store.log.Install(store.stage(t, snapshot), nil); err != nil {
		t.Fatal(err)
	}
	for ; next.Index <= source.state.applied.Index; next.Index++ {
		replies, kept, err := store.state.Apply(next, 1000, [][]byte{put(18, 1, "late", "value")})
		if replies != nil || kept != source.state.applied.Index || err != nil {
			t.Errorf("entry %d has the replies %v, and the state keeps entry %d (%v)", next.Index, replies, kept, err)
		}
	}
	if err := store.shows(t, rows, source); err != nil {
		t.Error(err)
	}
	replies, _, err := store.state.Apply(next, 1000, [][]byte{put(18, 1, "late", "value")})
	if err != nil || len(replies) != 1 {
		t.Errorf("the entry after that: %v (%v)", replies, err)
	}
	if _, exists, err := store.state.Get([]byte("late")); !exists || err != nil {
		t.Errorf("the entry after that was not applied (%v)", err)
	}
}

// TestInstall_scan: who reads a moment goes on reading that.
func TestInstall_scan(t *testing.T) {
	_, snapshot, _ := ahead(t)
	store := behind(t, Options{FS: vfs.NewMem()})
	defer store.end(t)
	want := store.pairs(t)
	staged := store.stage(t, snapshot)
	var got []string
	err := store.state.Scan(Range{}, true, func(key []byte, record kv.Record) (bool, error) {
		if len(got) == 0 {
			if err := store.log.Install(staged, nil); err != nil {
				return false, err
			}
			if err := store.Compact(t.Context()); err != nil {
				return false, err
			}
		}
		got = append(got, fmt.Sprintf("%s is %s", key, record.Value))
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := enginetest.Difference(got, want); err != nil {
		t.Error(err)
	}
}
