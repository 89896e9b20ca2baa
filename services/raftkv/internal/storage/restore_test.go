package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine"
	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// TestRestore_anyShape: whatever the new cluster is, each key is in the shard that it belongs to now, with its version; each
// replica of a shard begins with the same state; and of every client the shard of its last write knows the reply.
func TestRestore_anyShape(t *testing.T) {
	source, last, dropped := fourShards(t)
	backup := source.backUp(t)
	for _, c := range []struct {
		nodes            []NodeID
		shards, replicas int
	}{{[]NodeID{1}, 1, 1}, {[]NodeID{1}, 4, 1}, {[]NodeID{1, 2, 3}, 8, 3}, {[]NodeID{1, 2}, 3, 1}, {[]NodeID{1, 2, 5}, 2, 1}} {
		t.Run(fmt.Sprintf("%d nodes, %d shards, %d replicas", len(c.nodes), c.shards, c.replicas), func(t *testing.T) {
			first := make(map[ShardID][]byte)
			replicas := 0
			for _, self := range c.nodes {
				store := shardedStore(t, planOf(self, c.nodes, c.shards, c.replicas), backup)
				for number, snapshot := range store.snapshots(t) {
					replicas++
					if first[number] == nil {
						first[number] = snapshot
						checkRestored(t, store, number, source, last, dropped)
					} else if !bytes.Equal(first[number], snapshot) {
						t.Errorf("node %d has another shard %d than the node before", self, number)
					}
				}
			}
			if replicas != c.shards*c.replicas {
				t.Errorf("there are %d replicas", replicas)
			}
		})
	}
}

// checkRestored looks at a shard of a store that was filled, and writes to it.
func checkRestored(t *testing.T, store *sharded, number ShardID, source *sharded, last []written, dropped []byte) {
	t.Helper()
	state := store.states[number]
	before := state.Figures()
	if log, err := store.OpenLog(number, state.Applied()); err != nil || log.truncated != (Position{5, state.Applied()}) || log.last != log.truncated {
		t.Errorf("the log of shard %d goes from %v to %v (%v), and the state shows entry %d", number, log.truncated, log.last, err, state.Applied())
	}
	keys, size := 0, 0
	for _, from := range source.states {
		if before.Revision < from.Figures().Revision || before.Applied < from.Applied() || before.Now < from.Now() {
			t.Errorf("shard %d goes on at %+v, before %+v", number, before, from.Figures())
		}
		err := from.Scan(Range{}, true, func(key []byte, record kv.Record) (bool, error) {
			at, _ := store.place(key)
			got, found, err := state.Get(key)
			if found != (at == number) || found && (got.Version != record.Version || !bytes.Equal(got.Value, record.Value)) {
				t.Errorf("shard %d has %q as %v (%t, %v); it was %v", number, key, got, found, err, record)
			}
			if found {
				keys++
				size += len(key) + len(record.Value)
			}
			return true, err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if before.Keys != uint64(keys) || before.Bytes != uint64(size) || before.Sessions != len(last) {
		t.Errorf("shard %d counts %+v; it has %d keys of %d bytes, and there are %d clients", number, before, keys, size, len(last))
	}
	for _, w := range last {
		if at, _ := store.place([]byte(w.key)); at != number {
			continue
		}
		if again := store.write(t, w.client, w.sequence, w.key, "done twice"); fmt.Sprint(again) != fmt.Sprint(w.reply) {
			t.Errorf("the last write of client %d was answered with %v before, and with %v when it was sent again", w.client, w.reply, again)
		}
		if old := store.write(t, w.client, w.sequence-1, w.key, "old"); old.Outcome != kv.SequenceTooLow {
			t.Errorf("an older write of client %d ended with outcome %d", w.client, old.Outcome)
		}
		if next := store.write(t, w.client, w.sequence+1, w.key, "next"); next.Outcome != kv.Done || next.Results[0].Version <= before.Revision {
			t.Errorf("the next write of client %d was answered with %+v after version %d", w.client, next, before.Revision)
		}
	}
	for _, client := range dropped {
		if late := store.apply(t, number, 1, put(client, 1, "late", "late")); late.Outcome != kv.UnknownClient {
			t.Errorf("a late write of the dropped client %d ended with outcome %d", client, late.Outcome)
		}
	}
}

// twice makes a store of two shards, which was restored from another one, so that both remember client 1. Shard 0 has the
// client's key.
func twice(tb testing.TB) *sharded {
	tb.Helper()
	origin := shardedStore(tb, alone(1), nil)
	origin.write(tb, 1, 1, "key\x00", "first")
	return shardedStore(tb, alone(2), origin.backUp(tb))
}

// TestRestore_again: what the shard knows counts that a client has gone on with, not what others remember of it from an
// earlier restoration; whatever comes first in the file.
func TestRestore_again(t *testing.T) {
	for name, c := range map[string]struct {
		happens  func(*sharded)
		sequence uint64 // of a write of the client afterwards, to the one shard that there is then
		outcome  kv.Outcome
		existed  string // the previous value that it is answered with
	}{
		"it goes on":                   {func(s *sharded) { s.write(t, 1, 2, "key\x00", "second") }, 2, kv.Done, "first"},
		"it goes on, and sends again":  {func(s *sharded) { s.write(t, 1, 2, "key\x00", "second") }, 1, kv.SequenceTooLow, ""},
		"the other shard has dropped":  {func(s *sharded) { s.write(t, 1, 2, "key\x00", "second"); forget(t, s, 1) }, 2, kv.Done, "first"},
		"it goes on, and is dropped":   {func(s *sharded) { s.write(t, 1, 2, "key\x00", "second"); forget(t, s, 0) }, 2, kv.UnknownClient, ""},
		"its own shard alone dropped":  {func(s *sharded) { forget(t, s, 0) }, 1, kv.Done, ""},
		"both shards have dropped":     {func(s *sharded) { forget(t, s, 0); forget(t, s, 1) }, 1, kv.UnknownClient, ""},
		"nothing":                      {func(*sharded) {}, 1, kv.Done, ""},
		"nothing, and it goes on then": {func(*sharded) {}, 2, kv.Done, "first"},
		"a large reply, then a small one": {func(s *sharded) {
			s.write(t, 1, 2, "key\x00", strings.Repeat("l", 500))
			s.write(t, 1, 3, "key\x00", "small")
			s.write(t, 1, 4, "key\x00", "x")
		}, 4, kv.Done, "small"},
	} {
		store := twice(t)
		c.happens(store)
		parts := store.parts(t, shard.BackupID{5})
		var snapshots [][]byte
		for range 2 {
			slices.Reverse(parts)
			restored := shardedStore(t, alone(1), bytes.Join(parts, nil))
			snapshots = append(snapshots, restored.snapshots(t)[0])
			reply := restored.write(t, 1, c.sequence, "key\x00", "again")
			if reply.Outcome != c.outcome || c.existed != "" && string(reply.Results[0].Previous) != c.existed {
				t.Errorf("%s: write %d is answered with %+v", name, c.sequence, reply)
			}
		}
		if !bytes.Equal(snapshots[0], snapshots[1]) {
			t.Errorf("%s: in the other order, the same parts make another state", name)
		}
	}
}

// forget has a shard drop all clients.
func forget(tb testing.TB, s *sharded, at ShardID) {
	tb.Helper()
	s.apply(tb, at, 1000, kv.AppendForget(nil, 1))
}

// TestRestore_idle: how long clients were idle, by the time of their shards, says who is dropped when there are too many,
// and who is next.
func TestRestore_idle(t *testing.T) {
	source := shardedStore(t, alone(2), nil)
	for sequence := range uint64(3) {
		source.apply(t, 1, 1_000_000, put(100, sequence+1, "b\x01", "v")) // its time is far ahead
	}
	for client := range byte(100) {
		source.apply(t, ShardID(client%2), 10, put(client, 1, "a"+string(rune(client%2)), "v"))
	}
	const shards = shard.MaxShards
	nodes := make([]NodeID, shards) // of which this one has one shard
	for i := range nodes {
		nodes[i] = NodeID(i + 1)
	}
	limit := kv.MaxSessions / shards
	extra := shardedStore(t, alone(2), source.backUp(t))
	for i := range limit - 50 {
		id := kv.ClientID{200, byte(i >> 8), byte(i)}
		c := kv.Command{Request: kv.RequestID{Client: id, Sequence: 1}, Writes: []kv.Write{{Kind: kv.Put, Key: []byte("c\x00"), Expect: kv.AnyVersion}}}
		extra.apply(t, 0, 1, c.AppendTo(nil))
	}
	restored := shardedStore(t, planOf(1, nodes, shards, 1), extra.backUp(t))
	if f := restored.states[0].Figures(); f.Sessions != limit {
		t.Errorf("%d clients are remembered; want %d", f.Sessions, limit)
	}
	row, err := restored.Row(newSlot(0).client(stateDropped, kv.ClientID{100}))
	if err != nil || decodeDropped(row) != 3 {
		t.Errorf("of client 100, that it was dropped after write %d is remembered (%v)", decodeDropped(row), err)
	}
	// There are 51 too many: client 100, idle for longer than all others, and then those from 0 to 49.
	known := func(client byte) bool {
		return restored.apply(t, 0, 0, put(client, 1, "a", "v")).Outcome == kv.Done
	}
	if known(0) || known(10) || known(100) || known(40) || !known(60) || !known(99) {
		t.Errorf("of the clients 0, 10, 40, 60, 99 and 100 these are known: %t %t %t %t %t %t", known(0), known(10), known(40), known(60), known(99), known(100))
	}
}

// TestRestore_clash: of what several parts say of one client, the one with the highest sequence number counts, in whatever
// order they come, and nothing of the others is left.
func TestRestore_clash(t *testing.T) {
	id := kv.ClientID{1}
	key := func(kind byte) string { return string(append([]byte{kind}, id[:]...)) }
	session := func(sequence uint64, reply string, large bool) string {
		row := make([]byte, sessionHeader+len(reply))
		encodeSession(row, &kv.Session{Client: id, Sequence: sequence, Turn: 1, LargeReply: large}, []byte(reply))
		return string(row)
	}
	small := func(sequence uint64) map[string]string {
		return map[string]string{key(stateSession): session(sequence, fmt.Sprint("reply ", sequence), false)}
	}
	large := func(sequence uint64) map[string]string {
		return map[string]string{key(stateSession): session(sequence, "", true), key(stateLargeReply): fmt.Sprint("large ", sequence)}
	}
	dropped := func(sequence uint64) map[string]string {
		return map[string]string{key(stateDropped): string(encodeDropped(sequence))}
	}
	ancient := map[string]string{key(stateDropped): "\x01"}
	for name, c := range map[string]struct {
		parts [3]map[string]string
		want  map[string]string
	}{
		"small replies":              {[3]map[string]string{small(1), small(3), small(2)}, small(3)},
		"large replies":              {[3]map[string]string{large(1), large(3), large(2)}, large(3)},
		"large ones before":          {[3]map[string]string{large(1), small(3), large(2)}, small(3)},
		"dropped last":               {[3]map[string]string{dropped(5), small(7), dropped(9)}, dropped(9)},
		"dropped before":             {[3]map[string]string{dropped(5), small(7), dropped(6)}, small(7)},
		"dropped, one says not when": {[3]map[string]string{ancient, small(7), dropped(6)}, ancient},
		"dropped by all":             {[3]map[string]string{dropped(1), dropped(3), dropped(2)}, dropped(3)},
	} {
		for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			var backup []byte
			for _, number := range order {
				backup = append(backup, partOf(t, Part{Shard: ShardID(number), Shards: 3}, c.parts[number])...)
			}
			store := shardedStore(t, alone(2), backup)
			for number := range ShardID(2) {
				for _, kind := range []byte{stateSession, stateLargeReply, stateDropped} {
					row, err := store.Row(newSlot(number).client(kind, id))
					if err != nil || string(row) != c.want[key(kind)] {
						t.Errorf("%s, in the order %v: row %c of shard %d is %q (%v); want %q", name, order, kind, number, row, err, c.want[key(kind)])
					}
				}
			}
		}
	}
}

// partOf makes a part of rows, and of totals that say that something was applied.
func partOf(tb testing.TB, part Part, rows map[string]string) []byte {
	tb.Helper()
	rows = maps.Clone(rows)
	rows[string(rune(stateTotals))] = string(encodeTotals(Position{1, 1}, kv.Totals{Turns: 1}))
	var b bytes.Buffer
	b.Write(part.encode())
	out := frames{w: &b}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if err := out.row([]byte(key), []byte(rows[key])); err != nil {
			tb.Fatal(err)
		}
	}
	if err := out.end(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// checkRefused has a store filled with what is no whole backup.
func checkRefused(t *testing.T, what string, backup []byte) {
	t.Helper()
	disk := vfs.NewMem()
	_, err := Open(Options{Dir: testDir, FS: disk, Logger: discard, Restore: reading{backup, alone(3)}})
	if !errors.Is(err, ErrNoBackup) {
		t.Errorf("%s: the error is %v", what, err)
	}
}

// TestRestore_parts: parts that are no whole backup are refused.
func TestRestore_parts(t *testing.T) {
	store := shardedStore(t, alone(3), nil)
	for i := range byte(6) {
		store.write(t, i, 1, fmt.Sprint("key", i), "v")
	}
	parts, others := store.parts(t, shard.BackupID{1}), store.parts(t, shard.BackupID{2})
	whole := bytes.Join(parts, nil)
	checkRefused(t, "a shard is missing", slices.Concat(parts[0], parts[2]))
	checkRefused(t, "a shard comes twice", slices.Concat(parts[0], parts[1], parts[1], parts[2]))
	checkRefused(t, "a shard comes twice, and one is missing", slices.Concat(parts[0], parts[1], parts[1]))
	checkRefused(t, "a part of another backup", slices.Concat(parts[0], others[1], parts[2]))
	checkRefused(t, "something comes behind it", append(slices.Clone(whole), 0))
	checkRefused(t, "a part comes behind it", slices.Concat(whole, parts[0]))
	random := seeded(t)
	for i := range whole {
		if i%7 == random.IntN(7) || i%len(parts[0]) < 20 { // each byte is tried in TestBackup_damaged
			checkRefused(t, fmt.Sprintf("byte %d of %d is another", i, len(whole)), enginetest.Flip(random, whole, i))
			checkRefused(t, fmt.Sprintf("cut off at byte %d of %d", i, len(whole)), whole[:i])
		}
	}
	checkRefused(t, "cut off between two parts", whole[:len(parts[0])+len(parts[1])])
	restored := shardedStore(t, alone(2), slices.Concat(parts[2], parts[0], parts[1]))
	if got := restored.states[0].Figures().Keys + restored.states[1].Figures().Keys; got != 6 {
		t.Errorf("in another order, %d keys of 6 are restored", got)
	}
}

// TestRestore_nothingMade: a backup that can be read twice is checked before anything is written, its keys too: the folder
// can be used without it.
func TestRestore_nothingMade(t *testing.T) {
	source, _, _ := fourShards(t)
	backup := source.backUp(t)
	unplaceable := alone(2)
	unplaceable.Place = func(key []byte) (ShardID, error) {
		if string(key) == "key29" {
			return 0, fmt.Errorf("%q is no integer", key)
		}
		return 0, nil
	}
	future := partOf(t, Part{Shards: 1}, map[string]string{"?what": "a row that nobody knows"})
	for name, c := range map[string]struct {
		backup []byte
		plan   Plan
		want   string
	}{
		"cut off":                       {backup[:len(backup)-1], alone(2), "not a whole backup"},
		"a key that cannot be placed":   {backup, unplaceable, `"key29" is no integer`},
		"a row of a kind of the future": {future, alone(1), "a newer one"},
	} {
		for _, twice := range []bool{true, false} {
			disk := vfs.NewMem()
			read, err := OpenBackup(bytes.NewReader(c.backup))
			if err != nil {
				t.Fatal(err)
			}
			if twice {
				read.Again = func() (io.Reader, error) { return bytes.NewReader(c.backup), nil }
			}
			if _, err = Open(Options{Dir: testDir, FS: disk, Logger: discard, Restore: RestoreFrom(read, c.plan.always)}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: the error is %v", name, err)
			}
			store, err := Open(Options{Dir: testDir, FS: disk, Logger: discard})
			if begun := errors.Is(err, engine.ErrRestoring); begun == twice || !begun && err != nil {
				t.Errorf("%s, read twice %t: without it, the folder is opened with %v", name, twice, err)
			}
			if err == nil {
				store.Close()
			}
		}
	}
}

// TestRestore_anotherCluster: a store that was filled becomes one of the cluster that it was filled for, when that is new,
// and of no other.
func TestRestore_anotherCluster(t *testing.T) {
	source, _, _ := fourShards(t)
	plan := planOf(2, []NodeID{1, 2, 3}, 2, 2)
	store, err := Open(Options{Dir: testDir, FS: vfs.NewMem(), Logger: discard, Restore: reading{source.backUp(t), plan}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	told, err := store.Filled()
	if want := "2 shards with 2 replicas, placement 1, on the nodes [1 2 3]"; err != nil || !strings.Contains(told, want) || !strings.Contains(told, shard.BackupID{4}.String()) {
		t.Errorf("it says that it was filled with %q (%v); want %s", told, err, want)
	}
	for name, other := range map[string]Plan{
		"shards": planOf(2, []NodeID{1, 2, 3}, 3, 2), "replicas": planOf(2, []NodeID{1, 2, 3}, 2, 3), "nodes": planOf(2, []NodeID{1, 2, 4}, 2, 3),
	} {
		if err := store.Form(formed(other, store), 2); err == nil || !strings.Contains(err.Error(), "was filled with") {
			t.Errorf("with other %s: %v", name, err)
		}
	}
	placed, older, replaced := formed(plan, store), formed(plan, store), formed(plan, store)
	placed.Placement = 3
	older.Shards[1].Version++
	replaced.Shards[0].Members[1].Store = shard.StoreID{99} // which the node had before
	for name, other := range map[string]shard.Cluster{"another placement": placed, "a cluster that is not new": older, "a node that was another store": replaced} {
		if err := store.Form(other, 2); err == nil || !strings.Contains(err.Error(), "was filled with") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := store.Form(formed(plan, store), 2); err != nil {
		t.Error(err)
	}
	if told, err := store.Filled(); told != "" || err != nil {
		t.Errorf("of a cluster, it says that it was filled with %q (%v)", told, err)
	}
}

// TestReadPart: what a part begins with can be read by itself.
func TestReadPart(t *testing.T) {
	source, _, _ := fourShards(t)
	for number, part := range source.parts(t, shard.BackupID{7}) {
		got, err := ReadPart(bytes.NewReader(part))
		f := source.states[ShardID(number)].Figures()
		if err != nil || got.Shard != ShardID(number) || got.Shards != 4 || got.Index != f.Applied || got.Keys != f.Keys || got.Bytes != f.Bytes ||
			got.Backup != (shard.BackupID{7}) || got.Cluster != (shard.ClusterID{8}) || got.Placement != 1 || got.Taken.IsZero() {
			t.Errorf("part %d is %+v (%v); it should be of %+v", number, got, err, f)
		}
	}
	long := append([]byte(backupMagic), bytes.Repeat([]byte("x"), 2*maxPartHeader)...)
	impossible := (&Part{Shards: 2, Shard: 2}).encode()
	for _, wrong := range [][]byte{long, impossible, []byte("\n\n1234"), []byte("hello")} {
		if _, err := ReadPart(bytes.NewReader(wrong)); !errors.Is(err, ErrNoBackup) {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	if _, err := ReadPart(bytes.NewReader(nil)); err != io.EOF {
		t.Errorf("nothing: %v", err)
	}
}
