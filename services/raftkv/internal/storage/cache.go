package storage

import (
	"bytes"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"numstore.example/services/raftkv/internal/kv"
)

const (
	// cachedRecords times the longest key and value that are kept is what the cache may take: 64 MiB.
	cachedRecords = 32 << 10
	maxCached     = 1 << 10
)

// cache keeps small records that were read or written lately. Every write needs the record before it, and
// Pebble takes longer to find that than for anything else: its tables in memory keep every version.
//
// It never shows a record that the store does not have: the lock is held while a batch is committed and
// until the cache has what that changed, and what a reader found is taken up only if nothing was committed
// meanwhile.
type cache struct {
	mu      sync.Mutex
	records *simplelru.LRU[string, kv.Record]
	commits uint64
}

func newCache() *cache {
	records, err := simplelru.NewLRU[string, kv.Record](cachedRecords, nil)
	if err != nil {
		panic(err) // the size is not positive
	}
	return &cache{records: records}
}

// get returns a record, which must not be changed, or false when it is not here; and the number of commits so
// far, for add.
func (c *cache) get(key []byte) (record kv.Record, ok bool, commits uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	record, ok = c.records.Get(string(key))
	return record, ok, c.commits
}

// add takes up a record that was read after so many commits. The cache keeps it.
func (c *cache) add(key []byte, record kv.Record, commits uint64) {
	if len(key)+len(record.Value) > maxCached {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.commits == commits {
		c.records.Add(string(key), record)
	}
}

// commit commits a batch that writes these records; version 0 stands for a deletion. The cache copies what
// it keeps.
func (c *cache) commit(written map[string]kv.Record, commit func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits++
	if err := commit(); err != nil {
		return err
	}
	for key, record := range written {
		if record.Version == 0 || len(key)+len(record.Value) > maxCached {
			c.records.Remove(key)
			continue
		}
		c.records.Add(key, kv.Record{Version: record.Version, Value: bytes.Clone(record.Value)})
	}
	return nil
}
