package storage

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// notAlone are the members of a shard that has others to be compared with.
var notAlone = shard.Members{Version: 1, Members: []shard.Member{{ID: 1}, {ID: 2}}}

// hour is what the log's time is in an hour after the first.
func hour(n int) kv.Millis { return kv.Millis((time.Duration(n) * time.Hour).Milliseconds()) }

// summing opens a state that has other members, with what its log is written to.
func summing(tb testing.TB) (*member, *bytes.Buffer) {
	tb.Helper()
	log := new(bytes.Buffer)
	m, err := openMember(Options{FS: vfs.NewMem()})
	if err != nil {
		tb.Fatal(err)
	}
	m.options.Logger = slog.New(slog.NewTextHandler(log, nil))
	m.state.members = notAlone
	return m, log
}

// applies applies commands, each as an entry of its own, at a time of the log.
func (m *member) applies(tb testing.TB, time kv.Millis, commands ...[]byte) {
	tb.Helper()
	for _, command := range commands {
		if _, _, err := m.state.Apply(Position{1, m.state.Applied() + 1}, time, [][]byte{command}); err != nil {
			tb.Fatal(err)
		}
	}
}

// TestChecksum: members that have applied the same have the same checksum at the first entry of an hour, whichever slot
// their rows lie in, and whatever comes after it. One whose rows are others has another checksum, and says so, with the
// shard and the nodes, whether it is told the leader's before or after it has its own.
func TestChecksum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := [][]byte{put(1, 1, "a", "one"), put(2, 1, "b", strings.Repeat("large", 100)), put(1, 2, "a", "two")}
		leader, _ := summing(t)
		follower, quiet := summing(t)
		installed, _ := summing(t)
		crooked, loud := summing(t)
		for _, m := range []*member{leader, follower, crooked} {
			m.applies(t, hour(0)+5, writes...)
		}
		var snapshot bytes.Buffer
		if err := leader.state.WriteSnapshot(&snapshot); err != nil {
			t.Fatal(err)
		}
		staged, err := installed.state.Stage(&snapshot)
		if err == nil {
			err = installed.log.Install(staged, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		installed.state.members = notAlone
		if sum, _ := leader.state.Checksum(); sum.Index != 0 {
			t.Errorf("within an hour there is the checksum %+v", sum)
		}
		leader.applies(t, hour(1), put(3, 1, "c", "first of the hour"))
		follower.applies(t, hour(1), put(3, 1, "c", "first of the hour"), put(4, 1, "d", "later"))
		installed.applies(t, hour(1), put(3, 1, "c", "first of the hour"))
		synctest.Wait()
		want, _ := leader.state.Checksum()
		if want.Index != 4 || want.Sum == 0 {
			t.Errorf("at entry 4 the leader has the checksum %+v", want)
		}
		for name, m := range map[string]*member{"a follower": follower, "one that took the state from another": installed} {
			if got, differs := m.state.Checksum(); got != want || differs {
				t.Errorf("%s has the checksum %+v (%t), the leader %+v", name, got, differs, want)
			}
		}
		compare := kv.AppendCompare(nil, uint64(want.Index), want.Sum, 7)
		follower.applies(t, hour(1), compare)
		if _, differs := follower.state.Checksum(); differs || quiet.Len() > 0 {
			t.Errorf("where nothing differs, it is said: %s", quiet)
		}

		crooked.state.changes.Compare(uint64(want.Index), want.Sum, 7) // it comes before it has a checksum
		crooked.applies(t, hour(1), put(3, 1, "c", "first of an hour"))
		synctest.Wait()
		said := loud.String()
		if _, differs := crooked.state.Checksum(); !differs || !strings.Contains(said, "level=ERROR") || !strings.Contains(said, "shard=0") ||
			!strings.Contains(said, "node=1") || !strings.Contains(said, "leader=7") || !strings.Contains(said, "entry=4") {
			t.Errorf("it differs: %t; it says %q", differs, said)
		}
		crooked.applies(t, hour(1), compare)
		if strings.Count(loud.String(), "level=ERROR") != 2 {
			t.Errorf("told again, it says %q", loud)
		}
		for _, m := range []*member{leader, follower, installed, crooked} {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestChecksum_alone: a member that has nobody to be compared with has no checksum.
func TestChecksum_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := summing(t)
		m.state.members.Members = notAlone.Members[:1]
		m.applies(t, hour(1), put(1, 1, "a", "one"))
		synctest.Wait()
		if sum, _ := m.state.Checksum(); sum.Index != 0 {
			t.Errorf("there is %+v", sum)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestChecksum_close: a state that is large takes its time; when the store is closed, it does not wait for that.
func TestChecksum_close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := summing(t)
		for i := range 8 {
			m.applies(t, hour(0), put(1, uint64(i+1), string(rune('a'+i)), strings.Repeat("x", 1<<20)))
		}
		m.applies(t, hour(1), put(2, 1, "z", "first of the hour"))
		synctest.Wait()
		if sum, _ := m.state.Checksum(); sum.Index != 0 {
			t.Errorf("8 MB are added up at once: %+v", sum)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if sum, _ := m.state.Checksum(); sum.Index != 0 {
			t.Errorf("half a state has the checksum %+v", sum)
		}
	})
}
