package storage

import (
	"cmp"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
)

// TestDamage changes bytes of all files of a store, one at a time: of one that was closed, and of one that was killed. All that was
// committed is there, or it is refused. That the engine finds every byte is tested there; this is about the mark of the commits, and what the
// rows are taken for.
func TestDamage(t *testing.T) {
	for _, closed := range []bool{true, false} {
		t.Run(map[bool]string{true: "closed", false: "killed"}[closed], func(t *testing.T) {
			t.Parallel()
			all, want := sample(t, closed)
			if refusal, wrong := examine(all, "", want); refusal != nil || wrong != nil {
				t.Fatal(refusal, wrong)
			}
			step := 47
			if enginetest.Racing {
				step = 997
			}
			refused := all.FlipAll(t, seeded(t), step, func(changed enginetest.Files, name string) (refusal, wrong error) {
				return examine(changed, name, want)
			})
			if refused == 0 {
				t.Error("nothing was refused: this test has lost its subject")
			}
		})
	}
}

// TestDamage_torn: a log that was cut has lost commits, of which the mark knows. Behind its end is what is left of a log that had the same file before.
func TestDamage_torn(t *testing.T) {
	all, want := sample(t, false)
	name := all.NewestLog()
	end := 0 // the least length that was not refused
	for length := 0; length <= len(all[name]); length += 13 {
		refusal, wrong := examine(all.With(name, all[name][:length]), name, want)
		if wrong != nil || refusal != nil && end > 0 {
			t.Errorf("%d of %d bytes of %s: %v, %v", length, len(all[name]), name, refusal, wrong)
		}
		if refusal == nil && end == 0 {
			end = length
		}
	}
	if end < maxShort { // the length of the last value
		t.Errorf("%d bytes of %s were enough: this test has lost its subject", end, name)
	}
}

// sample makes a small store of everything, and returns its files and what they hold. One that was not closed looks as after kill
// -9: all that was written to files is there.
func sample(t *testing.T, closed bool) (all enginetest.Files, want []string) {
	t.Helper()
	disk := vfs.NewMem()
	store := begin(t, disk)
	err := fillSample(store)
	if err == nil && !closed {
		all, err = enginetest.ReadFiles(disk)
	}
	if err = cmp.Or(err, store.Close()); err == nil && closed {
		all, err = enginetest.ReadFiles(disk)
	}
	if err == nil {
		store = begin(t, disk) // what it has of State is what Open has found
		want, err = store.contents()
	}
	if err = cmp.Or(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	return all, want
}

// examine opens files, one of which was changed, and reads everything.
func examine(all enginetest.Files, changed string, want []string) (refusal, wrong error) {
	return all.Examine(changed, want, func(disk vfs.FS) ([]string, error) {
		store, err := openOn(disk)
		if err != nil {
			return nil, err
		}
		got, err := store.contents()
		return got, cmp.Or(err, store.Close())
	}, IsDamage)
}
