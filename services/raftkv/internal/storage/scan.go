package storage

import (
	"bytes"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
)

// Range is a span of keys.
type Range struct {
	Prefix     []byte // keys that begin with it; or else:
	Start, End []byte // from Start to before End; an empty End is the end of all keys
	After      []byte // only keys after this one, unless it is nil
}

// Scan calls visit for the records of a range in the order of their keys, all as of one moment, until there
// are no more or visit returns false or an error. Key and value may be used until visit returns. Without
// values, records have versions alone. A scan that has begun goes on when the shard is closed, or another state installed.
func (s *State) Scan(r Range, values bool, visit func(key []byte, record kv.Record) (bool, error)) error {
	bounds := func(at slot) (lower, upper []byte) { return at.bounds(r) }
	if lower, upper := bounds(newSlot(s.shard)); bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	iterator, err := s.view(bounds)
	if err != nil {
		return err
	}
	defer iterator.Close()
	for iterator.First(); iterator.Valid(); iterator.Next() {
		row, err := iterator.ValueAndErr()
		if err != nil {
			return s.store.ReadError(err)
		}
		record, err := decodeRecord(row)
		if err != nil {
			return err
		}
		if !values {
			record.Value = nil
		}
		if more, err := visit(iterator.Key()[prefixLen:], record); err != nil || !more {
			return err
		}
	}
	return s.store.ReadError(iterator.Error())
}

// bounds returns the span of rows that a range is.
func (s slot) bounds(r Range) (lower, upper []byte) {
	p := s.prefix(stateKey)
	lower, upper = s.key(r.Start), engine.End(p[:])
	if len(r.End) > 0 {
		upper = s.key(r.End)
	}
	if len(r.Prefix) > 0 {
		lower = s.key(r.Prefix)
		upper = engine.End(lower) // the prefix of all keys is below 0xff: there always is an end
	}
	if r.After != nil {
		if after := append(s.key(r.After), 0); bytes.Compare(after, lower) > 0 { // the least key after it
			lower = after
		}
	}
	return lower, upper
}
