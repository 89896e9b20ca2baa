package kv

import (
	"encoding/binary"
	"testing"
)

// client returns the id of a client with a number.
func client(n uint64) (id ClientID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// putAs has a client put something, and returns how that ended.
func putAs(t *testing.T, s *State, store Store, time Millis, number, sequence uint64) Outcome {
	t.Helper()
	c := Command{
		Request: RequestID{client(number), sequence},
		Writes:  []Write{{Kind: Put, Key: []byte("k"), Value: []byte("v"), Expect: AnyVersion}},
	}
	encoded, err := s.Apply(store, time, c.AppendTo(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := DecodeReply(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return reply.Outcome
}

// TestSessions_full: one client too many, and the idlest is forgotten, told so, and never executed again.
func TestSessions_full(t *testing.T) {
	stored := make([]Session, MaxSessions)
	for i := range stored {
		stored[i] = Session{Client: client(uint64(i)), Sequence: 1, Active: 1000, Turn: uint64(MaxSessions - i)}
	}
	idlest := uint64(MaxSessions - 1)
	s, store := NewState(Totals{Now: 1000, Turns: MaxSessions}, stored, MaxSessions), newMemory()
	if outcome := putAs(t, s, store, 1001, MaxSessions+1, 1); outcome != Done {
		t.Fatalf("the write of a new client ended with outcome %d", outcome)
	}
	if s.Sessions() != MaxSessions || !store.dropped[client(idlest)] || len(store.dropped) != 1 {
		t.Fatalf("%d clients are remembered, %v dropped", s.Sessions(), store.dropped)
	}
	revision := s.Revision
	for _, sequence := range []uint64{1, 2} {
		if outcome := putAs(t, s, store, 1002, idlest, sequence); outcome != UnknownClient {
			t.Errorf("write %d of the client that was dropped ended with outcome %d", sequence, outcome)
		}
	}
	if s.Revision != revision {
		t.Error("a write of the client that was dropped was executed")
	}
}

// TestSessions_order: clients are forgotten in the order of their last writes, also after a restart.
func TestSessions_order(t *testing.T) {
	s, store := NewState(Totals{}, nil, MaxSessions), newMemory()
	for i, number := range []uint64{3, 2, 1, 3} { // 3 writes last, all in one moment
		putAs(t, s, store, 100, number, 1+uint64(i)/3)
	}
	reloaded := NewState(s.Totals, store.stored(), MaxSessions)
	for _, state := range []*State{s, reloaded} {
		store := store.copied()
		for i, want := range []uint64{2, 1, 3} {
			state.dropOldest(store)
			if !store.dropped[client(want)] || len(store.dropped) != i+1 {
				t.Errorf("the drop number %d left %v, without client %d", i, store.dropped, want)
			}
		}
	}
}

// TestApply_malformed: an error, and nothing changed but the time.
func TestApply_malformed(t *testing.T) {
	good := (&Command{Writes: []Write{{Kind: Put, Key: []byte("k"), Value: []byte("v"), Expect: AnyVersion}}}).AppendTo(nil)
	for name, command := range map[string][]byte{
		"empty":           {},
		"unknown kind":    {9},
		"cut short":       good[:len(good)-1],
		"more at the end": append(append([]byte(nil), good...), 0),
		"unknown write":   {commandWrites, 0, 1, 7, 1, 'k', 1, 'v'},
	} {
		s, store := NewState(Totals{}, nil, MaxSessions), newMemory()
		if _, err := s.Apply(store, 5, command, nil); err == nil || len(store.keys) > 0 || s.Totals != (Totals{Now: 5}) {
			t.Errorf("%s: %v, %v, %+v", name, err, store.keys, s.Totals)
		}
	}
}
