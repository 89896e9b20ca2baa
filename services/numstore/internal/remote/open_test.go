package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/numstore/internal/remote"
)

// TestOpen: a store begins where there are no rows, goes on where there are its own, and leaves others alone.
func TestOpen(t *testing.T) {
	for _, test := range []struct {
		name string
		rows map[string]string
		says []string // of the error
		keys int
	}{
		{name: "nothing"},
		{name: "its own", rows: map[string]string{"total": "1 5", "n/A": "5"}, keys: 1},
		{name: "somebody else's", rows: map[string]string{"config": "x"}, says: []string{`"config"`, "--engine-prefix", "memory"}},
		{name: "no total", rows: map[string]string{"n/A": "5"}, says: []string{`"total"`}},
		{name: "a damaged total", rows: map[string]string{"total": "x"}, says: []string{`"total"`, `"x"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newMemory()
			for name, value := range test.rows {
				engine.put(name, value)
			}
			store, err := remote.Open(t.Context(), engine, maxKeys, time.Minute, slog.New(slog.DiscardHandler))
			if test.says != nil {
				if !errors.Is(err, remote.ErrDamaged) || !says(err, test.says...) {
					t.Errorf("opened with %v; want %v that says %q", err, remote.ErrDamaged, test.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			if store.Len() != test.keys {
				t.Errorf("there are %d keys; want %d", store.Len(), test.keys)
			}
		})
	}
}

// TestOpen_waits: a start waits for the engine, and says so, but not for ever.
func TestOpen_waits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newMemory()
		engine.hook(hooks{beforeRead: func(context.Context) error { return errors.New("connection refused") }})
		var log bytes.Buffer
		open := func(ctx context.Context) (*remote.Store, error) {
			return remote.Open(ctx, engine, maxKeys, 30*time.Second, slog.New(slog.NewTextHandler(&log, nil)))
		}
		began := time.Now()
		_, err := open(t.Context())
		if took := time.Since(began); !errors.Is(err, remote.ErrAway) || !says(err, "memory", "--engine-wait", "30s", "connection refused") || took.Round(time.Second) != 30*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "memory") || !strings.Contains(text, "connection refused") {
			t.Errorf("logged:\n%s", text)
		}
		ctx, cancel := context.WithCancel(t.Context())
		began = time.Now()
		go func() { time.Sleep(time.Second); cancel() }()
		if _, err := open(ctx); !errors.Is(err, context.Canceled) || time.Since(began) > 2*time.Second {
			t.Errorf("told to stop: %v after %v", err, time.Since(began))
		}
		attempts := 0
		engine.hook(hooks{beforeRead: func(context.Context) error {
			if attempts++; attempts < 20 {
				return errors.New("connection refused")
			}
			return nil
		}})
		store, err := open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		store.Close()
	})
}

// TestWatch: it is reported once that the engine is away, or has lost the total, and once that all is well again.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newMemory()
		store := open(t, engine)
		var mu sync.Mutex
		var reports []string
		ctx, cancel := context.WithCancel(t.Context())
		go store.Watch(ctx, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, fmt.Sprint(err))
		})
		expect := func(want ...string) {
			t.Helper()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(reports) != len(want) {
				t.Fatalf("reported: %q; want %q", reports, want)
			}
			for i, part := range want {
				if !strings.Contains(reports[i], part) {
					t.Errorf("reported: %q; want %q", reports[i], part)
				}
			}
			reports = nil
		}
		expect()
		engine.hook(hooks{beforeRead: hang})
		expect("memory")
		engine.hook(hooks{})
		expect("<nil>")
		good := engine.rows.rows["total"]
		engine.put("total", "x")
		expect(`"x"`)
		engine.put("total", good.Value)
		expect("<nil>")
		cancel()
	})
}

// TestVerify finds what is wrong.
func TestVerify(t *testing.T) {
	for _, test := range []struct {
		name string
		rows map[string]string
		says []string // of the error
	}{
		{name: "all is well", rows: map[string]string{"total": "3 4", "n/": "1", "n/A": "5", "n/B": "-2"}},
		{name: "no numbers yet", rows: map[string]string{"total": "0 0"}},
		{name: "the way is out of range, the total is not", rows: map[string]string{"total": "3 -2", "n/A": "9223372036854775807", "n/B": "9223372036854775807", "n/C": "-9223372036854775808"}, says: []string{"9223372036854775806"}},
		{"nothing at all", nil, []string{"memory", "--engine-prefix"}},
		{"a wrong total", map[string]string{"total": "2 4", "n/A": "5", "n/B": "-2"}, []string{"2 keys and 4", "add up to 3"}},
		{"a wrong number of keys", map[string]string{"total": "1 3", "n/A": "5", "n/B": "-2"}, []string{"1 keys", "there are 2"}},
		{"no total", map[string]string{"n/A": "5"}, []string{`"total" is missing`}},
		{"others' rows", map[string]string{"total": "1 5", "n/A": "5", "x": "", "y": ""}, []string{`"x"`, `"y"`}},
		{"many of them", map[string]string{"total": "0 0", "a": "", "b": "", "c": "", "d": "", "e": "", "f": "", "g": "", "h": "", "i": "", "j": "", "k": "", "l": ""}, []string{`"j"`, "and 2 more"}},
		{"a damaged value", map[string]string{"total": "1 5", "n/A": "five"}, []string{`"n/A"`, `"five"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newMemory()
			for name, value := range test.rows {
				engine.put(name, value)
			}
			sum, err := remote.Verify(t.Context(), engine)
			if (err == nil) != (test.says == nil) || !says(err, test.says...) {
				t.Errorf("verified: %v, %v; want an error that says %q", sum, err, test.says)
			}
		})
	}
}
