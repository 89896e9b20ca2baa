package storage

import (
	"reflect"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
)

// long is a value that makes the reply of the write after it a large one.
var long = strings.Repeat("long", smallReply/4)

// rowOf returns a row of a client as the store has it; nil when there is none.
func (t *testStore) rowOf(tb testing.TB, kind byte, client byte) []byte {
	tb.Helper()
	if err := t.state.flush(); err != nil {
		tb.Fatal(err)
	}
	defer t.state.changes.release()
	row, err := t.state.changes.read(t.state.slot.Load().client(kind, kv.ClientID{client}))
	if err != nil {
		tb.Fatal(err)
	}
	return append([]byte(nil), row...)
}

// TestSession_largeReply: a large reply is given again after every way to come back, and its row is gone with
// the client's next write.
func TestSession_largeReply(t *testing.T) {
	for _, how := range reopenings {
		t.Run(how, func(t *testing.T) {
			store := begin(t, vfs.NewCrashableMem())
			store.must(t, put(1, 1, "key", long))
			want := store.must(t, put(1, 2, "key", "short"))
			if string(want.Results[0].Previous) != long || store.rowOf(t, stateLargeReply, 1) == nil {
				t.Fatal("the reply is not large: this test has lost its subject")
			}
			store = store.reopen(t, how)
			before := store.state.Figures()
			if got := store.must(t, put(1, 2, "key", "short")); !reflect.DeepEqual(got, want) {
				t.Errorf("the repetition was answered with %.80v, not %.80v", got, want)
			}
			if after := store.state.Figures(); after.Revision != before.Revision {
				t.Errorf("the repetition changed revision %d to %d", before.Revision, after.Revision)
			}

			want = store.must(t, put(1, 3, "key", "third"))
			if row := store.rowOf(t, stateLargeReply, 1); row != nil {
				t.Errorf("after the next write the large reply is still there: %d bytes", len(row))
			}
			store = store.reopen(t, how)
			defer store.end(t)
			if row := store.rowOf(t, stateLargeReply, 1); row != nil {
				t.Errorf("the large reply came back: %d bytes", len(row))
			}
			if got := store.must(t, put(1, 3, "key", "third")); !reflect.DeepEqual(got, want) {
				t.Errorf("the repetition was answered with %.80v, not %.80v", got, want)
			}
		})
	}
}

// TestSession_room: a small reply does not keep the room of the large one before it.
func TestSession_room(t *testing.T) {
	store := beginBehind(t, vfs.NewMem(), 1<<20)
	defer store.end(t)
	store.must(t, put(1, 1, "key", long))
	store.must(t, put(1, 2, "key", "short")) // answered with the long value
	store.must(t, put(1, 3, "key", "short"))
	if room := cap(store.state.changes.sessions[kv.ClientID{1}].reply); room > smallReply {
		t.Errorf("a reply of a few bytes takes %d", room)
	}
}

// TestSession_limit: replies of the lengths about the limit are all remembered.
func TestSession_limit(t *testing.T) {
	store := begin(t, vfs.NewCrashableMem())
	var want []kv.Reply
	for i := range byte(20) {
		store.must(t, put(i, 1, string(rune('a'+i)), strings.Repeat("v", smallReply-15+int(i))))
		want = append(want, store.must(t, put(i, 2, string(rune('a'+i)), "")))
	}
	large := 0
	store = store.reopen(t, "power failed")
	defer store.end(t)
	for i := range byte(20) {
		if got := store.must(t, put(i, 2, string(rune('a'+i)), "")); !reflect.DeepEqual(got, want[i]) {
			t.Errorf("client %d got %.80v, then %.80v", i, want[i], got)
		}
		if store.rowOf(t, stateLargeReply, i) != nil {
			large++
		}
	}
	if large == 0 || large == 20 {
		t.Errorf("%d of 20 replies are large: this test has lost its subject", large)
	}
}

// applyEntry applies several commands as one entry, which no log has.
func (t *testStore) applyEntry(tb testing.TB, commands ...[]byte) [][]byte {
	tb.Helper()
	index := t.state.Applied() + 1
	replies, _, err := t.state.Apply(Position{1, index}, kv.Millis(index), commands)
	if err != nil {
		tb.Fatal(err)
	}
	return replies
}

// TestSession_sameEntry: a write and its repetitions in one entry get the same bytes, small or large, also
// when the client's replies were of the other size before.
func TestSession_sameEntry(t *testing.T) {
	for name, values := range map[string][]string{
		"small":            {"a", "b"},
		"large":            {long, "b"},
		"small then large": {"a", long, "b"},
		"large then small": {long, "b", "c"},
		"large then large": {long, long + "more", "c"},
	} {
		t.Run(name, func(t *testing.T) {
			store := begin(t, vfs.NewMem())
			defer store.end(t)
			var commands [][]byte
			for i, value := range values {
				command := put(1, uint64(i+1), "key", value)
				commands = append(commands, command, command, command)
			}
			replies := store.applyEntry(t, commands...)
			for i, reply := range replies {
				if first := replies[i-i%3]; string(reply) != string(first) {
					t.Errorf("write %d was answered with %.40q, then with %.40q", i/3+1, first, reply)
				}
			}
			if f := store.state.Figures(); f.Revision != uint64(len(values)) {
				t.Errorf("%d writes led to revision %d", len(values), f.Revision)
			}
			last := commands[len(commands)-1]
			if again := store.applyEntry(t, last)[0]; string(again) != string(replies[len(replies)-1]) {
				t.Errorf("the next entry answers with %.40q", again)
			}
		})
	}
}

func outcomes(tb testing.TB, replies [][]byte) (all []kv.Outcome) {
	tb.Helper()
	for _, encoded := range replies {
		reply, err := kv.DecodeReply(encoded)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, reply.Outcome)
	}
	return all
}

// TestSession_dropped: of a dropped client nothing is left but that it was, in the same entry and later.
func TestSession_dropped(t *testing.T) {
	store := begin(t, vfs.NewMem())
	defer store.end(t)
	first, forget := put(1, 1, "key", "value"), kv.AppendForget(nil, 0)
	got := outcomes(t, store.applyEntry(t, first, forget, first, put(1, 2, "key", "value")))
	if want := []kv.Outcome{kv.Done, kv.Done, kv.UnknownClient, kv.UnknownClient}; !reflect.DeepEqual(got, want) {
		t.Errorf("in one entry: outcomes %v, not %v", got, want)
	}
	store.applyEntry(t, put(2, 1, "other", long), put(2, 2, "other", "value"))
	got = outcomes(t, store.applyEntry(t, first, forget, put(2, 1, "other", long)))
	if want := []kv.Outcome{kv.UnknownClient, kv.Done, kv.UnknownClient}; !reflect.DeepEqual(got, want) {
		t.Errorf("in further entries: outcomes %v, not %v", got, want)
	}
	for client := range byte(3) {
		dropped := store.rowOf(t, stateDropped, client) != nil
		if dropped != (client > 0) {
			t.Errorf("client %d is dropped: %t", client, dropped)
		}
		for _, kind := range []byte{stateSession, stateLargeReply} {
			if row := store.rowOf(t, kind, client); row != nil {
				t.Errorf("of client %d a row %c is left", client, kind)
			}
		}
	}
	if f := store.state.Figures(); f.Sessions != 0 || f.Revision != 3 {
		t.Errorf("three writes, and all clients dropped: %+v", f)
	}
}

// TestSession_droppedAndReopened: also after a crash a late first write is not taken for a new client's.
func TestSession_droppedAndReopened(t *testing.T) {
	for _, how := range reopenings {
		t.Run(how, func(t *testing.T) {
			store := begin(t, vfs.NewCrashableMem())
			store.must(t, put(1, 1, "key", "value"))
			store.must(t, kv.AppendForget(nil, 0))
			store = store.reopen(t, how)
			defer store.end(t)
			reply, err := store.execute(put(1, 1, "key", "value"))
			if err != nil || reply.Outcome != kv.UnknownClient {
				t.Errorf("outcome %d, %v; not %d", reply.Outcome, err, kv.UnknownClient)
			}
		})
	}
}
