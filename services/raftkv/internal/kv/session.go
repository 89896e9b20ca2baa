package kv

import (
	"cmp"
	"slices"
)

// MaxSessions is how many clients are remembered, by all shards of a cluster together; each has an equal share. One
// more, and the one that has written nothing for the longest time is forgotten. It is a rule of the state, not a setting:
// all replicas must forget the same.
const MaxSessions = 1 << 20

// Session is what is remembered of a client, beside the reply to its last write. In memory it costs about
// 120 bytes, its place in the table included; the reply is on disk.
type Session struct {
	Client   ClientID
	Sequence uint64 // of the last write
	Active   Millis // when that was applied
	Turn     uint64 // its number among the last writes of all clients, of which many may share one Active
	// LargeReply is for the Store: whether the remembered reply is kept in a place of its own.
	LargeReply bool

	older, newer *Session
}

// sessions are the clients that are remembered, by id and in the order of their last writes, which is that of idleness.
// Both are kept up by each write that has a request id: the order is a list through the sessions themselves, so that a
// write moves its session to the end in no time, however many there are.
type sessions struct {
	byClient       map[ClientID]*Session
	oldest, newest *Session
}

func newSessions() sessions { return sessions{byClient: make(map[ClientID]*Session)} }

// load takes up sessions in any order, at the start.
func (s *sessions) load(all []Session) {
	slices.SortFunc(all, func(a, b Session) int { return cmp.Compare(a.Turn, b.Turn) })
	for _, session := range all {
		s.add(&session)
	}
}

// add puts a session at the end of the order.
func (s *sessions) add(session *Session) {
	s.byClient[session.Client] = session
	s.link(session)
}

// touch moves a session to the end of the order.
func (s *sessions) touch(session *Session) {
	if s.newest != session {
		s.unlink(session)
		s.link(session)
	}
}

func (s *sessions) drop(session *Session) {
	delete(s.byClient, session.Client)
	s.unlink(session)
}

func (s *sessions) link(session *Session) {
	session.older, session.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = session
	} else {
		s.oldest = session
	}
	s.newest = session
}

func (s *sessions) unlink(session *Session) {
	if session.older != nil {
		session.older.newer = session.newer
	} else {
		s.oldest = session.newer
	}
	if session.newer != nil {
		session.newer.older = session.older
	} else {
		s.newest = session.older
	}
}
