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

// sessions are those that no write uses at the moment. There are at most as many as there were writes at
// one time. One whose write has no certain outcome does not come back.
type sessions struct {
	mu   sync.Mutex
	free []*session
}

// take returns a session for one write.
func (s *sessions) take() *session {
	s.mu.Lock()
	if last := len(s.free) - 1; last >= 0 {
		taken := s.free[last] // the one used last, so that the server can forget what is no longer needed
		s.free = s.free[:last]
		s.mu.Unlock()
		return taken
	}
	s.mu.Unlock()
	return newSession()
}

// give returns a session whose write has its outcome.
func (s *sessions) give(session *session) {
	session.id.Sequence++
	s.mu.Lock()
	s.free = append(s.free, session)
	s.mu.Unlock()
}
