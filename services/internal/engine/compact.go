package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Compact gives the space of what was overwritten and deleted back to the disk. It ends with an ErrFull when there is no
// room for what it writes before it can remove anything.
func (s *Store) Compact(ctx context.Context, flush func() error) error {
	if s.hasFailed() {
		return s.Failure()
	}
	if err := s.room.check(); err != nil {
		return err
	}
	_, err := UnlessFailed(s, func() (struct{}, error) { return struct{}{}, s.compact(ctx, flush) })
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: there is no room for what a compaction writes before it removes anything: %w", ErrFull, err)
	}
	return s.ReadError(err)
}

func (s *Store) compact(ctx context.Context, flush func() error) error {
	if err := flush(); err != nil { // a deletion that is not written frees nothing
		return err
	}
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		return err
	}
	if err := s.whileRoom(ctx, func(ctx context.Context) error {
		select {
		case <-flushed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}); err != nil {
		return err
	}
	spans, err := s.spans()
	if err != nil {
		return err
	}
	for i := range len(spans) - 1 {
		if err := s.whileRoom(ctx, func(ctx context.Context) error {
			return s.db.Compact(ctx, spans[i], spans[i+1], false)
		}); err != nil {
			return err
		}
	}
	return nil
}

// maxShort is how often Pebble may have no room for a table until something is given up that waits for tables. It tries
// by itself, about once in a second, for merges that may be larger than what is waited for.
const maxShort = 5

// whileRoom does something that waits for tables, unless there is no room for these.
func (s *Store) whileRoom(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	before := s.room.short.Load()
	go func() {
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		for s.room.short.Load() < before+maxShort {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
		cancel(syscall.ENOSPC)
	}()
	err := do(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// compactedAtOnce is about how many bytes of tables are rewritten at a time. What replaces them needs as much room, and
// there may be little.
const compactedAtOnce = 4 << 20

// spans returns keys that cut all keys into spans of about as many bytes, in their order.
func (s *Store) spans() ([][]byte, error) {
	levels, err := s.db.SSTables()
	if err != nil {
		return nil, err
	}
	tables := slices.Concat(levels...)
	slices.SortFunc(tables, func(a, b pebble.SSTableInfo) int { return bytes.Compare(a.Smallest.UserKey, b.Smallest.UserKey) })
	spans, size := [][]byte{{0}}, uint64(0)
	for _, table := range tables {
		last := spans[len(spans)-1]
		if size >= compactedAtOnce && bytes.Compare(table.Smallest.UserKey, last) > 0 {
			spans, size = append(spans, table.Smallest.UserKey), 0
		}
		size += table.Size
	}
	return append(spans, []byte{0xff}), nil
}
