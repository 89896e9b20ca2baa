package engine

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// Failure returns an ErrFailed with what OnFailure was told, or nil if it was not called.
func (s *Store) Failure() error {
	select {
	case <-s.failed:
		return fmt.Errorf("%w: %w", ErrFailed, s.failure)
	default:
		return nil
	}
}

// UnlessFailed waits for something that needs Pebble's locks, which may be held for ever after a failure: its
// goroutine is left behind then.
func UnlessFailed[T any](s *Store, something func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
		panic any
		// returned: something has come to its end. If it has not, and there is no panic either, the goroutine was
		// ended within it, as logger.Fatalf does.
		returned bool
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panic = recover()
			done <- o
		}()
		o.value, o.err = something()
		o.returned = true
	}()
	var o outcome
	select {
	case o = <-done:
	case <-s.failed:
	}
	if o.panic != nil {
		panic(o.panic) // as if it had happened here
	}
	if s.hasFailed() && (o.err != nil || !o.returned) {
		return o.value, s.Failure()
	}
	return o.value, o.err
}

// Failed is closed when OnFailure was called.
func (s *Store) Failed() <-chan struct{} { return s.failed }

func (s *Store) hasFailed() bool {
	select {
	case <-s.failed:
		return true
	default:
		return false
	}
}

// Fail makes a failure of the store known, unless it has failed before. OnFailure is told first: whoever is refused because
// of it finds health NOT_SERVING.
func (s *Store) Fail(err error) {
	s.failOnce.Do(func() {
		s.failure = err
		if s.options.OnFailure != nil {
			s.options.OnFailure(err)
		}
		close(s.failed)
	})
}

// guard does a write. Pebble may panic, or end the goroutine through logger.Fatalf, when the disk fails; or it
// does not know of it (see failingFS). Each is a failure of the store.
func (s *Store) guard(write func() error) (err error) {
	if s.hasFailed() {
		return s.Failure()
	}
	returned := false
	defer func() {
		p := recover()
		switch {
		case p != nil:
			err = fmt.Errorf("writing to %s: %v", s.options.Dir, p)
		case err != nil && !s.hasFailed(): // otherwise it says already what could not be written
			err = fmt.Errorf("writing to %s: %w", s.options.Dir, err)
		}
		if err != nil || !returned {
			s.Fail(err)
		}
	}()
	err = write()
	if err == nil && s.hasFailed() {
		err = s.failure // of which Pebble was not told
	}
	returned = true
	return err
}

// backgroundError is told of a flush or a compaction that has failed. Pebble would try it again at once, and
// for ever: the goroutine ends, as that of Fatalf does. While Pebble opens the store it waits for them, and
// they go on.
//
// For want of room alone it may try again, from time to time (see pace), as long as no write waits for it: deletions go
// on meanwhile, and there may be room later.
func (s *Store) backgroundError(err error) {
	if s.room.want > 0 && errors.Is(err, syscall.ENOSPC) {
		s.room.starved.Store(true)
		s.room.short.Add(1)
		if !s.waiting.Load() {
			return
		}
	}
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil && s.options.OnDamage != nil && !s.hasFailed() {
		s.options.OnDamage(DamagedTable{Path: info.Path, Background: true, Err: s.ReadError(err)})
		return // it is cut out soon; meanwhile Pebble may try again
	}
	s.Fail(fmt.Errorf("writing in the background: %w", s.damageError(err, s.options.Remedy)))
	if !s.opening.Load() {
		runtime.Goexit()
	}
}

// stalled is told that writes wait until Pebble has written out or merged tables.
func (s *Store) stalled(info pebble.WriteStallBeginInfo) {
	s.waiting.Store(true)
	if s.room.starved.Load() {
		s.Fail(fmt.Errorf("writes wait for tables: %w", ErrFull))
	}
	s.options.Logger.Debug("writes wait for the disk", "reason", info.Reason)
}

// goesOn is told that writes wait no longer.
func (s *Store) goesOn() { s.waiting.Store(false) }

// corrupted is told of damage that a read or a compaction has met. It is logged once for each file.
func (s *Store) corrupted(info pebble.DataCorruptionInfo) {
	if _, known := s.damaged.LoadOrStore(info.Path, true); !known {
		s.options.Logger.Error("a file is damaged", "file", info.Path, "error", firstLine(info.Details))
	}
	if s.options.OnDamage != nil {
		s.options.OnDamage(DamagedTable{Path: info.Path, Err: s.ReadError(info.Details)})
	}
}
