// Package storage is what raftkv has on disk: for each shard a log of what was decided (Log) and the
// state that results from it (State), as rows of one store (package engine), and beside it a mark for each log. The engine
// answers for the disk, that is for damage, failures and room; here it is only said which rows there are, and in
// which order they get there.
//
// # The order of a commit
//
// Appends writes entries to Pebble's write-ahead log; Appends.Await returns when that log is synced and
// the mark of the shard says so. Only then may an entry count as committed, and only committed entries are
// applied. State.Apply keeps what they change in memory, until there is enough of it; then it writes the keys, the
// sessions and the index of the last entry as one batch, without a sync of its own. The batch goes into the
// same write-ahead log, behind the entries. So a crash leaves some prefix of this order: it may take back what was
// applied, never the entry that it came from, and what it took back is applied again, with the same result. An
// entry is cut off the log only after the batch that has its changes.
//
// # The state of another member
//
// A member that is behind the others' logs gets the state instead. State.WriteSnapshot writes all rows of one moment;
// State.Stage, elsewhere, takes them up in the one of two slots that does not count, while the state is used, and checks
// them to the end. Log.Install writes one batch, synced, which changes the row that says what slot counts, empties the log,
// and has it begin after the snapshot. The rows are before it in the write-ahead log, so a crash leaves the old state with
// the old log, or the new ones. The rows of the old state are deleted after that; what a crash leaves of them, or of a
// snapshot that was not installed, is deleted at the next start.
//
// # Whose it is
//
// A new store knows of no cluster, until Store.Form keeps which one it is of, and as which node; Store.Learn keeps what it
// hears of it later. The members of each shard are a part of the shard's state from then on.
//
// Shards may come and go while others are used: OpenState and OpenLog, CloseShard, Drop. The rows of a shard are those of one
// member of this node; the next one begins with nothing (see shards.go).
//
// # Damage
//
// What lies on the disk and is not what was written is an error that IsDamage recognises. If it lies in the rows of a shard
// that others have too, that shard is given up, Options.OnDamage is told, and the rest of the store goes on (see mend.go).
package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine"
)

// Options say where the store is and how it treats it.
type Options struct {
	// Dir is the folder; it is made if need be. FS is where it is: nil for the disk of this machine.
	Dir string
	FS  vfs.FS

	// SyncInterval is how often writes are synced. Zero means always: Appends.Await waits for it. Otherwise a
	// crash may lose the writes of the last interval, the newest first and without gaps.
	SyncInterval time.Duration

	// WriteBehind is how many bytes of changes all states together keep in memory before they write them: each its share
	// (see Store.Share), and leastWriteBehind at least, if that is not more. They are in the log meanwhile. Zero means
	// DefaultWriteBehind; with 1, the changes of each entry are written when it is applied.
	WriteBehind int

	// ChecksumEvery is how often, by the time of a shard's log, its members compare their states: all nodes need the same.
	// Zero means hourly.
	ChecksumEvery time.Duration

	// Restore, if not nil, fills a new store before it becomes usable. Open then fails with ErrExists when
	// there is a store already, unless it was filled with the same.
	Restore Source

	// OnDamage is told of each shard whose member has lost rows: what lies on the disk is not what was written. The state of
	// the shard is of no use any more, and cannot be opened again, until it is dropped; the others go on. It must not wait. If it
	// is nil, or nobody else has the shard, a store that meets damage in the background has failed.
	OnDamage func(shard ShardID, err error)

	// These are as in engine.Options.
	Remedy     string
	RowsRemedy string
	MaxTables  int
	Reserve    uint64
	DiskStall  time.Duration
	OnStall    func(stalled bool)
	OnFailure  func(error)

	Logger *slog.Logger
}

// DefaultWriteBehind is a compromise. The more changes are gathered, the more changes of one key are written as
// one, but the longer nothing is applied while they are written.
const DefaultWriteBehind = 512 << 10

// leastWriteBehind is worth a batch.
const leastWriteBehind = 128 << 10

// What the disk does, the engine says; who uses the store need not know of it.
var (
	ErrExists    = engine.ErrExists
	ErrRestoring = engine.ErrRestoring
	ErrFailed    = engine.ErrFailed
	ErrFull      = engine.ErrFull
)

// Disk is what is known of the disk.
type Disk = engine.Disk

// IsDamage says whether an error comes from a file that is not as it was written.
func IsDamage(err error) bool { return engine.IsDamage(err) }

// layout is the version of the layout that is written: of the keys (see keys.go), and of what lies in the rows.
const layout = 3

// Store is what a node has on disk, with all of its shards. Its methods may be called from several goroutines at once, but
// what opens, closes and drops shards belongs to one.
type Store struct {
	*engine.Store
	options Options
	shards  int    // of the cluster; they share the memory for records and sessions
	self    NodeID // 0 until the store is formed

	mu   sync.Mutex         // of what follows
	held map[ShardID]uint32 // which incarnation of the node's member of a shard has rows here
	open map[ShardID]open

	damaged chan engine.DamagedTable // what is to be mended
	mending sync.Mutex               // held while damage is taken out, and while a shard is dropped

	describing sync.Mutex // held while the map of the cluster is replaced

	marking sync.Mutex // held while the marks of logs are moved, if not by Appends.Await, and while they are closed
}

// Open opens the store of a folder, or makes one.
func Open(options Options) (*Store, error) {
	if options.WriteBehind == 0 {
		options.WriteBehind = DefaultWriteBehind
	}
	options.ChecksumEvery = cmp.Or(options.ChecksumEvery, checksumEvery)
	below := engine.Options{
		Dir: options.Dir, FS: options.FS, MaxTables: options.MaxTables,
		Reserve: options.Reserve, DiskStall: options.DiskStall, OnStall: options.OnStall,
		Remedy: options.Remedy, RowsRemedy: options.RowsRemedy,
		Layout: layout, TakeOver: takeOver,
		OnFailure: options.OnFailure, Logger: options.Logger,
	}
	if options.Restore != nil {
		below.Fill = asEngineSource{options.Restore, options}
	}
	damaged := make(chan engine.DamagedTable, maxDamaged)
	if options.OnDamage != nil {
		below.OnDamage = func(table engine.DamagedTable) {
			select {
			case damaged <- table:
			default: // it is met again
			}
		}
	}
	opened, err := engine.Open(below)
	if err != nil {
		return nil, err
	}
	s := newStore(opened, options)
	s.damaged = damaged
	d, err := s.description()
	if err == nil {
		err = s.findHeld()
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", options.Dir, errors.Join(s.Advise(err), s.Close()))
	}
	if d != nil {
		s.describe(d)
	}
	return s, nil
}

// newStore returns what makes one of these of an engine's store: one of a single shard, until more is known.
func newStore(below *engine.Store, options Options) *Store {
	return &Store{Store: below, options: options, shards: 1, held: make(map[ShardID]uint32), open: make(map[ShardID]open)}
}

// Share returns a shard's share of what all shards of the cluster may have together, but not less than least, or all of it
// if that is less.
func (s *Store) Share(whole, least int) int { return max(whole/s.shards, min(whole, least)) }

// Source is what a new store is filled with.
type Source interface {
	// Fill fills a store that has nothing in it, and returns what the source is called, to be remembered.
	Fill(*Store) (name string, err error)

	// Compare says whether a store that was filled with a source of this name, or with none if that is empty,
	// was filled with this one; and what this one is called.
	Compare(filled string) (name string, same bool, err error)
}

// asEngineSource lets the engine fill a store from a Source.
type asEngineSource struct {
	Source
	options Options
}

// Fill implements engine.Source.
func (f asEngineSource) Fill(below *engine.Store) (name string, err error) {
	return f.Source.Fill(newStore(below, f.options))
}

// Start begins the syncs of SyncInterval, if there is one, for all logs that are open by then or later, and the watch over
// the disk.
func (s *Store) Start() {
	s.Watch()
	s.Go(s.mend)
	if s.options.SyncInterval > 0 {
		s.Go(s.syncRegularly)
	}
}

func (s *Store) syncRegularly(stopping <-chan struct{}) {
	ticker := time.NewTicker(s.options.SyncInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-stopping:
			return
		case <-s.Failed():
			return
		}
		if err := s.syncNow(); err != nil {
			s.Fail(err)
			return
		}
	}
}

// syncNow syncs all that was written before it, and marks it.
func (s *Store) syncNow() error {
	s.marking.Lock()
	defer s.marking.Unlock()
	logs := s.logs()
	written := make([]Position, len(logs))
	for i, log := range logs {
		written[i] = log.written()
	}
	if err := s.Sync(); err != nil {
		return err
	}
	for i, log := range logs {
		if err := log.mark.Set(synced(written[i])); err != nil {
			return err
		}
	}
	return nil
}

// Compact merges and rewrites all tables, so that what was overwritten or deleted gives its room back.
func (s *Store) Compact(ctx context.Context) error {
	return s.Store.Compact(ctx, s.flush)
}

// flush writes what has changed in all states.
func (s *Store) flush() error {
	for _, state := range s.states() {
		if err := state.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Close writes out what is in memory or not synced yet, and closes all files. It must not be called while
// another method runs, and does nothing after a failure.
func (s *Store) Close() error {
	return s.Store.Close(func() error {
		for _, log := range s.logs() {
			log.mark.Close()
		}
		return s.flush()
	})
}

// Damaged returns an error that IsDamage recognises, with a text that another store's error had.
func Damaged(text string) error { return engine.Damage("%s", text) }
