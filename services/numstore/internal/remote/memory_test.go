package remote_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"numstore.example/services/numstore/internal/remote"
	"numstore.example/services/numstore/internal/remotetest"
)

// memory is an engine in memory, whose rows several engines can have.
type memory struct {
	prefix string
	silent bool // does not tell what was there when a swap is refused
	most   int  // rows in a swap; 0 for 100
	rows   *memoryRows

	mu    sync.Mutex
	hooks hooks
}

// hooks are called, if they are there. What they return fails the call.
type hooks struct {
	beforeRead, beforeSwap, afterSwap func(context.Context) error
}

// hook replaces all hooks.
func (m *memory) hook(hooks hooks) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hooks = hooks
}

func (m *memory) hooked() hooks {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hooks
}

type memoryRows struct {
	mu      sync.Mutex
	rows    map[string]remote.Row // by prefix and name
	version uint64
	swaps   int // that happened
	totals  int // those that changed the total
	answers int // rows of posts that got their answers
}

func newMemory() *memory {
	return &memory{rows: &memoryRows{rows: make(map[string]remote.Row)}}
}

func (m *memory) String() string { return "memory" }

func (m *memory) Limits() remote.Limits {
	return remote.Limits{Rows: cmp.Or(m.most, 100), Bytes: 10_000, Name: 1000}
}

// call calls a hook, unless ctx has ended.
func call(ctx context.Context, hook func(context.Context) error) error {
	runtime.Gosched() // where another goroutine may come in between
	if err := ctx.Err(); err != nil || hook == nil {
		return err
	}
	return hook(ctx)
}

func (m *memory) Read(ctx context.Context, names []string) (rows []remote.Row, err error) {
	if err := call(ctx, m.hooked().beforeRead); err != nil {
		return nil, err
	}
	m.rows.mu.Lock()
	defer m.rows.mu.Unlock()
	for _, name := range names {
		row := m.rows.rows[m.prefix+name]
		row.Name = name
		rows = append(rows, row)
	}
	return rows, nil
}

func (m *memory) Swap(ctx context.Context, rows []remote.Row) ([]remote.Row, error) {
	if err := call(ctx, m.hooked().beforeSwap); err != nil {
		return nil, err
	}
	now, err := m.rows.swap(m.prefix, rows)
	if m.silent && err != nil {
		now = nil
	}
	if hook := m.hooked().afterSwap; hook != nil && err == nil {
		err = hook(ctx)
	}
	return now, err
}

func (r *memoryRows) swap(prefix string, rows []remote.Row) (now []remote.Row, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		there := r.rows[prefix+row.Name]
		there.Name = row.Name
		if now = append(now, there); there.Version != row.Version {
			err = fmt.Errorf("%w: %q was changed", remote.ErrUnchanged, row.Name)
		}
	}
	if err != nil {
		return now, err
	}
	r.version++
	r.swaps++
	for i, row := range rows {
		row.Version = r.version
		now[i], r.rows[prefix+row.Name] = row, row
		if row.Name == "total" {
			r.totals++
		}
		if strings.HasPrefix(row.Name, "post/") && strings.Contains(row.Value, "totals") {
			r.answers++
		}
	}
	return now, nil
}

func (m *memory) All(ctx context.Context) iter.Seq2[remote.Row, error] {
	return func(yield func(remote.Row, error) bool) {
		if err := call(ctx, m.hooked().beforeRead); err != nil {
			yield(remote.Row{}, err)
			return
		}
		m.rows.mu.Lock()
		rows := maps.Clone(m.rows.rows)
		m.rows.mu.Unlock()
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			name, ours := strings.CutPrefix(key, m.prefix)
			if ours && !yield(remote.Row{Name: name, Value: rows[key].Value, Version: rows[key].Version}, nil) {
				return
			}
		}
	}
}

// put changes a row as somebody else would.
func (m *memory) put(name, value string) {
	m.rows.mu.Lock()
	defer m.rows.mu.Unlock()
	m.rows.version++
	m.rows.rows[m.prefix+name] = remote.Row{Name: name, Value: value, Version: m.rows.version}
}

func TestMemory(t *testing.T) {
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprintf("silent %t", silent), func(t *testing.T) {
			shared := newMemory().rows
			remotetest.Run(t, func(_ testing.TB, prefix string) remote.Engine {
				return &memory{prefix: prefix, silent: silent, rows: shared}
			})
		})
	}
}
