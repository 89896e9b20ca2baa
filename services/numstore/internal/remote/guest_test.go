package remote_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"

	"numstore.example/services/numstore/internal/numbers"
	"numstore.example/services/numstore/internal/numberstest"
	"numstore.example/services/numstore/internal/remote"
)

// away lets each call of an engine take a while, there and back, by the clock of the test.
func away(engine *memory, way time.Duration) *memory {
	return slow(engine, func() { time.Sleep(way/2 + rand.N(way)) })
}

// slow lets each call of an engine wait, there and back.
func slow(engine *memory, wait func()) *memory {
	hook := func(context.Context) error { wait(); return nil }
	engine.hook(hooks{beforeRead: hook, beforeSwap: hook, afterSwap: hook})
	return engine
}

// far is away as in another room.
func far(engine *memory) *memory { return away(engine, 400*time.Microsecond) }

// uneven is far, and now and then a call takes so long that others take it that nobody writes.
func uneven(engine *memory) *memory {
	return slow(engine, func() {
		time.Sleep(200*time.Microsecond + rand.N(400*time.Microsecond))
		if rand.IntN(10) == 0 {
			time.Sleep(rand.N(20 * time.Millisecond))
		}
	})
}

// numbersOf is a numberstest.Store.
type numbersOf struct{ *remote.Store }

func (s numbersOf) Set(key string, value int64) (int64, error) {
	total, err := s.Store.Set(context.Background(), key, value)
	if errors.Is(err, remote.ErrAway) && !says(err, "has not happened") {
		err = numberstest.ErrUnknown
	}
	return total, err
}

func (s numbersOf) Fact(key string) (int64, bool, error) {
	return s.Store.Fact(context.Background(), key)
}

// history records what clients of four stores see that leave their updates to each other.
func history(t *testing.T, seed uint64, rows *memoryRows, change func(remote.Engine) remote.Engine) (verdict porcupine.CheckResult) {
	synctest.Test(t, func(t *testing.T) {
		var stores []numberstest.Store
		for range 4 {
			stores = append(stores, numbersOf{open(t, change(uneven(&memory{rows: rows})))})
		}
		verdict = numberstest.Check(numberstest.Record(seed, stores...))
	})
	return verdict
}

// TestGuest_histories: it makes no difference to what clients see who of the stores does their updates.
func TestGuest_histories(t *testing.T) {
	answers := 0
	for seed := range uint64(200) {
		rows := newMemory().rows
		if verdict := history(t, seed, rows, func(e remote.Engine) remote.Engine { return e }); verdict != porcupine.Ok {
			t.Fatalf("history %d is %s", seed, verdict)
		}
		answers += rows.answers
	}
	if answers < 50 {
		t.Errorf("%d posts were answered in 200 histories; want 50 at least", answers)
	}
}

// blindForPosts answers posts whatever has become of them by now.
type blindForPosts struct{ remote.Engine }

func (e blindForPosts) Swap(ctx context.Context, rows []remote.Row) ([]remote.Row, error) {
	rows = slices.Clone(rows)
	for i, row := range rows {
		if strings.HasPrefix(row.Name, "post/") && len(rows) > 1 {
			now, err := e.Read(ctx, []string{row.Name})
			if err != nil {
				return nil, err
			}
			rows[i].Version = now[0].Version
		}
	}
	return e.Engine.Swap(ctx, rows)
}

// TestGuest_control: what is answered although it was taken back is noticed.
func TestGuest_control(t *testing.T) {
	for seed := range uint64(10_000) {
		if history(t, seed, newMemory().rows, func(e remote.Engine) remote.Engine { return blindForPosts{e} }) == porcupine.Illegal {
			t.Logf("noticed in history %d", seed)
			return
		}
	}
	t.Error("not noticed in 10000 histories")
}

// TestGuest_many: many stores that are all busy get their turns, as most of their updates are done together: also where each call takes long.
func TestGuest_many(t *testing.T) {
	for _, test := range []struct {
		stores, callers int
		way             time.Duration
	}{
		{20, 2, 400 * time.Microsecond},
		{3, 8, 80 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			rows := newMemory().rows
			ctx, stop := context.WithTimeout(t.Context(), max(10*time.Second, 500*test.way))
			defer stop()
			var wg sync.WaitGroup
			var mu sync.Mutex
			counts := make([]int, test.stores)
			for i := range counts {
				store := open(t, away(&memory{rows: rows}, test.way))
				for range test.callers {
					wg.Go(func() {
						for ctx.Err() == nil {
							if _, err := store.Set(t.Context(), fmt.Sprint(rand.IntN(maxKeys)), rand.Int64N(100)); err != nil {
								t.Error(err)
							}
							mu.Lock()
							counts[i]++
							mu.Unlock()
						}
					})
				}
			}
			wg.Wait()
			all := 0
			for _, count := range counts {
				all += count
			}
			if least := slices.Min(counts); least < all/test.stores/5 {
				t.Errorf("%+v: one store has made %d updates of %d; want a fifth of its share at least", test, least, all)
			}
			if rows.totals*5 > all {
				t.Errorf("%+v: %d swaps for %d updates; want that they are done together", test, rows.totals, all)
			}
			if _, err := remote.Verify(t.Context(), &memory{rows: rows}); err != nil {
				t.Error(err)
			}
		})
	}
}

// refused has the next swaps of a store be refused, as another one is faster each time, so that it leaves its updates to that.
func refused(t *testing.T, engine *memory, faster *remote.Store, then hooks) {
	conflicts := 0
	engine.hook(hooks{beforeSwap: func(ctx context.Context) error {
		if conflicts++; conflicts > 2 {
			engine.hook(then)
			return nil
		}
		_, err := faster.Set(ctx, "faster", int64(conflicts))
		return err
	}})
}

// TestGuest_alone: a store takes back what it has left if nobody else writes, and does it itself.
func TestGuest_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newMemory()
		store, other := open(t, engine), open(t, &memory{rows: engine.rows})
		refused(t, engine, other, hooks{})
		began := time.Now()
		if total, err := store.Set(t.Context(), "A", 5); total != 7 || err != nil || engine.rows.answers > 0 {
			t.Errorf("%d, %v, after %d answers; want 7, without one", total, err, engine.rows.answers)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it has taken %v", took)
		}
	})
}

// TestGuest_lost: a store that does not find its row as it can be does not know what has become of its updates, and says so. Then it goes on.
func TestGuest_lost(t *testing.T) {
	for name, value := range map[string]string{
		"another's": `{"of":"other.1","totals":[7]}`,
		"damaged":   "{",
		"too long":  "",
	} {
		synctest.Test(t, func(t *testing.T) {
			engine := newMemory()
			store, other := open(t, engine), open(t, &memory{rows: engine.rows})
			refused(t, engine, other, hooks{beforeRead: func(context.Context) error {
				for row, now := range engine.rows.rows {
					of, ok := strings.CutPrefix(now.Value, `{"of":"`)
					if !ok || strings.HasPrefix(of, "other") {
						continue
					}
					if of, _, _ = strings.Cut(of, `"`); name == "too long" {
						value = fmt.Sprintf(`{"of":%q,"totals":[7,8]}`, of)
					}
					engine.put(row, value)
					break
				}
				return nil
			}})
			if total, err := store.Set(t.Context(), "A", 5); !errors.Is(err, remote.ErrAway) || !says(err, "may have happened") {
				t.Errorf("%s: %d, %v; want that it may have happened", name, total, err)
			}
			engine.hook(hooks{})
			if total, err := store.Set(t.Context(), "A", 6); total != 8 || err != nil {
				t.Errorf("%s: afterwards %d, %v; want 8", name, total, err)
			}
		})
	}
}

// TestGuest_row: a store takes a row that the one which writes sees, which are those in use and four more.
func TestGuest_row(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			engine := newMemory()
			store, other := open(t, engine), open(t, &memory{rows: engine.rows})
			for n := range 10 {
				engine.put(fmt.Sprint("post/", n), "in use")
			}
			refused(t, engine, other, hooks{beforeRead: func(context.Context) error {
				for n := range 100 {
					if row := engine.rows.rows[fmt.Sprint("post/", n)]; row.Value != "" && (n >= 14 || n < 10 && row.Value != "in use") {
						t.Errorf("row %d is %q", n, row.Value)
					}
				}
				return nil
			}})
			if _, err := store.Set(t.Context(), "A", 5); err != nil {
				t.Error(err)
			}
			if engine.rows.answers+len(engine.rows.rows) < 14 { // total, two numbers, ten rows and its own
				t.Errorf("it has left nothing: %v", engine.rows.rows)
			}
		})
	}
}

// TestGuest_long: an update that is too long for a post is done by the store itself.
func TestGuest_long(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newMemory()
		store, other := open(t, engine), open(t, &memory{rows: engine.rows})
		refused(t, engine, other, hooks{})
		if total, err := store.Set(t.Context(), strings.Repeat("k", 1<<20), 5); total != 7 || err != nil {
			t.Errorf("%d, %v; want 7", total, err)
		}
		for name := range engine.rows.rows {
			if strings.HasPrefix(name, "post/") {
				t.Errorf("there is a row %q", name)
			}
		}
	})
}

// TestGuest_gone: what a store that is gone has left is not done later, and its row is emptied, for others.
func TestGuest_gone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newMemory()
		engine.put("total", "0 0")
		engine.put("post/0", `{"of":"gone.1","sets":[{"key":"gone","value":7}]}`)
		engine.put("post/3", "no post")
		store := open(t, far(engine))
		for range 300 {
			time.Sleep(50 * time.Millisecond) // by the clock of the test
			if total, err := store.Set(t.Context(), "A", 5); total != 5 || err != nil {
				t.Fatalf("%d, %v; want 5", total, err)
			}
		}
		for _, name := range []string{"post/0", "post/3"} {
			if value := engine.rows.rows[name].Value; value != "" {
				t.Errorf("after a while %s is %q", name, value)
			}
		}
	})
}

// TestGuest_refusal: what the other store refuses is refused by the store itself, for what there is then.
func TestGuest_refusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := newMemory().rows
		store, other := open(t, far(&memory{rows: rows})), open(t, far(&memory{rows: rows}))
		for i := range maxKeys {
			if _, err := other.Set(t.Context(), fmt.Sprint(i), 1); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := other.Set(t.Context(), "1", rand.Int64N(5)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range 100 {
			if _, err := store.Set(t.Context(), "one too many", 1); !errors.Is(err, numbers.ErrFull) {
				t.Errorf("set %d: %v; want %v", i, err, numbers.ErrFull)
			}
			if _, err := store.Set(t.Context(), "2", 1); err != nil {
				t.Error(err)
			}
		}
		stop()
		wg.Wait()
	})
}

// TestGuest_room: a store that could fill its swaps by itself has room in them for what others leave.
func TestGuest_room(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := newMemory().rows
		store, other := open(t, far(&memory{rows: rows, most: 8})), open(t, far(&memory{rows: rows, most: 8}))
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for key := range maxKeys - 1 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := other.Set(t.Context(), fmt.Sprint(key), 1); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range int64(100) {
			if _, err := store.Set(t.Context(), "last", i); err != nil {
				t.Error(err)
			}
		}
		stop()
		wg.Wait()
		if rows.answers < 50 {
			t.Errorf("%d of 100 updates were done by the other store; want most", rows.answers)
		}
	})
}
