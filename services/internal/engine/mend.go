package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
)

// A block of a table that cannot be read is in the way of all merges that need the table, and when these fail for long, writes
// wait for them. A store whose user can do without the rows in it goes on: Unreadable finds them, and CutOut takes them out of
// the tables. Pebble calls that an excise: what is left of each table, on both sides, goes on as a table with other bounds, in
// the same file. It does not read what it takes out, but the rows beside it, and takes those which it cannot read for missing:
// so it is made sure before that they can be read. The last row before a block that cannot be read goes with it: who reads on
// from the last row of a block reads the next block, to find out that it is not wanted.

// DamagedTable is a table in which something could not be read.
type DamagedTable struct {
	Path       string
	Background bool // a flush or a merge has met it
	Err        error
}

// Span is the keys from Lower to before Upper.
type Span struct{ Lower, Upper []byte }

// Empty says whether there is no key in it.
func (s Span) Empty() bool { return bytes.Compare(s.Lower, s.Upper) >= 0 }

// Intersect returns what is in both.
func (s Span) Intersect(other Span) Span {
	if bytes.Compare(other.Lower, s.Lower) > 0 {
		s.Lower = other.Lower
	}
	if bytes.Compare(other.Upper, s.Upper) < 0 {
		s.Upper = other.Upper
	}
	return s
}

// after returns the first key after another.
func after(key []byte) []byte { return append(bytes.Clone(key), 0) }

// Unreadable returns of each span what cannot be read of it in a table, as far as the table is in use: from the last row that
// can be read to before the next one that can. It is empty if all can be read. A span whose last row lies directly before
// what cannot be read loses that row, so spans that meet should be asked for together.
func (s *Store) Unreadable(path string, spans []Span) ([]Span, error) {
	unreadable := make([]Span, len(spans))
	used, err := s.inUse(path)
	if err != nil || len(used) == 0 {
		return unreadable, err
	}
	table, err := s.openTable(path)
	if errors.Is(err, fs.ErrNotExist) { // it was merged with others meanwhile
		return unreadable, nil
	}
	if err != nil && !pebble.IsCorruptionError(err) {
		return nil, err
	}
	if table != nil {
		defer table.Close()
	}
	for i, span := range spans {
		for _, part := range used {
			part = part.Intersect(span)
			if part.Empty() {
				continue
			}
			if part, err = table.unreadable(part); err != nil {
				return nil, err
			}
			unreadable[i] = hull(unreadable[i], part)
		}
	}
	return unreadable, nil
}

// hull returns the least span that has both.
func hull(a, b Span) Span {
	switch {
	case a.Empty():
		return b
	case b.Empty():
		return a
	}
	if bytes.Compare(b.Lower, a.Lower) < 0 {
		a.Lower = b.Lower
	}
	if bytes.Compare(b.Upper, a.Upper) > 0 {
		a.Upper = b.Upper
	}
	return a
}

// inUse returns which parts of a table's file count.
func (s *Store) inUse(path string) (used []Span, err error) {
	levels, err := s.db.SSTables()
	for _, level := range levels {
		for _, table := range level {
			if uint64(table.BackingSSTNum) == fileNumber(s.fs.PathBase(path)) {
				used = append(used, Span{table.Smallest.UserKey, after(table.Largest.UserKey)})
			}
		}
	}
	return used, err
}

// table is a table that is read beside Pebble, without its cache. Of one that is nil, nothing can be read.
type table struct{ *sstable.Reader }

// openTable opens a table. An error of damage means that nothing of it can be read.
func (s *Store) openTable(path string) (*table, error) {
	file, err := s.fs.Open(path)
	if err != nil {
		return nil, err
	}
	readable, err := sstable.NewSimpleReadable(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	reader, err := sstable.NewReader(context.Background(), readable, s.reading)
	if err != nil {
		return nil, errors.Join(err, readable.Close())
	}
	t := &table{reader}
	deletions, err := reader.NewRawRangeDelIter(context.Background(), sstable.NoFragmentTransforms, sstable.NoReadEnv)
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if deletions != nil {
		deletions.Close()
	}
	return t, nil
}

// unreadable returns what cannot be read of a span. What it returns of one all of which can be read is empty.
func (t *table) unreadable(span Span) (Span, error) {
	if t == nil {
		return span, nil
	}
	last, err := t.walk(span, true)
	if err == nil {
		return Span{}, nil
	}
	if !pebble.IsCorruptionError(err) {
		return Span{}, err
	}
	first, err := t.walk(span, false)
	if err == nil {
		return Span{}, nil // it was read this time
	}
	if last != nil {
		span.Lower = last
	}
	if first != nil {
		span.Upper = first
	}
	return span, nil
}

// walk reads the rows of a span, from its beginning on or from its end back, and returns the last one before the end or an
// error.
func (t *table) walk(span Span, forward bool) (last []byte, err error) {
	rows, err := t.NewIter(sstable.NoTransforms, span.Lower, span.Upper, sstable.AssertNoBlobHandles)
	if err != nil {
		return nil, err
	}
	row, next := rows.SeekGE(span.Lower, 0), rows.Next
	if !forward {
		row, next = rows.SeekLT(span.Upper, 0), rows.Prev
	}
	for ; row != nil; row = next() {
		last = append(last[:0], row.K.UserKey...)
	}
	return last, errors.Join(rows.Error(), rows.Close())
}

// CutOut takes all rows of a span away, and does not read them. That is on disk when it returns. Writes wait meanwhile. Pebble
// gives a cut a number as if it were a batch, and batches are numbered without gaps (see checkLogs): so it lies between two
// write-ahead logs, and the manifest tells that the later one is the first that counts. Nor is there a row of the span in
// memory by then, or Pebble would put the cut into a write-ahead log, without the store's name.
func (s *Store) CutOut(span Span) error {
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-time.After(maxCutting):
			s.Fail(errors.New("writes wait for tables that cannot be merged, as one of them is damaged"))
		case <-done:
		}
	}()
	_, err := UnlessFailed(s, func() (struct{}, error) { return struct{}{}, s.cutOut(span) })
	return err
}

// maxCutting is how long a cut may take. Who writes may wait for tables, which wait for the cut.
const maxCutting = time.Minute

func (s *Store) cutOut(span Span) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.db.Flush(); err != nil {
		return err
	}
	if err := s.checkBorders(span); err != nil {
		return fmt.Errorf("what is beside the damage cannot be read either: %w", err)
	}
	if err := s.db.Excise(context.Background(), pebble.KeyRange{Start: span.Lower, End: span.Upper}); err != nil {
		return err
	}
	return s.db.Flush()
}

// checkBorders makes sure that the rows beside a span can be read in all tables that the span cuts.
func (s *Store) checkBorders(span Span) error {
	levels, err := s.db.SSTables()
	if err != nil {
		return err
	}
	for _, level := range levels {
		for _, info := range level {
			bounds := Span{info.Smallest.UserKey, after(info.Largest.UserKey)}
			left, right := bytes.Compare(bounds.Lower, span.Lower) < 0, bytes.Compare(span.Upper, bounds.Upper) < 0
			if bounds.Intersect(span).Empty() || !left && !right {
				continue
			}
			path := s.fs.PathJoin(s.options.Dir, fmt.Sprintf("%06d.sst", uint64(info.BackingSSTNum)))
			if err := s.readBorder(path, bounds, span, left, right); err != nil {
				return err
			}
		}
	}
	return nil
}

// readBorder reads the rows of a table before and after a span, as an excise does, and then who merges what is left.
func (s *Store) readBorder(path string, bounds, span Span, left, right bool) error {
	table, err := s.openTable(path)
	if err != nil {
		return err
	}
	defer table.Close()
	rows, err := table.NewIter(sstable.NoTransforms, bounds.Lower, span.Lower, sstable.AssertNoBlobHandles)
	if err != nil {
		return err
	}
	if left && rows.SeekLT(span.Lower, 0) != nil {
		rows.Next()
	}
	if err := errors.Join(rows.Error(), rows.Close()); err != nil || !right {
		return err
	}
	if rows, err = table.NewIter(sstable.NoTransforms, span.Upper, bounds.Upper, sstable.AssertNoBlobHandles); err != nil {
		return err
	}
	rows.SeekGE(span.Upper, 0)
	return errors.Join(rows.Error(), rows.Close())
}
