// Package storage is what a server of gossipkv has on disk: the newest entry of each key, and what the server knows of itself and of the others, as rows of one
// store (package engine). The engine answers for the disk, that is for damage, failures and room; here it is only said which rows there
// are, and what goes together.
//
// # Commits
//
// All that a Batch changes, entries and State, is written in one step, and synced, by Commit. So a crash leaves what some commits in a row have made,
// at least those that had returned: never a vector without the entries that it covers. The commits are numbered, and a mark
// says how many of them were synced.
//
// # Reads
//
// Get, View, Lacking and the others show what the last commit has left that was synced, which a crash cannot take back, and wait for none that
// is under way. Each shows one moment. They may be called from several goroutines at once.
//
// # Damage
//
// What lies on the disk and is not what was written is an error that IsDamage recognises. The store is of no use then: the others have what was in it.
package storage

import (
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

	// These are as in engine.Options.
	MaxTables int
	Reserve   uint64
	DiskStall time.Duration
	OnStall   func(stalled bool)
	OnFailure func(error)

	Logger *slog.Logger
}

// What the disk does, the engine says; who uses the store need not know of it.
var (
	ErrFailed = engine.ErrFailed
	ErrFull   = engine.ErrFull
)

// Disk is what is known of the disk.
type Disk = engine.Disk

// IsDamage says whether an error comes from a file that is not as it was written.
func IsDamage(err error) bool { return engine.IsDamage(err) }

const (
	// layout is the version of the rows (see rows.go).
	layout = 1

	// commits is what the mark of the commits is called.
	commits = "commits"

	remedy = "start with an empty folder, and keep this one: the server gets from the others all that had reached them"
)

// Store is an open store. NewBatch, Commit, and the methods of batches belong to one goroutine; the others may be called from several at once.
type Store struct {
	*engine.Store
	logger *slog.Logger
	mark   *engine.Mark
	place  place

	// As the last commit has left it, whether that was synced or not.
	state  State
	totals totals

	opened State // as it was found by Open

	mu  sync.RWMutex // of now
	now *moment
}

// Open opens the store of a folder, or makes one.
func Open(options Options) (*Store, error) {
	below, err := engine.Open(engine.Options{
		Dir: options.Dir, FS: options.FS, MaxTables: options.MaxTables,
		Reserve: options.Reserve, DiskStall: options.DiskStall, OnStall: options.OnStall,
		Remedy: remedy, RowsRemedy: remedy, Layout: layout,
		OnFailure: options.OnFailure, Logger: options.Logger,
	})
	if err != nil {
		return nil, err
	}
	s := &Store{Store: below, logger: options.Logger}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", options.Dir, errors.Join(s.Advise(err), s.Close()))
	}
	s.Watch()
	return s, nil
}

// load reads what is kept in memory, and compares the last commit with the mark.
func (s *Store) load() (err error) {
	if s.state, s.totals, err = readState(s.Store); err != nil {
		return err
	}
	s.opened = s.state
	last := engine.Synced{Index: s.totals.commit}
	if s.mark, err = s.OpenMark(commits, last, s.totals.commit == 0); err != nil {
		return err
	}
	if s.place, err = findPlace(s.Store); err != nil {
		return err
	}
	newest, err := readNewest(s.Store)
	if err != nil {
		return err
	}
	return s.show(s.totals.counts, newest)
}

// State returns what the store had beside entries when it was opened.
func (s *Store) State() State { return s.opened }

// Close closes all files. It must not be called while another method runs, or a View is open, and does nothing after a failure.
func (s *Store) Close() error {
	return s.Store.Close(func() (err error) {
		if s.now != nil {
			err = s.now.let()
		}
		if s.mark != nil {
			err = errors.Join(err, s.mark.Close())
		}
		return err
	})
}

// damaged is the error of what lies in a row and is not what was written.
func damaged(format string, arguments ...any) error {
	return engine.DamageWith(remedy, fmt.Sprintf(format, arguments...))
}
