package numbers

import (
	"errors"
	"fmt"
)

// subject is what a rule is tried on: a Store, or a Store with one mechanism taken out.
type subject interface {
	Set(key string, value int64) (int64, error)
	Fact(key string) (value int64, hit bool, err error)
	inside() *Store
}

func (s *Store) inside() *Store { return s }

// trial calls a subject, compares, and keeps the first difference. It is no testing.T because the
// controls are to fail.
type trial struct {
	subject
	err error
}

const (
	computed = false
	cached   = true
)

func (t *trial) failf(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
}

func (t *trial) set(key string, value, total int64) {
	if got, err := t.Set(key, value); err != nil || got != total {
		t.failf("Set(%q, %d) = %d, %v; want %d", key, value, got, err, total)
	}
}

func (t *trial) refuse(key string, value int64, want error) {
	if got, err := t.Set(key, value); !errors.Is(err, want) || got != 0 {
		t.failf("Set(%q, %d) = %d, %v; want 0, %v", key, value, got, err, want)
	}
}

func (t *trial) fact(key string, value int64, hit bool) {
	if got, gotHit, err := t.Fact(key); err != nil || got != value || gotHit != hit {
		t.failf("Fact(%q) = %d, hit %t, %v; want %d, hit %t", key, got, gotHit, err, value, hit)
	}
}

func (t *trial) noFact(key string, want error) {
	if value, hit, err := t.Fact(key); !errors.Is(err, want) || value != 0 || hit {
		t.failf("Fact(%q) = %d, hit %t, %v; want 0, hit false, %v", key, value, hit, err, want)
	}
}

// factOf asks for the factorial of n through a key that has no other value.
func (t *trial) factOf(n int64, hit bool) {
	key := fmt.Sprint("n", n)
	if _, err := t.Set(key, n); err != nil {
		t.failf("Set(%q, %d): %v", key, n, err)
	}
	t.fact(key, factorial(n), hit)
}

// panics expects a call to panic, and the lock to be free afterwards.
func (t *trial) panics(name string, call func()) {
	defer func() {
		if recover() == nil {
			t.failf("%s did not panic: this rule has lost its subject", name)
		}
		mu := &t.inside().mu
		if !mu.TryLock() {
			t.failf("%s panicked and left the lock held", name)
			return
		}
		mu.Unlock()
	}()
	call()
}
