package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine"
	"numstore.example/services/internal/engine/enginetest"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// TestDamage_oneShard: damage that a read or a merge meets in the rows of one shard takes that away, and nothing else; after
// every end; until it is dropped, and filled with what another node has.
func TestDamage_oneShard(t *testing.T) {
	whole, snapshot := bigShard(t)
	for name, meet := range map[string]func(*Store, *member) error{
		"read": func(_ *Store, m *member) error { return m.read() },
		"scan": func(_ *Store, m *member) error {
			return m.state.Scan(Range{}, true, func([]byte, kv.Record) (bool, error) { return true, nil })
		},
		"merge": func(s *Store, m *member) error {
			return errors.Join(m.write("a", "before the others"), m.write("z", "after the others"), s.Compact(t.Context()))
		},
		"snapshot": func(_ *Store, m *member) error { return m.state.WriteSnapshot(new(bytes.Buffer)) },
	} {
		for _, how := range reopenings {
			t.Run(name+", "+how, func(t *testing.T) { testDamageOneShard(t, whole.inTheMiddle(), snapshot, meet, how) })
		}
	}
}

func testDamageOneShard(t *testing.T, damaged files, snapshot []byte, meet func(*Store, *member) error, how string) {
	disk, err := damaged.on(vfs.NewCrashableMem())
	if err != nil {
		t.Fatal(err)
	}
	options, losses := tellingLosses()
	options.FS = disk
	store, shards, err := three(options)
	if err != nil {
		t.Fatal(err)
	}
	m := shards[damagedShard]
	if err := meet(store, m); !IsDamage(err) {
		t.Fatalf("who meets the damage gets %v", err)
	}
	loss := <-losses
	if loss.shard != damagedShard || !IsDamage(loss.err) || !strings.Contains(loss.err.Error(), "kv member rebuild 1 --shard 1") {
		t.Errorf("the store tells of shard %d: %v", loss.shard, loss.err)
	}
	for what, err := range map[string]error{"read": m.read(), "write": m.write("key", "value"), "scan": m.state.Scan(Range{}, true, nil)} {
		if !IsDamage(err) {
			t.Errorf("%s of the damaged shard: %v", what, err)
		}
	}
	store, shards = wellAgain(t, store, shards, options, how, func(store *Store, shards [3]*member) error {
		_, err := store.OpenState(damagedShard, 1)
		if how != "" && !IsDamage(err) {
			return fmt.Errorf("the damaged shard opens with %v", err)
		}
		return nil
	})
	if err := errors.Join(store.CloseShard(damagedShard), store.Drop(damagedShard)); err != nil {
		t.Fatal(err)
	}
	next := mustOpen(t, store, damagedShard, shard.MemberOf(1, 1))
	if err := next.knowsNothing(); err != nil {
		t.Error(err)
	}
	staged, err := next.stage(snapshot)
	if err == nil {
		err = next.log.Install(staged, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	shards[damagedShard] = next
	store, _ = wellAgain(t, store, shards, options, how, func(_ *Store, shards [3]*member) error {
		return shards[damagedShard].read()
	})
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if len(losses) > 0 {
		t.Errorf("the store tells of more: %v", <-losses)
	}
}

// wellAgain sees that the store has not failed, that the others are well, and that everything can be merged; before and after
// an end of the store, which it returns as it is then.
func wellAgain(t *testing.T, store *Store, shards [3]*member, options Options, how string, check func(*Store, [3]*member) error) (*Store, [3]*member) {
	t.Helper()
	for round := range 2 {
		if err := errors.Join(othersAreWell(shards), store.Compact(t.Context()), othersAreWell(shards), store.Failure()); err != nil {
			t.Fatal(err)
		}
		if err := check(store, shards); round == 1 && err != nil {
			t.Error(err)
		}
		if round == 1 {
			break
		}
		var disk *vfs.MemFS
		disk, store = ended(t, store.options.FS.(*vfs.MemFS), store, how)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		options.FS = disk
		var err error
		if store, shards, err = three(options); err != nil {
			t.Fatal(err)
		}
	}
	return store, shards
}

// TestDrop_damaged: of a damaged shard that is dropped, nothing is left that could be in the way of the next member, also in
// tables of which nobody has found that they are damaged.
func TestDrop_damaged(t *testing.T) {
	whole, snapshot := bigShard(t)
	more := whole.withMore(t)
	for name := range more {
		if path.Ext(name) == ".sst" && whole[name] == nil && len(more[name]) > 60*400 {
			content := slices.Clone(more[name])
			content[len(content)/2] ^= 0x40
			more = more.with(name, content)
		}
	}
	disk, err := more.inTheMiddle().disk()
	if err != nil {
		t.Fatal(err)
	}
	options, losses := tellingLosses()
	options.FS = disk
	store, shards, err := three(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := shards[damagedShard].read(); !IsDamage(err) {
		t.Fatal(err)
	}
	<-losses
	if err := errors.Join(store.CloseShard(damagedShard), store.Drop(damagedShard)); err != nil {
		t.Fatal(err)
	}
	next := mustOpen(t, store, damagedShard, shard.MemberOf(1, 1))
	staged, err := next.stage(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(next.log.Install(staged, nil), store.Compact(t.Context()), next.read(), othersAreWell(shards), store.Close())
	if err != nil {
		t.Error(err)
	}
	if len(losses) > 0 {
		t.Errorf("the next member is damaged: %v", <-losses)
	}
}

// TestCutOut_besideDamage: nothing is cut out where a row beside it cannot be read. Pebble would take all rows on that side for
// missing, and they would be gone.
func TestCutOut_besideDamage(t *testing.T) {
	whole, _ := bigShard(t)
	disk, err := whole.inTheMiddle().disk()
	if err != nil {
		t.Fatal(err)
	}
	store, shards, err := three(Options{FS: disk}) // nobody is told of damage, so nobody mends it
	if err != nil {
		t.Fatal(err)
	}
	m := shards[damagedShard]
	lower, upper := slot{firstSlot, damagedShard}.span()
	unreadable, err := store.Unreadable(path.Join(testDir, whole.table()), []engine.Span{{Lower: lower, Upper: upper}})
	if err != nil || unreadable[0].Empty() {
		t.Fatalf("of the large shard, %q cannot be read (%v): this test has lost its subject", unreadable, err)
	}
	inside := engine.Span{Lower: append(bytes.Clone(unreadable[0].Lower), 0), Upper: unreadable[0].Upper}
	if err := store.CutOut(inside); !IsDamage(err) {
		t.Errorf("a row before it cannot be read, and it is cut out: %v", err)
	}
	if err := errors.Join(othersAreWell(shards), store.Failure()); err != nil {
		t.Error(err)
	}
	if err := m.read(); !IsDamage(err) {
		t.Errorf("the damage has gone: %v", err)
	}
	store.Close()
}

// TestDamage_alone: nobody gives up a shard that others do not have. Who reads meets the damage; a merge ends the store.
func TestDamage_alone(t *testing.T) {
	whole, _ := bigShard(t)
	disk, err := whole.inTheMiddle().disk()
	if err != nil {
		t.Fatal(err)
	}
	options, _ := tellingLosses()
	failed := make(chan error, 1)
	options.FS, options.OnFailure = disk, func(err error) { failed <- err }
	store, shards, err := three(options)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = shards[damagedShard].state.ApplyMembers(Position{1, shards[damagedShard].log.last.Index + 1}, func(m shard.Members) shard.Members {
		return shard.Members{Version: m.Version + 1, Members: m.Members[1:]} // shard 1 has node 2 first
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := shards[damagedShard].read(); !IsDamage(err) || strings.Contains(err.Error(), "lost") {
			t.Errorf("the read of the damage: %v", err)
		}
	}
	m := shards[0]
	_ = errors.Join(m.write("a", "before the others"), store.Compact(t.Context()))
	if err := <-failed; !IsDamage(err) {
		t.Errorf("the store has failed: %v", err)
	}
	store.Close()
}

// merge merges all tables. What cannot be read is cut out meanwhile.
func (s *Store) merge(ctx context.Context) error {
	for {
		if err := s.Compact(ctx); !IsDamage(err) || s.Failure() != nil {
			return err
		}
	}
}

// TestDamage_everywhere damages the table at many places. Each shard has all that it had, or is known to be damaged, or the
// store is refused; and whoever is well stays so when everything is merged, and after the next start.
func TestDamage_everywhere(t *testing.T) {
	whole, _ := bigShard(t)
	random := seeded(t)
	count := make(map[string]int)
	size := len(whole[whole.table()])
	for at := random.IntN(size / 150); at < size; at += size/150 + random.IntN(20) {
		disk, err := whole.damaged(at).disk()
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := examineDamaged(t.Context(), disk)
		if err != nil {
			t.Errorf("byte %d of %d: %v", at, size, err)
		}
		count[outcome]++
	}
	t.Logf("the damage was: %v", count)
	if count["[1]"] == 0 || count["[0]"] == 0 || count["[2]"] == 0 {
		t.Errorf("the damage was: %v: this test has lost its subject", count)
	}
}

// examineDamaged tells what is damaged: the store, or which shards. It returns an error for what is wrong, and nobody knows.
func examineDamaged(ctx context.Context, disk vfs.FS) (outcome string, err error) {
	options, _ := tellingLosses()
	options.FS = disk
	for range 2 {
		store, shards, err := three(options)
		if err != nil {
			return "refused", unlessDamage(err)
		}
		for _, m := range shards {
			if m != nil {
				err = errors.Join(err, unlessDamage(m.write("a", "before the others")), unlessDamage(m.write("z", "after the others")))
			}
		}
		if err = errors.Join(err, store.merge(ctx)); store.Failure() != nil {
			return "failed", unlessDamage(store.Failure())
		}
		damaged, wrong := store.damagedOf(shards)
		if err = errors.Join(err, wrong, store.merge(ctx), store.Close()); err != nil {
			return "wrong", err
		}
		outcome = fmt.Sprint(damaged)
	}
	return outcome, nil
}

func unlessDamage(err error) error {
	if IsDamage(err) {
		return nil
	}
	return err
}

// damagedOf returns which shards are known to be damaged. All others must have all that they had.
func (s *Store) damagedOf(shards [3]*member) (damaged []int, err error) {
	for i, m := range shards {
		damage, unknown := s.damageOf(ShardID(i))
		err = errors.Join(err, unknown)
		switch {
		case damage != nil:
			damaged = append(damaged, i)
			if m != nil {
				err = errors.Join(err, unlessDamage(m.read()))
			}
		case m == nil:
			err = errors.Join(err, fmt.Errorf("shard %d did not open, and is not known to be damaged", i))
		default:
			err = errors.Join(err, m.read())
		}
	}
	return damaged, err
}

// TestDamage_crashes crashes a store that takes damage out, and drops the shard, at every operation. What is there then is as
// it was before, or the shard is known to be damaged, or it is gone: never are there fewer keys, and nobody knows.
func TestDamage_crashes(t *testing.T) {
	whole, _ := bigShard(t)
	disk, err := whole.inTheMiddle().on(vfs.NewCrashableMem())
	if err != nil {
		t.Fatal(err)
	}
	left, err := enginetest.CrashPoints(seeded(t), disk, func(fs vfs.FS) error {
		options, losses := tellingLosses()
		options.FS = fs
		store, shards, err := three(options)
		if err != nil {
			return err
		}
		if err := shards[damagedShard].write("a", "not in a table yet"); err != nil {
			return err
		}
		if err := shards[damagedShard].read(); !IsDamage(err) {
			return fmt.Errorf("the read of the damage: %w", err)
		}
		<-losses
		for range 3 {
			if err := othersAreWell(shards); err != nil {
				return err
			}
		}
		err = store.Compact(t.Context())
		m := shards[damagedShard]
		m.log.write(t, some(1, uint64(m.log.last.Index)+1, 1), nil) // who leads may not know of the damage yet
		return errors.Join(err, store.CloseShard(damagedShard), store.Drop(damagedShard), othersAreWell(shards), store.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for i, disk := range left {
		if i%3 != 0 && enginetest.Racing {
			continue
		}
		options, losses := tellingLosses()
		options.FS = disk
		store, shards, err := three(options)
		if err == nil {
			err = othersAreWell(shards)
		}
		if err != nil {
			t.Fatalf("crash %d of %d: %v", i, len(left), err)
		}
		if m := shards[damagedShard]; m == nil {
			count["known"]++
		} else if m.knowsNothing() == nil {
			count["dropped"]++
		} else if err := m.read(); !IsDamage(err) {
			t.Errorf("crash %d of %d: all is read: %v", i, len(left), err)
		} else {
			<-losses
			count["found again"]++
		}
		if err := errors.Join(store.merge(t.Context()), othersAreWell(shards), store.Close()); err != nil {
			t.Fatalf("crash %d of %d: %v", i, len(left), err)
		}
		options.FS = disk
		if store, shards, err = three(options); err == nil {
			err = errors.Join(othersAreWell(shards), store.Close())
		}
		if err != nil {
			t.Fatalf("crash %d of %d, and started once more: %v", i, len(left), err)
		}
	}
	if count["known"] == 0 || count["found again"] == 0 || count["dropped"] == 0 {
		t.Errorf("the crashes have left %v: this test has lost its subject", count)
	}
}
