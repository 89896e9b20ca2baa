package numbers

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"numstore.example/services/numstore/internal/numberstest"
)

func TestHistories(t *testing.T) {
	for seed := range uint64(300) {
		if result := numberstest.Check(numberstest.Record(seed, New(testMaxKeys))); result != porcupine.Ok {
			t.Fatalf("history %d is %s", seed, result)
		}
	}
}

// TestHistories_controls: without the mechanism, some history is not linearizable.
func TestHistories_controls(t *testing.T) {
	for name, newSubject := range map[string]func() subject{
		"no lock": func() subject { return newLockless() },
		"total read outside the lock": func() subject {
			return readsTotalLater{New(testMaxKeys)}
		},
		"cache by key": func() subject {
			return lockedCacheByKey{New(testMaxKeys), new(sync.Map)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10_000) {
				if numberstest.Check(numberstest.Record(seed, newSubject())) == porcupine.Illegal {
					t.Logf("noticed in history %d", seed)
					return
				}
			}
			t.Error("no history showed it")
		})
	}
}

// lockless is a store that does what Store does without holding a lock. Its parts are atomic, because
// Go would end the test at the first map that two goroutines write.
type lockless struct {
	*Store
	values [numberstest.Keys]atomic.Pointer[int64]
	sum    atomic.Int64
}

func newLockless() *lockless { return &lockless{Store: New(testMaxKeys)} }

func (s *lockless) Set(key string, value int64) (int64, error) {
	slot := &s.values[key[0]-'0']
	old, total := slot.Load(), s.sum.Load()
	if old != nil {
		total -= *old
	}
	runtime.Gosched() // where another goroutine may come in between
	slot.Store(&value)
	s.sum.Store(total + value)
	return total + value, nil
}

func (s *lockless) Fact(key string) (int64, bool, error) {
	n := s.values[key[0]-'0'].Load()
	if n == nil || *n < 0 || *n > maxFactorial {
		return 0, false, ErrMissing
	}
	return factorial(*n), false, nil
}

type readsTotalLater struct{ *Store }

func (s readsTotalLater) Set(key string, value int64) (int64, error) {
	if _, err := s.Store.Set(key, value); err != nil {
		return 0, err
	}
	runtime.Gosched()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total, nil
}

type lockedCacheByKey struct {
	*Store
	byKey *sync.Map
}

func (s lockedCacheByKey) Fact(key string) (int64, bool, error) {
	if value, hit := s.byKey.Load(key); hit {
		return value.(int64), true, nil
	}
	value, _, err := s.Store.Fact(key)
	if err == nil {
		s.byKey.Store(key, value)
	}
	return value, false, err
}
