package remotetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"numstore.example/services/numstore/internal/numberstest"
	"numstore.example/services/numstore/internal/remote"
)

const (
	storesInHistory = 4
	historiesTried  = 20
	// controlsTried is how many histories a control has, at most, to show itself.
	controlsTried = 200
	maxKeys       = 100
)

// histories checks what clients of several stores on one engine see, and that one without its mechanisms is noticed.
func histories(t *testing.T, open Open) {
	for seed := range uint64(historiesTried) {
		stores := openStores(t, open, fmt.Sprintf("history%d/", seed), nil, nil)
		if result := numberstest.Check(numberstest.Record(seed, stores...)); result != porcupine.Ok {
			t.Fatalf("history %d is %s", seed, result)
		}
	}
	for name, control := range map[string]struct {
		engine func(remote.Engine) remote.Engine
		store  func(opened) numberstest.Store
	}{
		"compare left out":                      {engine: func(e remote.Engine) remote.Engine { return blind{e} }},
		"compare of the total left out":         {engine: func(e remote.Engine) remote.Engine { return blindForTotal{e} }},
		"total read outside of the transaction": {store: func(o opened) numberstest.Store { return readsTotalLater{o} }},
		"stale reads":                           {engine: func(e remote.Engine) remote.Engine { return &stale{Engine: e} }},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(controlsTried) {
				stores := openStores(t, open, fmt.Sprintf("%s%d/", name, seed), control.engine, control.store)
				if numberstest.Check(numberstest.Record(seed, stores...)) == porcupine.Illegal {
					t.Logf("noticed in history %d", seed)
					return
				}
			}
			t.Error("no history showed it")
		})
	}
}

// opened is a store on an engine, for the recorder.
type opened struct {
	store  *remote.Store
	engine remote.Engine
}

func (o opened) Set(key string, value int64) (int64, error) {
	total, err := o.store.Set(context.Background(), key, value)
	if errors.Is(err, remote.ErrAway) {
		err = numberstest.ErrUnknown
	}
	return total, err
}

func (o opened) Fact(key string) (int64, bool, error) {
	return o.store.Fact(context.Background(), key)
}

// openStores opens stores on engines with the same rows.
func openStores(t *testing.T, open Open, prefix string, change func(remote.Engine) remote.Engine, wrap func(opened) numberstest.Store) (stores []numberstest.Store) {
	t.Helper()
	for range storesInHistory {
		engine := open(t, prefix)
		if change != nil {
			engine = change(engine)
		}
		store := openStore(t, engine, maxKeys)
		if o := (opened{store, engine}); wrap != nil {
			stores = append(stores, wrap(o))
		} else {
			stores = append(stores, o)
		}
	}
	return stores
}

// openStore opens a store on an engine.
func openStore(t testing.TB, engine remote.Engine, maxKeys int) *remote.Store {
	t.Helper()
	store, err := remote.Open(t.Context(), engine, maxKeys, time.Minute, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// blind swaps whatever is there by now.
type blind struct{ remote.Engine }

func (e blind) Swap(ctx context.Context, rows []remote.Row) ([]remote.Row, error) {
	return renewed(ctx, e.Engine, rows, func(remote.Row) bool { return true })
}

// blindForTotal does so for the total alone: the rows of keys are compared.
type blindForTotal struct{ remote.Engine }

func (e blindForTotal) Swap(ctx context.Context, rows []remote.Row) ([]remote.Row, error) {
	return renewed(ctx, e.Engine, rows, func(row remote.Row) bool { return row.Name == "total" })
}

// renewed swaps rows, some of them with the versions that they have by now.
func renewed(ctx context.Context, engine remote.Engine, rows []remote.Row, which func(remote.Row) bool) ([]remote.Row, error) {
	var names []string
	for _, row := range rows {
		names = append(names, row.Name)
	}
	now, err := engine.Read(ctx, names)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if which(rows[i]) {
			rows[i].Version = now[i].Version
		}
	}
	return engine.Swap(ctx, rows)
}

// readsTotalLater returns the total that it finds some time after the update: it looks several times.
type readsTotalLater struct{ opened }

func (s readsTotalLater) Set(key string, value int64) (total int64, err error) {
	if _, err := s.opened.Set(key, value); err != nil {
		return 0, err
	}
	for range 20 {
		rows, err := s.engine.Read(context.Background(), []string{"total"})
		if err == nil {
			_, err = fmt.Sscanf(rows[0].Value, "%d %d", new(int), &total)
		}
		if err != nil {
			return 0, err
		}
	}
	return total, nil
}

// stale answers reads of one row with what it was when it was read before.
type stale struct {
	remote.Engine
	mu   sync.Mutex
	rows map[string]remote.Row
}

func (e *stale) Read(ctx context.Context, names []string) ([]remote.Row, error) {
	rows, err := e.Engine.Read(ctx, names)
	if err != nil || len(rows) > 1 || names[0] == "total" {
		return rows, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.rows == nil {
		e.rows = make(map[string]remote.Row)
	}
	before, ok := e.rows[names[0]]
	e.rows[names[0]] = rows[0]
	if ok {
		return []remote.Row{before}, nil
	}
	return rows, nil
}
