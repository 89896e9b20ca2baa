package storage

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/kv"
)

// clients are those whom the shards of a backup remember, on their way to the shards of a new cluster, each of which is to
// remember all of them: what is remembered of a client's last write must be known to the shard of that write's key.
//
// A client belongs to one shard, but after a cluster was restored the others remember it too, as it was then. So when such
// a cluster is backed up and restored, a client comes from several parts, and what the part with the highest sequence
// number says is right: the others have heard nothing of the client since. If that is that its session was dropped, it is
// dropped: better to tell a client that it was forgotten than to do a write twice.
//
// The rows lie in a slot that does not count, until all are known.
type clients struct {
	store   *Store
	rows    *filler
	to      []slot // of the new shards
	at      slot
	several bool    // more than one part is to come
	part    ShardID // the last one that a row came of
	known   map[kv.ClientID]*client
	limit   int // of sessions
}

// client is a session of a part of the backup.
type client struct {
	id             kv.ClientID
	part           ShardID
	sequence, turn uint64
	active         kv.Millis
	large          bool
}

func newClients(store *Store, rows *filler, to []slot, several bool) *clients {
	c := &clients{
		store: store, rows: rows, to: to, several: several,
		known: make(map[kv.ClientID]*client), limit: kv.MaxSessions / store.shards,
	}
	if len(to) > 0 {
		c.at = to[0].other()
	}
	return c
}

// row takes a row of a client. Those of one part come one after the other: its sessions, large replies, dropped clients.
func (c *clients) row(part ShardID, key, value []byte) error {
	if len(c.to) == 0 {
		return nil
	}
	if len(key) != 1+len(kv.ClientID{}) {
		return fmt.Errorf("%w: a client has an id of %d bytes", ErrNoBackup, len(key)-1)
	}
	if part != c.part {
		c.part = part
		if err := c.rows.flush(false); err != nil { // what other parts said of a client is to be found
			return err
		}
	}
	id := kv.ClientID(key[1:])
	switch key[0] {
	case stateSession:
		return c.session(part, id, key, value)
	case stateLargeReply:
		if known := c.known[id]; known == nil || known.part != part {
			return nil
		}
	default:
		if newer, err := c.droppedLater(id, value); newer || err != nil {
			return err
		}
	}
	return c.rows.set(c.at, key, value)
}

// session takes a session, unless another part knows of a later write.
func (c *clients) session(part ShardID, id kv.ClientID, key, value []byte) error {
	p := c.at.prefix(stateSession)
	session, err := decodeSession(append(p[:], id[:]...), value)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	if before := c.known[id]; before != nil && before.sequence >= session.Sequence {
		return nil
	}
	c.known[id] = &client{id, part, session.Sequence, session.Turn, session.Active, session.LargeReply}
	return c.rows.set(c.at, key, value)
}

// droppedLater says whether another part has dropped a client after a later write than this one did.
func (c *clients) droppedLater(id kv.ClientID, value []byte) (bool, error) {
	if !c.several {
		return false, nil
	}
	row, err := c.store.Row(c.at.client(stateDropped, id))
	return row != nil && decodeDropped(row) >= decodeDropped(value), err
}

// settle has all new shards remember the clients, by the time that they begin with, and returns how many turns there were.
// Clients stay idle for as long as they are. If there are too many, those that are idle for the longest time are dropped.
func (c *clients) settle(parts map[ShardID]kv.Totals, now kv.Millis) (turns uint64, err error) {
	if len(c.to) == 0 {
		return 0, nil
	}
	if err := c.rows.flush(false); err != nil {
		return 0, err
	}
	if err := c.resolve(); err != nil {
		return 0, err
	}
	if turns, err = c.order(parts, now); err != nil {
		return 0, err
	}
	if err := c.rows.flush(false); err != nil {
		return 0, err
	}
	if err := c.copy(); err != nil {
		return 0, err
	}
	if err := c.rows.flush(false); err != nil {
		return 0, err
	}
	return turns, c.store.empty(c.at)
}

// order puts the clients in the order of their idleness, the idlest first, and drops as many of those as there are too many.
func (c *clients) order(parts map[ShardID]kv.Totals, now kv.Millis) (turns uint64, err error) {
	idle := func(k *client) kv.Millis { return parts[k.part].Now - k.active }
	order := slices.SortedFunc(maps.Values(c.known), func(a, b *client) int {
		return cmp.Or(cmp.Compare(idle(b), idle(a)), cmp.Compare(a.part, b.part), cmp.Compare(a.turn, b.turn), bytes.Compare(a.id[:], b.id[:]))
	})
	excess := max(len(order)-c.limit, 0)
	for _, idlest := range order[:excess] {
		if err := c.drop(idlest); err != nil {
			return 0, err
		}
	}
	for i, known := range order[excess:] {
		known.active = now - idle(known)
		if c.several {
			known.turn = uint64(i + 1)
		}
	}
	if c.several {
		return uint64(len(order) - excess), nil
	}
	for _, totals := range parts { // of one part, the clients keep their turns
		turns = totals.Turns
	}
	return turns, nil
}

// resolve decides on clients that one part remembers, and another one has dropped.
func (c *clients) resolve() error {
	if !c.several {
		return nil
	}
	for id, known := range c.known {
		row, err := c.store.Row(c.at.client(stateDropped, id))
		switch {
		case err != nil:
			return err
		case row == nil:
		case decodeDropped(row) > known.sequence:
			delete(c.known, id)
		default:
			if err := c.rows.remove(c.at, append([]byte{stateDropped}, id[:]...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop forgets a client, but for the fact that it was there.
func (c *clients) drop(known *client) error {
	delete(c.known, known.id)
	return c.rows.set(c.at, append([]byte{stateDropped}, known.id[:]...), encodeDropped(known.sequence))
}

// copy writes the rows of all clients into the slots of the new shards.
func (c *clients) copy() error {
	iterator, err := c.store.Rows(c.at.span())
	if err != nil {
		return err
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		if err := c.copyRow(iterator); err != nil {
			return err
		}
	}
	return c.store.ReadError(iterator.Error())
}

func (c *clients) copyRow(from *pebble.Iterator) error {
	key := from.Key()[prefixLen-1:]
	row, err := from.ValueAndErr()
	if err != nil {
		return c.store.ReadError(err)
	}
	known := c.known[kv.ClientID(key[1:])]
	switch {
	case key[0] == stateDropped:
	case known == nil, key[0] == stateLargeReply && !known.large: // it is another part's, of before
		return nil
	case key[0] == stateSession:
		row = bytes.Clone(row)
		encodeSession(row, &kv.Session{Sequence: known.sequence, Active: known.active, Turn: known.turn, LargeReply: known.large}, row[sessionHeader:])
	}
	for _, to := range c.to {
		if err := c.rows.set(to, key, row); err != nil {
			return err
		}
	}
	return nil
}
