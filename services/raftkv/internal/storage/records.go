package storage

import (
	"bytes"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"numstore.example/services/raftkv/internal/kv"
)

const (
	// cachedRecords times the longest key and value that are kept is what the caches of all shards may take: 32 MiB.
	cachedRecords = 32 << 10
	maxCached     = 1 << 10
)

// records is what a state has of keys in memory: those that have changed and are not in Pebble yet, and small
// ones that were read or written lately. Every write needs the record before it, and Pebble takes longer to find
// that than for anything else.
//
// The lock is held while an entry is applied: who reads sees all of it or nothing.
type records struct {
	mu      sync.Mutex
	changed map[string]*kv.Record // version 0 for a deleted key
	size    int                   // bytes of keys and values in changed
	cached  *simplelru.LRU[string, kv.Record]
	flushes uint64 // how often changed went to Pebble
}

func newRecords(cache int) *records {
	cached, err := simplelru.NewLRU[string, kv.Record](max(cache, 1), nil)
	if err != nil {
		panic(err) // the size is not positive
	}
	return &records{changed: make(map[string]*kv.Record), cached: cached}
}

// look returns a record, which must not be changed and has version 0 if the key does not exist, or false when
// it is not known here. The lock is held.
func (r *records) look(key []byte) (record kv.Record, known bool) {
	if changed := r.changed[string(key)]; changed != nil {
		return *changed, true
	}
	return r.cached.Get(string(key))
}

// add takes up a record that was found in Pebble after so many flushes, unless Pebble may have a newer one by
// now. The cache keeps it.
func (r *records) add(key []byte, record kv.Record, flushes uint64) {
	if len(key)+len(record.Value) > maxCached {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flushes == flushes {
		r.cached.Add(string(key), record)
	}
}

// set changes a record. Its value must stay as it is. The lock is held.
func (r *records) set(key []byte, record kv.Record) {
	if changed := r.changed[string(key)]; changed != nil {
		r.size += len(record.Value) - len(changed.Value)
		*changed = record
		return
	}
	r.size += len(key) + len(record.Value)
	r.changed[string(key)] = &record
}

// forget is called when the state shows other rows: nothing is known of these. The lock is held.
func (r *records) forget() {
	clear(r.changed)
	r.size = 0
	r.cached.Purge()
	r.flushes++
}

// flushed is called when Pebble shows all that has changed. The cache copies what it keeps: a value may be a
// part of something larger.
func (r *records) flushed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, record := range r.changed {
		if record.Version == 0 || len(key)+len(record.Value) > maxCached {
			r.cached.Remove(key)
			continue
		}
		r.cached.Add(key, kv.Record{Version: record.Version, Value: bytes.Clone(record.Value)})
	}
	clear(r.changed)
	r.size = 0
	r.flushes++
}
