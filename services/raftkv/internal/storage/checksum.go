package storage

import (
	"encoding/binary"
	"hash/crc64"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/raftkv/internal/kv"
)

// The members of a shard apply the same log, and so must have the same rows at each entry. That they do is looked after: at the
// first entry of each hour of the log's time, which is the same entry for all of them, each adds up its rows as they lie
// there, beside its other work. The leader then puts its sum into the log, and who has another one says so.
//
// A sum that went along with each change would be there at once; but it would cost each write, and say what was to be
// written, not what is there.

const (
	// checksumEvery is how often, by the time of the log, unless Options say otherwise.
	checksumEvery = time.Hour
	// checksumPace is how many bytes are added up in a second at most: others want the disk too.
	checksumPace = 32 << 20
)

// Checksum is what the rows of a state add up to, as it shows an entry: the keys, the sessions and the totals. The
// members are left out, as versions of the program may write them in different ways.
type Checksum struct {
	Index Index // the entry; 0 if there is no checksum yet
	Sum   uint64
}

// checksums are what is known of a state's checksum, and of the leader's.
type checksums struct {
	mu      sync.Mutex
	adding  bool     // one is on its way
	own     Checksum // the last one
	told    Checksum // the last one that came in the log
	by      NodeID   // who led then
	differs bool     // whether they were of one entry, and not the same, when they were compared last
}

// Checksum returns the last checksum of the state, and whether the leader has another one for the same entry. Checksums of
// other entries say nothing.
func (s *State) Checksum() (own Checksum, differs bool) {
	s.sums.mu.Lock()
	defer s.sums.mu.Unlock()
	return s.sums.own, s.sums.differs
}

// addUp begins to add up the rows if an entry that was applied, since the time was before, is the first of a new hour.
// A state that has no other member is not compared, and one that is added up still is left out. The lock is held.
func (s *State) addUp(before kv.Millis) error {
	every := kv.Millis(s.store.options.ChecksumEvery.Milliseconds())
	if len(s.members.Members) < 2 || before/every == s.kv.Now/every || !s.sums.begin() {
		return nil
	}
	if err := s.write(); err != nil {
		return err
	}
	rows, err := s.store.Rows(s.slot.Load().span())
	if err != nil {
		return err
	}
	index := s.applied.Index
	s.store.Go(func(stopping <-chan struct{}) {
		sum, whole := add(rows, stopping)
		err := rows.Close()
		s.sums.end(Checksum{index, sum}, whole && err == nil)
		s.compare()
	})
	return nil
}

// add returns the checksum of rows, or false if they could not all be read, or it was told to stop.
func add(rows *pebble.Iterator, stopping <-chan struct{}) (sum uint64, whole bool) {
	const pause = 100 * time.Millisecond
	hash := crc64.New(crc64.MakeTable(crc64.ECMA))
	var length []byte
	bytes := 0
	for rows.First(); rows.Valid(); rows.Next() {
		key, row := rows.Key()[prefixLen-1:], rows.Value()
		if key[0] == stateMembers {
			continue
		}
		length = binary.AppendUvarint(binary.AppendUvarint(length[:0], uint64(len(key))), uint64(len(row)))
		for _, part := range [][]byte{length, key, row} {
			hash.Write(part)
		}
		if bytes += len(key) + len(row); bytes < int(checksumPace*pause/time.Second) {
			continue
		}
		bytes = 0
		select {
		case <-time.After(pause):
		case <-stopping:
			return 0, false
		}
	}
	return hash.Sum64(), rows.Error() == nil
}

func (c *checksums) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	begins := !c.adding
	c.adding = true
	return begins
}

// end takes up a checksum, if it could be made: one of a state that is about to close is not, nor that of a row which
// cannot be read. That who reads it is told, and others add it up.
func (c *checksums) end(own Checksum, made bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.adding = false; made {
		c.own = own
	}
}

// Compare implements kv.Store.
func (c *changes) Compare(index, sum, leader uint64) {
	sums := &c.state.sums
	sums.mu.Lock()
	sums.told, sums.by = Checksum{Index(index), sum}, NodeID(leader)
	sums.mu.Unlock()
	c.state.compare()
}

// compare compares the checksum of the state with the leader's, when both are there. Either may come first.
func (s *State) compare() {
	c := &s.sums
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own.Index == 0 || c.own.Index != c.told.Index {
		return
	}
	c.differs = c.own.Sum != c.told.Sum
	if c.differs {
		s.store.options.Logger.Error("the state of this shard is not the leader's: one of the two is wrong, and what it answers may be; compare them with the other replicas",
			"shard", s.shard, "node", s.store.self, "leader", c.by, "entry", c.own.Index)
	}
}
