package storage

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
)

// A session's row is its sequence number, the time and the turn of its last write, whether its reply lies in a row
// of its own, and the reply if not. Replies with a value in them can be large, and all sessions are read at
// every start.
const (
	sessionHeader = 8 + 8 + 8 + 1
	smallReply    = 128
)

// remembered is a session that has changed.
type remembered struct {
	session *kv.Session // as it is now, for as long as the state knows it
	reply   []byte      // to its last write
	dropped bool
}

// SetSession implements kv.Store.
func (c *changes) SetSession(session *kv.Session, reply []byte) {
	r := c.sessions[session.Client]
	if r == nil {
		r = &remembered{session: session}
		c.sessions[session.Client] = r
	}
	c.replies += len(reply) - len(r.reply)
	if max(len(reply), cap(r.reply)) > smallReply {
		r.reply = bytes.Clone(reply) // a small one would keep the room of a large one, which nobody counts
	} else {
		r.reply = append(r.reply[:0], reply...)
	}
}

// DropSession implements kv.Store. What stays is the client's id, so that a late copy of its first write
// is not taken for a new client's.
func (c *changes) DropSession(session *kv.Session) {
	if r := c.sessions[session.Client]; r != nil {
		c.replies -= len(r.reply)
	}
	c.sessions[session.Client] = &remembered{session: session, dropped: true}
}

// Reply implements kv.Store.
func (c *changes) Reply(session *kv.Session) ([]byte, error) {
	if r := c.sessions[session.Client]; r != nil {
		return r.reply, nil
	}
	key, skip := c.state.slot.Load().client(stateSession, session.Client), sessionHeader
	if session.LargeReply {
		key, skip = c.state.slot.Load().client(stateLargeReply, session.Client), 0
	}
	row, err := c.read(key)
	if err == nil && len(row) <= skip {
		err = engine.Damage("a remembered reply in %s is missing", c.state.store.Dir())
	}
	if err != nil {
		return nil, err
	}
	return row[skip:], nil
}

// Dropped implements kv.Store.
func (c *changes) Dropped(client kv.ClientID) (bool, error) {
	if r := c.sessions[client]; r != nil {
		return r.dropped, nil
	}
	row, err := c.read(c.state.slot.Load().client(stateDropped, client))
	return row != nil, err
}

// writeSessions puts all sessions that have changed into a batch.
func (c *changes) writeSessions(batch *pebble.Batch) {
	clients := slices.SortedFunc(maps.Keys(c.sessions), func(a, b kv.ClientID) int { return bytes.Compare(a[:], b[:]) })
	for _, client := range clients {
		r := c.sessions[client]
		large := !r.dropped && len(r.reply) > smallReply
		switch {
		case large:
			batch.Set(c.state.slot.Load().client(stateLargeReply, client), r.reply, nil)
		case r.session.LargeReply:
			batch.Delete(c.state.slot.Load().client(stateLargeReply, client), nil)
		}
		r.session.LargeReply = large
		if r.dropped {
			batch.Delete(c.state.slot.Load().client(stateSession, client), nil)
			batch.Set(c.state.slot.Load().client(stateDropped, client), encodeDropped(r.session.Sequence), nil)
			continue
		}
		c.writeSession(batch, r)
	}
}

func (c *changes) writeSession(batch *pebble.Batch, r *remembered) {
	reply := r.reply
	if r.session.LargeReply {
		reply = nil
	}
	row := batch.SetDeferred(prefixLen+len(r.session.Client), sessionHeader+len(reply))
	p := c.state.slot.Load().prefix(stateSession)
	copy(row.Key[copy(row.Key, p[:]):], r.session.Client[:])
	encodeSession(row.Value, r.session, reply)
	row.Finish()
}

func encodeSession(row []byte, session *kv.Session, reply []byte) {
	binary.BigEndian.PutUint64(row, session.Sequence)
	binary.BigEndian.PutUint64(row[8:], uint64(session.Active))
	binary.BigEndian.PutUint64(row[16:], session.Turn)
	row[24] = 0
	if session.LargeReply {
		row[24] = 1
	}
	copy(row[sessionHeader:], reply)
}

// encodeDropped returns the row of a client whose session was dropped: the sequence number of its last write. Nobody asks
// for that but who merges the clients of several shards (see clients); earlier versions wrote a single byte.
func encodeDropped(sequence uint64) []byte { return binary.BigEndian.AppendUint64(nil, sequence) }

// decodeDropped returns a sequence number that is not less than that of the client's last write.
func decodeDropped(row []byte) uint64 {
	if len(row) != 8 {
		return math.MaxUint64
	}
	return binary.BigEndian.Uint64(row)
}

// loadSessions reads all sessions.
func (s *Store) loadSessions(from slot) (sessions []kv.Session, err error) {
	p := from.prefix(stateSession)
	iterator, err := s.Rows(p[:], engine.End(p[:]))
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
	return sessions, s.ReadError(iterator.Error())
}

func decodeSession(key, row []byte) (session kv.Session, err error) {
	if len(key) != prefixLen+len(session.Client) || len(row) < sessionHeader {
		return session, engine.Damage("a session is too short")
	}
	copy(session.Client[:], key[prefixLen:])
	session.Sequence = binary.BigEndian.Uint64(row)
	session.Active = kv.Millis(binary.BigEndian.Uint64(row[8:]))
	session.Turn = binary.BigEndian.Uint64(row[16:])
	session.LargeReply = row[24] == 1
	return session, nil
}
