package engine

import (
	"fmt"
	"runtime"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	// memTableSize is a compromise. Every write searches Pebble's table in memory: at 64 MiB, whose search leaves
	// the processor's caches, a put costs half as much again. At 4 MiB it costs no less, but there are many more
	// tables to merge, and to write out at the start after a kill under load: that took seconds.
	memTableSize = 8 << 20
	// memTables may wait to be written out before writes do. They bound what Open has to replay.
	memTables = 8
	// level0Stop is how many overlapping tables may wait to be merged before writes do.
	level0Stop = 32
	cacheSize  = 64 << 20

	// pebbleFormat is the format that Pebble writes. What is decoded of it here is listed in TestPebble.
	pebbleFormat = pebble.FormatValueSeparation
)

func (s *Store) openDB() (err error) {
	if s.hasFailed() {
		return s.failure
	}
	options := &pebble.Options{
		FS:                          failingFS{s.fs, s},
		Lock:                        s.lock,
		FormatMajorVersion:          pebbleFormat,
		MemTableSize:                memTableSize,
		MemTableStopWritesThreshold: memTables,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       level0Stop,
		MaxOpenFiles:                s.options.MaxTables,
		Logger:                      &logger{s},
		EventListener: &pebble.EventListener{
			DataCorruption:  s.corrupted,
			BackgroundError: s.backgroundError,
			WriteStallBegin: s.stalled,
			WriteStallEnd:   s.goesOn,
		},
	}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	if err := checkOptions(s.options.Dir, options); err != nil {
		return err
	}
	complete := options.Clone()
	complete.EnsureDefaults()
	s.reading = complete.MakeReaderOptions()
	s.db, err = s.openPebble(options)
	return err
}

// openPebble returns when Pebble has opened the store, or when that has failed in the background. In the
// latter case Pebble may try it again for ever, and is left alone; if it comes to an end it is closed.
func (s *Store) openPebble(options *pebble.Options) (*pebble.DB, error) {
	type outcome struct {
		db  *pebble.DB
		err error
	}
	opened := make(chan outcome, 1)
	s.opening.Store(true)
	go func() {
		options.Cache = pebble.NewCache(cacheSize)
		defer options.Cache.Unref() // Pebble has its own reference
		db, err := pebble.Open(s.options.Dir, options)
		s.opening.Store(false)
		if err == nil && s.hasFailed() {
			db.Close()
			return
		}
		opened <- outcome{db, err}
	}()
	select {
	case o := <-opened:
		if s.hasFailed() {
			return nil, s.failure
		}
		return o.db, s.openError(o.err)
	case <-s.failed:
		return nil, s.failure
	}
}

// logger passes what Pebble has to say on to the store's log.
type logger struct{ store *Store }

func (l *logger) Infof(string, ...any) {} // flushes and compactions: of no use to operators

func (l *logger) Errorf(format string, args ...any) {
	l.store.options.Logger.Error("storage: " + fmt.Sprintf(format, args...))
}

// Fatalf is called when Pebble cannot go on, and must not return. The process shall live, to tell its
// clients: only this goroutine ends, and the store is not used any more.
func (l *logger) Fatalf(format string, args ...any) {
	l.store.Fail(fmt.Errorf(format, args...))
	runtime.Goexit()
}
