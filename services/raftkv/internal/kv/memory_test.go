package kv

import (
	"bytes"
	"maps"
	"slices"
)

// memory is a Store in maps. It is strict about what a Store may do: values change after the next call.
type memory struct {
	keys     map[string]Record
	replies  map[ClientID][]byte
	sessions map[ClientID]Session
	dropped  map[ClientID]bool
	compared [3]uint64 // what Compare was told last
	lent     []byte    // the value that Get returned last
}

func newMemory() *memory {
	return &memory{
		keys: make(map[string]Record), replies: make(map[ClientID][]byte),
		sessions: make(map[ClientID]Session), dropped: make(map[ClientID]bool),
	}
}

// spoil overwrites what was lent.
func (m *memory) spoil() {
	for i := range m.lent {
		m.lent[i] = '!'
	}
}

func (m *memory) Get(key []byte) (Record, bool, error) {
	m.spoil()
	record, exists := m.keys[string(key)]
	m.lent = append([]byte(nil), record.Value...)
	record.Value = m.lent
	return record, exists, nil
}

func (m *memory) Set(key []byte, record Record) {
	m.spoil()
	record.Value = append([]byte(nil), record.Value...)
	m.keys[string(key)] = record
}

func (m *memory) Delete(key []byte) {
	m.spoil()
	delete(m.keys, string(key))
}

func (m *memory) Reply(session *Session) ([]byte, error) { return m.replies[session.Client], nil }

func (m *memory) SetSession(session *Session, reply []byte) {
	m.replies[session.Client] = append([]byte(nil), reply...)
	m.sessions[session.Client] = Session{Client: session.Client, Sequence: session.Sequence, Active: session.Active, Turn: session.Turn}
}

// stored returns all sessions, in the order of their ids.
func (m *memory) stored() []Session {
	return slices.SortedFunc(maps.Values(m.sessions), func(a, b Session) int { return bytes.Compare(a.Client[:], b.Client[:]) })
}

func (m *memory) DropSession(session *Session) {
	delete(m.replies, session.Client)
	delete(m.sessions, session.Client)
	m.dropped[session.Client] = true
}

func (m *memory) Compare(index, sum, leader uint64) { m.compared = [3]uint64{index, sum, leader} }

func (m *memory) Dropped(client ClientID) (bool, error) { return m.dropped[client], nil }

// copied returns a store with the same contents.
func (m *memory) copied() *memory {
	return &memory{
		keys: maps.Clone(m.keys), replies: maps.Clone(m.replies),
		sessions: maps.Clone(m.sessions), dropped: maps.Clone(m.dropped),
	}
}
