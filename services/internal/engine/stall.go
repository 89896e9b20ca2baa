package engine

import (
	"sync"
	"time"
)

// syncs knows which syncs of the disk are under way, and since when.
type syncs struct {
	mu    sync.Mutex
	began map[uint64]time.Time
	last  uint64
}

// do does a sync.
func (s *syncs) do(sync func() error) error {
	s.mu.Lock()
	s.last++
	number := s.last
	if s.began == nil {
		s.began = make(map[uint64]time.Time)
	}
	s.began[number] = time.Now()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.began, number)
	}()
	return sync()
}

// oldest returns how long the oldest sync has been under way; 0 if there is none.
func (s *syncs) oldest() (age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, began := range s.began {
		age = max(age, time.Since(began))
	}
	return age
}
