package storage

import (
	"encoding/binary"
	"io"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/kv"
)

// changes is a kv.Store that reads the state and gathers in memory what commands change: a key or session that
// changes many times is written to Pebble once.
type changes struct {
	state    *State
	sessions map[kv.ClientID]*remembered
	replies  int       // bytes of the replies in sessions
	reading  io.Closer // of the row that was read last
}

var _ kv.Store = (*changes)(nil)

// Get implements kv.Store.
func (c *changes) Get(key []byte) (kv.Record, bool, error) {
	if record, known := c.state.records.look(key); known {
		return record, record.Version != 0, nil
	}
	row, err := c.read(c.state.slot.Load().key(key))
	if row == nil || err != nil {
		return kv.Record{}, false, err
	}
	record, err := decodeRecord(row)
	return record, err == nil, err
}

// Set implements kv.Store. The value belongs to the command, or to nobody else: it stays as it is.
func (c *changes) Set(key []byte, record kv.Record) { c.state.records.set(key, record) }

// Delete implements kv.Store.
func (c *changes) Delete(key []byte) { c.state.records.set(key, kv.Record{}) }

// sessionSize is about how many bytes of memory a changed session takes, beside its reply.
const sessionSize = 128

// size returns how many bytes the changes take in memory.
func (c *changes) size() int {
	return c.state.records.size + c.replies + sessionSize*len(c.sessions)
}

// writeTo puts all changes into a batch. Rows are sorted, so that Pebble finds the place of each near that of the
// one before it.
func (c *changes) writeTo(batch *pebble.Batch) {
	at := c.state.slot.Load()
	for _, key := range slices.Sorted(maps.Keys(c.state.records.changed)) {
		if record := c.state.records.changed[key]; record.Version == 0 {
			batch.Delete(at.key([]byte(key)), nil)
		} else {
			c.writeRecord(batch, key, record)
		}
	}
	c.writeSessions(batch)
}

func (c *changes) writeRecord(batch *pebble.Batch, key string, record *kv.Record) {
	row := batch.SetDeferred(prefixLen+len(key), 8+len(record.Value))
	p := c.state.slot.Load().prefix(stateKey)
	copy(row.Key[copy(row.Key, p[:]):], key)
	binary.BigEndian.PutUint64(row.Value, record.Version)
	copy(row.Value[8:], record.Value)
	row.Finish()
}

// written is called when Pebble shows all changes.
func (c *changes) written() {
	c.state.records.flushed()
	clear(c.sessions)
	c.replies = 0
}

// read returns a row, or nil when it is not there, until the next read or release.
func (c *changes) read(key []byte) ([]byte, error) {
	c.release()
	row, closer, err := c.state.store.Get(key)
	if row == nil || err != nil {
		return nil, err
	}
	c.reading = closer
	return row, nil
}

func (c *changes) release() {
	if c.reading != nil {
		c.reading.Close()
		c.reading = nil
	}
}
