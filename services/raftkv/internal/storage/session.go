package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/kv"
)

// A session's row is its sequence number, the time of its last write, whether its reply lies in a row of its
// own, and the reply if not. Replies with a value in them can be large, and all sessions are read at
// every start.
const (
	sessionHeader = 8 + 8 + 1
	smallReply    = 128
)

// SetSession implements kv.Store.
func (t *tx) SetSession(session *kv.Session, reply []byte) {
	large := len(reply) > smallReply
	switch {
	case large:
		t.batch.Set(clientKey(t.state.shard, stateLargeReply, session.Client), reply, nil)
	case session.LargeReply:
		t.batch.Delete(clientKey(t.state.shard, stateLargeReply, session.Client), nil)
	}
	session.LargeReply = large
	if large {
		reply = nil
	}
	row := t.batch.SetDeferred(prefixLen+len(session.Client), sessionHeader+len(reply))
	p := prefix(spaceState, t.state.shard, stateSession)
	copy(row.Key[copy(row.Key, p[:]):], session.Client[:])
	encodeSession(row.Value, session, reply)
	row.Finish()
}

func encodeSession(row []byte, session *kv.Session, reply []byte) {
	binary.BigEndian.PutUint64(row, session.Sequence)
	binary.BigEndian.PutUint64(row[8:], session.Active)
	row[16] = 0
	if session.LargeReply {
		row[16] = 1
	}
	copy(row[sessionHeader:], reply)
}

// Reply implements kv.Store.
func (t *tx) Reply(session *kv.Session) ([]byte, error) {
	key, skip := clientKey(t.state.shard, stateSession, session.Client), sessionHeader
	if session.LargeReply {
		key, skip = clientKey(t.state.shard, stateLargeReply, session.Client), 0
	}
	row, err := t.unwritten(key)
	if row == nil && err == nil {
		row, err = t.read(key)
	}
	if err == nil && len(row) <= skip {
		err = &damage{what: fmt.Sprintf("a remembered reply in %s is missing", t.state.store.options.Dir)}
	}
	if err != nil {
		return nil, err
	}
	return row[skip:], nil
}

// unwritten returns a row that the batch sets, or nil. It looks through the whole batch, which is all right
// for the case that it is there for: an entry that holds a write and its repetition.
func (t *tx) unwritten(key []byte) (row []byte, err error) {
	reader := t.batch.Reader()
	for {
		kind, k, value, ok, err := reader.Next()
		if !ok || err != nil {
			return row, err
		}
		if kind == pebble.InternalKeyKindSet && bytes.Equal(k, key) {
			row = value
		}
	}
}

// DropSession implements kv.Store. What stays is the client's id, so that a late copy of its first write
// is not taken for a new client's.
func (t *tx) DropSession(session *kv.Session) {
	t.batch.Delete(clientKey(t.state.shard, stateSession, session.Client), nil)
	if session.LargeReply {
		t.batch.Delete(clientKey(t.state.shard, stateLargeReply, session.Client), nil)
	}
	t.batch.Set(clientKey(t.state.shard, stateDropped, session.Client), []byte{1}, nil)
	t.dropped = true
}

// Dropped implements kv.Store.
func (t *tx) Dropped(client kv.ClientID) (bool, error) {
	key := clientKey(t.state.shard, stateDropped, client)
	row, err := t.read(key)
	if row == nil && err == nil && t.dropped {
		row, err = t.unwritten(key)
	}
	return row != nil, err
}

// loadSessions reads all sessions.
func (s *State) loadSessions() (sessions []kv.Session, err error) {
	p := prefix(spaceState, s.shard, stateSession)
	iterator, err := s.store.db.NewIter(&pebble.IterOptions{LowerBound: p[:], UpperBound: end(p[:])})
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		session, err := decodeSession(iterator.Key(), iterator.Value())
		if err != nil {
			return nil, err
		}
		sessions = append(sessions, session)
	}
	return sessions, s.store.readError(iterator.Error())
}

func decodeSession(key, row []byte) (session kv.Session, err error) {
	if len(key) != prefixLen+len(session.Client) || len(row) < sessionHeader {
		return session, &damage{what: "a session is too short"}
	}
	copy(session.Client[:], key[prefixLen:])
	session.Sequence = binary.BigEndian.Uint64(row)
	session.Active = binary.BigEndian.Uint64(row[8:])
	session.LargeReply = row[16] == 1
	return session, nil
}
