package storage

import (
	"bytes"
	"fmt"
	"slices"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// Damage of a table that lies in the rows of shards does not end the store, if other nodes have these shards: they have the
// rows still. Whose rows they are is found out, and that the member has lost some is written down, before anything is done about
// it; from then on nobody reads the shard here. Then what cannot be read is cut out, so that it is in nobody's way, and the
// rest of the rows stays until the shard is dropped. Damage that lies elsewhere ends the store.

// maxDamaged is how many tables wait to be mended. Others are met again.
const maxDamaged = 64

// mend takes damage out until the store is closed or has failed.
func (s *Store) mend(stopping <-chan struct{}) {
	for {
		select {
		case table := <-s.damaged:
			if err := s.takeOut(table); err != nil {
				s.Fail(err)
			}
		case <-stopping:
			return
		case <-s.Failed():
			return
		}
	}
}

// takeOut takes damage out. It returns an error if the store cannot go on.
func (s *Store) takeOut(table engine.DamagedTable) error {
	s.mending.Lock() // or what is found of one member might be told of the next
	defer s.mending.Unlock()
	parts := s.parts()
	spans := make([]engine.Span, len(parts))
	for i, part := range parts {
		spans[i] = part.span
	}
	unreadable, err := s.Unreadable(table.Path, spans)
	if err != nil {
		return err
	}
	lost := make(map[ShardID]error)
	for i, span := range unreadable {
		if !span.Empty() {
			if parts[i].common {
				return table.Err
			}
			lost[parts[i].shard] = nil
		}
	}
	for shard := range lost {
		switch others, err := s.othersHave(shard); {
		case err != nil:
			return err
		case !others && table.Background:
			return fmt.Errorf("writing in the background: %w", table.Err)
		case !others:
			return nil // who has read it is told
		}
	}
	for shard := range lost {
		if lost[shard], err = s.giveUp(shard, table.Err); err != nil {
			return err
		}
	}
	for _, span := range joined(unreadable) {
		if s.Writable() != nil { // there is no room for it; the damage is met again
			break
		}
		if err := s.CutOut(span); err != nil {
			return err
		}
	}
	for shard, damage := range lost { // now, as the damage is in nobody's way any more
		if damage != nil {
			s.options.OnDamage(shard, damage)
		}
	}
	return nil
}

// part is a span of all keys: the rows of a shard in one space, or what belongs to no shard.
type part struct {
	span   engine.Span
	shard  ShardID
	common bool // it belongs to no shard
}

// parts returns what all keys consist of, in their order. They meet: there are no keys between the last shard of a space and
// the first one of the next space.
func (s *Store) parts() (parts []part) {
	begin := func(key []byte, p part) {
		if len(parts) > 0 {
			parts[len(parts)-1].span.Upper = key
		}
		p.span.Lower = key
		parts = append(parts, p)
	}
	begin([]byte{0}, part{common: true})
	end := []byte(nil)
	for _, space := range []byte{spaceRaft, firstSlot, secondSlot} {
		for shard := range s.shards {
			lower, upper := slot{space, ShardID(shard)}.span()
			begin(lower, part{shard: ShardID(shard)})
			end = upper
		}
	}
	begin(end, part{common: true})
	parts[len(parts)-1].span.Upper = []byte{0xff}
	return parts
}

// joined returns spans, which are in the order of their keys, without those that are empty, and as one where they meet.
func joined(spans []engine.Span) (all []engine.Span) {
	for _, span := range spans {
		switch last := len(all) - 1; {
		case span.Empty():
		case last >= 0 && bytes.Compare(all[last].Upper, span.Lower) >= 0:
			all[last].Upper = span.Upper
		default:
			all = append(all, span)
		}
	}
	return all
}

// othersHave says whether nothing is lost if this store's rows of a shard are: others vote, or it was dropped here.
func (s *Store) othersHave(number ShardID) (bool, error) {
	own, held := s.Held()[number]
	if !held {
		return true, nil
	}
	d, err := s.description()
	if d == nil || err != nil {
		return false, err
	}
	members := d.Cluster.Shards[number]
	if state := s.opened(number).state; state != nil && state.Members().Version > members.Version {
		members = state.Members()
	}
	return slices.ContainsFunc(members.Members, func(m shard.Member) bool { return m.ID != own }), nil
}

// giveUp writes down that rows of a shard are lost, and lets nobody read it any more. It returns what is to be told of that:
// nothing of a shard that was given up before, nor of one that was dropped, and of which something is left in the tables.
func (s *Store) giveUp(shard ShardID, cause error) (damage, err error) {
	before, err := s.damageOf(shard)
	if _, held := s.Held()[shard]; !held || before != nil || err != nil {
		return nil, err
	}
	batch := s.NewBatch()
	batch.Set(damageKey(shard), []byte(engine.What(cause)), nil)
	if err := s.Commit(batch, true); err != nil {
		return nil, err // Pebble may still use the batch
	}
	if damage, err = s.damageOf(shard); err != nil {
		return nil, err
	}
	if state := s.opened(shard).state; state != nil {
		state.end(damage)
	}
	return damage, batch.Close()
}

// damageOf returns an error of damage if rows of a shard are lost, or nil.
func (s *Store) damageOf(shard ShardID) (damage, err error) {
	row, err := s.Row(damageKey(shard))
	if row == nil || err != nil {
		return nil, err
	}
	remedy := fmt.Sprintf("have the other nodes give it the shard anew: kv member rebuild %d --shard %d", s.self, shard)
	return engine.DamageWith(remedy, "rows of the shard are lost: "+string(row)), nil
}
