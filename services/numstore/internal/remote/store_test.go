package remote_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/numstore/internal/numbers"
	"numstore.example/services/numstore/internal/remote"
)

const maxKeys = 15

// open returns a store on an engine.
func open(t *testing.T, engine remote.Engine) *remote.Store {
	t.Helper()
	store, err := remote.Open(t.Context(), engine, maxKeys, time.Minute, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// TestStore_model makes the same random calls of two stores on one engine in turn, and of the store in memory. They have the
// same answers, hits included, since one cache sees all Facts.
func TestStore_model(t *testing.T) {
	engine := newMemory()
	stores, inMemory := []*remote.Store{open(t, engine), open(t, engine)}, numbers.New(maxKeys)
	random := rand.New(rand.NewPCG(1, 2))
	extremes := []int64{math.MaxInt64, math.MinInt64, 0, 20, 21}
	for i := range 20_000 {
		key, value := fmt.Sprint(random.IntN(20)), random.Int64N(25)-2
		if random.IntN(20) == 0 {
			value = extremes[random.IntN(len(extremes))]
		}
		var got, want string
		if random.IntN(2) == 0 {
			got = fmt.Sprint(stores[i%2].Set(t.Context(), key, value))
			want = fmt.Sprint(inMemory.Set(key, value))
		} else {
			got = fmt.Sprint(stores[0].Fact(t.Context(), key))
			want = fmt.Sprint(inMemory.Fact(key))
		}
		if got != want {
			t.Fatalf("call %d, of key %s with %d: %s; in memory %s", i, key, value, got, want)
		}
	}
	if sum, err := remote.Verify(t.Context(), engine); err != nil || sum.Keys != inMemory.Len() {
		t.Errorf("verified: %v, %v; want %d keys", sum, err, inMemory.Len())
	}
}

// TestStore_batches: what comes while a batch is written becomes the next one, and each caller has its own total.
func TestStore_batches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, free := newMemory(), make(chan struct{})
		store := open(t, engine)
		engine.hook(hooks{beforeSwap: func(context.Context) error { <-free; return nil }})
		var wg sync.WaitGroup
		var mu sync.Mutex
		totals := make(map[int64]int)
		set := func(key string) {
			wg.Go(func() {
				total, err := store.Set(t.Context(), key, 1)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				totals[total]++
			})
		}
		set("first")
		synctest.Wait()
		before := engine.rows.swaps
		for i := range 10 {
			set(fmt.Sprint(i))
		}
		synctest.Wait()
		close(free)
		wg.Wait()
		if swaps := engine.rows.swaps - before; swaps != 2 {
			t.Errorf("%d swaps for the first update and 10 that came meanwhile; want 2", swaps)
		}
		for total := int64(1); total <= 11; total++ {
			if totals[total] != 1 {
				t.Errorf("%d callers got the total %d; want one", totals[total], total)
			}
		}
	})
}

// TestStore_conflict: what somebody else has changed meanwhile counts, whether or not the engine tells what that is.
func TestStore_conflict(t *testing.T) {
	for _, silent := range []bool{false, true} {
		engine := newMemory()
		engine.silent = silent
		store, other := open(t, engine), open(t, &memory{rows: engine.rows})
		conflicts := 0
		engine.hook(hooks{beforeSwap: func(context.Context) error {
			if conflicts++; conflicts <= 3 {
				if _, err := other.Set(t.Context(), "other", int64(conflicts*100)); err != nil {
					t.Error(err)
				}
			}
			return nil
		}})
		if total, err := store.Set(t.Context(), "own", 1); total != 301 || err != nil || conflicts < 4 {
			t.Errorf("silent %t: after %d attempts to swap: %d, %v; want 301 after 4 at least", silent, conflicts, total, err)
		}
	}
}

// TestStore_fair: a store whose clients make a call now and then is not kept waiting by one that is always busy, and faster for
// all that it remembers.
func TestStore_fair(t *testing.T) {
	for _, silent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			rows := newMemory().rows
			opened := func() *remote.Store { return open(t, far(&memory{rows: rows, silent: silent})) }
			busy, other := opened(), opened()
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for client := range 2 {
				wg.Go(func() {
					for i := int64(0); ctx.Err() == nil; i++ {
						if _, err := busy.Set(t.Context(), fmt.Sprint(client), i); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for i := range int64(100) {
				if _, err := other.Set(t.Context(), "other", i); err != nil {
					t.Errorf("silent %t, set %d: %v", silent, i, err)
				}
			}
			stop()
			wg.Wait()
		})
	}
}

// TestStore_alone: as long as nobody else writes, rows that were written are not read again.
func TestStore_alone(t *testing.T) {
	engine := newMemory()
	store := open(t, engine)
	set := func(key string) {
		t.Helper()
		if _, err := store.Set(t.Context(), key, 1); err != nil {
			t.Fatal(err)
		}
	}
	set("A")
	set("B")
	attempts, before := 0, engine.rows.swaps
	engine.hook(hooks{
		beforeRead: func(context.Context) error { return errors.New("a read") },
		beforeSwap: func(context.Context) error { attempts++; return nil },
	})
	for range 3 {
		set("A")
		set("B")
	}
	if swaps := engine.rows.swaps - before; swaps != 6 || attempts != swaps {
		t.Errorf("%d swaps in %d attempts; want 6 in as many", swaps, attempts)
	}
}

// TestStore_refusal: an update is refused because of what there is now, at one moment, and not because of what there was.
func TestStore_refusal(t *testing.T) {
	engine := newMemory()
	store, other := open(t, engine), open(t, &memory{rows: engine.rows})
	set := func(s *remote.Store, key string, value, want int64) {
		t.Helper()
		if total, err := s.Set(t.Context(), key, value); total != want || err != nil {
			t.Fatalf("Set(%q, %d): %d, %v; want %d", key, value, total, err, want)
		}
	}
	set(store, "X", 0, 0)
	set(store, "Y", math.MaxInt64, math.MaxInt64) // which the store remembers, and so would refuse 1 for X
	set(other, "Y", 0, 0)
	reads := 0
	engine.hook(hooks{beforeRead: func(context.Context) error {
		if reads++; reads == 3 { // that of the total, after that of X: the new total with the old X would refuse 1 again
			set(other, "X", math.MaxInt64, math.MaxInt64)
		}
		return nil
	}})
	set(store, "X", 1, 1)
}

// TestStore_putBack: after a call that failed, nothing that was seen before counts, not even with the versions that it had.
func TestStore_putBack(t *testing.T) {
	engine := newMemory()
	store := open(t, engine)
	if total, err := store.Set(t.Context(), "A", 5); total != 5 || err != nil {
		t.Fatal(total, err)
	}
	engine.hook(hooks{beforeSwap: func(context.Context) error { return errors.New("the engine is being put back") }})
	if _, err := store.Set(t.Context(), "A", 6); !errors.Is(err, remote.ErrAway) {
		t.Errorf("while it is: %v", err)
	}
	engine.hook(hooks{})
	for name, value := range map[string]string{"total": "1 70", "n/A": "70"} {
		row := engine.rows.rows[name]
		row.Value = value
		engine.rows.rows[name] = row
	}
	if total, err := store.Set(t.Context(), "B", 1); total != 71 || err != nil {
		t.Errorf("afterwards: %d, %v; want 71", total, err)
	}
}

// TestStore_unknown: a swap that has happened, but was not answered, is an error that says so, and counts.
func TestStore_unknown(t *testing.T) {
	engine := newMemory()
	store := open(t, engine)
	engine.hook(hooks{afterSwap: func(context.Context) error { return errors.New("the line is cut") }})
	_, err := store.Set(t.Context(), "A", 5)
	if !errors.Is(err, remote.ErrAway) || !says(err, "memory", "may have happened", "the line is cut") {
		t.Errorf("without an answer: %v", err)
	}
	engine.hook(hooks{})
	if total, err := store.Set(t.Context(), "B", 1); total != 6 || err != nil {
		t.Errorf("afterwards: %d, %v; want 6", total, err)
	}
}

func says(err error, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(fmt.Sprint(err), part) {
			return false
		}
	}
	return true
}

// hang lets calls of an engine wait as long as they may.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestStore_away: while the engine does not answer, calls fail before their deadline, and say what is away and whether an
// update may have happened. Then the store goes on by itself, and does nothing that its caller was told had not happened.
func TestStore_away(t *testing.T) {
	for _, test := range []struct {
		name       string
		cut        hooks
		says       string
		whileAhead string // of an update that comes while another one is on its way
	}{
		{"reads", hooks{beforeRead: hang}, "may have happened", "has not happened"},
		{"swaps", hooks{beforeSwap: hang}, "may have happened", "has not happened"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := newMemory()
				store := open(t, engine)
				engine.hook(test.cut)
				fail := func(key, want string) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					_, err := store.Set(ctx, key, 1)
					if ctx.Err() != nil || !errors.Is(err, remote.ErrAway) || !says(err, "memory", want) {
						t.Errorf("Set(%q): %v (%v); want an answer in time that says %q", key, err, ctx.Err(), want)
					}
				}
				fail("first", test.says)
				fail("second", test.whileAhead)
				began := time.Now()
				if _, err := store.Set(context.Background(), "patient", 1); !errors.Is(err, remote.ErrAway) || time.Since(began) > 6*time.Second {
					t.Errorf("without a deadline, after %v: %v; want an error after some seconds", time.Since(began), err)
				}
				time.Sleep(time.Minute) // whatever is on its way has ended
				engine.hook(hooks{})
				if total, err := store.Set(t.Context(), "last", 5); total != 5 || err != nil {
					t.Errorf("afterwards: %d, %v; want 5, of this update alone", total, err)
				}
			})
		})
	}
}

// TestStore_retries: an engine that fails for a moment fails no call.
func TestStore_retries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newMemory()
		store := open(t, engine)
		failures := 0
		engine.hook(hooks{beforeRead: func(context.Context) error {
			if failures++; failures%3 != 0 {
				return errors.New("no leader")
			}
			return nil
		}})
		if total, err := store.Set(t.Context(), "A", 5); total != 5 || err != nil {
			t.Errorf("Set: %d, %v", total, err)
		}
		if value, hit, err := store.Fact(t.Context(), "A"); value != 120 || hit || err != nil {
			t.Errorf("Fact: %d, %t, %v", value, hit, err)
		}
		engine.hook(hooks{beforeRead: func(context.Context) error { return errors.New("no leader") }})
		if _, _, err := store.Fact(t.Context(), "A"); !errors.Is(err, remote.ErrAway) || !says(err, "memory", "no leader") {
			t.Errorf("Fact: %v; want what the engine says", err)
		}
	})
}

// TestStore_damage: rows that are not numstore's are errors, and no part of a total.
func TestStore_damage(t *testing.T) {
	engine := newMemory()
	store := open(t, engine)
	for key, value := range map[string]int64{"A": 1, "B": 2} {
		if _, err := store.Set(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	engine.put("n/A", "many")
	if _, _, err := store.Fact(t.Context(), "A"); !errors.Is(err, remote.ErrDamaged) || !says(err, `"n/A"`, `"many"`) {
		t.Errorf("Fact of a damaged row: %v", err)
	}
	if _, err := store.Set(t.Context(), "A", 1); !errors.Is(err, remote.ErrDamaged) || !says(err, `"n/A"`) {
		t.Errorf("Set of a damaged row: %v", err)
	}
	engine.put("total", "3")
	if _, err := store.Set(t.Context(), "B", 1); !errors.Is(err, remote.ErrDamaged) || !says(err, `"total"`, `"3"`) {
		t.Errorf("Set with a damaged total: %v", err)
	}
	delete(engine.rows.rows, "total")
	if _, err := store.Set(t.Context(), "B", 1); !errors.Is(err, remote.ErrDamaged) || !says(err, `"total"`, "missing") {
		t.Errorf("Set without a total: %v", err)
	}
}

// TestStore_closed: calls on a closed store fail, and none hangs.
func TestStore_closed(t *testing.T) {
	store := open(t, newMemory())
	store.Close()
	if _, err := store.Set(t.Context(), "A", 1); !errors.Is(err, remote.ErrAway) || !says(err, "has not happened") {
		t.Errorf("Set: %v", err)
	}
}
