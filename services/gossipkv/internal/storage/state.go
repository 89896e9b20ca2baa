package storage

import (
	"encoding/binary"
	"maps"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/internal/engine"
)

// State is what a store has beside entries. That of a new store is zero. It is read by many: who has one does not change what
// is in it.
type State struct {
	Self   merge.Origin
	Time   uint64 // the greatest that was used or met
	Known  merge.Vector
	Floor  merge.Vector // what collected tombstones had as versions
	Owed   merge.Vector
	Roster merge.Roster
}

// Equal says whether both are the same.
func (s State) Equal(t State) bool {
	return s.Self == t.Self && s.Time == t.Time && maps.Equal(s.Known, t.Known) && maps.Equal(s.Floor, t.Floor) && maps.Equal(s.Owed, t.Owed) &&
		s.Roster.Equal(t.Roster)
}

// Counts are how much there is in a store.
type Counts struct {
	Keys       uint64 // that have a value
	Bytes      uint64 // of these keys and values
	Tombstones uint64
}

// totals are what is in one row, and changes with each commit.
type totals struct {
	commit uint64 // the number of the last one
	counts Counts
	time   uint64
	self   merge.Origin
}

const totalsLen = 5*8 + originLen

func (t totals) encode() (row []byte) {
	for _, n := range []uint64{t.commit, t.counts.Keys, t.counts.Bytes, t.counts.Tombstones, t.time} {
		row = binary.BigEndian.AppendUint64(row, n)
	}
	return appendOrigin(row, t.self)
}

// decodeTotals decodes a row; nil is that of a new store.
func decodeTotals(row []byte) (t totals, err error) {
	if row == nil {
		return t, nil
	}
	if len(row) != totalsLen {
		return t, damaged("the totals of the store have %d bytes, not %d", len(row), totalsLen)
	}
	for i, n := range []*uint64{&t.commit, &t.counts.Keys, &t.counts.Bytes, &t.counts.Tombstones, &t.time} {
		*n = binary.BigEndian.Uint64(row[8*i:])
	}
	t.self = decodeOrigin(row[5*8:])
	return t, nil
}

// readState reads what lies beside entries.
func readState(below *engine.Store) (state State, t totals, err error) {
	row, err := below.Row([]byte{totalsRow})
	if err != nil {
		return state, t, err
	}
	if t, err = decodeTotals(row); err != nil {
		return state, t, err
	}
	state.Self, state.Time = t.self, t.time
	for kind, vector := range map[byte]*merge.Vector{knownRow: &state.Known, floorRow: &state.Floor, owedRow: &state.Owed} {
		if *vector, err = readVector(below, kind); err != nil {
			return state, t, err
		}
	}
	state.Roster, err = readRoster(below)
	return state, t, err
}

func readVector(below *engine.Store, kind byte) (v merge.Vector, err error) {
	err = eachOrigin(below, kind, func(origin merge.Origin, row []byte) error {
		if len(row) != 8 {
			return damaged("a time has %d bytes, not 8", len(row))
		}
		if v == nil {
			v = make(merge.Vector)
		}
		v[origin] = binary.BigEndian.Uint64(row)
		return nil
	})
	return v, err
}

func readRoster(below *engine.Store) (r merge.Roster, err error) {
	err = eachOrigin(below, rosterRow, func(origin merge.Origin, row []byte) error {
		standing, err := decodeStanding(row)
		if r == nil {
			r = make(merge.Roster)
		}
		r[origin] = standing
		return err
	})
	return r, err
}

// eachOrigin visits the rows of a kind, one for each origin.
func eachOrigin(below *engine.Store, kind byte, visit func(origin merge.Origin, row []byte) error) error {
	rows, err := below.Rows([]byte{kind}, []byte{kind + 1})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.First(); rows.Valid(); rows.Next() {
		if len(rows.Key()) != 1+originLen {
			return damaged("the row %x has the name of no origin", rows.Key())
		}
		row, err := rows.ValueAndErr()
		if err != nil {
			return below.ReadError(err)
		}
		if err := visit(decodeOrigin(rows.Key()[1:]), row); err != nil {
			return err
		}
	}
	return below.ReadError(rows.Error())
}

// writeState puts what differs of two states into a batch, but for what is in the totals.
func writeState(batch *pebble.Batch, before, now State) {
	writeVector(batch, knownRow, before.Known, now.Known)
	writeVector(batch, floorRow, before.Floor, now.Floor)
	writeVector(batch, owedRow, before.Owed, now.Owed)
	writeOrigins(batch, rosterRow, before.Roster, now.Roster, merge.Standing.Equal, encodeStanding)
}

func writeVector(batch *pebble.Batch, kind byte, before, now merge.Vector) {
	equal := func(a, b uint64) bool { return a == b }
	writeOrigins(batch, kind, before, now, equal, func(time uint64) []byte { return binary.BigEndian.AppendUint64(nil, time) })
}

// writeOrigins puts into a batch what differs of two maps that have a row for each origin.
func writeOrigins[M ~map[merge.Origin]V, V any](batch *pebble.Batch, kind byte, before, now M, equal func(a, b V) bool, encode func(V) []byte) {
	for origin, value := range now {
		if old, there := before[origin]; !there || !equal(value, old) {
			batch.Set(originRow(kind, origin), encode(value), nil)
		}
	}
	for origin := range before {
		if _, there := now[origin]; !there {
			batch.Delete(originRow(kind, origin), nil)
		}
	}
}

// A standing is its state, epoch and final time, and then its vector, in the order of origins.
const standingLen = 1 + 8 + 8

func encodeStanding(s merge.Standing) []byte {
	row := binary.BigEndian.AppendUint64([]byte{byte(s.State)}, s.Epoch)
	row = binary.BigEndian.AppendUint64(row, s.Final)
	for _, origin := range s.Known.Origins() {
		row = appendVersion(row, merge.Version{Time: s.Known[origin], Origin: origin})
	}
	return row
}

func decodeStanding(row []byte) (s merge.Standing, err error) {
	if len(row) < standingLen || (len(row)-standingLen)%versionLen != 0 {
		return s, damaged("what is known of a server has %d bytes", len(row))
	}
	s = merge.Standing{State: merge.State(row[0]), Epoch: binary.BigEndian.Uint64(row[1:]), Final: binary.BigEndian.Uint64(row[9:])}
	for row = row[standingLen:]; len(row) > 0; row = row[versionLen:] {
		if s.Known == nil {
			s.Known = make(merge.Vector)
		}
		v := decodeVersion(row)
		s.Known[v.Origin] = v.Time
	}
	return s, nil
}
