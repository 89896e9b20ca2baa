package raftkv

import (
	"crypto/rand"
	"sync"

	"numstore.example/contracts/raftkvpb"
)

// session is a client id, and the sequence number of the write that it is used for.
type session struct {
	id raftkvpb.RequestId
}

// newSession returns a session for its first write.
func newSession() *session {
	s := new(session)
	s.id.ClientId = make([]byte, 16)
	rand.Read(s.id.ClientId) // never fails
	s.id.Sequence = 1
	return s
}

// sessions are those that no write uses at the moment, each for the shard that its first write was for: no other shard
// knows it. There are at most as many of a shard as there were writes to it at one time. One whose write has no certain
// outcome does not come back.
type sessions struct {
	mu   sync.Mutex
	free [][]*session // by shard
}

// take returns a session for one write to a shard.
func (s *sessions) take(shard int) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if shard >= len(s.free) || len(s.free[shard]) == 0 {
		return newSession()
	}
	free := s.free[shard]
	last := len(free) - 1 // the one used last, so that the server can forget what is no longer needed
	s.free[shard] = free[:last]
	return free[last]
}

// give returns a session of a shard whose write has its outcome.
func (s *sessions) give(shard int, used *session) {
	used.id.Sequence++
	s.mu.Lock()
	defer s.mu.Unlock()
	for shard >= len(s.free) {
		s.free = append(s.free, nil)
	}
	s.free[shard] = append(s.free[shard], used)
}
