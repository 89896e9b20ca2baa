// Package engine is a store on disk as all services need it: Pebble, with its settings and what it leaves open. It knows
// rows, and a log of writes as far as that was synced; what rows mean is its user's business.
//
// # What it promises
//
// What was synced (Store.Commit with sync, or Begin and Await) is there after a crash, or after a power failure. Writes
// become durable in the order in which they were written: a crash leaves a beginning of that order, batch by batch.
//
// A crash may leave a torn tail of what was not synced, and Open drops it. Everything else that is not as it
// was written is refused, at Open or at the read that meets it, with an error that IsDamage recognises and
// that names the file. Pebble's checksums see to most of it; these gaps are closed here:
//
//   - Pebble takes a damaged last block of its newest write-ahead log for a torn tail. A Mark knows how far
//     the user's log was synced; one that ends before that has lost something. Where the log ends, its user says.
//   - It takes a damaged manifest for one that ends there, and forgets tables. Open reads the manifest first,
//     checks it more strictly (checkManifest), and compares it with what is known of it (manifestMark).
//   - It does not notice that a write-ahead log is gone while there are newer ones, nor that the end of one is.
//     Batches are numbered over all logs, and Open looks for gaps (checkLogs).
//   - The very first write-ahead log of a new store has an older format, in which a flipped byte in its middle
//     ends it in silence. Open therefore opens a new store twice before it is used.
//   - It takes what is whole, but was written elsewhere: another store's files, a block of a table in another's place.
//     Each store has a random id (identity). Tables are masked with it (mask), batches and marks begin with it.
//
// Some of that decodes formats of Pebble's that are private: those of version 2.1.7, format 24. TestPebble fails when the
// dependency has moved on, and lists what is to be looked at.
//
// # When the disk fails
//
// A store whose disk fails answers who waits, tells Options.OnFailure once, and is of no use any more; the process lives
// on, so that its clients are told why, and so that a service with many parts may go on with the others. Pebble was made
// for processes that end then: it panics, ends the process through its logger, or tries again for ever. So it is not told
// of most failures (failingFS), its goroutines end instead of the process (logger.Fatalf), and who waits for one of its
// locks, which may be held for ever from then on, waits for the failure too (UnlessFailed).
//
// A full disk is no failure: see room. One that hangs is told to Options.OnStall.
//
// # When a table is damaged
//
// A table that cannot be read at some place stands in the way of merges, and is a failure of the store when one meets it. A user
// who can do without the rows (Options.OnDamage) finds out which they are, Unreadable, and has them cut out, CutOut: the store
// goes on then.
//
// # How a service uses it
//
// It opens the store, with the number of its rows' layout, and a Mark for each log of its own, which is compared with where
// that log ends; then it calls Watch. A write is a NewBatch that has the rows and the log's entry, then Begin, then Await,
// then Mark.Set: in this order, one Await after the other, while further batches are begun. Its keys begin with bytes from
// 'c' to 'u'. Before it writes anything but deletions it asks Writable. It reads by Get and Rows, which
// show what was written, synced or not, or those of a Snapshot.
package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where the store is and how it treats it.
type Options struct {
	// Dir is the folder; it is made if need be. FS is where it is: nil for the disk of this machine.
	Dir string
	FS  vfs.FS

	// MaxTables is how many tables are kept open, 64 at least. Zero means 1000.
	MaxTables int

	// Reserve is how many bytes are kept for the moment when the disk is full, at most an eighth of it; zero means none
	// (see room).
	Reserve uint64

	// DiskStall is after how long a sync that does not end is told as a stall: OnStall gets true, and false when it is
	// over. Zero means never.
	DiskStall time.Duration
	OnStall   func(stalled bool)

	// Layout is the version of the user's rows, 1 to 9. TakeOver puts into a batch what makes rows of an older version, from,
	// ones of this. The batch is committed in one step with the new version. Nil when this is the first version: a folder of
	// an older one is refused.
	Layout   int
	TakeOver func(s *Store, from int, batch *pebble.Batch) error

	// Fill, if not nil, fills a new store before it becomes usable. Open then fails with ErrExists when
	// there is a store already, unless it was filled with the same.
	Fill Source

	// OnFailure is told, once, when the store can no longer write, or cannot trust what it reads while it
	// reorders its tables. After that the store is of no use, and Close leaves it as it is: end the process.
	OnFailure func(error)

	// OnDamage is told of each table in which something could not be read, perhaps again and again; it must not wait, nor use
	// the store. Nil means that a store which meets damage in the background has failed. If it is not, the store goes on, and
	// tries merges that need the table again, until what cannot be read is cut out (see Store.Unreadable and Store.CutOut).
	OnDamage func(DamagedTable)

	// Remedy is what is advised when the store cannot be opened because of damage, or has failed because of it; RowsRemedy when
	// a read has met damage. Empty means to restore a backup.
	Remedy, RowsRemedy string

	Logger *slog.Logger
}

// Source is what a new store is filled with.
type Source interface {
	// Fill fills a store that has nothing in it, and returns what the source is called, to be remembered.
	Fill(*Store) (name string, err error)

	// Compare says whether a store that was filled with a source of this name, or with none if that is empty,
	// was filled with this one; and what this one is called.
	Compare(filled string) (name string, same bool, err error)
}

var (
	// ErrExists is returned by Open when it should restore into a folder that has a store.
	ErrExists = errors.New("the folder holds a store already")
	// ErrRestoring is returned by Open for a folder into which a backup was not restored to the end.
	ErrRestoring = errors.New("a backup was being restored into this folder and is not complete; restore it again")
	// ErrFailed is returned for writes to a store that has failed, with the reason.
	ErrFailed = errors.New("the store has failed, and can write again after a restart, when the reason is mended")
)

// Store is an open store. Its methods may be called from several goroutines at once.
type Store struct {
	options Options
	fs      vfs.FS
	lock    *pebble.Lock
	db      *pebble.DB
	existed bool   // whether Open has found a store
	newest  string // the newest write-ahead log that it has found

	identity identity
	manifest *manifestMark
	reading  sstable.ReaderOptions // of tables, as Pebble reads them

	writing sync.RWMutex // held by all who write batches; CutOut takes all of it

	room          *room
	presence      *presence
	syncsUnderWay syncs

	failOnce sync.Once
	failed   chan struct{} // closed when the store has failed
	failure  error         // the reason, from then on

	// opening: pebble.Open is under way. It merges tables already then, and waits for the goroutines that do: they must
	// not end at a failure as they do later (see backgroundError).
	opening atomic.Bool
	damaged sync.Map // paths of files of which it was logged that they are damaged

	// waiting: writes wait until Pebble has written out or merged tables.
	waiting atomic.Bool

	stopping chan struct{} // closed by Close
	running  sync.WaitGroup
}

// Open opens the store of a folder, or makes one.
func Open(options Options) (*Store, error) {
	if options.Layout < 1 || options.Layout > 9 {
		return nil, fmt.Errorf("opening %s: the layout's version is %d; it must be 1 to 9", options.Dir, options.Layout)
	}
	s := &Store{options: options, fs: options.FS, failed: make(chan struct{}), stopping: make(chan struct{})}
	if s.fs == nil {
		s.fs = disk
	}
	s.room = newRoom(s.fs, options.Dir, options.Reserve)
	s.fs = vfs.OnDiskFull(s.fs, s.room.exhausted)
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", options.Dir, s.Advise(err))
	}
	if command := tooWide(s.fs, options.Dir); options.FS == nil && command != "" {
		options.Logger.Warn("other users of this machine can look into the data folder", "dir", options.Dir, "to forbid it", command)
	}
	return s, nil
}

// Watch begins the watch over the disk, until Close.
func (s *Store) Watch() { s.Go(s.watch) }

// Go runs something beside the store. Close waits for it, after stopping is closed.
func (s *Store) Go(run func(stopping <-chan struct{})) {
	s.running.Go(func() { run(s.stopping) })
}

// Close stops what runs beside the store, has the user write what is still to be written, and closes all files. It must
// not be called while another method runs, and does nothing after a failure.
func (s *Store) Close(flush func() error) error {
	close(s.stopping)
	_, _ = UnlessFailed(s, func() (struct{}, error) { s.running.Wait(); return struct{}{}, nil })
	if s.Failure() != nil {
		return nil // locks may be held for ever
	}
	_, err := UnlessFailed(s, func() (struct{}, error) { return struct{}{}, flush() })
	if s.Failure() != nil {
		return s.failure
	}
	return errors.Join(err, s.closeDB(s.db), s.letGo())
}

// closeDB closes Pebble, which waits for what it does in the background. That may have failed just now, and never end.
func (s *Store) closeDB(db *pebble.DB) error {
	_, err := UnlessFailed(s, func() (struct{}, error) { return struct{}{}, db.Close() })
	return err
}

// Metrics returns Pebble's figures.
func (s *Store) Metrics() *pebble.Metrics { return s.db.Metrics() }

// Dir returns the folder, as it was named.
func (s *Store) Dir() string { return s.options.Dir }

// ID returns the store's id, which is random, and made with the folder.
func (s *Store) ID() [16]byte { return s.identity.id }
