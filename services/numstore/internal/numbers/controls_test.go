package numbers

import "testing"

// controls are stores with one mechanism taken out, and the rule that must notice. They show that the
// rules can fail.
var controls = []struct {
	name   string
	caught string // the name of a rule
	make   func() subject
}{
	{"cache by key", "a factorial follows its key's value", func() subject {
		return cachesByKey{New(testMaxKeys), make(map[string]int64)}
	}},
	{"cache of eleven", "the cache holds ten", func() subject {
		return newStore(testMaxKeys, CacheEntries+1)
	}},
	{"first in, first out", "the least recently used is evicted", func() subject {
		return evictsOldest{New(testMaxKeys)}
	}},
	{"recomputed total", "the total is kept, not computed", func() subject {
		return addsUp{New(testMaxKeys)}
	}},
	{"unchecked total", "an overflowing total is refused", func() subject {
		return wrapsAround{New(testMaxKeys)}
	}},
	{"factorial under the lock", "no lock while a factorial is computed", func() subject {
		return computesLocked{New(testMaxKeys)}
	}},
	{"unlock without defer", "a panic releases the lock", func() subject {
		return unlocksLate{New(testMaxKeys)}
	}},
	{"no limit on keys", "no more keys than the limit", func() subject {
		return limitless{New(testMaxKeys)}
	}},
}

func TestControls(t *testing.T) {
	for _, control := range controls {
		t.Run(control.name, func(t *testing.T) {
			for _, rule := range rules {
				if rule.name != control.caught {
					continue
				}
				trial := &trial{subject: control.make()}
				rule.run(trial)
				if trial.err == nil {
					t.Errorf("the rule %q did not notice", rule.name)
				}
				return
			}
			t.Errorf("there is no rule %q", control.caught)
		})
	}
}

type cachesByKey struct {
	*Store
	byKey map[string]int64
}

func (s cachesByKey) Fact(key string) (int64, bool, error) {
	if value, hit := s.byKey[key]; hit {
		return value, true, nil
	}
	value, _, err := s.Store.Fact(key)
	if err == nil {
		s.byKey[key] = value
	}
	return value, false, err
}

type evictsOldest struct{ *Store }

func (s evictsOldest) Fact(key string) (int64, bool, error) {
	s.mu.Lock()
	n := s.values[key]
	value, hit := s.cache.Peek(n) // unlike Get, it does not count as a use
	s.mu.Unlock()
	if hit {
		return value, true, nil
	}
	return s.Store.Fact(key)
}

type addsUp struct{ *Store }

func (s addsUp) Set(key string, value int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value
	s.total = 0
	for _, value := range s.values {
		s.total += value
	}
	return s.total, nil
}

type wrapsAround struct{ *Store }

func (s wrapsAround) Set(key string, value int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total += value - s.values[key]
	s.values[key] = value
	return s.total, nil
}

type computesLocked struct{ *Store }

func (s computesLocked) Fact(key string) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.factorial(s.values[key]), false, nil
}

type unlocksLate struct{ *Store }

func (s unlocksLate) Set(key string, value int64) (int64, error) {
	s.mu.Lock()
	s.total += value - s.values[key]
	s.values[key] = value
	total := s.total
	s.mu.Unlock()
	return total, nil
}

type limitless struct{ *Store }

func (s limitless) Set(key string, value int64) (int64, error) {
	s.maxKeys = len(s.values) + 1
	return s.Store.Set(key, value)
}
