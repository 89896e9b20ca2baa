// Package storage is what raftkv has on disk: for each shard a log of what was decided (Log) and the
// state that results from it (State), in one Pebble store, and beside it a mark for each log (mark).
// Each store has a random id (identity), which what it writes is bound to (boundFS).
//
// # The order of a commit
//
// Log.Append writes entries to Pebble's write-ahead log; Pending.Wait returns when that log is synced and
// the mark of the shard says so. Only then may an entry count as committed, and only committed entries are
// applied. State.Apply keeps what they change in memory, until there is enough of it; then it writes the keys, the
// sessions and the index of the last entry as one batch, without a sync of its own. The batch goes into the
// same write-ahead log, behind the entries. So a crash leaves some prefix of this order: it may take back what was
// applied, never the entry that it came from, and what it took back is applied again, with the same result. An
// entry is cut off the log only after the batch that has its changes.
//
// # Damage
//
// A crash may leave a torn tail of what was not synced, and Open drops it. Everything else that is not as it
// was written is refused, at Open or at the read that meets it, with an error that IsDamage recognises and
// that names the file. Pebble's checksums see to most of it; these gaps are closed here:
//
//   - Pebble takes a damaged last block of its newest write-ahead log for a torn tail. The mark knows how far
//     the log was synced; a log that ends before that has lost something.
//   - It takes a damaged manifest for one that ends there, and forgets tables. Open reads the manifest first,
//     checks it more strictly (checkManifest), and compares it with what is known of it (manifestMark).
//   - It does not notice that a write-ahead log is gone while there are newer ones, nor that the end of one is.
//     Batches are numbered over all logs, and Open looks for gaps (checkLogs).
//   - The very first write-ahead log of a new store has an older format, in which a flipped byte in its middle
//     ends it in silence. Open therefore opens a new store twice before it is used.
//   - It takes what is whole, but was written elsewhere: another store's files, a block of a table in another's place.
//     Tables are masked (mask), batches and marks begin with the store's id.
//
// DESIGN.md says what cannot be noticed.
package storage

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where the store is and how it treats it.
type Options struct {
	// Dir is the folder; it is made if need be. FS is where it is: nil for the disk of this machine.
	Dir string
	FS  vfs.FS

	// SyncInterval is how often writes are synced. Zero means always: Pending.Wait waits for it. Otherwise a
	// crash may lose the writes of the last interval, the newest first and without gaps.
	SyncInterval time.Duration

	// WriteBehind is how many bytes of changes a state keeps in memory before it writes them. They are in the log
	// meanwhile. Zero means DefaultWriteBehind; with 1, the changes of each entry are written when it is applied.
	WriteBehind int

	// Shards is how many shards share the memory for records and sessions. Zero means one. All replicas of a shard must
	// have the same: it says how many of a shard's clients are remembered.
	Shards int

	// MaxTables is how many tables are kept open, 64 at least. Zero means 1000.
	MaxTables int

	// Reserve is how many bytes are kept for the moment when the disk is full, at most an eighth of it; zero means none
	// (see room).
	Reserve uint64

	// DiskStall is after how long a sync that does not end is told as a stall: OnStall gets true, and false when it is
	// over. Zero means never.
	DiskStall time.Duration
	OnStall   func(stalled bool)

	// Restore, if not nil, fills a new store before it becomes usable. Open then fails with ErrExists when
	// there is a store already, unless it was filled with the same.
	Restore Source

	// OnFailure is told, once, when the store can no longer write, or cannot trust what it reads while it
	// reorders its tables. After that the store is of no use, and Close leaves it as it is: end the process.
	OnFailure func(error)

	Log *slog.Logger
}

// DefaultWriteBehind is a compromise. The more changes are gathered, the more changes of one key are written as
// one, but the longer nothing is applied while they are written.
const DefaultWriteBehind = 512 << 10

var (
	// ErrExists is returned by Open when it should restore into a folder that has a store.
	ErrExists = errors.New("the folder holds a store already")
	// ErrRestoring is returned by Open for a folder into which a backup was not restored to the end.
	ErrRestoring = errors.New("a backup was being restored into this folder and is not complete; restore it again")
	// ErrFailed is returned for writes to a store that has failed, with the reason.
	ErrFailed = errors.New("the store has failed, and can write again after a restart, when the reason is mended")
)

// Store is the Pebble store of a node, with all of its shards. States and logs are opened by one goroutine, before
// Start; the other methods may be called from several goroutines at once.
type Store struct {
	options Options
	fs      vfs.FS
	lock    *pebble.Lock
	db      *pebble.DB
	logs    []*Log   // all that were opened
	states  []*State // likewise
	existed bool     // whether Open has found a store
	newest  string   // the newest write-ahead log that it has found

	identity identity
	manifest *manifestMark

	room          *room
	presence      *presence
	syncsUnderWay syncs

	failOnce sync.Once
	failed   chan struct{} // closed when the store has failed
	failure  error         // the reason, from then on
	opening  atomic.Bool   // Pebble is
	waiting  atomic.Bool   // writes are, until Pebble has written out or merged tables

	stopSyncing chan struct{}
	syncing     sync.WaitGroup
}

// Open opens the store of a folder, or makes one.
func Open(options Options) (*Store, error) {
	if options.WriteBehind == 0 {
		options.WriteBehind = DefaultWriteBehind
	}
	if options.Shards == 0 {
		options.Shards = 1
	}
	s := &Store{options: options, fs: options.FS, failed: make(chan struct{}), stopSyncing: make(chan struct{})}
	if s.fs == nil {
		s.fs = disk
	}
	s.room = newRoom(s.fs, options.Dir, options.Reserve)
	s.fs = vfs.OnDiskFull(s.fs, s.room.exhausted)
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", options.Dir, err)
	}
	if command := tooWide(s.fs, options.Dir); options.FS == nil && command != "" {
		options.Log.Warn("other users of this machine can look into the data folder", "dir", options.Dir, "to forbid it", command)
	}
	return s, nil
}

// Start begins the syncs of SyncInterval, if there is one, for all logs that were opened, and the watch over the disk.
func (s *Store) Start() {
	s.syncing.Go(s.watch)
	if s.options.SyncInterval > 0 {
		s.syncing.Go(s.syncRegularly)
	}
}

func (s *Store) syncRegularly() {
	ticker := time.NewTicker(s.options.SyncInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.stopSyncing:
			return
		case <-s.failed:
			return
		}
		if err := s.syncNow(); err != nil {
			s.fail(err)
			return
		}
	}
}

// syncNow syncs all that was written before it, and marks it.
func (s *Store) syncNow() error {
	written := make([]position, len(s.logs))
	for i, log := range s.logs {
		written[i] = log.written()
	}
	if err := s.guard(func() error {
		return s.syncsUnderWay.do(func() error { return s.db.LogData(s.identity.tag(), pebble.Sync) })
	}); err != nil {
		return err
	}
	for i, log := range s.logs {
		if err := log.mark.set(written[i]); err != nil {
			return err
		}
	}
	return nil
}

// Close writes out what is in memory or not synced yet, and closes all files. It must not be called while
// another method runs, and does nothing after a failure.
func (s *Store) Close() error {
	close(s.stopSyncing)
	_, _ = unlessFailed(s, func() (struct{}, error) { s.syncing.Wait(); return struct{}{}, nil })
	if s.Failed() {
		return nil // locks may be held for ever
	}
	for _, log := range s.logs {
		log.mark.close()
	}
	var errs []error
	for _, state := range s.states {
		errs = append(errs, state.flush())
	}
	if s.Failed() {
		return s.failure
	}
	return errors.Join(append(errs, s.closeDB(s.db), s.letGo())...)
}

// closeDB closes Pebble, which waits for what it does in the background. That may have failed just now, and never end.
func (s *Store) closeDB(db *pebble.DB) error {
	_, err := unlessFailed(s, func() (struct{}, error) { return struct{}{}, db.Close() })
	return err
}

// Metrics returns Pebble's figures.
func (s *Store) Metrics() *pebble.Metrics { return s.db.Metrics() }
