package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/kv"
)

// State is the state of one shard on disk: keys, sessions, totals. Apply and Restore belong to one goroutine;
// the others may be called at any time.
type State struct {
	store   *Store
	shard   uint16
	kv      *kv.State
	applied uint64
	tx      tx
	cache   *cache

	figures atomic.Pointer[Figures]
}

// Figures are what a state counts.
type Figures struct {
	kv.Totals
	Applied  uint64 // the index of the last entry that was applied
	Sessions int
}

// totalsSize is the length of the totals' row.
const totalsSize = 5 * 8

// OpenState opens the state of a shard; that of a new shard is empty.
func (s *Store) OpenState(shard uint16) (*State, error) {
	state := &State{store: s, shard: shard, cache: newCache()}
	if err := state.load(); err != nil {
		return nil, fmt.Errorf("opening the state of shard %d: %w", shard, err)
	}
	return state, nil
}

func (s *State) load() error {
	totals, err := s.loadTotals()
	if err != nil {
		return err
	}
	sessions, err := s.loadSessions()
	if err != nil {
		return err
	}
	s.kv = kv.NewState(totals, sessions)
	s.tx = tx{state: s, written: make(map[string]kv.Record)}
	s.publish()
	return nil
}

func (s *State) loadTotals() (totals kv.Totals, err error) {
	p := prefix(spaceState, s.shard, stateTotals)
	row, closer, err := s.store.db.Get(p[:])
	if errors.Is(err, pebble.ErrNotFound) {
		return totals, nil
	}
	if err != nil {
		return totals, s.store.readError(err)
	}
	defer closer.Close()
	return totals, s.decodeTotals(row, &totals)
}

func (s *State) decodeTotals(row []byte, totals *kv.Totals) error {
	if len(row) != totalsSize {
		return &damage{what: fmt.Sprintf("the totals in %s have %d bytes", s.store.options.Dir, len(row))}
	}
	for i, field := range []*uint64{&s.applied, &totals.Revision, &totals.Now, &totals.Keys, &totals.Bytes} {
		*field = binary.BigEndian.Uint64(row[8*i:])
	}
	return nil
}

func (s *State) encodeTotals() []byte {
	row := make([]byte, 0, totalsSize)
	for _, field := range []uint64{s.applied, s.kv.Revision, s.kv.Now, s.kv.Keys, s.kv.Bytes} {
		row = binary.BigEndian.AppendUint64(row, field)
	}
	return row
}

// Applied returns the index of the last entry that the state shows.
func (s *State) Applied() uint64 { return s.figures.Load().Applied }

// Figures returns what the state counts, as of the last entry applied.
func (s *State) Figures() Figures { return *s.figures.Load() }

func (s *State) publish() {
	s.figures.Store(&Figures{Totals: s.kv.Totals, Applied: s.applied, Sessions: s.kv.Sessions()})
}

// Apply applies the commands of the entry with an index, which was put into the log at a time in
// milliseconds, and returns their encoded replies. All that they change becomes durable in one step, later:
// the entry is in the log as long as it is not. An error means that the state cannot be used any more.
func (s *State) Apply(index, time uint64, commands [][]byte) ([][]byte, error) {
	s.tx.begin()
	defer s.tx.end()
	s.kv.BeginEntry()
	var (
		replies = make([][]byte, len(commands))
		ends    = make([]int, len(commands))
		buffer  = make([]byte, 0, 16*len(commands))
		err     error
	)
	for i, command := range commands {
		if buffer, err = s.kv.Apply(&s.tx, time, command, buffer); err != nil {
			return nil, fmt.Errorf("applying entry %d: %w", index, err)
		}
		ends[i] = len(buffer)
	}
	start := 0
	for i, end := range ends {
		replies[i] = buffer[start:end:end]
		start = end
	}
	s.applied = index
	if err := s.tx.commit(); err != nil {
		return nil, err
	}
	s.publish()
	return replies, nil
}

// Get returns a key's record, whose value must not be changed, or false when the key does not exist.
func (s *State) Get(key []byte) (kv.Record, bool, error) {
	record, ok, commits := s.cache.get(key)
	if ok {
		return record, true, nil
	}
	row, closer, err := s.store.db.Get(s.key(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return kv.Record{}, false, nil
	}
	if err != nil {
		return kv.Record{}, false, s.store.readError(err)
	}
	defer closer.Close()
	if record, err = decodeRecord(row); err != nil {
		return kv.Record{}, false, err
	}
	record.Value = bytes.Clone(record.Value)
	s.cache.add(key, record, commits)
	return record, true, nil
}

func (s *State) key(key []byte) []byte {
	p := prefix(spaceState, s.shard, stateKey)
	return append(append(make([]byte, 0, prefixLen+len(key)), p[:]...), key...)
}

// A record is stored as its version, in eight bytes, and its value.
func decodeRecord(row []byte) (kv.Record, error) {
	if len(row) < 8 {
		return kv.Record{}, &damage{what: "a record is too short"}
	}
	return kv.Record{Version: binary.BigEndian.Uint64(row), Value: row[8:]}, nil
}
