package storage

import (
	"bytes"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine"
)

// The entries of each origin have an index, in the order of their times. What another server lacks is, of each origin, an end of that; these ends
// are merged, so that it costs what is lacking, not what is there.

// span is the entries of one origin from one time up to another.
type span struct {
	origin   merge.Origin
	from, to uint64
}

// lacking returns the spans of what a vector does not cover and comes behind a version.
func (m *moment) lacking(known merge.Vector, after merge.Version) (spans []span) {
	for origin, newest := range m.newest {
		if newest <= known[origin] || (merge.Version{Time: newest, Origin: origin}).Compare(after) <= 0 {
			continue
		}
		from := after.Time
		if origin.Compare(after.Origin) <= 0 {
			from++
		}
		spans = append(spans, span{origin, max(from, known[origin]+1), newest})
	}
	return spans
}

// cursor is a place in the index of one origin.
type cursor struct {
	rows    *pebble.Iterator
	version merge.Version
	key     []byte // a part of the row
	size    uint64 // of the value
}

// read takes up the row where the cursor is, or returns false if there is none.
func (c *cursor) read(m *moment) (there bool, err error) {
	if !c.rows.Valid() {
		return false, m.store.ReadError(c.rows.Error())
	}
	if c.version, c.key, err = decodeVersionRow(c.rows.Key()); err != nil {
		return false, err
	}
	row, err := c.rows.ValueAndErr()
	if err != nil {
		return false, m.store.ReadError(err)
	}
	c.size, err = decodeUvarint(row)
	return true, err
}

// open returns cursors at the first rows of some spans of an index, of those that have any. All of them are to be closed, also after an error.
func (m *moment) open(kind byte, spans []span) (cursors []*cursor, err error) {
	for _, span := range spans {
		lower := versionRow(kind, merge.Version{Time: span.from, Origin: span.origin}, nil)
		upper := engine.End(versionRow(kind, merge.Version{Time: span.to, Origin: span.origin}, nil))
		rows, err := m.Rows(lower, upper)
		if err != nil {
			return cursors, err
		}
		c := &cursor{rows: rows}
		cursors = append(cursors, c)
		rows.First()
		if there, err := c.read(m); err != nil {
			return cursors, err
		} else if !there {
			cursors = closeAt(cursors, len(cursors)-1)
		}
	}
	return cursors, nil
}

// closeAt closes one cursor, and returns the others.
func closeAt(cursors []*cursor, i int) []*cursor {
	cursors[i].rows.Close()
	return slices.Delete(cursors, i, i+1)
}

// inOrder visits the rows of an index that are in some spans in the order of versions, until there are no more or visit returns false or an
// error. What visit gets may be used until it returns.
func (m *moment) inOrder(kind byte, spans []span, visit func(c *cursor) (more bool, err error)) error {
	cursors, err := m.open(kind, spans)
	defer func() {
		for _, c := range cursors {
			c.rows.Close()
		}
	}()
	for err == nil && len(cursors) > 0 {
		first := 0
		for i, c := range cursors {
			if c.version.Compare(cursors[first].version) < 0 {
				first = i
			}
		}
		c := cursors[first]
		if more, err := visit(c); err != nil || !more {
			return err
		}
		c.rows.Next()
		var there bool
		if there, err = c.read(m); err == nil && !there {
			cursors = closeAt(cursors, first)
		}
	}
	return err
}

// Lacking returns entries that a vector does not cover and that come behind a version, in the order of versions: so many that their keys and values
// have at most maxBytes, but one at least. It is said up to which version these are all, and whether they are the last. Entries that have one version, as there are where a folder was copied,
// come together.
func (s *Store) Lacking(known merge.Vector, after merge.Version, maxBytes int) (entries []merge.Entry, upto merge.Version, last bool, err error) {
	m := s.moment()
	defer m.let()
	upto, last = after, true
	size := 0
	err = m.inOrder(indexRow, m.lacking(known, after), func(c *cursor) (more bool, err error) {
		size += len(c.key) + int(c.size)
		if len(entries) > 0 && size > maxBytes && c.version != upto {
			last = false
			return false, nil
		}
		e, err := m.entry(c.key)
		if err == nil && e.Version != c.version {
			err = damaged("the key %.100q has version %v, not %v", c.key, e.Version, c.version)
		}
		entries, upto = append(entries, e), c.version
		return true, err
	})
	return entries, upto, last, err
}

// Behind returns how many entries a vector does not cover, and how many bytes their keys and values have. It counts no more than bound of them: exact is false
// if there are more.
func (s *Store) Behind(known merge.Vector, bound int) (entries, size uint64, exact bool, err error) {
	m := s.moment()
	defer m.let()
	exact = true
	err = m.inOrder(indexRow, m.lacking(known, merge.Version{}), func(c *cursor) (more bool, err error) {
		if entries == uint64(bound) {
			exact = false
			return false, nil
		}
		entries++
		size += uint64(len(c.key)) + c.size
		return true, nil
	})
	return entries, size, exact, err
}

// Tombstones returns those that a vector covers, at most so many of them, in the order of versions.
func (s *Store) Tombstones(covered merge.Vector, most int) (entries []merge.Entry, err error) {
	m := s.moment()
	defer m.let()
	var spans []span
	for origin, newest := range m.newest {
		if to := min(newest, covered[origin]); to > 0 {
			spans = append(spans, span{origin, 0, to})
		}
	}
	err = m.inOrder(tombstoneRow, spans, func(c *cursor) (more bool, err error) {
		if len(entries) == most {
			return false, nil
		}
		entries = append(entries, merge.Entry{Key: bytes.Clone(c.key), Deleted: true, Version: c.version})
		return true, nil
	})
	return entries, err
}

// Covered looks at most at so many entries, behind a key, in the order of keys, and returns the keys of those that a vector covers. The next call goes on behind next,
// which is nil when there are no more.
func (s *Store) Covered(known merge.Vector, after []byte, most int) (keys [][]byte, next []byte, err error) {
	m := s.moment()
	defer m.let()
	lower := []byte{entryRow}
	if after != nil {
		lower = append(keyRow(entryRow, after), 0)
	}
	var looked int
	var key []byte
	err = m.eachEntry(lower, []byte{entryRow + 1}, func(found []byte, s stored) (more bool, err error) {
		if looked == most {
			next = key
			return false, nil
		}
		looked++
		key = bytes.Clone(found)
		if known.Covers(s.version) {
			keys = append(keys, key)
		}
		return true, nil
	})
	return keys, next, err
}

// readNewest reads the greatest time of each origin in the index of a store that was just opened.
func readNewest(below *engine.Store) (newest merge.Vector, err error) {
	rows, err := below.Rows([]byte{indexRow}, []byte{indexRow + 1})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	newest = make(merge.Vector)
	for more := rows.First(); more; more = rows.Next() {
		v, _, err := decodeVersionRow(rows.Key())
		if err != nil {
			return nil, err
		}
		if !rows.SeekLT(engine.End(originRow(indexRow, v.Origin))) {
			break // it cannot be read
		}
		if v, _, err = decodeVersionRow(rows.Key()); err != nil {
			return nil, err
		}
		newest[v.Origin] = v.Time
	}
	return newest, below.ReadError(rows.Error())
}
