package storage

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// State is the state of one shard: keys, sessions, totals, members. It is written behind: what Apply changes stays in
// memory until there is enough of it, and is then written as one batch. Until then it is in the log.
//
// Apply, ApplyMembers and Restore belong to one goroutine; the others may be called at any time.
type State struct {
	store   *Store
	shard   ShardID
	records *records
	slot    atomic.Pointer[slot] // where the rows are; nil once it is closed. It is replaced under both locks, and never changed
	staging atomic.Bool          // whether the other slot is somebody's (see Stage)
	other   sync.RWMutex         // held while somebody writes to the other slot; to close the state takes all of it

	incarnation uint32 // of the member

	mu      sync.Mutex // of what follows: held while entries are applied, while they are written, and while others are installed
	kv      *kv.State
	applied Position // of the last entry that the state shows
	kept    Index    // the index of the last entry whose changes are in Pebble
	members shard.Members
	learned bool // whether members are not in Pebble yet
	pending int  // bytes of the commands of entries after that
	changes changes
	broken  error // why the state cannot be used any more

	shown atomic.Pointer[shown]
	sums  checksums
}

// shown is what everybody may know of a state, as of the last entry applied.
type shown struct {
	figures  Figures
	position Position
	members  shard.Members
}

// Figures are what a state counts.
type Figures struct {
	kv.Totals
	Applied  Index // the index of the last entry that was applied
	Sessions int
}

// totalsSize is the length of the totals' row.
const totalsSize = 7 * 8

// OpenState opens the state that this node's member of a shard has: an empty one, without members, if the store knows nothing
// of the shard. The store must have been formed, as the room for sessions and records is shared out among all shards of the
// cluster. It is refused when the store has rows of another member, or has the shard open; and, with an error that IsDamage
// recognises, when rows were lost.
func (s *Store) OpenState(shard ShardID, member MemberID) (*State, error) {
	state, err := s.openOf(shard, member)
	if err != nil {
		return nil, fmt.Errorf("opening the state of shard %d: %w", shard, err)
	}
	return state, nil
}

func (s *Store) openOf(shard ShardID, member MemberID) (*State, error) {
	if err := s.checkMember(shard, member); err != nil {
		return nil, err
	}
	if damage, err := s.damageOf(shard); damage != nil || err != nil {
		return nil, cmp.Or(err, damage)
	}
	return s.openState(shard, member.Incarnation())
}

func (s *Store) openState(shard ShardID, incarnation uint32) (*State, error) {
	state := &State{store: s, shard: shard, incarnation: incarnation, records: newRecords(cachedRecords / s.shards)}
	if err := state.open(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.open[shard] = open{state: state}
	s.mu.Unlock()
	return state, nil
}

func (s *State) open() error {
	at, err := s.store.slotOf(s.shard)
	if err != nil {
		return err
	}
	if err := s.store.empty(at.other()); err != nil {
		return err
	}
	return s.load(at)
}

// load takes up what lies in a slot.
func (s *State) load(at slot) error {
	c, err := s.store.load(at)
	if err != nil {
		return err
	}
	s.show(at, c)
	return nil
}

// content is what a state has in memory of the rows in a slot.
type content struct {
	kv      *kv.State
	applied Position
	members shard.Members
}

// load reads what lies in a slot.
func (s *Store) load(from slot) (c content, err error) {
	totals, err := s.loadTotals(from, &c.applied)
	if err != nil {
		return c, err
	}
	sessions, err := s.loadSessions(from)
	if err != nil {
		return c, err
	}
	c.kv = kv.NewState(totals, sessions, kv.MaxSessions/s.shards)
	c.members, err = s.loadMembers(from)
	return c, err
}

func (s *Store) loadTotals(from slot, applied *Position) (totals kv.Totals, err error) {
	p := from.prefix(stateTotals)
	row, err := s.Row(p[:])
	if row == nil || err != nil {
		return totals, err
	}
	if len(row) != totalsSize {
		return totals, engine.Damage("the totals in %s have %d bytes", s.Dir(), len(row))
	}
	*applied, totals = decodeTotals(row)
	return totals, nil
}

// encodeTotals returns the row of totals as of the last entry that was applied.
func encodeTotals(applied Position, totals kv.Totals) []byte {
	row := make([]byte, 0, totalsSize)
	for _, field := range []uint64{
		uint64(applied.Index), uint64(applied.Term), totals.Revision, uint64(totals.Now), totals.Turns, totals.Keys, totals.Bytes,
	} {
		row = binary.BigEndian.AppendUint64(row, field)
	}
	return row
}

// decodeTotals reads such a row, which has totalsSize bytes.
func decodeTotals(row []byte) (applied Position, totals kv.Totals) {
	number := func(i int) uint64 { return binary.BigEndian.Uint64(row[8*i:]) }
	return Position{Index: Index(number(0)), Term: Term(number(1))}, kv.Totals{
		Revision: number(2), Now: kv.Millis(number(3)), Turns: number(4), Keys: number(5), Bytes: number(6),
	}
}

// loadMembers reads the members of a shard: nobody, if the store was not formed.
func (s *Store) loadMembers(from slot) (members shard.Members, err error) {
	p := from.prefix(stateMembers)
	row, err := s.Row(p[:])
	if row == nil || err != nil {
		return members, err
	}
	if members, err = shard.DecodeMembers(row); err != nil {
		return members, engine.Damage("in %s: %v", s.Dir(), err)
	}
	return members, nil
}

// show makes the state what lies in a slot. The lock is held, unless the state is being opened.
func (s *State) show(at slot, c content) {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	s.records.forget()
	s.slot.Store(&at)
	s.kv, s.applied, s.members = c.kv, c.applied, c.members
	s.kept, s.pending, s.learned = s.applied.Index, 0, false
	s.changes = changes{state: s, sessions: make(map[kv.ClientID]*remembered)}
	s.publish()
}

// Applied returns the index of the last entry that the state shows.
func (s *State) Applied() Index { return s.shown.Load().position.Index }

// Now returns the latest of the times that Apply was told.
func (s *State) Now() kv.Millis { return s.shown.Load().figures.Now }

// Figures returns what the state counts, as of the last entry applied.
func (s *State) Figures() Figures { return s.shown.Load().figures }

// Members returns who has the shard, as of the last entry applied. They must not be changed.
func (s *State) Members() shard.Members { return s.shown.Load().members }

func (s *State) publish() {
	s.shown.Store(&shown{
		figures:  Figures{Totals: s.kv.Totals, Applied: s.applied.Index, Sessions: s.kv.Sessions()},
		position: s.applied,
		members:  s.members,
	})
}

// Apply applies the commands of an entry, which was put into the log at a time of the log's, and returns their encoded
// replies, and the index of the last entry whose changes are in Pebble.
// Later entries must stay in the log: after a crash they are to be applied again. An entry that the state shows already, as
// one does that was installed meanwhile, is not applied, and has no replies. An error means that the state cannot be used
// any more.
func (s *State) Apply(at Position, time kv.Millis, commands [][]byte) (replies [][]byte, kept Index, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return nil, s.kept, s.broken
	}
	if at.Index <= s.applied.Index {
		return nil, s.kept, nil
	}
	before := s.kv.Now
	if replies, err = s.apply(time, commands); err != nil {
		s.broken = fmt.Errorf("applying entry %d: %w", at.Index, err)
		return nil, s.kept, s.broken
	}
	s.applied = at
	s.publish()
	if limit := s.store.Share(s.store.options.WriteBehind, leastWriteBehind); s.pending >= limit || s.changes.size() >= limit {
		err = s.write()
	}
	if err == nil {
		err = s.addUp(before)
	}
	return replies, s.kept, err
}

// ApplyMembers applies an entry that changes who has the shard, and returns who has it then, and kept as Apply does. What it
// changes is shown at once, and written with the changes of the entries before it. As change is called again after a crash,
// it must depend on nothing but the members it is given; it is not called for an entry that the state shows already. An
// error means that the state cannot be used any more.
func (s *State) ApplyMembers(at Position, change func(shard.Members) shard.Members) (members shard.Members, kept Index, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.members, s.kept, s.broken
	}
	if at.Index <= s.applied.Index {
		return s.members, s.kept, nil
	}
	s.applied, s.members, s.learned = at, change(s.members), true
	s.publish()
	err = s.write() // changes are rare, and a start should know of them without the log
	return s.members, s.kept, err
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
	p := s.slot.Load().prefix(stateTotals)
	batch.Set(p[:], encodeTotals(s.applied, s.kv.Totals), nil)
	if s.learned {
		p := s.slot.Load().prefix(stateMembers)
		batch.Set(p[:], s.members.Encode(), nil)
	}
	if err := s.store.Commit(batch, false); err != nil {
		s.broken = err
		return err // Pebble may still use the batch
	}
	s.changes.written()
	s.kept, s.pending, s.learned = s.applied.Index, 0, false
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

// view returns an iterator that shows a span of the state's rows as of now, whatever happens to the state.
func (s *State) view(span func(slot) (lower, upper []byte)) (*pebble.Iterator, error) {
	return engine.UnlessFailed(s.store.Store, func() (*pebble.Iterator, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.write(); err != nil {
			return nil, err
		}
		return s.store.Rows(span(*s.slot.Load()))
	})
}
