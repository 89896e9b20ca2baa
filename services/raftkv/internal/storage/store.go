// Package storage is what raftkv has on disk: for each shard a log of what was decided (Log) and the
// state that results from it (State), in one Pebble store, and beside it a mark for each log (mark).
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
// that names the file. Pebble's checksums see to most of it; four gaps are closed here:
//
//   - Pebble takes a damaged last block of its newest write-ahead log for a torn tail. The mark knows how far
//     the log was synced; a log that ends before that has lost something.
//   - It takes a damaged manifest for one that ends there, and forgets tables. Open reads the manifest first
//     and checks it more strictly (checkManifest).
//   - It does not notice that a write-ahead log is gone while there are newer ones, nor that the end of one is.
//     Batches are numbered over all logs, and Open looks for gaps (checkLogs).
//   - The very first write-ahead log of a new store has an older format, in which a flipped byte in its middle
//     ends it in silence. Open therefore opens a new store twice before it is used.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// layoutVersion is the number of the layout that this package reads and writes.
const layoutVersion = "1"

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

	// Restore, if not nil, fills a new store before it becomes usable. Open then fails with ErrExists when
	// there is a store already.
	Restore func(*Store) error

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
	ErrExists = errors.New("the folder holds a store already; restore into an empty folder")
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
	db      *pebble.DB
	logs    []*Log   // all that were opened
	states  []*State // likewise
	existed bool     // whether Open has found a store
	newest  string   // the newest write-ahead log that it has found

	failOnce sync.Once
	failed   chan struct{} // closed when the store has failed
	failure  error         // the reason, from then on
	opening  atomic.Bool   // Pebble is

	stopSyncing chan struct{}
	syncing     sync.WaitGroup
}

// Open opens the store of a folder, or makes one.
func Open(options Options) (*Store, error) {
	if options.WriteBehind == 0 {
		options.WriteBehind = DefaultWriteBehind
	}
	s := &Store{options: options, fs: options.FS, failed: make(chan struct{}), stopSyncing: make(chan struct{})}
	if s.fs == nil {
		s.fs = disk
	}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", options.Dir, err)
	}
	if command := tooWide(s.fs, options.Dir); command != "" {
		options.Log.Warn("other users of this machine can look into the data folder", "dir", options.Dir, "to forbid it", command)
	}
	return s, nil
}

func (s *Store) open() error {
	var err error
	if s.existed, err = s.exists(); err != nil {
		return err
	}
	if s.existed {
		tables, err := checkManifest(s.fs, s.options.Dir)
		if err != nil {
			return err
		}
		if err := checkLogs(s.fs, s.options.Dir, tables); err != nil {
			return err
		}
		if s.newest, err = newestLog(s.fs, s.options.Dir); err != nil {
			return err
		}
	} else if err := checkNothing(s.fs, s.options.Dir); err != nil {
		return err
	}
	if err := s.openDB(); err != nil {
		return err
	}
	complete, err := s.complete()
	if err == nil && complete && s.options.Restore != nil {
		err = ErrExists
	}
	if err == nil && !complete {
		err = s.checkIncomplete()
	}
	if err == nil && !complete {
		err = s.create()
	}
	if err != nil && s.db != nil && !s.Failed() {
		s.db.Close()
	}
	return err
}

// exists says whether the folder has a Pebble store, complete or not.
func (s *Store) exists() (bool, error) {
	desc, err := pebble.Peek(s.options.Dir, s.fs)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return desc.Exists, nil
}

// complete says whether the store was made to the end.
func (s *Store) complete() (bool, error) {
	version, closer, err := s.db.Get(layoutKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.readError(err)
	}
	defer closer.Close()
	if string(version) != layoutVersion {
		return false, fmt.Errorf("its layout is version %q; this program knows version %s", version, layoutVersion)
	}
	return true, nil
}

// create makes the store usable. A crash before its last step leaves a store that is not complete, with
// nothing that counts; the next Open begins anew.
//
// One that is being filled with a backup has a row that says so until then (see Restore): nobody shall take an empty
// store for what was in the backup.
func (s *Store) create() error {
	if err := s.clear(); err != nil {
		return err
	}
	// The second time, the write-ahead log has the newest format from its first byte on.
	db := s.db
	s.db = nil
	if err := db.Close(); err != nil {
		return err
	}
	if err := s.openDB(); err != nil {
		return err
	}
	if s.options.Restore != nil {
		if err := s.options.Restore(s); err != nil {
			return err
		}
		s.states = nil // that which was restored; the one to use is opened anew
	}
	batch := s.db.NewBatch()
	defer batch.Close()
	if s.options.Restore != nil {
		batch.Delete(restoringKey, nil)
	}
	batch.Set(layoutKey, []byte(layoutVersion), nil)
	return s.guard(func() error { return batch.Commit(pebble.Sync) })
}

// checkIncomplete refuses a store that was not made to the end, but must not be made anew.
func (s *Store) checkIncomplete() error {
	names, err := s.fs.List(s.options.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, markPrefix) || strings.HasSuffix(name, unfinishedMark) {
			continue
		}
		path := s.fs.PathJoin(s.options.Dir, name)
		mark, err := openMark(s.fs, path)
		if err != nil {
			return err
		}
		mark.close()
		if mark.last != (position{}) {
			return &damage{what: fmt.Sprintf("%s says that something was synced, but a .log file that is needed is missing or damaged", path)}
		}
	}
	if s.options.Restore != nil {
		return nil
	}
	_, closer, err := s.db.Get(restoringKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return s.readError(err)
	}
	closer.Close()
	return ErrRestoring
}

// clear removes what an earlier attempt has left. A new store has nothing to remove; a deletion would be
// carried through its tables for nothing.
func (s *Store) clear() error {
	iterator, err := s.db.NewIter(&pebble.IterOptions{UpperBound: restoringKey})
	if err != nil {
		return err
	}
	left := iterator.First()
	if err := iterator.Close(); err != nil || !left {
		return err
	}
	return s.guard(func() error { return s.db.DeleteRange([]byte{0}, restoringKey, pebble.Sync) })
}

// Start begins the syncs of SyncInterval, if there is one, for all logs that were opened.
func (s *Store) Start() {
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
	if err := s.guard(func() error { return s.db.LogData(nil, pebble.Sync) }); err != nil {
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
	return errors.Join(append(errs, s.db.Close())...)
}

// Compact gives the space of what was overwritten and deleted back to the disk.
func (s *Store) Compact(ctx context.Context) error {
	if s.Failed() {
		return s.Failure()
	}
	_, err := unlessFailed(s, func() (struct{}, error) { return struct{}{}, s.compact(ctx) })
	return err
}

func (s *Store) compact(ctx context.Context) error {
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-flushed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
}

// Metrics returns Pebble's figures.
func (s *Store) Metrics() *pebble.Metrics { return s.db.Metrics() }
