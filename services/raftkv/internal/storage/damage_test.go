package storage

import (
	"context"
	"fmt"
	"testing"

	"numstore.example/services/internal/engine/enginetest"
)

// fillBehind makes a store whose state is in the log alone, one half of it in a table.
func fillBehind(t *testStore) error {
	for i := range uint64(40) {
		if _, err := t.execute(put(byte(i%5), i/5+1, fmt.Sprint("key", i%7), fmt.Sprint("value ", i))); err != nil {
			return err
		}
		if i == 20 { // the log's rows are written out, and not the state
			if err := t.Store.Store.Compact(context.Background(), func() error { return nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestDamage changes bytes of all files of a store, one at a time: of one that holds everything, and of one that was killed
// before its state was written. All that was acknowledged is there, or it is refused. That the engine finds every byte
// is tested there; this is about what the rows are taken for.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		fill   func(*testStore) error
		behind int
		closed bool
	}{
		"closed": {fillSample, 1, true},
		"behind": {fillBehind, 1 << 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := seeded(t)
			all, want := sample(t, c.fill, c.behind, c.closed)
			if refusal, wrong := all.examine("", want); refusal != nil || wrong != nil {
				t.Fatal(refusal, wrong)
			}
			refused := enginetest.Files(all).FlipAll(t, random, 23, func(changed enginetest.Files, name string) (refusal, wrong error) {
				return files(changed).examine(name, want)
			})
			if refused == 0 {
				t.Error("nothing was refused: this test has lost its subject")
			}
		})
	}
}
