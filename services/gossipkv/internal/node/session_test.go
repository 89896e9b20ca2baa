package node_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
)

// session is a client that moves between servers, and checks what it reads.
type session struct {
	world  *world
	number int
	random *rand.Rand
	seen   map[string]merge.Version // of each key
	time   uint64
	count  int
	at     *server
}

// run reads and writes until stop is closed.
func (s *session) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(s.random.Int64N(int64(100 * time.Millisecond)))):
		}
		if s.at == nil || s.random.IntN(5) == 0 {
			s.move()
		}
		s.world.mu.Lock()
		var l *life
		if s.at != nil {
			l = s.at.life
		}
		s.world.mu.Unlock()
		if l == nil || l.crashed.Load() {
			s.at = nil
			continue
		}
		key := fmt.Sprint("key", s.random.IntN(keys))
		switch s.random.IntN(6) {
		case 0, 1:
			s.put(l, key)
		case 2:
			s.delete(l, key)
		default:
			s.get(l, key)
		}
	}
}

func (s *session) move() {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.at = nil
	if n := len(s.world.servers); n > 0 {
		s.at = s.world.servers[merge.ServerID(1+s.random.IntN(n))]
	}
}

func (s *session) put(l *life, key string) {
	s.count++
	value := fmt.Sprintf("%d of %d", s.count, s.number)
	version, err := s.write(l, func(ctx context.Context) (merge.Version, error) {
		return l.node.Put(ctx, []byte(key), []byte(value), s.time)
	})
	s.answered(l, key, put{key: key, value: value}, version, err)
}

func (s *session) delete(l *life, key string) {
	version, err := s.write(l, func(ctx context.Context) (merge.Version, error) {
		return l.node.Delete(ctx, []byte(key), s.time)
	})
	s.answered(l, key, put{key: key, deleted: true}, version, err)
}

func (s *session) write(l *life, write func(context.Context) (merge.Version, error)) (merge.Version, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-l.over: // nobody answers any more
			cancel()
		case <-ctx.Done():
		}
	}()
	return write(ctx)
}

// answered notes a write. One that was answered after the crash was not.
func (s *session) answered(l *life, key string, p put, version merge.Version, err error) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if err != nil || l.crashed.Load() {
		s.world.unanswered[key] = s.world.unanswered[key] || p.deleted
		return
	}
	if other, taken := s.world.written[version]; taken {
		s.world.failures = append(s.world.failures, fmt.Errorf("%+v and %+v have the same version, %v", p, other, version))
	}
	if version.Compare(s.seen[key]) <= 0 || version.Time <= s.time {
		s.world.failures = append(s.world.failures, fmt.Errorf("session %d wrote %s with %v, after it had seen %v, at time %d", s.number, key, version, s.seen[key], s.time))
	}
	s.world.written[version] = p
	s.learn(key, version)
}

func (s *session) learn(key string, version merge.Version) {
	if version.Compare(s.seen[key]) > 0 {
		s.seen[key] = version
	}
	s.time = max(s.time, version.Time)
}

func (s *session) get(l *life, key string) {
	outcome, entry, err := l.node.Get([]byte(key), s.seen[key])
	if err != nil || l.crashed.Load() || outcome == merge.DependencyNotMet {
		return
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	seen := s.seen[key]
	switch {
	case entry.Version.IsZero(): // absent: then what was seen was deleted by a greater write, which settles with the final state
	case entry.Version.Compare(seen) < 0:
		s.world.failures = append(s.world.failures, fmt.Errorf("session %d read %s with %v, after it had seen %v", s.number, key, entry.Version, seen))
	}
	if outcome == merge.NoValue && entry.Version.IsZero() && !seen.IsZero() {
		s.world.absent(s, key, seen)
	}
	s.learn(key, entry.Version)
}

// absent checks that a key of which a session has seen a version may be absent: there must be a deletion that is not smaller. (One that was not answered
// may be the one: it is not known.) The lock is held.
func (w *world) absent(s *session, key string, seen merge.Version) {
	for version, p := range w.written {
		if p.key == key && p.deleted && version.Compare(seen) >= 0 {
			return
		}
	}
	if w.unanswered[key] {
		return
	}
	w.failures = append(w.failures, fmt.Errorf("session %d found %s absent at server %d, after it had seen %v, and nobody deleted it", s.number, key, s.at.id, seen))
}
