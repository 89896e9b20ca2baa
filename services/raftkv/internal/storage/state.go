package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
)

// State is the state of one shard: keys, sessions, totals. It is written behind: what Apply changes stays in
// memory until there is enough of it, and is then written as one batch. Until then it is in the log.
//
// Apply and Restore belong to one goroutine; the others may be called at any time.
type State struct {
	store   *Store
	shard   ShardID
	records *records

	mu      sync.Mutex // of what follows: held while entries are applied, and while they are written
	kv      *kv.State
	applied Position // of the last entry that the state shows
	kept    Index    // the index of the last entry whose changes are in Pebble
	pending int      // bytes of the commands of entries after that
	changes changes
	broken  error // why the state cannot be used any more

	figures atomic.Pointer[Figures]
}

// Figures are what a state counts.
type Figures struct {
	kv.Totals
	Applied  Index // the index of the last entry that was applied
	Sessions int
}

// totalsSize is the length of the totals' row.
const totalsSize = 7 * 8

// OpenState opens the state of a shard; that of a new shard is empty.
func (s *Store) OpenState(shard ShardID) (*State, error) {
	state := &State{store: s, shard: shard, records: newRecords(cachedRecords / s.options.Shards)}
	if err := state.load(); err != nil {
		return nil, fmt.Errorf("opening the state of shard %d: %w", shard, err)
	}
	s.states = append(s.states, state)
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
	s.kv = kv.NewState(totals, sessions, kv.MaxSessions/s.store.options.Shards)
	s.kept = s.applied.Index
	s.changes = changes{state: s, sessions: make(map[kv.ClientID]*remembered)}
	s.publish()
	return nil
}

func (s *State) loadTotals() (totals kv.Totals, err error) {
	p := prefix(spaceState, s.shard, stateTotals)
	row, closer, err := s.store.Get(p[:])
	if row == nil || err != nil {
		return totals, err
	}
	defer closer.Close()
	return totals, s.decodeTotals(row, &totals)
}

func (s *State) decodeTotals(row []byte, totals *kv.Totals) error {
	if len(row) != totalsSize {
		return engine.Damage("the totals in %s have %d bytes", s.store.Dir(), len(row))
	}
	number := func(i int) uint64 { return binary.BigEndian.Uint64(row[8*i:]) }
	s.applied = Position{Index: Index(number(0)), Term: Term(number(1))}
	*totals = kv.Totals{
		Revision: number(2), Now: kv.Millis(number(3)), Turns: number(4), Keys: number(5), Bytes: number(6),
	}
	return nil
}

func (s *State) encodeTotals() []byte {
	row := make([]byte, 0, totalsSize)
	for _, field := range []uint64{uint64(s.applied.Index), uint64(s.applied.Term), s.kv.Revision, uint64(s.kv.Now), s.kv.Turns, s.kv.Keys, s.kv.Bytes} {
		row = binary.BigEndian.AppendUint64(row, field)
	}
	return row
}

// Applied returns the index of the last entry that the state shows.
func (s *State) Applied() Index { return s.figures.Load().Applied }

// Now returns the latest of the times that Apply was told.
func (s *State) Now() kv.Millis { return s.figures.Load().Now }

// Figures returns what the state counts, as of the last entry applied.
func (s *State) Figures() Figures { return *s.figures.Load() }

func (s *State) publish() {
	s.figures.Store(&Figures{Totals: s.kv.Totals, Applied: s.applied.Index, Sessions: s.kv.Sessions()})
}

// Apply applies the commands of an entry, which was put into the log at a time of the log's, and returns their encoded
// replies, and the index of the last entry whose changes are in Pebble.
// Later entries must stay in the log: after a crash they are to be applied again. An error means that the state
// cannot be used any more.
func (s *State) Apply(at Position, time kv.Millis, commands [][]byte) (replies [][]byte, kept Index, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if replies, err = s.apply(time, commands); err != nil {
		s.broken = fmt.Errorf("applying entry %d: %w", at.Index, err)
		return nil, s.kept, s.broken
	}
	s.applied = at
	s.publish()
	if limit := s.store.options.WriteBehind; s.pending >= limit || s.changes.size() >= limit {
		err = s.write()
	}
	return replies, s.kept, err
}

func (s *State) apply(time kv.Millis, commands [][]byte) ([][]byte, error) {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	defer s.changes.release()
	s.kv.BeginEntry()
	var (
		replies = make([][]byte, len(commands))
		ends    = make([]int, len(commands))
		buffer  = make([]byte, 0, 16*len(commands))
		err     error
	)
	for i, command := range commands {
		if buffer, err = s.kv.Apply(&s.changes, time, command, buffer); err != nil {
			return nil, err
		}
		ends[i] = len(buffer)
		s.pending += len(command)
	}
	start := 0
	for i, end := range ends {
		replies[i] = buffer[start:end:end]
		start = end
	}
	return replies, nil
}

// write puts what has changed into Pebble, in one step with the index of the last entry that it shows. It is not
// synced: see the package's comment.
func (s *State) write() error {
	if s.broken != nil {
		return s.broken
	}
	if s.kept == s.applied.Index {
		return nil
	}
	batch := s.store.NewBatch()
	s.changes.writeTo(batch)
	p := prefix(spaceState, s.shard, stateTotals)
	batch.Set(p[:], s.encodeTotals(), nil)
	if err := s.store.Commit(batch, false); err != nil {
		s.broken = err
		return err // Pebble may still use the batch
	}
	s.changes.written()
	s.kept, s.pending = s.applied.Index, 0
	return batch.Close()
}

// flush writes what has changed, unless the state cannot be used any more.
func (s *State) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return nil
	}
	return s.write()
}

// view returns an iterator that shows a span of the state's rows as of now.
func (s *State) view(lower, upper []byte) (*pebble.Iterator, error) {
	return engine.UnlessFailed(s.store.Store, func() (*pebble.Iterator, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.write(); err != nil {
			return nil, err
		}
		return s.store.Rows(lower, upper)
	})
}

// Get returns a key's record, whose value must not be changed, or false when the key does not exist.
func (s *State) Get(key []byte) (kv.Record, bool, error) {
	record, known, flushes := s.records.get(key)
	if known {
		return record, record.Version != 0, nil
	}
	row, closer, err := s.store.Get(s.key(key))
	if row == nil || err != nil {
		return kv.Record{}, false, err
	}
	defer closer.Close()
	if record, err = decodeRecord(row); err != nil {
		return kv.Record{}, false, err
	}
	record.Value = bytes.Clone(record.Value)
	s.records.add(key, record, flushes)
	return record, true, nil
}

func (s *State) key(key []byte) []byte {
	p := prefix(spaceState, s.shard, stateKey)
	return append(append(make([]byte, 0, prefixLen+len(key)), p[:]...), key...)
}

// A record is stored as its version, in eight bytes, and its value.
func decodeRecord(row []byte) (kv.Record, error) {
	if len(row) < 8 {
		return kv.Record{}, engine.Damage("a record is too short")
	}
	return kv.Record{Version: binary.BigEndian.Uint64(row), Value: row[8:]}, nil
}
