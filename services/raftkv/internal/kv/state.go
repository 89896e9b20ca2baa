package kv

// Store is where Apply finds keys and remembered replies, and where it writes what changes. What one
// Apply writes must become durable all or not at all.
//
// Apply reads all that it needs before it writes anything, and what it writes is seen by the next Apply. It asks for a
// key, a reply or a dropped client once at most for each write of a command.
type Store interface {
	// Get returns a key's record, or false when it does not exist. The value may be used until the next
	// call of any method.
	Get(key []byte) (Record, bool, error)
	Set(key []byte, record Record)
	Delete(key []byte)

	// Reply returns the remembered reply to the session's last write.
	Reply(session *Session) ([]byte, error)
	// SetSession writes a session with the reply to its last write, in place of the one before. The store
	// may use session.LargeReply as long as the session is not dropped.
	SetSession(session *Session, reply []byte)
	// DropSession forgets a session, but for the fact that it was.
	DropSession(session *Session)
	// Dropped says whether a client had a session that was dropped.
	Dropped(client ClientID) (bool, error)

	// Compare is told which checksum a leader's state had at an entry. Nothing of the state changes by it.
	Compare(index, sum, leader uint64)
}

// Totals are the numbers that a state keeps beside its keys and sessions. They become durable together
// with the changes that they count.
type Totals struct {
	Revision uint64 // the version given last
	Now      Millis // the latest time of the log
	Turns    uint64 // writes that were remembered: the Turn of the session that wrote last
	Keys     uint64
	Bytes    uint64 // the lengths of all keys and values
}

// State is the state of one shard, but for what its Store holds: the totals, and who is remembered. Keys, values and
// replies are the Store's, as they may be larger than memory. It is used by one goroutine.
type State struct {
	Totals
	sessions sessions
	previous int // bytes of previous values that the entry's writes have returned so far

	maxSessions int
	maxPrevious int // MaxPrevious; tests lower it
}

// NewState returns a state that was stored: its totals and its sessions in any order. Zero values are the
// state of a new shard. It remembers maxSessions clients.
func NewState(totals Totals, stored []Session, maxSessions int) *State {
	s := &State{Totals: totals, sessions: newSessions(), maxSessions: maxSessions, maxPrevious: MaxPrevious}
	s.sessions.load(stored)
	return s
}

// Sessions returns how many clients are remembered.
func (s *State) Sessions() int { return len(s.sessions.byClient) }

// BeginEntry is called before the first command of each entry of the log.
func (s *State) BeginEntry() { s.previous = 0 }

// Apply applies a command that was put into the log at a time, and appends the encoded reply to b. A leader that has not
// applied the last entries of another yet may say an earlier time than these: time stands still meanwhile. An error comes
// from the store, or means that the command is malformed; the state cannot be used any more.
func (s *State) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	s.Now = max(s.Now, time)
	d := decoder{rest: command}
	switch d.byte() {
	case commandWrites:
		var c Command
		var one [1]Write // most commands have one write: no need to allocate for it
		c.Writes = one[:0]
		c.decode(&d)
		if err := d.end(); err != nil {
			return nil, err
		}
		if s.previous >= s.maxPrevious {
			return (&Reply{Outcome: TooMuch}).AppendTo(b), nil // not remembered: it may come again
		}
		return s.once(store, &c, b)
	case commandForget:
		idle := Millis(d.uvarint())
		if err := d.end(); err != nil {
			return nil, err
		}
		s.forget(store, idle)
		return (&Reply{}).AppendTo(b), nil
	case commandCompare:
		index, sum, leader := d.uvarint(), d.uvarint(), d.uvarint()
		if err := d.end(); err != nil {
			return nil, err
		}
		store.Compare(index, sum, leader)
		return (&Reply{}).AppendTo(b), nil
	default:
		return nil, errMalformed
	}
}

// once executes a command unless its request id says that it was executed before. The idea is that of
// the Raft dissertation (Ongaro 2014, section 6.3): the reply to a client's last write is part of the
// state.
func (s *State) once(store Store, c *Command, b []byte) ([]byte, error) {
	if c.Request.Sequence == 0 {
		return s.execute(store, c, b)
	}
	session := s.sessions.byClient[c.Request.Client]
	switch {
	case session == nil:
		// A late copy of a first write must not begin a second session: it would be executed again.
		dropped := c.Request.Sequence > 1
		if !dropped {
			var err error
			if dropped, err = store.Dropped(c.Request.Client); err != nil {
				return nil, err
			}
		}
		if dropped {
			return (&Reply{Outcome: UnknownClient}).AppendTo(b), nil
		}
		session = &Session{Client: c.Request.Client}
	case c.Request.Sequence == session.Sequence:
		reply, err := store.Reply(session)
		s.previous += len(reply)
		return append(b, reply...), err
	case c.Request.Sequence < session.Sequence:
		return (&Reply{Outcome: SequenceTooLow, Actual: session.Sequence}).AppendTo(b), nil
	}

	start := len(b)
	b, err := s.execute(store, c, b)
	if err != nil || Outcome(b[start]) == TooMuch { // that is not remembered: it may come again
		return b, err
	}
	s.remember(store, session, c.Request.Sequence, b[start:])
	return b, nil
}

// remember takes up the reply to a session's write, which has been executed: before this nothing tells that it was. The
// session moves to the end of the order of idleness, and if there are too many now, the first of that order goes.
func (s *State) remember(store Store, session *Session, sequence uint64, reply []byte) {
	if session.Sequence == 0 {
		s.sessions.add(session)
	} else {
		s.sessions.touch(session)
	}
	s.Turns++
	session.Sequence, session.Active, session.Turn = sequence, s.Now, s.Turns
	store.SetSession(session, reply)
	if s.Sessions() > s.maxSessions {
		s.dropOldest(store)
	}
}

// forget drops the sessions of clients that have been idle for so long, by the time of the log. They are in the order of
// their last writes, so it looks at no other.
func (s *State) forget(store Store, idle Millis) {
	for s.sessions.oldest != nil && s.sessions.oldest.Active+idle <= s.Now {
		s.dropOldest(store)
	}
}

// dropOldest drops the session of the client that has been idle for the longest time. That it was there stays known: a
// copy of the client's first write may still be on its way, and would begin the session anew.
func (s *State) dropOldest(store Store) {
	oldest := s.sessions.oldest
	s.sessions.drop(oldest)
	store.DropSession(oldest)
}
