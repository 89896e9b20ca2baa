package storage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// The rows of a shard belong to one member of its group: what that has voted for is among them. When a node gets another
// member of the shard, the rows of the one before go, all of them, and the new one begins with nothing. Whose rows they are
// is in the name of the log's mark, which is made before the first of them, and removed after the last: so it is known
// whatever has become of the rows, and what a crash leaves of them is found and dropped again.

// ErrClosed is returned by the state of a shard that was closed.
var ErrClosed = errors.New("the shard is not open on this node any more")

// open is what is open of a shard.
type open struct {
	state *State
	log   *Log // nil until it is opened
}

// markName is what the mark of a log is known by: the shard, and which of the node's members has it, unless it is the first.
func markName(shard ShardID, incarnation uint32) string {
	if incarnation == 0 {
		return fmt.Sprint(shard)
	}
	return fmt.Sprintf("%d.%d", shard, incarnation)
}

// parseMarkName is the reverse of markName.
func parseMarkName(name string) (shard ShardID, incarnation uint32, ok bool) {
	number, rest, later := strings.Cut(name, ".")
	s, err := strconv.ParseUint(number, 10, 16)
	i := uint64(0)
	if err == nil && later {
		i, err = strconv.ParseUint(rest, 10, 32)
	}
	return ShardID(s), uint32(i), err == nil && markName(ShardID(s), uint32(i)) == name
}

// findHeld finds out which members have rows.
func (s *Store) findHeld() error {
	names, err := s.Marked()
	for _, name := range names {
		if shard, incarnation, ok := parseMarkName(name); ok {
			s.held[shard] = max(s.held[shard], incarnation)
		}
	}
	return err
}

// hold notes that there is a mark.
func (s *Store) hold(shard ShardID, incarnation uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[shard] = incarnation
}

// Held returns of which shards the store has something, and which of this node's members it is of. What is of a member that
// the node does not have any more is to be dropped; a crash may have left a part of it.
func (s *Store) Held() map[ShardID]MemberID {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(map[ShardID]MemberID)
	for number, incarnation := range s.held {
		held[number] = shard.MemberOf(s.self, incarnation)
	}
	return held
}

// checkMember refuses to open a shard for a member whose rows these are not.
func (s *Store) checkMember(number ShardID, member MemberID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	incarnation, held := s.held[number]
	switch {
	case s.self == 0 || member.Node() != s.self:
		return fmt.Errorf("the store is of node %d, and cannot hold member %v", s.self, member)
	case s.open[number].state != nil:
		return errors.New("it is open already")
	case held && incarnation != member.Incarnation():
		return fmt.Errorf("the store has what is of member %v, and member %v begins with nothing: drop that first", shard.MemberOf(s.self, incarnation), member)
	}
	return nil
}

// opened returns what is open of a shard, which may be nothing.
func (s *Store) opened(shard ShardID) open {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[shard]
}

// all returns what is open.
func (s *Store) all() []open {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.open))
}

func (s *Store) states() (states []*State) {
	for _, o := range s.all() {
		states = append(states, o.state)
	}
	return states
}

func (s *Store) logs() (logs []*Log) {
	for _, o := range s.all() {
		if o.log != nil {
			logs = append(logs, o.log)
		}
	}
	return logs
}

// CloseShard writes what is in memory of a shard, and closes its state and its log, which can be opened again. It does nothing
// if they are not open. Nobody may append, apply or install any more; who awaits an append is waited for. Those who read,
// stage or discard a snapshot may go on: they get ErrClosed.
func (s *Store) CloseShard(shard ShardID) error {
	o := s.opened(shard)
	if o.state == nil {
		return nil
	}
	_, err := engine.UnlessFailed(s.Store, func() (struct{}, error) { return struct{}{}, s.close(shard, o) })
	return err
}

func (s *Store) close(shard ShardID, o open) error {
	if o.log != nil {
		o.log.underway.Wait()
	}
	s.marking.Lock() // or a mark that is closed might be moved
	defer s.marking.Unlock()
	s.mu.Lock()
	delete(s.open, shard)
	s.mu.Unlock()
	err := o.state.close()
	if o.log != nil {
		err = errors.Join(err, o.log.mark.Close())
	}
	return err
}

// close writes what has changed, and ends the state.
func (s *State) close() error {
	err := s.flush()
	s.end(ErrClosed)
	return err
}

// end lets nobody look for rows from then on.
func (s *State) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.other.Lock()
	defer s.other.Unlock()
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	s.broken = why
	s.slot.Store(nil)
	s.records.forget()
}

// ended returns why the state cannot be used any more.
func (s *State) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// beside writes something to the other slot, unless the state is closed: that slot may be another member's then.
func (s *State) beside(write func() error) error {
	s.other.RLock()
	defer s.other.RUnlock()
	if s.slot.Load() == nil {
		return ErrClosed // or damaged, which others are told of
	}
	return write()
}

// Drop deletes all that the store has of a shard that is not open. The next member of this node begins with nothing. It is on
// disk when Drop returns; a crash before that leaves all, or something that Held tells of and that can be dropped again.
func (s *Store) Drop(shard ShardID) error {
	if s.opened(shard).state != nil {
		return fmt.Errorf("shard %d cannot be dropped: it is open", shard)
	}
	s.mending.Lock()
	defer s.mending.Unlock()
	if err := s.cutLost(shard); err != nil {
		return err
	}
	if err := s.deleteRows(shard); err != nil {
		return err
	}
	names, err := s.Marked()
	for _, name := range names {
		if number, _, ok := parseMarkName(name); ok && number == shard && err == nil {
			err = s.RemoveMark(name)
		}
	}
	if err == nil {
		s.mu.Lock()
		delete(s.held, shard)
		s.mu.Unlock()
	}
	return err
}

// cutLost takes the rows of a damaged shard out of the tables: there may be more that cannot be read, and it would be taken
// for the next member's. What shares a block with another shard's rows stays, if it cannot be read.
func (s *Store) cutLost(shard ShardID) error {
	damage, err := s.damageOf(shard)
	if damage == nil || err != nil {
		return err
	}
	for _, space := range []byte{spaceRaft, firstSlot, secondSlot} {
		lower, upper := slot{space, shard}.span()
		if err := s.CutOut(engine.Span{Lower: lower, Upper: upper}); err != nil && !IsDamage(err) {
			return err
		}
	}
	return nil
}

// deleteRows deletes all rows of a shard.
func (s *Store) deleteRows(shard ShardID) error {
	batch := s.NewBatch()
	for _, space := range []byte{spaceRaft, firstSlot, secondSlot} {
		lower, upper := slot{space, shard}.span()
		batch.DeleteRange(lower, upper, nil)
	}
	batch.Delete(damageKey(shard), nil)
	if err := s.Commit(batch, true); err != nil {
		return err // Pebble may still use the batch
	}
	return batch.Close()
}
