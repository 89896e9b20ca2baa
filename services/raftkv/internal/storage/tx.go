package storage

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/kv"
)

// tx is a kv.Store that reads the state and gathers what the commands of one entry change in a batch.
type tx struct {
	state   *State
	batch   *pebble.Batch
	written map[string]kv.Record // what the batch does to keys; version 0 for a deleted one
	dropped bool                 // whether the batch drops a session
	reading io.Closer            // of the row that Get returned last
}

var _ kv.Store = (*tx)(nil)

func (t *tx) begin() { t.batch = t.state.store.db.NewBatch() }

// end gives up what was not committed. After a failure Pebble may still use the batch.
func (t *tx) end() {
	t.release()
	if !t.state.store.Failed() {
		t.batch.Close()
	}
	clear(t.written)
	t.dropped = false
}

// commit writes the batch with the totals. It is not synced: see the package's comment.
func (t *tx) commit() error {
	t.release()
	p := prefix(spaceState, t.state.shard, stateTotals)
	t.batch.Set(p[:], t.state.encodeTotals(), nil)
	return t.state.cache.commit(t.written, func() error {
		return t.state.store.guard(func() error { return t.batch.Commit(pebble.NoSync) })
	})
}

// Get implements kv.Store.
func (t *tx) Get(key []byte) (kv.Record, bool, error) {
	if record, ok := t.written[string(key)]; ok {
		return record, record.Version != 0, nil
	}
	if record, ok, _ := t.state.cache.get(key); ok {
		return record, true, nil
	}
	row, err := t.read(t.state.key(key))
	if row == nil || err != nil {
		return kv.Record{}, false, err
	}
	record, err := decodeRecord(row)
	return record, err == nil, err
}

// Set implements kv.Store. The value belongs to the command, or to nobody else: it stays as it is.
func (t *tx) Set(key []byte, record kv.Record) {
	row := t.batch.SetDeferred(prefixLen+len(key), 8+len(record.Value))
	p := prefix(spaceState, t.state.shard, stateKey)
	copy(row.Key[copy(row.Key, p[:]):], key)
	binary.BigEndian.PutUint64(row.Value, record.Version)
	copy(row.Value[8:], record.Value)
	row.Finish()
	t.written[string(key)] = record
}

// Delete implements kv.Store.
func (t *tx) Delete(key []byte) {
	t.batch.Delete(t.state.key(key), nil)
	t.written[string(key)] = kv.Record{}
}

// read returns a row, or nil when it is not there, until the next read.
func (t *tx) read(key []byte) ([]byte, error) {
	t.release()
	row, closer, err := t.state.store.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, t.state.store.readError(err)
	}
	t.reading = closer
	return row, nil
}

func (t *tx) release() {
	if t.reading != nil {
		t.reading.Close()
		t.reading = nil
	}
}
